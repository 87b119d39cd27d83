"""How much memory a new child can have."""

from pathlib import Path


def available_bytes() -> int:
    """Return the bytes of memory that can be used without swapping, within the cgroup's limit."""
    import psutil

    free = int(psutil.virtual_memory().available)
    limit = _number(Path("/sys/fs/cgroup/memory.max"))
    used = _number(Path("/sys/fs/cgroup/memory.current"))
    if limit is not None and used is not None:
        free = min(free, max(limit - used, 0))
    return free


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no cgroup v2 here, or no limit ("max")
        return None
