"""Files of weights found by their sums: at a place that is named, where one was used before, or in a folder."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnreadableError
from harness.settings.weights_sum import WeightsSum
from harness.system.digest import file_sha256, list_known
from harness.system.foreign import list_folder

_ENDING = ".bin"


def find_summed(wanted: WeightsSum, folder: Path, memory: Path) -> Iterator[Path]:
    """Yield the files with one of the sums: at a named place, those known to `memory`, those in `folder`.

    A file that cannot be read is passed over, and so is one that has changed since its sum was stored.
    """
    seen: set[Path] = set()
    for path in _list_candidates(wanted, folder, memory):
        try:
            if path not in seen and wanted.names(file_sha256(path, memory=memory)):
                yield path
        except UnreadableError:
            continue
        finally:
            seen.add(path)


def _list_candidates(wanted: WeightsSum, folder: Path, memory: Path) -> Iterator[Path]:
    if wanted.place:
        place = Path(wanted.place).absolute()
        yield from _list_files(place) if place.is_dir() else [place]
    yield from (path for path, sha256 in list_known(memory) if wanted.names(sha256))
    yield from _list_files(folder)


def _list_files(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in sorted(list_folder(folder).files) if name.endswith(_ENDING)]
    except UnreadableError:
        return []
