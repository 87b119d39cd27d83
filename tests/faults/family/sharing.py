"""Archives of shared runs that are struck at every call that writes, and damaged ones that are measured again."""

import errno
from collections.abc import Iterator

from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_words
from tests.faults.shim import KILL, Rule, Shimmed, error_name
from tests.faults.stage import Stage

_ARCHIVE = "shared.tar.gz"
# How many calls of each kind it makes in the folder of the archive.
SHARE_CALLS = {"create": 1, "write": 1, "fsync": 1, "rename": 1}
_CUTS = {"nothing-left": 0.0, "half": 0.5, "last-byte": 1.0}


def share(stage: Stage, folder: str) -> tuple[str, ...]:
    """Make a folder, and return the words that write an archive of the finished run to it."""
    (stage.kit.folder / folder).mkdir(exist_ok=True)
    return ("share", stage.witness.name, "-o", f"@/{folder}/{_ARCHIVE}")


class ShareStruck(Look):
    """Writing an archive fails, or is killed: it is there as a whole or not at all, and the next call writes it."""

    call: str
    nth: int
    error: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        stage.call(share(stage, "expected"))
        expected = (stage.kit.folder / "expected" / _ARCHIVE).read_bytes()
        words = share(stage, "out")
        Shimmed(rules=(Rule(call=self.call, nth=self.nth, error=self.error, below="out", count=1),)).strike(stage)
        done = stage.call(words)
        stage.mend()
        yield from judge_words(done)
        if done.code != (KILL if self.error == KILL else 3):
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text.strip()[-600:]}")
        if done.code == 3 and "cannot write" not in done.stderr:
            yield Deviation(kind=Kind.WRONG, what=f"no sentence says what failed: {done.text.strip()[-600:]}")
        archive = stage.kit.folder / "out" / _ARCHIVE
        if archive.exists() and archive.read_bytes() != expected:
            yield Deviation(kind=Kind.GREEN, what=f"a part of the archive is there: {archive.stat().st_size} bytes")
        again = stage.call(words)
        if again.code or archive.read_bytes() != expected:
            yield Deviation(kind=Kind.LOST, what=f"the next call ends with {again.code}: {again.text.strip()[-600:]}")
        left = [path.name for path in archive.parent.iterdir() if path != archive]
        if left:
            yield Deviation(kind=Kind.FILE, what=f"left over: {left}")


class ShareCut(Look):
    """An archive lacks its end: nothing is imported or measured, and the answer says what to do."""

    kept: float

    def look(self, stage: Stage) -> Iterator[Deviation]:
        stage.call(share(stage, "out"))
        archive = stage.kit.folder / "out" / _ARCHIVE
        whole = archive.read_bytes()
        archive.write_bytes(whole[: min(int(self.kept * len(whole)), len(whole) - 1)])
        sealed = stage.sealed()
        for words in (("import", str(archive)), ("run", "--like", str(archive), "--ref", "v1.8.5", "--dry-run")):
            done = stage.call(words)
            yield from judge_words(done)
            if done.code != 5:
                yield Deviation(kind=Kind.WRONG, what=f"{words[0]}: exit code {done.code}: {done.text.strip()[-600:]}")
        if stage.sealed() != sealed:
            yield Deviation(kind=Kind.GREEN, what=f"there are other runs now: {stage.sealed()}")


class ShareCounted(Look):
    """The calls of a share are those that are struck."""

    def look(self, stage: Stage) -> Iterator[Deviation]:
        words = share(stage, "out")
        Shimmed().strike(stage)
        stage.call(words)
        calls = [line.split(" ", 2)[:2] for line in stage.shim_log.read_text(errors="replace").splitlines()]
        below = [call for call, path in calls if path.startswith(str(stage.kit.folder / "out"))]
        counts = {call: below.count(call) for call in dict.fromkeys(below) if call not in ("open", "opendir", "flock")}
        if counts != SHARE_CALLS:
            yield Deviation(kind=Kind.WRONG, what=f"a share makes {counts}")


def _fault(name: str, where: str, what: str, look: Look, *, sample: bool = False) -> Fault:
    return Fault(
        family=Family.SHARE, name=name, where=where, what=what, deeds=(look,), seen=Seen(), words=(), sample=sample
    )


def _struck() -> Iterator[Fault]:
    for call, count in SHARE_CALLS.items():
        for nth in range(1, count + 1):
            for error in (KILL, errno.EIO if call == "fsync" else errno.ENOSPC):
                name = error_name(error)
                where = f"{call} number {nth} of a share"
                look = ShareStruck(call=call, nth=nth, error=error)
                yield _fault(
                    f"{call}-{nth}-{name}", where, f"{name} there", look, sample=(call, error) == ("rename", KILL)
                )


FAULTS = (
    *_struck(),
    _fault("calls", "every call", "all of them are struck", ShareCounted()),
    *(
        _fault(f"cut-{name}", "an archive of somebody else", "its end is missing", ShareCut(kept=kept))
        for name, kept in _CUTS.items()
    ),
)
