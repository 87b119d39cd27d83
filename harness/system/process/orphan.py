"""Children that outlived a killed harness."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

_MARK = "WHISPER_HARNESS_RUN"
_PASSES = 5


def mark_child(bundle: Path) -> dict[str, str]:
    """Return the variables by which `stop_orphans` recognises every child of the run in `bundle`.

    A process has them from its first instant, earlier than any note of its id in a file, and passes them on to its own
    children.
    """
    return {_MARK: str(bundle.resolve())}


def stop_orphans(bundle: Path) -> tuple[str, ...]:
    """End every process that a killed harness left of the run in `bundle`, and return their names.

    Processes of other users are ignored.
    """
    mark = bundle.resolve()
    return stop_all(lambda path: path == mark)


def stop_all(is_dead: Callable[[Path], bool]) -> tuple[str, ...]:
    """End every process of each run that is dead, by the path of its bundle, and return their names.

    Those of other users, and in containers, where a path means another folder, are ignored.
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
