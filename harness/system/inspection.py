"""Checks of model files from other sources."""

import mmap
from pathlib import Path

from harness.errors import UnavailableError, UnreadableError
from harness.parse.bench.model import ModelFile, parse_model
from harness.records.weights import Weights
from harness.system.digest import MOST_MODEL_BYTES, file_sha256
from harness.system.foreign import open_file
from harness.whisper.quantisation import quantised_type, weights_type
from harness.whisper.tensor_layout import shape_of, tensors


def inspect_model(path: Path, model: str) -> ModelFile:
    """Return the contents of the file, after checking that it is a complete `model`.

    Raises UnreadableError for a file that is damaged, cut off or not a model, UnavailableError for a model of another
    size or without tensors.
    """
    found = _read(path)
    _require_shape(found, path, model)
    if not found.tensors:
        raise UnavailableError(
            f"{path} holds no tensors",
            cause="it is a header-only test model, so memory that was never written would be timed",
            hint="--weights synthetic",
        )
    stored = {tensor.name: tensor.dims for tensor in found.tensors}
    wanted = {tensor.name: tensor.dims for tensor in tensors(found.shape)}
    wrong = sorted(name for name in stored.keys() | wanted.keys() if stored.get(name) != wanted.get(name))
    if wrong:
        raise UnreadableError(
            f"{path} is not a complete whisper model",
            cause=f"{len(wrong)} tensors are missing, unknown or of another size, for example {wrong[0]}",
            hint="download or convert the file again",
        )
    return found


def take_quantised(weights: Weights) -> Weights:
    """Return weights that have just been made, with their length and sum, after checking that they are complete.

    Raises what `inspect_model` raises, and UnreadableError if a tensor does not have the requested type, as after a
    program that succeeded but wrote something else.
    """
    path, kind = Path(weights.path), weights_type(weights.model)
    found = inspect_model(path, weights.model)
    stored = {tensor.name: tensor.type for tensor in found.tensors}
    wrong = [one.name for one in tensors(found.shape) if stored[one.name] != quantised_type(one, kind)]
    if wrong:
        cause = f"{len(wrong)} tensors are of another type, for example {wrong[0]}"
        raise UnreadableError(
            f"{path} is not {weights.model}", cause=cause, hint="remove the file, then run the same command again"
        )
    sha256 = file_sha256(path, memory=path.parent / "sums")
    return weights.replace(size_bytes=path.stat().st_size, sha256=sha256)


def _read(path: Path) -> ModelFile:
    try:
        with (
            open_file(path, most_bytes=MOST_MODEL_BYTES) as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages,
            memoryview(pages) as data,
        ):
            return parse_model(data)
    except UnreadableError as error:
        what = error.what if str(path) in error.what else f"{path}: {error.what}"
        raise UnreadableError(what, cause=error.cause, hint=error.hint) from None
    except (OSError, ValueError) as error:  # mmap refuses an empty file with ValueError
        raise UnreadableError(f"{path} cannot be read", cause=str(error)) from None


def _require_shape(found: ModelFile, path: Path, model: str) -> None:
    expected = shape_of(model)
    if expected is None:
        return
    different = [
        f"{name} is {getattr(found.shape, name)} instead of {getattr(expected, name)}"
        for name in expected.__struct_fields__
        if getattr(found.shape, name) != getattr(expected, name)
    ]
    if different:
        raise UnavailableError(
            f"{path} is not {model}",
            cause=", ".join(different),
            hint="--model NAME  # the model of this file; or --weights with another file",
        )
