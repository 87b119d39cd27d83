"""Children that outlived a harness which was killed."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

_MARK = "WHISPER_HARNESS_RUN"
_PASSES = 5


def mark_child(bundle: Path) -> dict[str, str]:
    """Return what every child of the run in `bundle` has in its environment, by which `stop_orphans` knows it.

    A process has it from its first instant, for which no note of its number in a file would be early enough, and
    hands it on to what it starts.
    """
    return {_MARK: str(bundle.resolve())}


def stop_orphans(bundle: Path) -> tuple[str, ...]:
    """End every process that a killed harness has left of the run in `bundle`, and return their names.

    Processes of other users are not looked at.
    """
    mark = bundle.resolve()
    return stop_all(lambda path: path == mark)


def stop_all(is_dead: Callable[[Path], bool]) -> tuple[str, ...]:
    """End every process of each run that is dead, by the path of its bundle, and return their names.

    Those of other users, and in containers, where a path is another folder, are not looked at.
    """
    import psutil

    ended: list[str] = []
    for _ in range(_PASSES):  # one may have started another meanwhile
        found = 0
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                mark = process.environ().get(_MARK)
                if mark and process.pid != os.getpid() and _sees_our_files(process.pid) and is_dead(Path(mark)):
                    ended.append(process.name())
                    process.kill()
                    found += 1
        if not found:
            break
    return tuple(dict.fromkeys(ended))


def _sees_our_files(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/ns/mnt").stat().st_ino == Path("/proc/self/ns/mnt").stat().st_ino
    except OSError:
        return True
