"""The commands: the work of whisper-bench in pieces that can be timed separately, and questions about results."""

import ctypes
import os
import sys
from collections.abc import Callable
from functools import partial

from harness.worker.command import WorkError, check_call, read_count, read_words
from harness.worker.library import LibraryError, WhisperLibrary
from harness.worker.timer import CallTimer

# Of examples/bench/bench.cpp: all tokens are 0, a batch is 5 of them, a prompt 256.
BATCH_TOKENS = 5
PROMPT_TOKENS = 256
_MAX_THREADS = 512
_WARM_TOKENS = 8


class WorkerCommands:
    """One context of one library, and the commands on it."""

    def __init__(self, library: WhisperLibrary, timer: CallTimer) -> None:
        self._library = library
        self._calls = library.calls
        self._timer = timer
        self._context = 0
        self._threads = 0
        self._flash_attn = False
        self._positions = 0
        self._tokens = (ctypes.c_int32 * PROMPT_TOKENS)()
        self._commands: dict[str, tuple[int | None, Callable[..., dict[str, object]]]] = {
            "load": (3, self._load),
            "warm": (None, self._warm),
            "encode": (0, self._time_encode),
            "decode": (2, self._time_decode),
            "batch": (1, self._time_batch),
            "prompt": (1, self._time_prompt),
            "memcpy": (1, self._run_memcpy),
            "mul_mat": (1, self._run_mul_mat),
            "check": (1, partial(self._look, "check")),
            "reference": (4, partial(self._look, "reference")),
            "diverge": (2, partial(self._look, "diverge")),
        }

    def do(self, name: str, words: str) -> dict[str, object]:
        """Execute one command with the arguments after its name, and return its answer; raises WorkError."""
        if name not in self._commands:
            raise WorkError(f"unknown command {name!r}: one of {', '.join(self._commands)}, quit")
        count, command = self._commands[name]
        arguments = words.rsplit(maxsplit=2) if name == "load" else read_words(words)  # a path may hold blanks
        if count is not None and len(arguments) != count:
            raise WorkError(f"{name} takes {count} arguments, not {len(arguments)}")
        return command(*arguments)

    def close(self) -> None:
        """Free the context."""
        if self._context:
            self._calls.whisper_free(self._context)
            self._context = 0

    def _load(self, path: str, threads: str, flash_attn: str) -> dict[str, object]:
        if self._context:
            raise WorkError("weights are already loaded")
        if flash_attn not in ("0", "1"):
            raise WorkError(f"flash attention must be 0 or 1, not {flash_attn}")
        self._threads = read_count(threads, _MAX_THREADS)
        self._flash_attn = flash_attn == "1"
        opened: list[int] = []
        refused: list[str] = []

        def load() -> None:
            try:
                opened.append(self._library.open(path, flash_attn=flash_attn == "1"))
            except LibraryError as error:
                refused.append(str(error))

        cost = self._timer.time(load)
        if refused:
            raise WorkError(refused[0])
        self._context = opened[0]
        # In the words of whisper-bench, so that one parser serves both.
        features = self._library.describe()["system_info"]
        sys.stderr.write(f"system_info: n_threads = {self._threads} / {os.cpu_count()} | {features}\n")
        self._positions = self._calls.whisper_n_text_ctx(self._context)
        mels = self._calls.whisper_model_n_mels(self._context)
        check_call("whisper_set_mel", self._calls.whisper_set_mel(self._context, None, 0, mels))
        return cost

    def _warm(self, *names: str) -> dict[str, object]:
        """Do a little of everything, or an encode (which decoding needs) and a little of the named commands."""
        little: dict[str, Callable[[], None]] = {
            "decode": lambda: self._decode(_WARM_TOKENS, 0),
            "batch": lambda: self._batch(1),
            "prompt": lambda: self._prompt(1),
        }
        wanted = names or tuple(little)
        unknown = next((name for name in wanted if name != "encode" and name not in little), None)
        if unknown:
            raise WorkError(f"cannot warm up {unknown!r}: one of encode, {', '.join(little)}")
        self._need_weights()
        self._encode()
        for name in wanted:
            if name in little:
                little[name]()
        self._timer.rest()
        return {}

    def _time_encode(self) -> dict[str, object]:
        return self._time(self._encode, 1)

    def _time_decode(self, count: str, position: str) -> dict[str, object]:
        tokens, first = read_count(count, self._positions), read_count(position, self._positions, low=0)
        if tokens + first > self._positions:
            raise WorkError(f"{tokens} tokens from position {first} do not fit into {self._positions} positions")
        return self._time(lambda: self._decode(tokens, first), tokens)

    def _time_batch(self, count: str) -> dict[str, object]:
        times = read_count(count, 1_000_000)
        return self._time(lambda: self._batch(times), times * BATCH_TOKENS)

    def _time_prompt(self, count: str) -> dict[str, object]:
        times = read_count(count, 1_000_000)
        return self._time(lambda: self._prompt(times), times * PROMPT_TOKENS)

    def _run_memcpy(self, threads: str) -> dict[str, object]:
        return self._run_benchmark("whisper_bench_memcpy_str", threads)

    def _run_mul_mat(self, threads: str) -> dict[str, object]:
        return self._run_benchmark("whisper_bench_ggml_mul_mat_str", threads)

    def _run_benchmark(self, symbol: str, threads: str) -> dict[str, object]:
        if not hasattr(self._calls, symbol):
            raise WorkError(f"the library does not export {symbol}")
        count = read_count(threads, _MAX_THREADS)
        text: list[bytes] = []
        cost = self._timer.time(lambda: text.append(getattr(self._calls, symbol)(count)))
        return {**cost, "text": text[0].decode(errors="replace")}

    def _look(self, name: str, *words: str) -> dict[str, object]:
        """Answer a question about results; what that takes is not loaded into workers that time calls."""
        from harness.worker.quality import QualityCommands
        from harness.worker.speech import SpeechContext

        self._need_weights()
        commands = QualityCommands(SpeechContext(self._calls, self._context, self._threads))
        if name == "check":
            return commands.check(*words, flash_attn=self._flash_attn)
        return commands.reference(*words) if name == "reference" else commands.diverge(*words)

    def _time(self, call: Callable[[], None], units: int) -> dict[str, object]:
        """Return the cost of `call`; `units` are the passes or tokens that it is divided by."""
        self._need_weights()
        return {"units": units, **self._timer.time(call)}

    def _encode(self) -> None:
        check_call("whisper_encode", self._calls.whisper_encode(self._context, 0, self._threads))

    def _decode(self, tokens: int, first: int) -> None:
        for position in range(first, first + tokens):
            self._step(1, position)

    def _batch(self, times: int) -> None:
        for _ in range(times):
            self._step(BATCH_TOKENS, 0)

    def _prompt(self, times: int) -> None:
        for _ in range(times):
            self._step(PROMPT_TOKENS, 0)

    def _step(self, tokens: int, position: int) -> None:
        result = self._calls.whisper_decode(self._context, self._tokens, tokens, position, self._threads)
        check_call("whisper_decode", result)

    def _need_weights(self) -> None:
        if not self._context:
            raise WorkError("no weights are loaded: begin with load PATH THREADS FLASH_ATTN")
