"""What a power loss would leave behind: no name is given to content that is not yet on the disk."""

from collections.abc import Iterator
from pathlib import Path

from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.shim import Shimmed
from tests.faults.stage import FULL, SHORT, Stage

# Their loss costs a moment, and what is broken of them is not taken for anything.
_CHEAP = ("durations.json",)
_NOTES = "used"


class Ordered(Look):
    """The command's calls are written down, and looked through."""

    words: tuple[str, ...]
    loses: str = ""

    def look(self, stage: Stage) -> Iterator[Deviation]:
        if self.loses:
            for path in (stage.kit.cache / self.loses).glob("*"):
                path.unlink()
        Shimmed().strike(stage)
        done = stage.call(self.words)
        if done.code:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        yield from judge_order(stage.shim_log.read_text(errors="replace").splitlines(), stage.kit.folder)


def judge_order(calls: list[str], folder: Path) -> Iterator[Deviation]:
    """Yield the files that are renamed before they are on the disk, and folders whose new entry is not."""
    tops = (str(folder / "results"), str(folder / "cache"), str(folder / "out"))
    dirty: set[str] = set()
    entries: set[str] = set()
    for line in calls:
        call, _, rest = line.partition(" ")
        path, _, target = rest.strip().partition(" ")
        if call == "sync":
            dirty, entries = set(), set()
        elif call in ("unlink", "fsync"):
            dirty.discard(path)
            entries.discard(path)
        elif call in ("write", "create") and path.startswith(tops):
            dirty.add(path)
        elif call == "rename" and path.startswith(tops):
            early = {one for one in dirty if one == path or one.startswith(f"{path}/")}
            if early and not _is_cheap(Path(target)):
                yield Deviation(kind=Kind.LOST, what=f"{target} got its name before {min(early)} was on the disk")
            dirty -= early
            entries |= _levels(target, tops[0])
    if entries:
        yield Deviation(kind=Kind.LOST, what=f"the new entry was not made durable in {sorted(entries)}")


def _is_cheap(target: Path) -> bool:
    return target.name in _CHEAP or target.parent.name == _NOTES


def _levels(target: str, results: str) -> set[str]:
    """Return the folders above a bundle that has just been sealed: each may be new."""
    sealed = target.startswith(results) and not Path(target).suffix
    return {str(one) for one in Path(target).parents if sealed and str(one).startswith(results)}


def _fault(name: str, what: str, *words: str, loses: str = "", sample: bool = False) -> Fault:
    return Fault(
        family=Family.ORDER,
        name=name,
        where="every rename",
        what=f"the power fails at any instant of {what}",
        deeds=(Ordered(words=words, loses=loses),),
        seen=Seen(),
        words=(),
        sample=sample,
    )


FAULTS = (
    _fault("run", "a run", "run", *SHORT, sample=True),
    _fault("full-run", "a run with all benchmarks and tests", "run", *FULL),
    _fault("weights", "the making of synthetic weights", "models", "tiny", "--weights", "synthetic"),
    _fault("trial", "a live comparison", "ab", "fa=0", "fa=1", "--engine", "bench", "--max-time", "0.3s"),
    _fault("report", "a report that is written", "report", "latest", "-o", "@/out.json"),
    _fault("export", "an export", "export", "all", "--output", "@/out"),
)
