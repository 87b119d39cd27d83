"""Which backends computed and with what devices, by the word of a log; and whether that is what was asked for.

ggml falls back to the CPU without an error: a build for a GPU whose driver is missing prints good-looking numbers of
the CPU. Device lines are ggml's own: `ggml_cuda_init`, `ggml_vulkan`, `ggml_metal*`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.parse.line import plain_lines
from harness.records.device import Device

_USED = re.compile(r"whisper_backend_init(?:_gpu)?: using (\S+) backend")
_NO_GPU = "whisper_backend_init_gpu: no GPU found"
_CORE_ML = "Core ML model loaded"
_OLD_BLAS = re.compile(r"system_info:.*\bBLAS = 1\b")
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
_GPUS = ("cuda", "hip", "metal", "vulkan", "sycl", "openvino", "musa", "opencl", "webgpu")
_CAUSES = ("failed to initialize", "No devices found", "no GPU found", "failed to load Core ML")
_HINTS: Mapping[str, str] = {
    "blas": "the configure log says whether a BLAS library was found",
    "coreml": "the encoder (*-encoder.mlmodelc) must lie beside the weights",
    "cuda": "nvidia-smi says whether driver and device are there",
    "hip": "rocminfo says whether driver and device are there",
    "openvino": "it is a backend of ggml since v1.8.5",
    "sycl": "sycl-ls lists the devices",
    "vulkan": "vulkaninfo --summary lists the devices; ggml takes a software one with GGML_VK_VISIBLE_DEVICES=0 only",
}


def parse_backends(text: str) -> tuple[str, ...]:
    """Return the backends that really ran, as ggml names them and in its order: `CUDA0`, `BLAS`.

    `CPU` stands among them only where the program says that it found no GPU; nothing at all means nothing known.
    """
    names: list[str] = []
    for line in plain_lines(text):
        match = _USED.search(line)
        if match:
            names.append(match[1])
        elif _NO_GPU in line:
            names.append("CPU")
    return tuple(dict.fromkeys(names))


def parse_devices(text: str) -> tuple[Device, ...]:
    """Return the devices that ggml found, used or not, in its order."""
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
    return tuple(found.values())


def find_mismatch(asked: str, text: str) -> str:
    """Return why the numbers of a log are not those of the backend that was asked for, or nothing.

    A log that names no backend at all is taken for one of the CPU, which is all that old releases had to say nothing
    about. Backends that are unknown here are not judged.
    """
    used = parse_backends(text)
    ran = ", ".join(used) or "no backend that the log names"
    if asked == "cpu":
        gpus = [name for name in used if any(_is(gpu, name) for gpu in _GPUS)]
        return f"the CPU was asked for, but {', '.join(gpus)} computed: this program has no -ng" if gpus else ""
    if asked == "blas":
        proven = _BLAS in used or any(_OLD_BLAS.search(line) for line in plain_lines(text))
    elif asked == "coreml":
        proven = _CORE_ML in text
    elif asked in _GPUS:
        proven = any(_is(asked, name) for name in used)
    else:
        return ""
    if proven:
        return ""
    told = [f"log: {line}" for line in _find_causes(text)]
    return "; ".join(
        [f"{asked} was asked for, but {ran} ran", *told, *(_HINTS[word] for word in [asked] if word in _HINTS)]
    )


def _is(backend: str, name: str) -> bool:
    return any(known in name.upper() for known in _NAMES.get(backend, (backend.upper(),)))


def _find_causes(text: str) -> Sequence[str]:
    lines: Iterator[str] = (line.strip() for line in plain_lines(text) if any(cause in line for cause in _CAUSES))
    return tuple(dict.fromkeys(lines))[:2]


def _read_cuda(backend: str, name: str, rest: str) -> Device:
    capability, memory = _CAPABILITY.search(rest), _VRAM.search(rest)
    return Device(
        backend=backend,
        name=name,
        architecture=capability[0] if capability else "",
        memory_bytes=int(memory[1]) << 20 if memory else 0,
    )
