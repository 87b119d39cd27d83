"""Which backends a log claims, and which of these claims another line of the same log takes back.

whisper.cpp prints `using CUDA0 backend` before it starts the device. If that fails, it says so in another line and
computes on the CPU, without an error. So a line that is printed in advance counts only if nothing contradicts it.
docs/reference/backends.md lists the lines, when each is printed, and what contradicts it (v1.5 to v1.9.3).
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from harness.parse.notation import plain_lines
from harness.records.backend import BackendClaim

CPU, CORE_ML, OPENVINO = "CPU", "CoreML", "OpenVINO"
ENCODERS = (CORE_ML, OPENVINO)
# Devices of type ACCEL: whisper.cpp takes them beside a GPU or without one.
_BESIDE = frozenset(("BLAS", "ZENDNN", "ZDNN"))
_CONTEXT = re.compile(r"whisper_init_from_\w+: loading model from")
_VOICE_DETECTION = "whisper_vad_init"
_TOTAL = re.compile(r"whisper_print_timings:\s+total time")
_USED = re.compile(r"whisper_backend_init(?:_gpu)?: using (\S+) backend")
_NO_GPU = "whisper_backend_init_gpu: no GPU found"
# v1.7.3 and newer name the device, older ones the function; v1.5.5 to v1.7.2 turn away GPUs that are too old.
_NOT_STARTED = re.compile(
    r"whisper_backend_init(?:_gpu)?: "
    r"(?:failed to initialize (\S+) backend|ggml_backend_(\w+)_init\(\) failed|(Metal) GPU does not support)"
)
_WEIGHTS = re.compile(r"whisper_model_load:\s+(\S+) total size =")
_MAIN_MEMORY = re.compile(r"CPU|AMX")
# Words of the line before the act, after it, and of the failure.
_ENCODER_LINES: Mapping[str, tuple[str, str, str]] = {
    CORE_ML: ("loading Core ML model from", "Core ML model loaded", "failed to load Core ML model"),
    OPENVINO: ("loading OpenVINO model from", "OpenVINO model loaded", "failed to init OpenVINO encoder"),
}
_NOT_LOADED = "no line says that the encoder was loaded"
# What the backends themselves say, with their names; the first group of each is one.
_TROUBLE = (
    r"ggml_\w+_init: failed to initialize (\w+)",
    r"ggml_\w+_init: found 0 (\w+) devices",
    r"(SYCL): failed to initialize",
    r"ggml_(vulkan): (?:Error: )?No devices found",
    r"ggml_(opencl): (?:could find any|platform IDs not available|selected platform|no (?:device|platform) matching)",
    r"ggml_(webgpu): (?:Failed to get|Device lost)",
    r"ggml_backend_([a-z]+)_(?:device_|dev_)?init\w*: (?:error: )?(?:failed|invalid)",
    # Only that it looks for its source elsewhere is no failure.
    r"ggml_(metal)_init: error: (?!could not use bundle path)",
    r"ggml_(metal)_\w+: (?:error: )?(?:command buffer \d+ failed|backend is in error state)",
    r"GGML (OpenVINO) Backend: device \S+ is not available",
    r"\b(CUDA|ROCm|MUSA|CANN|SYCL) error: ",
    r"ggml_backend_(rpc)\w*: .*[Ff]ailed to connect|(?:^|\s)Failed to connect to \S+:\d+$",
)
# One of these stands in each of them; looking for words is much quicker.
_SIGNS = (
    "ailed",
    "rror",
    "found 0",
    "o devices",
    "invalid",
    "not available",
    "lost!",
    "find any",
    "selected platform",
    "matching",
)
_TROUBLES = re.compile("|".join(f"(?:{pattern})" for pattern in _TROUBLE))
_RPC = "RPC"
# Names of one family: HIP and MUSA are built from CUDA's source, and print its functions' names.
_FAMILIES = {"MTL": "METAL", "VK": "VULKAN", "HIP": "CUDA", "ROCM": "CUDA", "MUSA": "CUDA", "GPUOPENCL": "OPENCL"}


@functools.lru_cache(maxsize=2)  # several readers of one log ask one after the other
def parse_claims(text: str) -> tuple[BackendClaim, ...]:
    """Return what the last attempt in a log claims, in its order and each name once.

    `CPU` is claimed if the program says that it found no GPU. Of several contexts in one process the last one that was
    timed counts; what a backend reports about itself counts for all of them. The backends of voice detection are
    ignored.
    """
    lines = plain_lines(text)
    claims: dict[str, BackendClaim] = {}
    context = _choose_context(lines)
    for line in context:
        if "whisper_" in line:
            _read_line(claims, line.strip())
    weights = [(match[1], line.strip()) for line in context if (match := _WEIGHTS.search(line))]
    if weights and all(_MAIN_MEMORY.match(buffer) for buffer, _ in weights):
        _refute(claims, _find_gpus(claims), weights[-1][1])
    for line in find_troubles(lines):
        family = _name_trouble(line)
        _refute(claims, [name for name in claims if find_family(name) == family], line)
    return tuple(claims.values())


def find_troubles(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines in which a backend reports that it cannot start or continue."""
    return (line.strip() for line in lines if any(sign in line for sign in _SIGNS) and _TROUBLES.search(line))


def find_family(name: str) -> str:
    """Return the kind of a device or function: `CUDA` for `CUDA0` and `ROCm1`, `METAL` for `MTL0`."""
    word = re.match(r"[A-Z]*", name.upper())
    letters = word[0] if word else ""
    return _FAMILIES.get(letters, letters)


def _choose_context(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines from the start of the last context that was timed, or else of the last, up to the next one."""
    starts = [at for at, line in enumerate(lines) if _CONTEXT.search(line)]
    parts = [lines[begin:end] for begin, end in pairwise([*starts, len(lines)])]
    timed = [part for part in parts if any(_TOTAL.search(line) for line in part)]
    chosen = (timed or parts or [lines])[-1]
    ends = (at for at, line in enumerate(chosen) if _VOICE_DETECTION in line)
    return chosen[: next(ends, len(chosen))]


def _read_line(claims: dict[str, BackendClaim], line: str) -> None:
    if used := _USED.search(line):
        claims.setdefault(used[1], BackendClaim(subject=used[1], line=line))
    if failed := _NOT_STARTED.search(line):
        named = next(filter(None, failed.groups()))
        same = [name for name in claims if find_family(name) == find_family(named)]
        if not same:
            claims[named] = BackendClaim(subject=named, line=line)
        _refute(claims, same or [named], line)
    elif _NO_GPU in line:
        _refute(claims, _find_gpus(claims), line)
        claims.setdefault(CPU, BackendClaim(subject=CPU, line=line))
    for name, (before, after, failure) in _ENCODER_LINES.items():
        if before in line:
            claims[name] = BackendClaim(subject=name, line=line, contradiction=_NOT_LOADED)
        elif after in line:
            claims[name] = BackendClaim(subject=name, line=line)
        elif failure in line:
            claims[name] = BackendClaim(
                subject=name, line=claims[name].line if name in claims else line, contradiction=line
            )


def _refute(claims: dict[str, BackendClaim], names: Iterable[str], line: str) -> None:
    for name in names:
        if claims[name].holds:
            claims[name] = claims[name].replace(contradiction=line)


def _find_gpus(claims: Iterable[str]) -> list[str]:
    return [name for name in claims if name not in (CPU, *ENCODERS) and find_family(name) not in _BESIDE]


def _name_trouble(line: str) -> str:
    found = _TROUBLES.search(line)
    return find_family(next(filter(None, found.groups()), _RPC)) if found else ""
