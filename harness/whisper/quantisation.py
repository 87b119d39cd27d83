"""Weights in fewer bits, as whisper.cpp's own whisper-quantize makes them from an F16 file."""

import re
from collections.abc import Sequence

from harness.errors import UsageError
from harness.records.caveat import Caveat, CaveatCode
from harness.records.record import short_hash
from harness.records.source import Source
from harness.records.weights import Shape, Weights
from harness.settings.layer import nearest
from harness.whisper.tensor_layout import BLOCKS, F16, TYPE_NUMBERS, Tensor, shape_of, tensors

UNQUANTISED = "f16"
# What the names of models that know no other language end in, without their type.
ENGLISH_ONLY = ".en"
QUANTISATIONS: tuple[str, ...] = tuple(name for name in BLOCKS if name != "f32")
# Since v1.8.3 the program is called whisper-quantize.
QUANTIZE_TARGETS = ("whisper-quantize", "quantize")
_NAME = re.compile(r"(?P<model>.+)-(?P<kind>q\d_[0-9k])")
_MATRIX_DIMS = 2


def weights_type(model: str) -> str:
    """Return the type of the matrices of a named model: `q5_1` for `base-q5_1`, `f16` without such an ending."""
    return split_name(model)[1]


def split_name(model: str) -> tuple[str, str]:
    """Return the model that a named one was made from, and the type of its matrices: `base`, `q5_1`."""
    found = _NAME.fullmatch(model)
    return (found["model"], found["kind"]) if found else (model, UNQUANTISED)


def name_quantised(model: str, kind: str) -> str:
    """Return the name of a model with matrices of another type, as for the published files."""
    return model if kind == UNQUANTISED else f"{model}-{kind}"


def expand_quantisations(models: Sequence[str], kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all `models` in all `kinds`, grouped by model.

    Raises UsageError for an unknown type, a model that is already quantised, and rows that are not a multiple of a
    type's block: whisper-quantize would exit with 0 and leave a file that no loader accepts.
    """
    for kind in kinds:
        if kind not in QUANTISATIONS:
            raise UsageError(f"unknown type of weights {kind!r}", hint=nearest(kind, QUANTISATIONS))
    made = [kind for kind in kinds if kind != UNQUANTISED]
    for model in models:
        if made and weights_type(model) != UNQUANTISED:
            raise UsageError(f"{model} is already quantised", hint=f"--model {split_name(model)[0]} --quant {made[0]}")
        for kind in made:
            require_blocks(model, kind)
    return tuple(dict.fromkeys(name_quantised(model, kind) for model in models for kind in kinds))


def require_blocks(model: str, kind: str) -> None:
    """Raise UsageError if the rows of a model's matrices are not a multiple of a type's block."""
    shape, block = shape_of(model), BLOCKS[kind][1]
    if shape and shape.n_text_state % block:
        fitting = [name for name in QUANTISATIONS if shape.n_text_state % BLOCKS[name][1] == 0]
        raise UsageError(
            f"{model} cannot be quantised to {kind}",
            cause=f"{kind} packs {block} values at a time, and the rows of {model} have {shape.n_text_state}",
            hint=f"--quant {fitting[0]}  # one of {', '.join(fitting)}",
        )


def plan_quantised(parent: Weights, kind: str, source: Source, folder: str) -> Weights:
    """Return the weights that the program of `source` will make from F16 ones in `folder`; raises UsageError.

    The name contains parent and source, so that the output of another program is never mistaken for this one's.
    """
    shape = shape_of(parent.model)
    if shape is None:
        raise UsageError(f"the shape of {parent.model} is not known here, so it cannot be quantised")
    if source.pruned:
        release = source.commit.release
        hint = f"--repo URL --ref {release}  # takes the whole source from git"
        raise UsageError(f"{release} cannot quantise: its source distribution holds the library alone", hint=hint)
    model = name_quantised(parent.model, kind)
    name = f"quantised-{parent.kind}-{model}-{short_hash(parent.sha256 or parent.path, source.id, length=8)}.bin"
    return Weights(
        model=model,
        kind=parent.kind,
        path=f"{folder}/{name}",
        size_bytes=quantised_bytes(parent.size_bytes, shape, kind),
        sha256="",
        parent=parent.path,
        parent_sha256=parent.sha256,
    )


def caveat_quantised(parent: Weights, kind: str) -> Caveat:
    """Return the caveat about quantised weights."""
    message = (
        f"{name_quantised(parent.model, kind)} was quantised by whisper.cpp's own program from the F16 file "
        f"({parent.kind}); fewer bits may change the text: --bench quality counts how much"
    )
    return Caveat(code=CaveatCode.WEIGHTS_QUANTISED, message=message)


def quantised_bytes(parent_bytes: int, shape: Shape, kind: str) -> int:
    """Return the length of a file whose F16 form is `parent_bytes` long: only its matrices change."""
    size, block = BLOCKS[kind]
    matrices = [one for one in tensors(shape) if is_matrix(one)]
    shorter = sum(one.data_bytes - one.data_bytes // 2 // block * size for one in matrices)
    return parent_bytes - shorter


def quantised_type(tensor: Tensor, kind: str) -> int:
    """Return the number of the ggml type that a tensor of an F16 model has after quantisation to `kind`."""
    return TYPE_NUMBERS[kind] if is_matrix(tensor) else tensor.type


def is_matrix(tensor: Tensor) -> bool:
    """Return whether a tensor is one of those that are quantised: F16 with two dimensions; convolutions have three."""
    return tensor.type == F16 and len(tensor.dims) == _MATRIX_DIMS
