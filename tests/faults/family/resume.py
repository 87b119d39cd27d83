"""What may have happened to an unfinished run, and around it, before it is gone on with."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.faults.deed import Environment, Library, Program, interrupt_benchmark
from tests.faults.fault import FINE, PASSED, Deed, Family, Fault, Seen, refuses
from tests.faults.stage import Stage
from tests.special import make_socket

_BARE, _NAMED = ("run", "--resume"), ("run", "--resume", "2")
_NOT_PLANNED = "differs from what this harness would do now"
_OTHERS = "may have been changed by others"
_STRANGER = 54_321


class Unfinished(Deed):
    """A run was begun and interrupted before its benchmark; then something is done to it, if anything."""

    what: str = ""
    argument: str = ""

    def strike(self, stage: Stage) -> None:
        interrupt_benchmark(stage)
        (partial,) = stage.begun()
        precious = stage.kit.folder / "precious"
        precious.mkdir()
        (precious / "file").write_text("precious\n")
        if self.what:
            _WAYS[self.what](stage, partial, self.argument)
        stage.checks.append(lambda: "" if list(precious.glob("*")) == [precious / "file"] else "others lost files")


def _edit(stage: Stage, partial: Path, field: str) -> None:
    """Change a field of the step that is done next, and of the one that configures."""
    precious = stage.kit.folder / "precious"
    values: dict[str, Any] = {
        "argv": ["/bin/rm", "-rf", str(precious)],
        "env": [["PATH", str(precious)]],
        "cwd": str(precious),
        "wipe": str(precious),
        "products": [str(precious / "made")],
        "stamp": str(precious / "stamp"),
        "output": "../../precious/file",
        "key": "0",
        "needs": [],
        "timeout_s": 1.0,
        "min_memory_bytes": 0,
    }
    plan = json.loads((partial / "plan.json").read_text())
    for number in (0, -1):
        plan["steps"][number][field] = values[field]
    (partial / "plan.json").write_text(json.dumps(plan))


def _add(stage: Stage, partial: Path, _: str) -> None:
    """Put a step behind the last one."""
    plan = json.loads((partial / "plan.json").read_text())
    step = {**plan["steps"][-1], "name": "more", "argv": ["/bin/rm", "-rf", str(stage.kit.folder / "precious")]}
    plan["steps"].append(step)
    (partial / "plan.json").write_text(json.dumps(plan))


def _move_builds(stage: Stage, partial: Path, _: str) -> None:
    """Let the plan build elsewhere, as a whole: in a folder that is not the cache of who goes on."""
    text = (partial / "plan.json").read_text()
    (partial / "plan.json").write_text(text.replace(str(stage.kit.cache), str(stage.kit.folder / "precious")))


def _record(_: Stage, partial: Path, changes: str) -> None:
    state = json.loads((partial / "run.json").read_text())
    (partial / "run.json").write_text(json.dumps({**state, **json.loads(changes)}))


def _open_up(_: Stage, partial: Path, name: str) -> None:
    (partial / name).chmod(0o777)


def _give_away(_: Stage, partial: Path, name: str) -> None:
    """Let it be another user's; who is not root can only let others write to it."""
    if os.geteuid() == 0:
        os.chown(partial / name, _STRANGER, -1)
    else:
        (partial / name).chmod(0o777)


def _replace_by_link(stage: Stage, partial: Path, name: str) -> None:
    path, victim = partial / name, stage.kit.folder / "precious" / "file"
    if path.exists():
        path.unlink()
    path.symlink_to(victim)
    stage.checks.append(lambda: "" if victim.read_text() == "precious\n" else "a link was written through")


def _make_pipe(_: Stage, partial: Path, name: str) -> None:
    os.mkfifo(partial / name)


def _make_twin(stage: Stage, partial: Path, kind: str) -> None:
    twin = partial.with_name(partial.stem)
    if kind == "bundle":
        shutil.copytree(stage.witness, twin)
        state = json.loads((twin / "run.json").read_text())
        (twin / "run.json").write_text(json.dumps({**state, "id": twin.name}))
    elif kind == "file":
        twin.touch()
    else:
        twin.symlink_to("nowhere")


def _empty_cache(stage: Stage, _: Path, name: str) -> None:
    shutil.rmtree(stage.kit.cache / name)


def _replace(stage: Stage, _: Path, name: str) -> None:
    """Put another program in the place of one that was built; it must not be there any more afterwards."""
    (program,) = stage.kit.cache.glob(f"builds/*/{name}")
    program.write_text(f"{program.read_text()}\n# another one\n")
    stage.checks.append(lambda: "" if "another one" not in program.read_text() else f"{name} was measured all the same")


_WAYS: dict[str, Callable[[Stage, Path, str], None]] = {
    "edit": _edit,
    "add": _add,
    "move": _move_builds,
    "record": _record,
    "open": _open_up,
    "owner": _give_away,
    "link": _replace_by_link,
    "pipe": _make_pipe,
    "socket": lambda _, partial, name: make_socket(partial / "logs" / name),
    "twin": _make_twin,
    "empty": _empty_cache,
    "replace": _replace,
}


def _fault(
    name: str, what: str, seen: Seen, *deeds: Deed, words: tuple[str, ...] = _BARE, sample: bool = False
) -> Fault:
    return Fault(
        family=Family.RESUME,
        name=name,
        where="an unfinished run",
        what=what,
        deeds=deeds,
        seen=seen,
        words=words,
        sample=sample,
    )


def _list_plans() -> Iterator[Fault]:
    for field in ("argv", "env", "cwd", "wipe", "products", "stamp", "output", "key", "needs", "timeout_s"):
        yield _fault(
            f"plan-{field}",
            f"plan.json has another {field}",
            refuses(2, _NOT_PLANNED, field),
            Unfinished(what="edit", argument=field),
            sample=field == "wipe",
        )
    yield _fault("plan-more", "plan.json has a step more", refuses(2, _NOT_PLANNED, "more"), Unfinished(what="add"))
    yield _fault("plan-elsewhere", "plan.json builds elsewhere", refuses(2, "another cache"), Unfinished(what="move"))


def _list_owners() -> Iterator[Fault]:
    for name in (".", "logs", "run.json", "plan.json"):
        for words, says in ((_BARE, "ignored"), (_NAMED, "chmod -R go-w")):
            yield _fault(
                f"open-{name.strip('.') or 'folder'}{'-named' if words is _NAMED else ''}",
                f"others may write to {name}",
                refuses(2, _OTHERS, says),
                Unfinished(what="open", argument=name),
                words=words,
            )
    for name in (".", "plan.json"):
        yield _fault(
            f"owner-{name.strip('.') or 'folder'}",
            f"{name} is another user's",
            refuses(2, "ignored"),
            Unfinished(what="owner", argument=name),
        )
    for name in ("run.json", "plan.json", "logs/dialect.log", "run.json.tmp"):
        yield _fault(
            f"link-{name.replace('/', '-')}",
            f"{name} is a link",
            refuses(2, "is a link", keeps=("*.tmp",)),
            Unfinished(what="link", argument=name),
        )
    yield _fault("pipe", "a log is a pipe", refuses(2, "neither"), Unfinished(what="pipe", argument="logs/x.log"))
    yield _fault("socket", "a log is a socket", refuses(2, "neither"), Unfinished(what="socket", argument="x.log"))


def _list_others() -> Iterator[Fault]:
    for kind in ("bundle", "file", "link"):
        yield _fault(
            f"twin-{kind}",
            f"a {kind} has the name of the finished run",
            refuses(2, "already exists"),
            Unfinished(what="twin", argument=kind),
            sample=kind == "bundle",
        )
    yield _fault(
        "sweep",
        "it is a part of a sweep",
        refuses(2, "x.sweep.json no longer exists", "list --unfinished --remove"),
        Unfinished(what="record", argument='{"sweep": "x"}'),
        words=_NAMED,
    )


def _list_surroundings() -> Iterator[Fault]:
    yield _fault("nothing", "nothing has happened", FINE, Unfinished())
    for tool, version in (("gcc", "gcc (X) 13.3.0"), ("g++", "gcc (X) 13.3.0"), ("cmake", "cmake version 9.9.9")):
        yield _fault(
            f"{tool}-other",
            f"{tool} is another version",
            refuses(2, "was started with"),
            Unfinished(),
            Program(name=tool, text=f"#!/bin/sh\necho '{version}'\n"),
            sample=tool == "gcc",
        )
    for tool in ("gcc", "ninja", "ctest"):
        yield _fault(
            f"{tool}-gone", f"{tool} is gone", refuses(2, "does not run"), Unfinished(), Program(name=tool, text="")
        )
    for name in ("builds", "."):
        what = "the cache was emptied" if name == "." else "the builds were removed"
        yield _fault(f"empty-{name.strip('.') or 'cache'}", what, FINE, Unfinished(what="empty", argument=name))
    for name in ("bin/whisper-bench", "src/libwhisper.so"):
        yield _fault(
            f"replaced-{Path(name).stem}",
            f"{name} of the build was replaced",
            FINE,
            Library(),
            Unfinished(what="replace", argument=name),
            sample=name.startswith("src"),
        )
    yield _fault(
        "variables",
        "a variable of OpenMP is set now",
        Seen(status=PASSED, caveat="resumed-changed"),
        Unfinished(),
        Environment(values=(("OMP_NUM_THREADS", "1"),)),
    )
    yield _fault(
        "cache-other",
        "another cache is named",
        refuses(2, "another cache", "--cache"),
        Unfinished(),
        Environment(values=(("HARNESS_CACHE", "@/other"),)),
    )


FAULTS = (*_list_plans(), *_list_owners(), *_list_others(), *_list_surroundings())
