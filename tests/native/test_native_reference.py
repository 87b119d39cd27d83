"""The program that computes what results are checked against, beside NumPy's computation of the same small weights."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.records.weights import Shape
from harness.system.asset import reference_project
from harness.system.toolchain import probe_toolchain
from harness.whisper.tensor_layout import BLOCKS, F16, TYPE_NUMBERS, Tensor, tensors

pytestmark = pytest.mark.native
# Each matrix has whole blocks of every type. 2 x 20 positions are no whole number of tiles, on any CPU.
SMALL = Shape(
    n_vocab=77,
    n_audio_ctx=20,
    n_audio_state=256,
    n_audio_head=4,
    n_audio_layer=2,
    n_text_ctx=16,
    n_text_state=256,
    n_text_head=2,
    n_text_layer=2,
    n_mels=5,
)
FLASH_GRAIN = 256
Array = Any  # NumPy returns Any from most operations
Weights = dict[str, Array]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    tools = probe_toolchain("auto", os.environ, cache=folder)
    make = ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tools.ninja.path}", f"-DCMAKE_C_COMPILER={tools.cc.path}")
    subprocess.run(
        [tools.cmake.path, *make, "-S", reference_project(), "-B", folder / "b"], check=True, capture_output=True
    )
    built = subprocess.run([tools.cmake.path, "--build", folder / "b"], check=True, capture_output=True, text=True)
    assert "warning" not in built.stdout
    return folder / "b" / "bin" / "reference"


def halves(data: Array, start: int) -> Array:
    return data[:, start : start + 2].copy().view("<f2").astype(float)


def nibbles(data: Array) -> Array:
    return np.concatenate([data & 15, data >> 4], axis=1)


def read_small(kind: str, data: Array) -> Array:
    """Values of blocks of 32: `q4_0` to `q8_0`."""
    if kind == "q8_0":
        return halves(data, 0) * data[:, 2:].copy().view(np.int8)
    has_minimum = kind.endswith("_1")
    at = 4 if has_minimum else 2
    values = nibbles(data[:, -16:]).astype(float)
    if kind.startswith("q5"):
        values += 16 * np.unpackbits(data[:, at : at + 4], axis=1, bitorder="little")
    if has_minimum:
        return halves(data, 0) * values + halves(data, 2)
    return halves(data, 0) * (values - (16 if kind.startswith("q5") else 8))


def six_bit_pairs(packed: Array) -> tuple[Array, Array]:
    """The eight scales and eight minima of `q4_k` and `q5_k`."""
    low, high, rest = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([low & 63, (rest & 15) | (low >> 6 << 4)], axis=1)
    return scales, np.concatenate([high & 63, (rest >> 4) | (high >> 6 << 4)], axis=1)


def layers(data: Array, width: int, bits: int) -> Array:
    """Groups of `width` bytes, each of them read in layers of `bits` bits, the lowest first."""
    groups = data.reshape(len(data), -1, 1, width)
    shifts = np.arange(0, 8, bits, dtype=np.uint8).reshape(1, 1, -1, 1)
    return (groups >> shifts & ((1 << bits) - 1)).reshape(len(data), -1).astype(float)


def read_large(kind: str, data: Array) -> Array:
    """Values of blocks of 256: `q2_k` to `q6_k`."""
    if kind == "q2_k":
        pairs = data[:, :16].repeat(16, axis=1)
        return halves(data, 80) * (pairs & 15) * layers(data[:, 16:80], 32, 2) - halves(data, 82) * (pairs >> 4)
    if kind == "q3_k":
        packed = data[:, 96:108]
        low = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], axis=1)
        high = np.concatenate([packed[:, 8:] >> shift & 3 for shift in (0, 2, 4, 6)], axis=1)
        scales = ((low | high << 4).astype(float) - 32).repeat(16, axis=1)
        return halves(data, 108) * scales * (layers(data[:, 32:96], 32, 2) + 4 * layers(data[:, :32], 32, 1) - 4)
    if kind == "q6_k":
        scales = data[:, 192:208].copy().view(np.int8).astype(float).repeat(16, axis=1)
        return halves(data, 208) * scales * (layers(data[:, :128], 64, 4) + 16 * layers(data[:, 128:192], 32, 2) - 32)
    steps, bases = (part.astype(float).repeat(32, axis=1) for part in six_bit_pairs(data[:, 4:16]))
    values = layers(data[:, -128:], 32, 4)
    if kind == "q5_k":
        values += 16 * layers(data[:, 16:48], 32, 1)
    return halves(data, 0) * steps * values - halves(data, 2) * bases


def draw_matrix(kind: str, tensor: Tensor, random: np.random.Generator) -> tuple[bytes, Array]:
    """The bytes of a tensor, and its values."""
    shape = tuple(reversed(tensor.dims))
    if kind in ("f32", "f16"):
        made = random.normal(1 if tensor.name.endswith("ln.weight") else 0, 0.06, shape)
        stored = made.astype("<f4" if kind == "f32" else "<f2")
        return stored.tobytes(), stored.astype(float)
    size, count = BLOCKS[kind]
    data = random.integers(0, 256, (int(np.prod(shape)) // count, size), dtype=np.uint8)
    # Any bits are a value, but for those of the halves: scales are small, and so are minima.
    places = {"q2_k": (80, 82), "q3_k": (108,), "q6_k": (208,), "q4_k": (0, 2), "q5_k": (0, 2)}
    for place in places.get(kind, (0, 2) if kind.endswith("_1") else (0,)):
        scale = random.normal(0, 0.003 / (30 if count > 32 else 1) / (10 if kind == "q8_0" else 1), (len(data), 1))
        data[:, place : place + 2] = scale.astype("<f2").view(np.uint8)
    return data.tobytes(), (read_small if count == 32 else read_large)(kind, data).reshape(shape)


def write_weights(path: Path, kind: str, shape: Shape = SMALL) -> Weights:
    """Write random weights, and return them."""
    random = np.random.default_rng(21)
    head = [0x67676D6C, *(getattr(shape, name) for name in shape.__struct_fields__), 1, shape.n_mels, 201]
    parts = [np.array(head, "<u4").tobytes(), bytes(4 * shape.n_mels * 201), np.array([1, 1], "<u4").tobytes(), b" "]
    values = {}
    for tensor in tensors(shape):
        stored = "f32" if tensor.type != F16 else kind if len(tensor.dims) == 2 else "f16"
        data, values[tensor.name] = draw_matrix(stored, tensor, random)
        numbers = (len(tensor.dims), len(tensor.name), TYPE_NUMBERS[stored], *tensor.dims)
        parts += [np.array(numbers, "<i4").tobytes(), tensor.name.encode(), data]
    path.write_bytes(b"".join(parts))
    return values


def gelu(x: Array) -> Array:
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def normalise(weights: Weights, name: str, x: Array) -> Array:
    centred = x - x.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def apply(weights: Weights, name: str, x: Array) -> Array:
    return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", np.zeros(1)).reshape(-1)


def attend(weights: Weights, name: str, x: Array, heard: Array, heads: int, blanks: int, *, causal: bool) -> Array:
    query = apply(weights, f"{name}.query", x)
    key, value = (apply(weights, f"{name}.{part}", heard) for part in ("key", "value"))
    key, value = (np.concatenate([part, np.zeros((blanks, part.shape[1]))]) for part in (key, value))
    mixed = []
    for q, k, v in zip(*(np.split(part, heads, axis=1) for part in (query, key, value)), strict=True):
        scores = q @ k.T / np.sqrt(q.shape[1])
        if causal:
            scores += np.triu(np.full(scores.shape, -np.inf), 1)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        mixed.append(shares / shares.sum(axis=1, keepdims=True) @ v)
    return apply(weights, f"{name}.out", np.concatenate(mixed, axis=1))


def pass_block(weights: Weights, part: str, x: Array, heads: int, blanks: int, heard: Array | None) -> Array:
    normal = normalise(weights, f"{part}.attn_ln", x)
    own = 0 if heard is not None else blanks
    x = x + attend(weights, f"{part}.attn", normal, normal, heads, own, causal=heard is not None)
    if heard is not None:
        normal = normalise(weights, f"{part}.cross_attn_ln", x)
        x = x + attend(weights, f"{part}.cross_attn", normal, heard, heads, blanks, causal=False)
    normal = normalise(weights, f"{part}.mlp_ln", x)
    return x + apply(weights, f"{part}.mlp.2", gelu(apply(weights, f"{part}.mlp.0", normal)))


def convolve(weights: Weights, name: str, x: Array, step: int) -> Array:
    padded = np.pad(x, ((1, 1), (0, 0)))
    kernel = weights[f"encoder.{name}.weight"]  # out, in, tap
    taps = [padded[tap : tap + len(x) : step] @ kernel[:, :, tap].T for tap in range(3)]
    return gelu(sum(taps, np.zeros(1)) + weights[f"encoder.{name}.bias"].reshape(-1))


def compute(weights: Weights, mels: Array, tokens: list[int], blanks: int) -> Array:
    """The logits after each of the tokens."""
    x = convolve(weights, "conv2", convolve(weights, "conv1", mels.T, 1), 2)
    x = x + weights["encoder.positional_embedding"]
    for layer in range(SMALL.n_audio_layer):
        x = pass_block(weights, f"encoder.blocks.{layer}", x, SMALL.n_audio_head, blanks, None)
    heard = normalise(weights, "encoder.ln_post", x)
    embedding = weights["decoder.token_embedding.weight"]
    x = embedding[tokens] + weights["decoder.positional_embedding"][: len(tokens)]
    for layer in range(SMALL.n_text_layer):
        x = pass_block(weights, f"decoder.blocks.{layer}", x, SMALL.n_text_head, blanks, heard)
    return normalise(weights, "decoder.ln", x) @ embedding.T


def run(program: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=600)


def read_reference(path: Path) -> tuple[dict[str, Any], Array, Array]:
    """The first line, the spectrogram, and the logits: positions, variants, vocabulary."""
    data = path.read_bytes()
    length = data.index(b"\n") + 1
    assert length % 64 == 0
    head = json.loads(data[:length])
    values = np.frombuffer(data[length:], "<f4").astype(float)
    count = head["mels"] * head["frames"]
    logits = values[count:].reshape(-1, len(head["blank_keys"]), head["vocabulary"])
    return head, values[:count].reshape(head["mels"], head["frames"]), logits


@pytest.mark.parametrize("kind", [kind for kind in BLOCKS if kind != "f32"])
def test_the_logits_are_those_of_numpy(program: Path, tmp_path: Path, kind: str) -> None:
    weights = write_weights(tmp_path / "w.bin", kind)
    threads = "1" if kind == "f16" else "3"
    done = run(program, tmp_path / "w.bin", tmp_path / "out.ref", "--threads", threads)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    head, mels, logits = read_reference(tmp_path / "out.ref")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [], "nothing is left beside it"
    assert (head["format"], head["kind"], head["frames"]) == (1, "check", 2 * SMALL.n_audio_ctx)
    (window,) = head["windows"]
    tokens = [*window["prompt"], *window["tokens"]][:-1]
    assert -1 < mels.min() < -0.5 < 0.5 < mels.max() < 2
    assert head["blank_keys"] == [0, FLASH_GRAIN - SMALL.n_audio_ctx]
    for variant, blanks in enumerate(head["blank_keys"]):
        expected = compute(weights, mels, tokens, blanks)[len(window["prompt"]) - 1 :]
        difference = np.linalg.norm(logits[:, variant] - expected, axis=1)
        assert max(difference / np.linalg.norm(expected, axis=1)) < 1e-4
    # Else a fault might go unnoticed: the positions differ, and so do both variants.
    assert np.linalg.norm(logits[0, 0] - logits[-1, 0]) > 0.1 * np.linalg.norm(logits[0, 0])
    assert np.linalg.norm(logits[:, 0] - logits[:, 1]) > 1e-3 * np.linalg.norm(logits[:, 0])


def number(place: int, value: int) -> Callable[[bytes], bytes]:
    """A change of one of the numbers at the head."""
    return lambda data: data[: 4 * place] + value.to_bytes(4, "little", signed=value < 0) + data[4 * place + 4 :]


def cut(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(share * len(data))]


# The head of the first matrix, by which it is found: two dimensions, a name of 30 letters, F16.
MATRIX = np.array((2, 30, 1), "<i4").tobytes()


def matrix(*numbers: int) -> Callable[[bytes], bytes]:
    """Another head for the first matrix."""
    return lambda data: data.replace(MATRIX, np.array(numbers, "<i4").tobytes(), 1)


HOSTILE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _: b"", "is not a file of weights"),
    ("one byte", lambda data: data[:1], "ends too early"),
    ("another format", number(0, 0x46554747), "not a file of weights in ggml's format"),
    ("head alone", lambda data: data[:40], "ends too early"),
    ("half", cut(0.5), "ends too early"),
    ("without its last byte", lambda data: data[:-1], "ends too early"),
    ("between two tensors", lambda data: data[: data.index(b"decoder.blocks.1.mlp_ln.bias") - 16], "is missing"),
    ("more than everything", lambda data: data + b"\1", "ends too early"),
    ("no vocabulary", number(1, 0), "vocabulary is 0"),
    ("huge vocabulary", number(1, 0x7FFFFFFF), "vocabulary is 2147483647"),
    ("another vocabulary", number(1, 78), "decoder.token_embedding.weight has 77 x 256 values, not 78 x 256"),
    ("negative context", number(2, -1), "context is -1"),
    ("no heads", number(4, 0), "heads is 0"),
    ("heads that do not fit", number(4, 3), "3 heads cannot share 256 values"),
    ("too many layers", number(5, 3), "encoder.blocks.2.attn_ln."),
    ("another state", number(7, 512), "its decoder expects 512"),
    ("huge filters", number(13, 0x7FFFFFFF), "2147483647 filter bins"),
    (
        "a type of no number",
        matrix(2, 30, 99),
        "type 99",
    ),
    (
        "endless dimensions",
        matrix(127, 30, 1),
        "127 dimensions",
    ),
    (
        "an endless name",
        matrix(2, 256, 1),
        "256 letters",
    ),
    ("no numbers", lambda data: data[:-1024] + b"\xff" * 1024, "is no number"),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("weights") / "w.bin"
    write_weights(path, "f16")
    return path.read_bytes()


@pytest.mark.parametrize(("change", "says"), [one[1:] for one in HOSTILE], ids=[one[0] for one in HOSTILE])
def test_a_file_that_is_damaged_or_hostile_is_refused_in_a_sentence(
    program: Path, sound: bytes, tmp_path: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    damaged = change(sound)
    assert damaged != sound
    (tmp_path / "w.bin").write_bytes(damaged)
    done = run(program, tmp_path / "w.bin", tmp_path / "out.ref")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"reference: [^\n]+\n", done.stderr)
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["w.bin"]


def test_what_cannot_be_read_or_written_is_named(program: Path, sound: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(sound)
    assert "cannot read" in run(program, tmp_path / "none", tmp_path / "out").stderr
    assert "is not a file of weights" in run(program, tmp_path, tmp_path / "out").stderr
    done = run(program, tmp_path / "w.bin", tmp_path / "none" / "out")
    assert (done.returncode, "cannot write" in done.stderr) == (1, True)
    for words in ((), ("a",), ("a", "b", "--threads"), ("a", "b", "--threads", "0"), ("a", "b", "--threads", "2x")):
        done = run(program, *words)
        assert (done.returncode, done.stderr) == (2, "usage: reference MODEL OUT [--threads N]\n")
