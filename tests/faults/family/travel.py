"""`import` of bundles in a zip, struck at calls of every kind that writes below the results."""

import errno
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_words
from tests.faults.shim import KILL, Rule, Shimmed, error_name
from tests.faults.stage import Stage
from tests.stand import DAYS, Stand

_INTERRUPT = -int(signal.SIGINT)
# How many calls of each kind the import of two bundles makes below the results. A fault counts them.
CALLS = {"mkdir": 25, "create": 14, "write": 8, "rename": 2, "unlink": 17}
# So many of each kind are struck, spread over all of them.
_STRUCK = 5
_ERRORS = {"unlink": errno.EIO}


class Travelled(Look):
    """An import of two bundles is struck at one call: what is there then is whole, and the next import completes it."""

    call: str
    nth: int
    error: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        archive, expected = prepare(stage)
        count = 1 if self.error < 0 else 0
        Shimmed(rules=(Rule(call=self.call, nth=self.nth, error=self.error, below="results", count=count),)).strike(
            stage
        )
        done = stage.call(("import", str(archive)))
        struck = stage.struck
        stage.mend()
        yield from judge_words(done)
        if not struck:
            yield Deviation(kind=Kind.WRONG, what="the fault did not strike")
        if done.code not in {KILL: (KILL,), _INTERRUPT: (130, 0)}.get(self.error, (0, 3)):
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        found = contents(stage.kit.results / "far")
        bundles = {name.split("/")[1] for name in found}
        whole = {name: content for name, content in expected.items() if name.split("/")[1] in bundles}
        if found != whole:
            yield Deviation(kind=Kind.LOST, what=f"a bundle is not whole: {sorted(found)}")
        if done.code == 0 and found != expected:
            yield Deviation(kind=Kind.GREEN, what=f"it ends well without all of it: {sorted(found)}")
        again = stage.call(("import", str(archive)))
        if again.code or contents(stage.kit.results / "far") != expected:
            yield Deviation(kind=Kind.LOST, what=f"importing again leaves other files: {again.text[-500:]}")
        if left := [path.name for path in stage.kit.results.glob(".*")]:
            yield Deviation(kind=Kind.FILE, what=f"{left}")


class CountedBundles(Look):
    """An import of bundles makes as many calls as the faults reckon with."""

    def look(self, stage: Stage) -> Iterator[Deviation]:
        archive, _ = prepare(stage)
        Shimmed().strike(stage)
        stage.call(("import", str(archive)))
        calls = [line.split(" ", 2)[:2] for line in stage.shim_log.read_text(errors="replace").splitlines()]
        below = [call for call, path in calls if path.startswith(str(stage.kit.results))]
        counts = {call: below.count(call) for call in dict.fromkeys(below) if call not in ("open", "opendir", "flock")}
        if counts != CALLS:
            yield Deviation(kind=Kind.WRONG, what=f"an import of bundles makes {counts}")
        stage.mend()


def prepare(stage: Stage) -> tuple[Path, dict[str, bytes]]:
    """Pack two bundles of another node; return the archive, and what must be there in the end."""
    away = Stand(stage.kit.folder / "away")
    for day in DAYS[:2]:
        away.add(day, node="far")
    archive = stage.kit.folder / "bundles.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in contents(away.results).items():
            packed.writestr(name, content)
    return archive, contents(away.results / "far")


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by their paths in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _fault(name: str, where: str, what: str, look: Look, *, sample: bool = False) -> Fault:
    return Fault(
        family=Family.IMPORT, name=name, where=where, what=what, deeds=(look,), seen=Seen(), words=(), sample=sample
    )


def _struck() -> Iterator[Fault]:
    for call, count in CALLS.items():
        for nth in sorted({1 + number * (count - 1) // (_STRUCK - 1) for number in range(_STRUCK)}):
            interrupts = (_INTERRUPT,) if call == "rename" else ()
            for error in (KILL, *interrupts, _ERRORS.get(call, errno.ENOSPC)):
                name = {_INTERRUPT: "SIGINT"}.get(error) or error_name(error)
                yield _fault(
                    f"bundles-{call}-{nth}-{name}",
                    f"{call} number {nth} of an import of bundles",
                    f"{name} there",
                    Travelled(call=call, nth=nth, error=error),
                    sample=(call, nth, error) == ("rename", 2, KILL),
                )
    yield _fault("bundles-calls", "every call", "their number is known", CountedBundles())


FAULTS: tuple[Fault, ...] = tuple(_struck())
