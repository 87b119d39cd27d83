"""The memory that a new child can use, and the peak memory of this process."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def available_bytes() -> int:
    """Return the bytes that can be used without swapping, within the limit of every cgroup above this process."""
    import psutil

    rooms = [_room(folder) for folder in _groups()]
    return min([int(psutil.virtual_memory().available), *(room for room in rooms if room is not None)])


def own_peak_bytes() -> int:
    """Return the peak memory of this process since its program was started, 0 if not available.

    getrusage(2) would include the memory before that, of the program that started it.
    """
    with contextlib.suppress(OSError):
        found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
        return int(found[1]) * 1024 if found else 0
    return 0


def _groups() -> Iterator[Path]:
    """Yield the folders of this process's own memory cgroup (v2, or v1's memory controller) and of those above it."""
    with contextlib.suppress(OSError):  # no cgroups on this system
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                mount = _ROOT / controllers
                group = mount / path.lstrip("/")
                yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(mount))


def _room(folder: Path) -> int | None:
    """Return the limit minus the used memory, or None without a limit; cached files count as free."""
    for limit_name, used_name in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        limit, used = _number(folder / limit_name), _number(folder / used_name)
        if limit is not None and used is not None:
            return max(limit - used + _cached(folder / "memory.stat"), 0)
    return None


def _cached(path: Path) -> int:
    try:
        pairs = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
        return sum(int(value) for name, value in pairs if name == "inactive_file")
    except (OSError, ValueError):
        return 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or no limit ("max")
        return None
