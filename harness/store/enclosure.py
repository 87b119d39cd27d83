"""The files beside a report, added to the files of a bundle, none of which is ever replaced."""

import os
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnreadableError
from harness.store.result_tree import BACKUP, ReportReading
from harness.system.foreign import MissingError, copy_file, list_folder, read_bytes
from harness.system.fresh import create_file

# What a file holds, or where it is.
Source = bytes | Path


def list_sources(reading: ReportReading) -> dict[str, Source]:
    """Return the files beside a report by name."""
    return {**{Path(path).name: Path(path) for path in reading.others}, **reading.files}


def list_stored(bundle: Path, folder: str) -> dict[str, Source]:
    """Return the files in a folder of a bundle by name; empty if there is no such folder."""
    try:
        return {name: bundle / folder / name for name in list_folder(bundle / folder, within=bundle).files}
    except MissingError:
        return {}


def choose_names(sources: Mapping[str, Source], folder: Path) -> dict[str, Path]:
    """Return the files that a folder does not have, and the path that each gets.

    A file whose name exists with other content gets `~2` after its name. A missing copy of the Output alone is not
    added, because it is made from the report.
    """
    chosen = {}
    for name in sorted(sources):
        number, path = 1, folder / name
        while os.path.lexists(path) and name != BACKUP and not _is_same(path, sources[name]):
            number += 1
            path = folder / f"{name}~{number}"
        if not os.path.lexists(path):
            chosen[name] = path
    return {} if set(chosen) == {BACKUP} else chosen


def add_files(sources: Mapping[str, Source], chosen: Mapping[str, Path], new: Path) -> None:
    """Write the files in the folder `new` and give them the chosen names, unless these are taken by now."""
    for name, path in chosen.items():
        write_file(new / name, sources[name])
        give_name(new / name, path)


def write_file(path: Path, source: Source) -> None:
    """Write a new file; raises UnreadableError for a source that cannot be read."""
    with create_file(path) as file:
        if isinstance(source, bytes):
            file.write(source)
        else:
            copy_file(source, file, within=source.parent)


def give_name(new: Path, path: Path) -> None:
    """Give a file a free name; if it is no longer free, leave both files unchanged."""
    try:
        os.link(new, path, follow_symlinks=False)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links
        if not os.path.lexists(path):
            new.rename(path)


def _is_same(path: Path, source: Source) -> bool:
    """Return whether a stored file has this content; a file that cannot be compared counts as different."""
    try:
        if isinstance(source, Path) and source.lstat().st_size != path.lstat().st_size:
            return False
        content = source if isinstance(source, bytes) else read_bytes(source, within=source.parent)
        return path.lstat().st_size == len(content) and read_bytes(path, within=path.parent) == content
    except (OSError, UnreadableError):
        return False
