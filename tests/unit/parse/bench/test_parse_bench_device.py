"""What a BLAS library says of itself."""

import pytest

from harness.parse.bench.device import complete, parse_blas, parse_nvidia
from harness.records.backend import Device

FILE = "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so"
OPENBLAS = (
    f'{{"kind": "blas", "file": "{FILE}", '
    '"config": "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Zen MAX_THREADS=64", "core": "Zen"}\n'
)


def test_openblas_names_its_version_and_its_kernels() -> None:
    expected = Device(backend="BLAS", name="OpenBLAS 0.3.21", driver=FILE, architecture="Zen kernels")
    assert parse_blas(f"+ python -m harness.worker.blas /b/libwhisper.so\n{OPENBLAS}") == expected


def test_others_are_known_by_their_file() -> None:
    assert parse_blas('{"kind": "blas", "file": "/usr/lib/libblis.so.4"}\n') == Device(
        backend="BLAS", name="libblis.so.4", driver="/usr/lib/libblis.so.4"
    )


@pytest.mark.parametrize("log", ["", "libwhisper.so loads no BLAS library\n", '{"kind": "blas", "file": 3}\n', "{"])
def test_no_answer(log: str) -> None:
    assert parse_blas(log) is None


H100 = Device(backend="CUDA0", name="NVIDIA H100 80GB HBM3", driver="NVIDIA 580.159.04", memory_bytes=81559 << 20)
LOG = "+ cmake -E env nvidia-smi --query-gpu=name\n580.159.04, 81559, NVIDIA H100 80GB HBM3\n"


def test_driver_memory_and_name() -> None:
    assert parse_nvidia(LOG) == (H100,)
    several = parse_nvidia("531.79, [N/A], NVIDIA Orin (nvgpu)\r\n531.79, 24576, NVIDIA GeForce RTX 3090, Ti\r\n")
    assert [(gpu.name, gpu.memory_bytes) for gpu in several] == [
        ("NVIDIA Orin (nvgpu)", 0),
        ("NVIDIA GeForce RTX 3090, Ti", 24576 << 20),
    ]


@pytest.mark.parametrize(
    "log",
    ["", "No devices were found\n", "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"],
)
def test_no_gpu(log: str) -> None:
    assert parse_nvidia(log) == ()


def test_a_device_is_completed_by_its_name_and_not_by_its_number() -> None:
    ours = Device(backend="CUDA1", name=H100.name, architecture="compute capability 9.0", memory_bytes=81000 << 20)
    full = complete(ours, [Device(backend="CUDA1", name="another", driver="NVIDIA 1.0"), H100])
    assert full == ours.replace(driver=H100.driver)
    assert str(full) == "CUDA1: NVIDIA H100 80GB HBM3, compute capability 9.0, 81000 MiB, NVIDIA 580.159.04"
    assert complete(ours, []) == ours
    vulkan = Device(backend="Vulkan0", name=H100.name, driver="NVIDIA")
    assert complete(vulkan, [H100]) == vulkan
