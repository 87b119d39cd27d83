"""A disk that is full, read-only, over quota, out of inodes, forbidden or broken, at every write."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator

from tests.faults.deed import Write
from tests.faults.fault import FINE, HONEST, PASSED, Deed, Family, Fault, Seen, refuses
from tests.faults.shim import error_name, failing
from tests.faults.stage import Stage

# How many calls of each kind the shortest run makes below a folder; a test counts them.
CALLS = {
    ("create", "results"): 28,
    ("write", "results"): 16,
    ("rename", "results"): 11,
    ("fsync", "results"): 25,
    ("mkdir", "results"): 6,
    ("create", "cache"): 13,
    ("write", "cache"): 6,
    ("rename", "cache"): 6,
    ("mkdir", "cache"): 16,
    ("flock", "cache"): 18,
    ("create", "tmp"): 2,
    ("flock", "tmp"): 2,
}
_TELL = {
    errno.ENOSPC: "o space left|disk is full",
    errno.EROFS: "ead-only",
    errno.EACCES: "ermission denied",
    errno.EDQUOT: "quota",
    errno.EIO: "nput/output error",
}


def _says(error: int, call: str) -> tuple[str, ...]:
    return () if call in ("flock", "mkdir") or error == errno.ENOSPC else (_TELL[error],)


def _sweep() -> Iterator[Fault]:
    """Yield persistent trouble of the likeliest kinds at every call, and the others here and there."""
    for (call, below), count in CALLS.items():
        for nth in range(1, count + 1):
            errors = [errno.ENOSPC] if call != "fsync" else [errno.EIO]
            if nth in (3, 9):
                errors = [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO]
            if call == "flock":  # to it EACCES says that another has the lock
                errors = [error for error in errors if error != errno.EACCES]
            for error in errors:
                yield Fault(
                    family=Family.DISK,
                    name=f"{below}-{call}-{nth}-{error_name(error)}",
                    where=f"{call} number {nth} in {below}",
                    what=f"it fails with {error_name(error)}, and so do all that follow",
                    deeds=failing(call, nth, error, below),
                    seen=HONEST.replace(says=_says(error, call), status=PASSED),
                    sample=(call, below, nth, error) == ("write", "results", 9, errno.EIO)
                    or (call, below, nth) == ("rename", "results", count),
                )


def _passing() -> Iterator[Fault]:
    """Yield trouble that strikes once and is gone."""
    for call in ("write", "rename", "fsync"):
        for nth in range(2, CALLS[call, "results"] + 1, 4):
            yield Fault(
                family=Family.DISK,
                name=f"once-results-{call}-{nth}",
                where=f"{call} number {nth} in results",
                what="it fails once with EIO, and the next one is well",
                deeds=failing(call, nth, errno.EIO, "results", count=1),
                seen=HONEST.replace(status=PASSED),
            )


class Small(Deed):
    """A folder of the kit is a file system of its own, with so much room."""

    folder: str
    options: str

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / self.folder
        keep = stage.kit.folder / "kept"
        if path.exists():
            shutil.copytree(path, keep)
        path.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", self.options, "faults", str(path)], check=True)
        if keep.exists():
            shutil.copytree(keep, path, dirs_exist_ok=True)

        def mend() -> None:
            # What the run begins there must be gone on with: the room grows instead of going.
            subprocess.run(["mount", "-o", "remount,size=600m,nr_inodes=5000", str(path)], check=True)

        stage.menders.append(mend)
        stage.unmount.append(path)


def can_mount() -> bool:
    """Whether this user may mount a file system here."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"):
        return False
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True).returncode == 0


def _small() -> Iterator[Fault]:
    for folder, options in (
        ("results", "size=100k"),
        ("results", "size=140k"),
        ("results", "size=180k"),
        ("results", "size=4m,nr_inodes=22"),
        ("results", "size=4m,nr_inodes=28"),
        ("cache", "size=4k"),
        ("cache", "size=8m,nr_inodes=6"),
        ("cache", "size=8m,nr_inodes=12"),
        ("tmp", "size=4k,nr_inodes=1"),
    ):
        yield Fault(
            family=Family.DISK,
            name=f"small-{folder}-{options}",
            where=folder,
            what=f"a file system with {options}",
            deeds=(Small(folder=folder, options=options),),
            seen=Seen(codes=(0, 3, 10, 12), mends=True),
        )


def _stream() -> Iterator[Fault]:
    full = "no room for what the command prints: /dev/full"
    yield Fault(
        family=Family.DISK,
        name="standard-output-is-full",
        where="standard output",
        what=full,
        deeds=(Redirected(stream="stdout"),),
        seen=Seen(codes=(3,), says=("o space left",)),
        words=("run", "--no-tests", "--bench", "whisper", "--repetitions", "1", "--json"),
        sample=True,
    )
    verbs: tuple[tuple[str, ...], ...] = (("list",), ("show", "latest"), ("report", "latest"), ("schema",))
    for verb in verbs:
        yield Fault(
            family=Family.DISK,
            name=f"standard-output-is-full-{verb[0]}",
            where="standard output",
            what=full,
            deeds=(Redirected(stream="stdout"),),
            seen=Seen(codes=(3,), says=("o space left",)),
            words=verb,
        )
    yield Fault(
        family=Family.DISK,
        name="standard-error-is-full",
        where="standard error",
        what=full,
        deeds=(Redirected(stream="stderr"),),
        seen=FINE,
    )
    verbs = (
        ("report", "latest", "-o", "@/out/report.json"),
        ("report", "latest", "-o", "@/out/report.md"),
        ("report", "latest", "-o", "@/out/report.html"),
        ("export", "all", "--output", "@/out/tree"),
    )
    for verb in verbs:
        for call in ("create", "write", "rename"):
            yield Fault(
                family=Family.DISK,
                name=f"{verb[0]}-{call}-{verb[-1].rpartition('/')[2]}",
                where=f"{call} of what `{verb[0]}` writes",
                what="it fails with ENOSPC",
                deeds=(Write(path="out/"), *failing(call, 1, errno.ENOSPC, "out")),
                seen=refuses(3, "o space left", mends=False),
                words=verb,
            )


class Redirected(Deed):
    """A standard stream goes to a device that is always full."""

    stream: str

    def strike(self, stage: Stage) -> None:
        stage.full = self.stream


FAULTS = (*_sweep(), *_passing(), *(_small() if can_mount() else ()), *_stream())
