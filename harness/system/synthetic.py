"""Model files with synthetic weights on disk, each written once and completely."""

import hashlib
import os
from pathlib import Path

from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.system.digest import file_sha256, remember_sha256
from harness.system.disk import make_folder, require_free
from harness.system.download.fetch import Progress, locked, silent
from harness.system.foreign import read_text
from harness.system.fresh import create_file, write_atomic
from harness.whisper.synthesis import file_name, synthesize
from harness.whisper.tensor_layout import SHAPES, file_bytes


def synthetic_size_bytes(model: str) -> int:
    """Return the length of the synthetic file of a named size; raises KeyError for other sizes."""
    return file_bytes(SHAPES[model])


def obtain_synthetic(
    model: str, *, folder: Path, memory: Path, sha256: str = "", progress: Progress = silent
) -> tuple[Path, str]:
    """Return the path of the synthetic file and its SHA-256, after writing it if it is missing or damaged.

    `sha256` is the pinned sum, if there is one; otherwise the sum when it was written, stored in `<file>.sha256`,
    counts. `memory` is the folder of known sums. Raises UnfitError without free space, KeyError for a size without a
    known shape.
    """
    path = folder / file_name(model)
    size_bytes = synthetic_size_bytes(model)
    expected = _unharmed(path, size_bytes, sha256, memory=memory)
    if expected:  # no lock: the cache may be read-only
        return path, expected
    make_folder(folder)
    with locked(path):
        expected = _unharmed(path, size_bytes, sha256, memory=memory)
        if expected:
            return path, expected
        path.unlink(missing_ok=True)
        require_free(folder, size_bytes, what=path.name)
        written = _write(path, model, size_bytes, progress)
    if sha256 and written != sha256:
        path.unlink()
        raise HarnessError(
            f"the synthetic weights of {model} are different on this node",
            cause=f"their SHA-256 is {written}, but {sha256} is pinned",
            hint="--weights official  # is not affected; please report this as a defect, with your platform",
        )
    remember_sha256(path, written, memory=memory)
    return path, written


def _unharmed(path: Path, size_bytes: int, sha256: str, *, memory: Path) -> str:
    """Return the sum of the file as it was written, or an empty string if it is missing or has changed since."""
    expected = sha256 or _noted(path)
    if not path.is_file() or path.stat().st_size != size_bytes:
        return ""
    return expected if file_sha256(path, memory=memory) == expected else ""


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _noted(path: Path) -> str:
    try:
        return read_text(_note(path)).partition(" ")[0]
    except UnreadableError:
        return ""


def _write(path: Path, model: str, size_bytes: int, progress: Progress) -> str:
    part = path.with_name(f"{path.name}.part")
    total = hashlib.sha256()
    done = 0
    try:
        part.unlink(missing_ok=True)
        with create_file(part) as file:
            for piece in synthesize(model):
                file.write(piece)
                total.update(piece)
                done += len(piece)
                progress(done, size_bytes)
            file.flush()
            os.fsync(file.fileno())
        write_atomic(_note(path), f"{total.hexdigest()}  {path.name}\n".encode())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UnfitError(f"cannot write {path}", cause=error.strerror or str(error)) from None
    return total.hexdigest()
