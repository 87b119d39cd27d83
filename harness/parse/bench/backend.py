"""Which backends and devices computed, according to a log, and whether that is what was asked for.

ggml falls back to the CPU without an error: a build for a GPU whose driver is missing prints good-looking numbers of
the CPU. What a log claims and then takes back proves nothing (`harness.parse.bench.claim`). Device lines are those of
ggml: `ggml_cuda_init`, `ggml_vulkan`, `ggml_metal*`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.parse.bench.claim import CORE_ML, CPU, ENCODERS, find_family, find_troubles, parse_claims
from harness.parse.notation import plain_lines
from harness.records.backend import BackendClaim, Device

# Compiled in, before v1.7.0 also used: no line of its own says so.
_OLD_BLAS = re.compile(r"system_info:.*\bBLAS = 1\b")
# Up to v1.7.2 a program that leaves its GPU alone does not say what it takes instead.
_LEFT_ALONE = re.compile(r"use gpu\s*= 0")
_OLD_GPU = re.compile(r"system_info:.*\b(?:CUDA|METAL|CANN) = 1\b")
_CUDA_COUNT = re.compile(r"ggml_cuda_init: found \d+ (\w+) devices")
_CUDA = re.compile(r"\s*Device (\d{1,3}): ([^,]+), (.+)")
_CAPABILITY = re.compile(r"compute capability [\d.]+|gfx\w+")
_VRAM = re.compile(r"VRAM: (\d{1,9}) MiB")
# `ggml_vulkan: 0 = NAME (DRIVER) | uma: ...`, before v1.7.5 `Vulkan0: NAME (DRIVER) | uma: ...`.
_VULKAN = re.compile(r"(?:ggml_vulkan: |Vulkan)(\d{1,3})(?: =|:) (.+) \(([^()]*)\) \| uma: ")
_METAL = re.compile(r"ggml_metal\w*: (?:picking default device|GPU name):\s+(?:\S+ \((.+)\)|(.+))")
_SOFTWARE = re.compile(r"llvmpipe|lavapipe|swiftshader", re.IGNORECASE)
_BLAS = "BLAS"
# How ggml calls the devices of a backend, where not by its name.
_NAMES: Mapping[str, tuple[str, ...]] = {"hip": ("ROCM", "HIP"), "metal": ("METAL", "MTL")}
_GPUS = ("cuda", "hip", "metal", "vulkan", "sycl", "openvino", "musa", "opencl", "webgpu", "cann", "kompute")
_CAUSES = ("failed to initialize", "no GPU found", "failed to load Core ML")
_HINTS: Mapping[str, str] = {
    "blas": "the configure log says whether a BLAS library was found",
    "coreml": "the encoder (*-encoder.mlmodelc) must lie beside the weights",
    "cuda": "nvidia-smi says whether driver and device are there",
    "hip": "rocminfo says whether driver and device are there",
    "openvino": "ggml has this backend since v1.8.5",
    "sycl": "sycl-ls lists the devices",
    "vulkan": "vulkaninfo --summary lists the devices; ggml uses a software device only with GGML_VK_VISIBLE_DEVICES=0",
}


def parse_backends(text: str) -> tuple[str, ...]:
    """Return the backends that really ran, as ggml names them and in its order: `CUDA0`, `BLAS`.

    `CPU` is included if the program says that it found no GPU, and replaces a backend that was named but did not start;
    an empty tuple means that nothing is known. `CoreML` and `OpenVINO` are encoders that were loaded.
    """
    claims = parse_claims(text)
    names = [claim.subject if claim.holds else CPU for claim in claims if claim.holds or claim.subject not in ENCODERS]
    lines = plain_lines(text)
    alone = any(_LEFT_ALONE.search(line) for line in lines) and any(_OLD_GPU.search(line) for line in lines)
    if not names and (claims or alone):
        return (CPU,)
    return tuple(dict.fromkeys(names))


def find_failed(text: str) -> tuple[BackendClaim, ...]:
    """Return the backends and encoders that a log names but that did not start, or failed later."""
    return tuple(claim for claim in parse_claims(text) if not claim.holds)


def parse_devices(text: str) -> tuple[Device, ...]:
    """Return the devices that ggml found, used or not, in its order, without those of a backend that did not start."""
    found: dict[str, Device] = {}
    kind = "CUDA"
    for line in plain_lines(text):
        if count := _CUDA_COUNT.search(line):
            kind = count[1]
        elif match := _CUDA.fullmatch(line):
            device = _read_cuda(f"{kind}{match[1]}", match[2], match[3])
            found.setdefault(device.backend, device)
        elif match := _VULKAN.search(line):
            name = f"Vulkan{match[1]}"
            software = bool(_SOFTWARE.search(match[2]))
            found.setdefault(name, Device(backend=name, name=match[2], driver=match[3], software=software))
        elif match := _METAL.search(line):
            found.setdefault("Metal", Device(backend="Metal", name=match[1] or match[2]))
    failed = {find_family(claim.subject) for claim in find_failed(text)}
    return tuple(device for device in found.values() if find_family(device.backend) not in failed)


def find_mismatch(asked: str, text: str) -> str:
    """Return why the numbers of a log are not those of the backend that was asked for, or an empty string.

    A log that names no backend is taken as one of the CPU, about which old releases print nothing. Backends that are
    not known here are not judged.
    """
    used = parse_backends(text)
    ran = ", ".join(used) or "no backend that the log names"
    if asked == "cpu":
        gpus = [name for name in used if any(_is(gpu, name) for gpu in _GPUS)]
        return f"the CPU was asked for, but {', '.join(gpus)} computed: this program has no -ng" if gpus else ""
    failed = find_failed(text)
    if asked == "blas":
        old = any(_OLD_BLAS.search(line) for line in plain_lines(text))
        proven = _BLAS in used or (old and not any(claim.subject == _BLAS for claim in failed))
    elif asked == "coreml":
        proven = CORE_ML in used
    elif asked in _GPUS:
        proven = any(_is(asked, name) for name in used)
    else:
        return ""
    if proven:
        return ""
    causes = [f"log: {line}" for line in _find_causes(failed, text)]
    return "; ".join(
        [f"{asked} was asked for, but {ran} ran", *causes, *(_HINTS[word] for word in [asked] if word in _HINTS)]
    )


def find_lost(asked: str, text: str) -> str:
    """Return that the requested backend failed, from the log of a process that crashed, or an empty string.

    ggml aborts if the weights are in the memory of a device that then does not start.
    """
    return find_mismatch(asked, text) if find_failed(text) else ""


def _is(backend: str, name: str) -> bool:
    return any(known in name.upper() for known in _NAMES.get(backend, (backend.upper(),)))


def _find_causes(failed: Sequence[BackendClaim], text: str) -> Sequence[str]:
    lines = plain_lines(text)
    causes: Iterator[str] = (line.strip() for line in lines if any(cause in line for cause in _CAUSES))
    taken_back = (claim.contradiction for claim in failed)
    return tuple(dict.fromkeys((*taken_back, *find_troubles(lines), *causes)))[:2]


def _read_cuda(backend: str, name: str, rest: str) -> Device:
    capability, memory = _CAPABILITY.search(rest), _VRAM.search(rest)
    return Device(
        backend=backend,
        name=name,
        architecture=capability[0] if capability else "",
        memory_bytes=int(memory[1]) << 20 if memory else 0,
    )
