"""Bisections: killed, stopped, out of room, without builds; and what is left of them removed, renamed or edited."""

import errno
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from harness.bisect.answer import read_answer
from harness.records.bisection import BisectVerdict
from harness.store.bisection_file import load_bisection
from harness.store.bundle import load_run
from tests.faults.deed import Signalled, tool
from tests.faults.family.part import Killed
from tests.faults.fault import Deed, Family, Fault, Seen, refuses
from tests.faults.shim import KILL, error_name, failing
from tests.faults.stage import Stage
from tests.flow.repository import Repository, whisper

BISECT = (
    *("bisect", "good", "bad", "--repo", "@/upstream", "--model", "tiny", "--weights", "@W"),
    *("--threads", "2", "--engine", "bench", "--seed", "1"),
)
AGAIN = ("bisect", "--resume")
SHOWN = ("show", "bisect")
# The commits behind GOOD; the third of them is the culprit.
_SUBJECTS = ("one", "two", "slow", "last")
_CULPRIT = 2
# What was killed leaves these behind until it is gone on with.
_LEFT = ("*.partial", ".block-*")
_IDENTITY = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Planted(Deed):
    """There is a history of whisper.cpp in which one commit makes it slower, from the tag `good` to the tag `bad`."""

    def strike(self, stage: Stage) -> None:
        environ = {**stage.kit.environ, **_IDENTITY}
        repository = Repository(stage.kit.folder / "upstream", environ)
        whisper(repository.path)
        (repository.path / "src").mkdir()
        repository.commit("begin")
        repository.git("tag", "good")
        text = {subject: f"// {subject}\n" for subject in _SUBJECTS}
        shas = [repository.commit(subject, **{"src/whisper.cpp": text[subject]}) for subject in _SUBJECTS]
        repository.git("tag", "bad")
        stage.kit.set_speed(0.004, **{f"git-{sha[:12]}": 1.2 for sha in shas[_CULPRIT:]})


class Gone(Deed):
    """The repository has other commits under the same names; or it is gone, if it has none."""

    commits: bool = False

    def strike(self, stage: Stage) -> None:
        shutil.rmtree(stage.kit.folder / "upstream")
        if self.commits:
            repository = Repository(stage.kit.folder / "upstream", {**stage.kit.environ, **_IDENTITY})
            whisper(repository.path)
            repository.commit("another beginning")
            repository.git("tag", "good")
            repository.commit("another end")
            repository.git("tag", "bad")


class Settle(Deed):
    """The search was made before, without a fault."""

    def strike(self, stage: Stage) -> None:
        done = stage.call(BISECT)
        assert done.code == 0, done.text


class EditSearch(Deed):
    """The file of the search is edited: the value at a path of keys, its whole text, its mode; or it is a link."""

    keys: tuple[str | int, ...] = ()
    value: object = None
    text: str | None = None
    mode: int = 0
    link: bool = False

    def strike(self, stage: Stage) -> None:
        path = _find(stage)
        if self.link:
            path.rename(stage.kit.folder / "elsewhere.json")
            path.symlink_to(stage.kit.folder / "elsewhere.json")
        elif self.mode:
            path.chmod(self.mode)
        elif self.text is not None:
            path.write_text(self.text)
        else:
            whole = found = json.loads(path.read_text())
            for key in self.keys[:-1]:
                found = found[key]
            found[self.keys[-1]] = self.value
            path.write_text(json.dumps(whole))


class EditTrial(Deed):
    """Both runs of the first trial are edited: a value at a path of keys; without keys, they are removed."""

    keys: tuple[str, ...] = ()
    value: object = None

    def strike(self, stage: Stage) -> None:
        trial = load_bisection(_find(stage)).trials[0]
        for name in trial.runs:
            path = _find(stage).parent / name
            if not self.keys:
                shutil.rmtree(path)
                continue
            whole = found = json.loads((path / "run.json").read_text())
            for key in self.keys[:-1]:
                found = found[key]
            found[self.keys[-1]] = self.value
            (path / "run.json").write_text(json.dumps(whole))


class Answered(Deed):
    """Afterwards the search is gone on with, if it was not to its end, and names the culprit; nothing is left.

    A commit that does not build may stay beside it. The blocks that were measured before all count.
    """

    again: bool = True

    def strike(self, stage: Stage) -> None:
        def check() -> str:
            stage.mend()
            kept = _count(stage)
            if self.again:
                begun = any(stage.kit.results.glob("node-1/*/*.bisect.json"))
                done = stage.call(AGAIN if begun else BISECT)
                if done.code:
                    return f"cannot be gone on with: {done.code}: {done.text.strip()[-600:]}"
            stored = load_bisection(_find(stage))
            report = read_answer(stage.kit.results, stored, lambda _: None)
            found = {one.commit for culprit in report.culprits for one in culprit.suspects}
            culprit = stored.line.commits[_CULPRIT].commit.sha
            # Which commit is built third depends on how long blocks and builds take; it may be next to the culprit.
            apart = found - {one.commit for one in report.unbuildable}
            if report.verdict is not BisectVerdict.FOUND or culprit not in found or len(apart) != 1:
                return f"{report.verdict}: {report.why}, {found} instead of {culprit}"
            if not stored.end:
                return "it has an answer, but no end"
            blocks = report.ends_blocks + report.search_blocks + report.final_blocks
            left = [path for path in stage.kit.partials() if (path / "run.json").is_file()]
            if left or 2 * blocks < kept:
                return f"{kept} kept, {blocks} blocks, left: {left}"
            return ""

        stage.checks.append(check)


def _count(stage: Stage) -> int:
    """Return how many sides of blocks the search has measured."""
    paths = (path for path in (*stage.sealed(), *stage.kit.partials()) if (path / "run.json").is_file())
    begun = any(stage.kit.results.glob("node-1/*/*.bisect.json"))
    own = load_bisection(_find(stage)).id if begun else ""
    runs = (run for run in map(load_run, paths) if own and run.trial and run.trial.bisection == own)
    return sum(bool(one.measurements) for run in runs for one in run.results)


def _find(stage: Stage) -> Path:
    (path,) = stage.kit.results.glob("node-1/*/*.bisect.json")
    return path


def _fault(name: str, where: str, what: str, *deeds: Deed, seen: Seen, words: tuple[str, ...] = BISECT) -> Fault:
    return Fault(
        family=Family.BISECT, name=name, where=where, what=what, deeds=(Planted(), *deeds), seen=seen, words=words
    )


def _stopped() -> Iterator[Fault]:
    for measured in (0, 1, 9, 23):
        fault = _fault(
            f"killed-{measured}",
            "a search, as --resume finds it",
            f"SIGKILL after {measured} processes",
            Killed(verb="bisect", measured=measured),
            Answered(again=False),
            seen=Seen(),
            words=AGAIN,
        )
        yield fault.replace(sample=measured == 9)
    for call, nth in (("rename", 1), ("rename", 7), ("rename", 40), ("write", 60), ("mkdir", 3), ("fsync", 9)):
        where = f"{call} number {nth} in the results"
        killing = failing(call, nth, KILL, "results/node-1/")
        yield _fault(f"killed-at-{call}-{nth}", where, "SIGKILL", *killing, Answered(), seen=Seen(codes=(-9,)))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signalled = Signalled(number=number, word="-m")
        what = signal.Signals(number).name
        seen = Seen(codes=(130,), says=("finished work is kept", "harness bisect --resume"))
        yield _fault(f"signal-{what.lower()}", "the first block of a search", what, signalled, Answered(), seen=seen)


def _out_of_room() -> Iterator[Fault]:
    for call, nth, error, below in (
        ("rename", 1, errno.ENOSPC, "results/node-1/"),
        ("write", 40, errno.ENOSPC, "results/node-1/"),
        ("create", 30, errno.EDQUOT, "results/node-1/"),
        ("fsync", 20, errno.EIO, "results/node-1/"),
        ("mkdir", 1, errno.ENOSPC, "cache/.block-"),
        ("create", 3, errno.ENOSPC, "cache/.block-"),
    ):
        yield _fault(
            f"room-{call}-{nth}-{below.split('/')[0]}",
            f"{call} number {nth} below {below}",
            f"{error_name(error)} from there on",
            *failing(call, nth, error, below),
            Answered(),
            seen=refuses(3, "disk is full" if call == "mkdir" else os.strerror(error), keeps=("*.partial",)),
        ).replace(sample=(call, nth) == ("write", 40))


def _builds() -> Iterator[Fault]:
    third = {"exit": 1, "silent": True, "spare": 2, "times": 1}
    yield _fault(
        "build-fails",
        "the build of a commit between the ends",
        "it fails",
        tool("cmake --build Release", **third),
        Answered(again=False),
        seen=Seen(),
    )
    last = tool("cmake --build Release", exit=1, silent=True, spare=1)
    yield _fault("build-end", "the build of BAD", "it fails", last, seen=Seen(codes=(10,)))
    for name, line in {
        "disk-full": "a.cpp:6:1: fatal error: error writing to /tmp/x.s: No space left on device",
        "out-of-memory": "cc1plus: out of memory allocating 65536 bytes after a total of 1 bytes",
        "killed": "c++: fatal error: Killed signal terminated program cc1plus",
    }.items():
        yield _fault(
            f"build-{name}",
            "the build of a commit between the ends",
            f"it fails, as another commit would, too: {line}",
            tool("cmake --build Release", **third, print=f"FAILED: [code=1] a.o\n{line}"),
            Answered(),
            seen=refuses(3, "the build of", "harness bisect --resume"),
        )


def _edited() -> Iterator[Fault]:
    killed = Killed(verb="bisect", measured=9)
    where = "the file of a search that was killed, as --resume finds it"
    refused: dict[str, tuple[EditSearch, int, str]] = {
        "schema": (EditSearch(keys=("schema",), value=99), 5, "has schema 99"),
        "broken": (EditSearch(text="{"), 5, "cannot be understood"),
        "id": (EditSearch(keys=("id",), value="20260101T000000Z-bisect-01234567"), 5, "it names the bisection"),
        "node": (EditSearch(keys=("node",), value="node-2"), 5, "it names the bisection"),
        "node-path": (EditSearch(keys=("node",), value="../../x"), 5, "not the name of a folder"),
        "run-path": (EditSearch(keys=("trials", 0, "runs"), value=["../../a", "b"]), 5, "not the name of a run"),
        "commits-none": (EditSearch(keys=("line", "commits"), value=[]), 5, "it has no commits"),
        "question": (EditSearch(keys=("question",), value="x"), 2, "what it measures has changed"),
        "metric": (EditSearch(keys=("metric",), value="decode"), 2, "what it measures has changed"),
        "open": (EditSearch(mode=0o666), 2, ""),
        "link": (EditSearch(link=True), 2, ""),
    }
    for name, (deed, code, said) in refused.items():
        # Without a name the latest one that can be used is taken, and there is no other.
        passed_over = code == 5 or not said
        seen = Seen(codes=(2,), says=("no unfinished bisection" if passed_over else said,), keeps=_LEFT)
        yield _fault(f"file-{name}", where, f"{name} is edited", killed, deed, seen=seen, words=AGAIN)
    shown = {name: refused[name] for name in ("schema", "broken", "node-path", "run-path", "commits-none")}
    for name, (deed, code, said) in shown.items():
        where = "the file of a search, as `show bisect` finds it"
        seen = Seen(codes=(code,), says=(said,), keeps=_LEFT)
        yield _fault(f"shown-{name}", where, f"{name} is edited", killed, deed, seen=seen, words=SHOWN)
    trials: dict[str, EditTrial] = {
        "removed": EditTrial(),
        "of-another": EditTrial(keys=("trial", "bisection"), value="20260101T000000Z-bisect-01234567"),
    }
    for name, edit in trials.items():
        where = "the runs of the ends of a search that was made, as the same search finds them"
        yield _fault(f"trial-{name}", where, f"{name}", Settle(), edit, Answered(again=False), seen=Seen())


def _repositories() -> Iterator[Fault]:
    where = "the repository of a search that was killed, as --resume finds it"
    rewritten, gone = Gone(commits=True), Gone()
    for name, what, deed, code, said in (
        (
            "rewritten",
            "other commits have its names, and it has lost the former ones",
            rewritten,
            4,
            "cannot be fetched",
        ),
        ("gone", "it is gone", gone, 2, "there is no folder"),
    ):
        seen = Seen(codes=(code,), says=(said,), keeps=_LEFT)
        yield _fault(f"repository-{name}", where, what, Killed(verb="bisect", measured=9), deed, seen=seen, words=AGAIN)


FAULTS = (*_stopped(), *_out_of_room(), *_builds(), *_edited(), *_repositories())
