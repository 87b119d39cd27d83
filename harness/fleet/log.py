"""The logs of jobs, in the results that their nodes write to, as far as those lie on this computer."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import UnreadableError
from harness.records.fleet import JobKey
from harness.records.fleet_name import name_log
from harness.system.foreign import open_file

# The end of a log in which its last line is looked for.
_END_BYTES = 4096


def read_logs(keys: Iterable[JobKey], folders: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, str]]:
    """Return the path and the last bytes of the newest log of each job that has one, by key.

    `folders` are those that the nodes of each class write to.
    """
    found: dict[str, tuple[str, str]] = {}
    for key in keys:
        paths = [Path(folder) / name_log(key) for folder in folders.get(key.node_class, ())]
        known = [(status.st_mtime, path) for path in paths if (status := _look(path))]
        if known:
            _, path = max(known)
            found[str(key)] = str(path), _read_end(path)
    return found


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (OSError, ValueError):
        return None


def _read_end(path: Path) -> str:
    """Return the end of a log, empty for what is no readable file; a node wrote it, so no link is followed."""
    try:
        with open_file(path, within=path.parent) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _END_BYTES, 0))
            return file.read(_END_BYTES).decode("utf-8", errors="replace")
    except (OSError, UnreadableError):
        return ""
