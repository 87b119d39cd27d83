"""`import` struck at every call that writes, in folders that cannot be opened, and without its helpers."""

import contextlib
import errno
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from harness.errors import HarnessError
from harness.store.bundle import load_run
from harness.store.importer import import_entries
from harness.store.layout import find_places, list_months
from harness.store.result_tree import find_entries
from tests.faults.fault import Deed, Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_words
from tests.faults.shim import KILL, Rule, Shimmed, error_name, failing
from tests.faults.stage import Stage
from tests.player import Started

DATA = Path(__file__).parents[2] / "data"
_SHA = "7fe4979f25ea1b2e0696a11007c9d46e168d18b3"
_NODE = Path("whisper.cpp") / _SHA[:2] / _SHA[2:] / "node-2"
_INTERRUPT = -int(signal.SIGINT)
# How many calls of each kind an import makes below the results: of a run that is new, of one that has more files than
# before, and of one whose date was not known before. A fault counts them.
CALLS: dict[str, dict[str, int]] = {
    "new": {"mkdir": 8, "create": 5, "write": 4, "rename": 1, "unlink": 3},
    "richer": {"mkdir": 4, "create": 4, "write": 3, "fsync": 1, "rename": 1, "link": 2, "unlink": 5},
    "dated": {"mkdir": 10, "create": 6, "write": 5, "rename": 3, "unlink": 10, "fsync": 1},
}
# And an export of one run below the folder that it writes to.
EXPORT_CALLS = {"mkdir": 6, "create": 15, "write": 14, "rename": 1, "unlink": 2}
_ERRORS = {"fsync": errno.EIO, "unlink": errno.EIO}


def contents(results: Path) -> dict[str, bytes]:
    """Return all files of the node that is imported; of what is not finished, too."""
    tops = [results / "node-2", *results.glob(".*")]
    return {
        str(path.relative_to(results)): path.read_bytes() for top in tops for path in top.rglob("*") if path.is_file()
    }


class Imported(Look):
    """An import is struck at one call; afterwards every run that was there is there, and the next import ends well."""

    scenario: str
    call: str
    nth: int
    error: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        results, tree = stage.kit.results, stage.kit.folder / "ci"
        expected = prepare(stage, self.scenario)
        before = find_ids(results)
        Shimmed(
            rules=(Rule(call=self.call, nth=self.nth, error=self.error, below="results", count=self.count),)
        ).strike(stage)
        done = stage.call(("import", str(tree)))
        struck, codes = stage.struck, self.codes
        stage.mend()
        yield from judge_words(done)
        if not struck:
            yield Deviation(kind=Kind.WRONG, what="the fault did not strike")
        if done.code not in codes:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code} instead of {codes}: {done.text[-500:]}")
        if done.code in (3, 130) and "harness: " not in done.stderr:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code} without a sentence")
        finished = {name: content for name, content in contents(results).items() if not name.startswith(".")}
        if done.code == 0 and finished != expected:
            yield Deviation(kind=Kind.GREEN, what=f"it ends well without all of it: {sorted(contents(results))}")
        yield from judge_there(results, before, {Path(name).parts[2] for name in expected})
        yield from judge_again(stage, expected)

    @property
    def count(self) -> int:
        """How many calls are struck: one where it is a signal, all from that one on where it is an error."""
        return 1 if self.error < 0 else 0

    @property
    def codes(self) -> tuple[int, ...]:
        """The exit codes that are right. What cannot be tidied up is tidied up by the next one."""
        return {KILL: (KILL,), _INTERRUPT: (130, 0)}.get(self.error, (0, 3))


def prepare(stage: Stage, scenario: str) -> dict[str, bytes]:
    """Lay out what is there before, and a tree to import; return what must be there in the end."""
    results, tree = stage.kit.results, stage.kit.folder / "ci"
    write_report(tree / _NODE)
    if scenario == "richer":
        take(results, tree)
    (tree / _NODE / "runtime").write_bytes(
        (DATA / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf__runtime").read_bytes()
    )
    if scenario == "dated":
        take(results, tree)
        (bundle,) = results.glob("node-2/*/*")
        undated = results / "node-2" / "undated" / "-".join(["0-undated", *bundle.name.split("-")[1:]])
        undated.parent.mkdir()
        bundle.rename(undated)
        record = (undated / "run.json").read_text(encoding="utf-8")
        (undated / "run.json").write_text(record.replace(bundle.name, undated.name), encoding="utf-8")
        bundle.parent.rmdir()
    (tree / _NODE / "stdall").write_text("+ set -x\n")
    take(stage.kit.folder / "expected", tree)
    return contents(stage.kit.folder / "expected")


def write_report(folder: Path, clock: str = "08:37:31") -> None:
    """Write a result folder whose report has this time of day."""
    folder.mkdir(parents=True)
    text = (DATA / "reports" / "05ce7476__ggml-2-x86-cpu.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(text.replace("08:37:31", clock), encoding="utf-8")


def take(results: Path, tree: Path) -> None:
    """Import a tree without a fault."""
    for _ in import_entries(results, find_entries(tree).entries, "", note=print):
        pass


def find_ids(results: Path) -> list[str]:
    """Return the ids of the runs that were imported, each of which can be read."""
    places = find_places(list_months(results))
    return [load_run(Path(place.path)).id for place in places if place.node == "node-2"]


def judge_there(results: Path, before: list[str], final: set[str]) -> Iterator[Deviation]:
    """Yield where a run is not there any more, or is there under a name that is not its own."""
    try:
        ids = find_ids(results)
    except HarnessError as error:
        yield Deviation(kind=Kind.LOST, what=f"a run cannot be read: {error}")
        return
    if before and not set(ids) & {*before, *final}:
        yield Deviation(kind=Kind.LOST, what=f"the run that was there is gone: {ids}")
    names = [place.name for place in find_places(list_months(results)) if place.node == "node-2"]
    if sorted(names) != sorted(ids) or not set(ids) <= {*before, *final}:
        yield Deviation(kind=Kind.WRONG, what=f"{names} hold {ids}")


def judge_again(stage: Stage, expected: dict[str, bytes]) -> Iterator[Deviation]:
    """Yield what the next import does not complete, or tidy up."""
    take(stage.kit.results, stage.kit.folder / "ci")
    found = contents(stage.kit.results)
    if found != expected:
        differ = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        yield Deviation(kind=Kind.LOST, what=f"importing again leaves other files: {differ}")


class Exported(Look):
    """An export is killed at one call; what is there then is whole, and the next export completes it and tidies up."""

    call: str
    nth: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        out, expected = stage.kit.folder / "out", stage.kit.folder / "expected"
        stage.call(("export", "all", "--output", str(expected)))
        Shimmed(rules=(Rule(call=self.call, nth=self.nth, error=KILL, below="out", count=1),)).strike(stage)
        done = stage.call(("export", "all", "--output", str(out)))
        stage.mend()
        if done.code != KILL:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: the fault did not strike")
        whole = list_files(expected)
        if list_files(out) not in ({}, whole):
            yield Deviation(kind=Kind.LOST, what=f"a part of a folder is there: {sorted(list_files(out))}")
        if out.exists() and not list_files(out):
            yield from judge_not_imported(stage, out)
        stage.call(("export", "all", "--output", str(out)))
        if list_files(out) != whole or find_scratch(out):
            yield Deviation(kind=Kind.FILE, what=f"after the next one: {sorted(list_files(out))} {find_scratch(out)}")


def list_files(tree: Path) -> dict[str, bytes]:
    """Return all files of a tree, but for what is not finished."""
    files = [path for path in tree.rglob("*") if path.is_file() and not path.relative_to(tree).parts[0].startswith(".")]
    return {str(path.relative_to(tree)): path.read_bytes() for path in files}


def find_scratch(tree: Path) -> list[str]:
    """Return the folders of what is not finished."""
    return [path.name for path in tree.glob(".*")]


def judge_not_imported(stage: Stage, tree: Path) -> Iterator[Deviation]:
    """Yield where what is not finished is taken for a report."""
    done = stage.call(("import", str(tree)))
    if done.code not in (2, 5):
        yield Deviation(kind=Kind.GREEN, what=f"what a killed export left is imported: {done.text[-300:]}")


class Counted(Look):
    """The calls of an import are those that are struck."""

    scenario: str

    def look(self, stage: Stage) -> Iterator[Deviation]:
        prepare(stage, self.scenario)
        Shimmed().strike(stage)
        stage.call(("import", str(stage.kit.folder / "ci")))
        calls = [line.split(" ", 2)[:2] for line in stage.shim_log.read_text(errors="replace").splitlines()]
        below = [call for call, path in calls if path.startswith(str(stage.kit.results))]
        counts = {call: below.count(call) for call in dict.fromkeys(below) if call not in ("open", "opendir", "flock")}
        if counts != CALLS[self.scenario]:
            yield Deviation(kind=Kind.WRONG, what=f"an import makes {counts}")
        stage.mend()
        stage.shim_log.unlink()
        Shimmed().strike(stage)
        stage.call(("export", stage.witness.name, "--output", "@/out"))
        calls = [line.split(" ", 2)[:2] for line in stage.shim_log.read_text(errors="replace").splitlines()]
        below = [call for call, path in calls if path.startswith(str(stage.kit.folder / "out"))]
        counts = {call: below.count(call) for call in dict.fromkeys(below) if call not in ("open", "opendir", "flock")}
        if counts != EXPORT_CALLS:
            yield Deviation(kind=Kind.WRONG, what=f"an export makes {counts}")


class Many(Look):
    """A tree of many reports is imported by several processes; something is done to them meanwhile."""

    others: int = 0

    def look(self, stage: Stage) -> Iterator[Deviation]:
        tree = stage.kit.folder / "ci"
        for number in range(510):
            write_report(tree / _NODE.with_name(f"node-{number}"), f"{number // 60:02}:{number % 60:02}:00")
        if not self.others:
            stage.during.append(kill_a_helper)
        rivals = [stage.kit.start("import", str(tree)) for _ in range(self.others)]
        done = stage.call(("import", str(tree)))
        stage.during.clear()
        ends = [(rival, rival.communicate(timeout=120)) for rival in rivals]
        yield from judge_words(done)
        said = [done.text, *(stderr for _, (_, stderr) in ends)]
        if any("Traceback" in text for text in said) or {done.code, *(rival.returncode for rival, _ in ends)} != {0}:
            yield Deviation(kind=Kind.WRONG, what=f"{[rival.returncode for rival, _ in ends]} {said}")
        if not self.others and "was killed" not in done.stderr:
            yield Deviation(kind=Kind.WRONG, what=f"nothing is said of the process that was killed: {done.text}")
        found = [place for place in find_places(list_months(stage.kit.results)) if "/2025-03/" in place.path]
        if len(found) != 510:
            yield Deviation(kind=Kind.LOST, what=f"{len(found)} of 510 are there")


def kill_a_helper(child: Started) -> None:
    """Kill the first process that helps."""
    deadline = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psutil.Error):
            for helper in psutil.Process(child.pid).children():
                helper.kill()
                return
        time.sleep(0.01)


class Folder(Deed):
    """A folder stands among the results."""

    path: str

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / self.path
        path.mkdir(parents=True)
        stage.menders.append(lambda: shutil.rmtree(path, ignore_errors=True))


class Tree(Deed):
    """A tree with a folder of two nodes lies there."""

    def strike(self, stage: Stage) -> None:
        for number in (2, 3):
            write_report(stage.kit.folder / "ci" / _NODE.with_name(f"node-{number}"), f"0{number}:00:00")


def _fault(name: str, where: str, what: str, *deeds: Deed, **more: object) -> Fault:
    fault = Fault(family=Family.IMPORT, name=name, where=where, what=what, deeds=deeds, seen=Seen(), words=())
    return fault.replace(**more)


def _struck() -> Iterator[Fault]:
    for scenario, calls in CALLS.items():
        for call, count in calls.items():
            for nth in range(1, count + 1):
                interrupts = (_INTERRUPT,) if call in ("create", "rename", "link") else ()
                for error in (KILL, *interrupts, _ERRORS.get(call, errno.ENOSPC)):
                    name = {_INTERRUPT: "SIGINT"}.get(error) or error_name(error)
                    yield _fault(
                        f"{scenario}-{call}-{nth}-{name}",
                        f"{call} number {nth} of an import ({scenario})",
                        f"{name} there",
                        Imported(scenario=scenario, call=call, nth=nth, error=error),
                        sample=(scenario, call, nth, error) == ("dated", "rename", 2, KILL),
                    )
    for call, count in EXPORT_CALLS.items():
        for nth in sorted({1, (count + 1) // 2, count}):
            name = f"export-{call}-{nth}"
            yield _fault(name, f"{call} number {nth} of an export", "SIGKILL there", Exported(call=call, nth=nth))
    for scenario in CALLS:
        yield _fault(f"{scenario}-calls", "every call", "all of them are struck", Counted(scenario=scenario))


def _unreadable() -> Iterator[Fault]:
    verbs: tuple[tuple[str, ...], ...] = (
        ("list",),
        ("show", "all"),
        ("report", "all"),
        ("compare", "all", "all", "--force"),
        ("export", "all", "--output", "@/out"),
    )
    for verb in verbs:
        for error in (errno.EACCES, errno.EIO, errno.ESTALE) if verb == ("list",) else (errno.EACCES,):
            yield _fault(
                f"{verb[0]}-lost+found-{error_name(error)}",
                "a folder among the results",
                f"it cannot be opened: {error_name(error)}",
                Folder(path="results/lost+found"),
                *failing("opendir", 1, error, "results/lost+found"),
                Named(word="lost+found"),
                words=verb,
            )
    yield _fault(
        "results",
        "the results folder",
        "it cannot be opened",
        *failing("opendir", 1, errno.EACCES, "results"),
        seen=Seen(codes=(3,), says=("cannot open the results folder",)),
        words=("list",),
    )
    yield _fault(
        "tree",
        "a folder of a tree that is imported",
        "it cannot be opened",
        Tree(),
        *failing("open", 1, errno.EACCES, f"ci/{_NODE}"),
        seen=Seen(codes=(5,), says=("node-2", "ermission denied")),
        words=("import", "@/ci"),
    )


class Named(Deed):
    """What is left out is named."""

    word: str

    def strike(self, stage: Stage) -> None:
        really: Callable[..., object] = stage.call
        said: list[str] = []

        def call(words: tuple[str, ...]) -> object:
            done = really(words)
            said.append(done.stderr)  # type: ignore[attr-defined]
            return done

        stage.call = call  # type: ignore[method-assign, assignment]
        stage.checks.append(lambda: "" if self.word in "".join(said) else f"{self.word} is not named: {said}")


FAULTS = (
    *_struck(),
    *_unreadable(),
    _fault("a-helper-is-killed", "a process that helps", "SIGKILL", Many()),
    _fault("four-at-once", "a tree", "it is imported four times at once", Many(others=3)),
)
