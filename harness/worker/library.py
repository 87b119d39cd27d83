"""libwhisper through ctypes; everything that could differ between releases is checked before use."""

import ctypes
import re
import sys

# What the worker calls; all of it has been exported since v1.6.0 at the latest.
_SYMBOLS = (
    "whisper_context_default_params_by_ref",
    "whisper_init_from_file_with_params",
    "whisper_free",
    "whisper_free_context_params",
    "whisper_log_set",
    "whisper_print_system_info",
    "whisper_model_n_mels",
    "whisper_n_text_ctx",
    "whisper_set_mel",
    "whisper_encode",
    "whisper_decode",
)
# What the defaults have held in every release with this layout (v1.6.0 to v1.9.3).
_NO_TOP, _DTW_BYTES = -1, 128 * 1024 * 1024
_EMPTY = "assuming empty model"
_OURS = re.compile(r" (/.*/lib(?:whisper|ggml)[^/\n]*)$", re.MULTILINE)
_LOG_TAIL = 5


class LibraryError(Exception):
    """The reason why a library, or weights in it, cannot be used."""


class _Heads(ctypes.Structure):
    _fields_ = (("n_heads", ctypes.c_size_t), ("heads", ctypes.c_void_p))


class ContextParams(ctypes.Structure):
    """`struct whisper_context_params` of include/whisper.h from v1.6.0 on."""

    _fields_ = (
        ("use_gpu", ctypes.c_bool),
        ("flash_attn", ctypes.c_bool),
        ("gpu_device", ctypes.c_int),
        ("dtw_token_timestamps", ctypes.c_bool),
        ("dtw_aheads_preset", ctypes.c_int),
        ("dtw_n_top", ctypes.c_int),
        ("dtw_aheads", _Heads),
        ("dtw_mem_size", ctypes.c_size_t),
    )


_LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class WhisperLibrary:
    """A loaded libwhisper, whose contexts compute on a GPU if there is one, unless `gpu` is False."""

    def __init__(self, path: str, *, gpu: bool = True) -> None:
        self._gpu = gpu
        try:
            self.calls = ctypes.CDLL(path)
        except OSError as error:
            raise LibraryError(f"cannot load {path}: {error}") from None
        missing = [name for name in _SYMBOLS if not hasattr(self.calls, name)]
        if missing:
            raise LibraryError(f"{path} does not export {', '.join(missing)}: not a libwhisper of v1.6.0 or newer")
        self._declare()
        self._log: list[str] = []
        self._callback = _LogCallback(self._take_log)  # the library keeps the address only
        self.calls.whisper_log_set(self._callback, None)
        if hasattr(self.calls, "ggml_backend_load_all"):  # backends that are loaded at run time
            self.calls.ggml_backend_load_all()

    def describe(self) -> dict[str, object]:
        """Return the release and the compiled-in features that the library reports, and the files loaded for it."""
        release = self.calls.whisper_version().decode() if hasattr(self.calls, "whisper_version") else ""
        features = self.calls.whisper_print_system_info().decode()
        return {"release": release, "system_info": features, "files": _list_loaded()}

    def open(self, weights: str, *, flash_attn: bool) -> int:
        """Return a context for a file of weights; raises LibraryError.

        The fields are set in the library's own defaults, and its log must confirm the values: either reveals a
        structure with another layout.
        """
        params = self._default_params()
        params.flash_attn = flash_attn
        params.use_gpu = self._gpu
        self._log.clear()
        context = self.calls.whisper_init_from_file_with_params(weights.encode(), params)
        log = "".join(self._log)
        if not context:
            tail = "; ".join(line.strip() for line in log.splitlines()[-_LOG_TAIL:])
            raise LibraryError(f"the library cannot load {weights}: {tail}")
        refusal = _judge(log, weights, flash_attn=flash_attn)
        if refusal:
            self.calls.whisper_free(context)
            raise LibraryError(refusal)
        return int(context)

    def _default_params(self) -> ContextParams:
        pointer = self.calls.whisper_context_default_params_by_ref()
        found = pointer.contents
        seen = (found.dtw_n_top, found.dtw_mem_size, found.gpu_device, found.dtw_token_timestamps)
        params = ContextParams.from_buffer_copy(found)
        self.calls.whisper_free_context_params(pointer)
        if seen != (_NO_TOP, _DTW_BYTES, 0, False):
            raise LibraryError(f"the default parameters read {seen}: this release has another layout of its structures")
        return params

    def _declare(self) -> None:
        calls = self.calls
        calls.whisper_context_default_params_by_ref.restype = ctypes.POINTER(ContextParams)
        calls.whisper_context_default_params_by_ref.argtypes = ()
        calls.whisper_free_context_params.argtypes = (ctypes.POINTER(ContextParams),)
        calls.whisper_free_context_params.restype = None
        calls.whisper_init_from_file_with_params.restype = ctypes.c_void_p
        calls.whisper_init_from_file_with_params.argtypes = (ctypes.c_char_p, ContextParams)
        calls.whisper_free.argtypes = (ctypes.c_void_p,)
        calls.whisper_free.restype = None
        calls.whisper_log_set.argtypes = (_LogCallback, ctypes.c_void_p)
        calls.whisper_log_set.restype = None
        calls.whisper_print_system_info.restype = ctypes.c_char_p
        calls.whisper_model_n_mels.argtypes = calls.whisper_n_text_ctx.argtypes = (ctypes.c_void_p,)
        calls.whisper_set_mel.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
        calls.whisper_encode.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
        token_pointer = ctypes.POINTER(ctypes.c_int32)
        calls.whisper_decode.argtypes = (ctypes.c_void_p, token_pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int)
        for name in ("whisper_version", "whisper_bench_memcpy_str", "whisper_bench_ggml_mul_mat_str"):
            if hasattr(calls, name):
                getattr(calls, name).restype = ctypes.c_char_p

    def _take_log(self, _level: int, text: bytes | None, _data: object) -> None:
        line = (text or b"").decode(errors="replace")
        self._log.append(line)
        sys.stderr.write(line)
        sys.stderr.flush()


def _list_loaded() -> list[str]:
    """Return the libraries of whisper.cpp that this process has mapped; empty if that is not available."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - the worker is small
            return sorted(set(_OURS.findall(file.read())))
    except OSError:
        return []


def _judge(log: str, weights: str, *, flash_attn: bool) -> str:
    """Return why loaded weights cannot be measured, or an empty string."""
    if _EMPTY in log:
        return f"{weights} holds no tensors: it can be loaded, but not measured"
    if f"flash attn = {int(flash_attn)}" not in log:
        return "the library does not confirm that flash attention was set as asked: its layout is not known"
    return ""
