"""Backends: which ran, with what, and whether it was what was asked for."""

from pathlib import Path

import pytest

from harness.parse.bench.backend import find_mismatch, parse_backends, parse_devices
from harness.records.backend import Device

LOGS = Path(__file__).parents[3] / "data" / "logs"
CUDA = (LOGS / "663cafc1__ggml-4-x86-cuda-v100__bench-bench-large-v3-turbo.log").read_text(encoding="utf-8")
CPU = (LOGS / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log").read_text(encoding="utf-8")
OPENBLAS = (LOGS / "v1.8.5-tiny-openblas.log").read_text(encoding="utf-8")
LLVMPIPE = (LOGS / "v1.8.5-vulkan-llvmpipe.log").read_text(encoding="utf-8")
V100 = Device(backend="CUDA0", name="Tesla V100-PCIE-16GB", architecture="compute capability 7.0")


def test_backends_that_ran() -> None:
    assert parse_backends(CUDA) == ("CUDA0",)
    assert parse_backends(CPU) == ("CPU",)
    assert parse_backends(OPENBLAS) == ("CPU", "BLAS")
    assert parse_backends(LLVMPIPE) == ("Vulkan0",)
    assert find_mismatch("vulkan", LLVMPIPE) == ""
    assert parse_backends("") == ()


def test_devices_of_captured_logs() -> None:
    assert parse_devices(CUDA) == (V100,)
    assert parse_devices(CPU) == parse_devices(OPENBLAS) == ()
    (device,) = parse_devices(LLVMPIPE)
    assert str(device) == "Vulkan0: llvmpipe (LLVM 15.0.6, 256 bits), llvmpipe (software: this is the CPU)"


@pytest.mark.parametrize(
    ("lines", "device"),
    [
        (
            (
                "ggml_cuda_init: found 1 CUDA devices (Total VRAM: 81089 MiB):\n"
                "  Device 0: NVIDIA H100 80GB HBM3, compute capability 9.0, VMM: yes, VRAM: 81089 MiB\n"
            ),
            Device(
                backend="CUDA0",
                name="NVIDIA H100 80GB HBM3",
                architecture="compute capability 9.0",
                memory_bytes=81089 << 20,
            ),
        ),
        (
            (
                "ggml_cuda_init: found 1 ROCm devices:\n"
                "  Device 0: AMD Radeon RX 7900 XTX, gfx1100 (0x1100), VMM: no, Wave Size: 32\n"
            ),
            Device(backend="ROCm0", name="AMD Radeon RX 7900 XTX", architecture="gfx1100"),
        ),
        (
            (
                "ggml_vulkan: Found 1 Vulkan devices:\n"
                "ggml_vulkan: 0 = llvmpipe (LLVM 15.0.6, 256 bits) (llvmpipe) | uma: 0 | fp16: 1 | bf16: 0 | warp\n"
            ),
            Device(backend="Vulkan0", name="llvmpipe (LLVM 15.0.6, 256 bits)", driver="llvmpipe", software=True),
        ),
        (
            "Vulkan1: AMD Radeon Graphics (RADV RAPHAEL) (radv) | uma: 1 | fp16: 1 | warp size: 64\n",
            Device(backend="Vulkan1", name="AMD Radeon Graphics (RADV RAPHAEL)", driver="radv"),
        ),
        (
            "ggml_metal_device_init: GPU name:   MTL0 (Apple M4)\n",
            Device(backend="Metal", name="Apple M4"),
        ),
    ],
)
def test_devices_as_ggml_prints_them(lines: str, device: Device) -> None:
    assert parse_devices(lines) == (device,)


def test_only_the_last_attempt_in_a_log_counts() -> None:
    assert parse_backends(f"{CUDA}\n+ whisper-bench\n{CPU}") == ("CPU",)


@pytest.mark.parametrize(
    ("asked", "log"),
    [("cuda", CUDA), ("cpu", CPU), ("cpu", ""), ("blas", OPENBLAS), ("auto", CPU), ("", CUDA), ("CUDA", CPU)],
)
def test_what_was_asked_for_ran(asked: str, log: str) -> None:
    assert find_mismatch(asked, log) == ""


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("blas", "system_info: n_threads = 4 / 8 | AVX = 1 | BLAS = 1 | SSE3 = 1 |"),
        ("hip", "whisper_backend_init_gpu: using ROCm0 backend"),
        ("metal", "whisper_backend_init: using Metal backend"),
        ("metal", "whisper_backend_init_gpu: using MTL0 backend"),
        ("coreml", "whisper_init_state: Core ML model loaded"),
        ("opencl", "whisper_backend_init_gpu: using GPUOpenCL backend"),
    ],
)
def test_words_that_prove_a_backend(asked: str, line: str) -> None:
    assert find_mismatch(asked, line) == ""
    assert find_mismatch(asked, CPU).startswith(f"{asked} was asked for, but CPU ran")


@pytest.mark.parametrize(
    ("asked", "log", "words"),
    [
        ("cuda", CPU, ["cuda was asked for, but CPU ran", "no GPU found", "nvidia-smi"]),
        (
            "cuda",
            "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected\n" + CPU,
            ["failed to initialize CUDA: no CUDA-capable device is detected"],
        ),
        ("vulkan", CUDA, ["vulkan was asked for, but CUDA0 ran", "vulkaninfo"]),
        ("vulkan", "ggml_vulkan: No devices found.\n" + CPU, ["ggml_vulkan: No devices found.", "VISIBLE_DEVICES=0"]),
        ("blas", CPU, ["blas was asked for, but CPU ran", "configure log"]),
        ("cuda", "", ["but no backend that the log names ran"]),
        ("cpu", CUDA, ["the CPU was asked for, but CUDA0 computed"]),
    ],
)
def test_another_backend_ran(asked: str, log: str, words: list[str]) -> None:
    reason = find_mismatch(asked, log)
    assert all(word in reason for word in words), reason


def test_a_device_as_it_is_shown() -> None:
    assert str(V100) == "CUDA0: Tesla V100-PCIE-16GB, compute capability 7.0"
    software = V100.replace(backend="Vulkan0", name="llvmpipe", architecture="", software=True, memory_bytes=1 << 30)
    assert str(software) == "Vulkan0: llvmpipe, 1024 MiB (software: this is the CPU)"
