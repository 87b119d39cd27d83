"""Backends that a log names and that then fail, in the words of the sources (v1.5.0 to v1.9.3): for parsers, fake tools
and the fault campaign alike.
"""

from harness.records.record import Record

TIMINGS = """\
whisper_print_timings:     load time =    59.88 ms
whisper_print_timings:   encode time =   834.51 ms /     1 runs (   834.51 ms per run)
whisper_print_timings:   decode time =   935.80 ms /   256 runs (     3.65 ms per run)
whisper_print_timings:   batchd time =   420.53 ms /   320 runs (     1.31 ms per run)
whisper_print_timings:   prompt time =  2136.59 ms /  4096 runs (     0.52 ms per run)
whisper_print_timings:    total time =  4627.78 ms
"""
_GPU, _ANY = "whisper_backend_init_gpu:", "whisper_backend_init:"


class Failure(Record):
    """One log: what was asked for (empty: no setting names it), its lines, and which of them contradict the others.

    `subjects` are the names that do not hold, `words` what else than the CPU's instruction set may be shown.
    """

    name: str
    asked: str
    subjects: tuple[str, ...]
    lines: tuple[str, ...]
    contradictions: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def _at_start(asked: str, name: str, *reasons: str) -> Failure:
    """Return that whisper.cpp of v1.7.3 or newer names a device and cannot start it, for the backend's own reasons."""
    failed = f"{_GPU} failed to initialize {name} backend"
    lines = (f"{_GPU} using {name} backend", *reasons, failed)
    return Failure(
        name=f"{name}-at-start", asked=asked, subjects=(name,), lines=lines, contradictions=(*reasons, failed)
    )


def _by_function(asked: str, name: str, function: str, *reasons: str) -> Failure:
    """Return the same for v1.5.0 to v1.7.2, which name the function that failed."""
    failed = f"{_GPU} ggml_backend_{function}_init() failed"
    lines = (f"{_GPU} using {name} backend", *reasons, failed)
    return Failure(name=f"{name}-of-old", asked=asked, subjects=(name,), lines=lines, contradictions=(*reasons, failed))


def _by_itself(asked: str, name: str, line: str, how: str) -> Failure:
    """Return that the backend alone says that it cannot work."""
    lines = (f"{_GPU} using {name} backend", line)
    return Failure(name=f"{name}-{how}", asked=asked, subjects=(name,), lines=lines, contradictions=(line,))


_METAL_ERROR = "ggml_metal_init: error: Error Domain=MTLLibraryErrorDomain Code=3 \"unknown type name 'block_q4_0'"
_OF_BLAS = f"{_ANY} failed to initialize BLAS backend"
_OLD_GPU = f"{_ANY} Metal GPU does not support family 7 - falling back to CPU"
FAILURES = (
    _at_start("cuda", "CUDA0", "ggml_backend_cuda_init: failed to allocate context"),
    _at_start("hip", "ROCm0", "ggml_backend_cuda_init: invalid device 0"),
    _at_start("musa", "MUSA0", "ggml_backend_cuda_init: failed to allocate context"),
    _at_start("vulkan", "Vulkan0"),
    _at_start("sycl", "SYCL0", "ggml_backend_sycl_init: error: failed to allocate context"),
    _at_start("cann", "CANN0", "ggml_backend_cann_init: error: failed to allocate context"),
    _at_start("opencl", "GPUOpenCL"),
    _at_start("kompute", "Kompute"),
    _at_start("webgpu", "WebGPU"),
    _at_start("openvino", "OPENVINO0"),
    _at_start("", "RPC[127.0.0.1:50052]", "ggml_backend_rpc_device_init: Failed to connect to 127.0.0.1:50052"),
    _at_start("metal", "Metal", _METAL_ERROR, "ggml_backend_metal_device_init: error: failed to allocate context"),
    _at_start("metal", "MTL0", "ggml_metal_init: error: failed to initialize the Metal library"),
    _by_function(
        "cuda", "CUDA", "cuda", "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected"
    ),
    _by_function("metal", "Metal", "metal"),
    _by_function("sycl", "SYCL", "sycl", "SYCL: failed to initialize: ggml_sycl_init"),
    _by_function("vulkan", "Vulkan", "vk"),
    _by_function("cann", "CANN", "cann", "ggml_cann_init: failed to initialize CANN: no device"),
    _by_itself("cuda", "CUDA0", "ggml_cuda_init: found 0 CUDA devices:", "without-devices"),
    _by_itself("cuda", "CUDA0", "CUDA error: out of memory", "in-its-work"),
    _by_itself("cuda", "CUDA0", f"{_GPU} no GPU found", "not-found"),
    _by_itself("hip", "ROCm0", "ggml_cuda_init: failed to initialize ROCm: no ROCm-capable device", "without-driver"),
    _by_itself("vulkan", "Vulkan0", "ggml_vulkan: No devices found.", "without-devices"),
    _by_itself("opencl", "GPUOpenCL", "ggml_opencl: platform IDs not available.", "without-platform"),
    _by_itself("webgpu", "WebGPU", "ggml_webgpu: Device lost! Reason: 1, Message: gone", "in-its-work"),
    _by_itself("metal", "MTL0", "ggml_metal_synchronize: error: command buffer 0 failed with status 5", "in-its-work"),
    _by_itself(
        "openvino", "OPENVINO0", "GGML OpenVINO Backend: device NPU is not available, fallback to CPU", "elsewhere"
    ),
    Failure(
        name="Metal-too-old",
        asked="metal",
        subjects=("Metal",),
        lines=(f"{_ANY} using Metal backend", _OLD_GPU),
        contradictions=(_OLD_GPU,),
    ),
    Failure(
        name="BLAS-at-start",
        asked="blas",
        subjects=("BLAS",),
        lines=(f"{_ANY} using BLAS backend", _OF_BLAS),
        contradictions=(_OF_BLAS,),
    ),
    Failure(
        name="Metal-beside-BLAS",
        asked="metal",
        subjects=("Metal",),
        lines=(
            f"{_GPU} using Metal backend",
            f"{_GPU} failed to initialize Metal backend",
            f"{_ANY} using BLAS backend",
        ),
        contradictions=(f"{_GPU} failed to initialize Metal backend",),
        words=("BLAS",),
    ),
)
