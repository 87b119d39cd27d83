"""A context of a library that hears and reads: what its decoder expects next after audio and tokens."""

import ctypes
from array import array
from collections.abc import Callable
from typing import NamedTuple

from harness.worker.command import WorkError, check_call
from harness.worker.distribution import Floats, count_unreal, find_likeliest
from harness.worker.recording import SAMPLE_RATE_HZ

# So many tokens of text fit into a window of half a minute, as in whisper.cpp: half of the decoder's context.
MOST_TOKENS = 224
# Exported since v1.6.0 at the latest; timed commands do without them.
_SYMBOLS = (
    *("whisper_pcm_to_mel", "whisper_get_logits", "whisper_n_vocab", "whisper_is_multilingual"),
    *("whisper_token_sot", "whisper_token_eot", "whisper_token_not", "whisper_token_transcribe", "whisper_token_lang"),
    *("whisper_lang_id", "whisper_lang_str", "whisper_lang_auto_detect"),
)
_FLOAT_BYTES = 4


class SpokenLanguage(NamedTuple):
    """The code of a language, empty for weights that know only English, and whether it was heard."""

    code: str
    detected: bool


class SpeechContext:
    """The calls of one context with loaded weights; raises WorkError where the library lacks one of them."""

    def __init__(self, calls: ctypes.CDLL, context: int, threads: int) -> None:
        missing = [name for name in _SYMBOLS if not hasattr(calls, name)]
        if missing:
            raise WorkError(f"the library does not export {', '.join(missing)}: it cannot be asked what it computes")
        self._calls = calls
        self._context = context
        self._threads = threads
        _declare(calls)
        self.vocabulary = int(calls.whisper_n_vocab(context))
        self.mels = int(calls.whisper_model_n_mels(context))
        self.positions = int(calls.whisper_n_text_ctx(context))
        self.end = int(calls.whisper_token_eot(context))
        if not 0 < self.end < self.vocabulary:
            raise WorkError(
                f"the end of a text is token {self.end} of {self.vocabulary}: these weights are not of a usual kind"
            )

    def hear_mel(self, mel: Floats, frames: int) -> None:
        """Encode a mel spectrogram of so many frames."""
        check_call("whisper_set_mel", self._calls.whisper_set_mel(self._context, _point(mel), frames, self.mels))
        self._encode()

    def hear(self, samples: Floats) -> None:
        """Encode samples, silence after them."""
        self._take(samples)
        self._encode()

    def forget(self) -> None:
        """Hear nothing again, as the timed commands do."""
        check_call("whisper_set_mel", self._calls.whisper_set_mel(self._context, None, 0, self.mels))

    def read(self, token: int, position: int) -> Floats:
        """Return the logits after one more token, which takes this position after those that were read before."""
        if position >= self.positions:
            raise WorkError(f"the decoder has no position {position}, but {self.positions} in all")
        word = (ctypes.c_int32 * 1)(token)
        check_call("whisper_decode", self._calls.whisper_decode(self._context, word, 1, position, self._threads))
        address = self._calls.whisper_get_logits(self._context)
        if not address:
            raise WorkError("whisper_get_logits returned nothing")
        return array("f", ctypes.string_at(address, _FLOAT_BYTES * self.vocabulary))

    def read_all(self, tokens: tuple[int, ...]) -> Floats:
        """Return the logits after these tokens from the first position on."""
        row = array("f")
        for position, token in enumerate(tokens):
            row = self.read(token, position)
        return row

    def choose(self, row: Floats) -> int:
        """Return the most likely of the tokens that make a text or end it; raises WorkError if some are not numbers."""
        if unreal := count_unreal(row):
            raise WorkError(f"wrong result: {unreal} logits are not numbers")
        return find_likeliest(row, self.end + 1)

    def continue_text(
        self,
        row: Floats,
        prompt: tuple[int, ...],
        tokens: list[int],
        look: Callable[[Floats], None] = lambda _: None,
    ) -> list[int]:
        """Return `tokens` and the most likely ones after them until the end of the text.

        `row` are the logits before the next token; `look` is given each row in turn.
        """
        text = list(tokens)
        while True:
            text.append(self.choose(row))
            look(row)
            if text[-1] == self.end or len(text) >= MOST_TOKENS:
                return text
            row = self.read(text[-1], len(prompt) + len(text) - 1)

    def choose_language(self, language: str, samples: Floats) -> SpokenLanguage:
        """Return the language that is meant; `auto` is what the library hears in `samples`."""
        if not self._calls.whisper_is_multilingual(self._context):
            if language not in ("en", "auto"):
                raise WorkError(f"the weights are English only, and the language is to be {language}")
            return SpokenLanguage("", detected=False)
        if language != "auto":
            if self._calls.whisper_lang_id(language.encode()) < 0:
                raise WorkError(f"the library does not know the language {language!r}")
            return SpokenLanguage(language, detected=False)
        self._take(samples)
        number = self._calls.whisper_lang_auto_detect(self._context, 0, self._threads, None)
        if number < 0:
            raise WorkError(f"whisper_lang_auto_detect returned {number}")
        return SpokenLanguage((self._calls.whisper_lang_str(number) or b"").decode(errors="replace"), detected=True)

    def make_prompt(self, language: SpokenLanguage) -> tuple[int, ...]:
        """Return what stands before a text without time stamps."""
        calls, context = self._calls, self._context
        spoken: tuple[int, ...] = ()
        if language.code:
            number = calls.whisper_lang_id(language.code.encode())
            spoken = (calls.whisper_token_lang(context, number), calls.whisper_token_transcribe(context))
        prompt = (calls.whisper_token_sot(context), *spoken, calls.whisper_token_not(context))
        if not all(0 <= token < self.vocabulary for token in prompt):
            raise WorkError(f"the vocabulary of the weights has no place for the prompt {prompt}")
        return prompt

    def _take(self, samples: Floats) -> None:
        # The library reads beyond the end of very short audio.
        heard = samples + array("f", bytes(_FLOAT_BYTES * max(0, SAMPLE_RATE_HZ - len(samples))))
        result = self._calls.whisper_pcm_to_mel(self._context, _point(heard), len(heard), self._threads)
        check_call("whisper_pcm_to_mel", result)

    def _encode(self) -> None:
        check_call("whisper_encode", self._calls.whisper_encode(self._context, 0, self._threads))


def _point(values: Floats) -> int:
    return values.buffer_info()[0]


def _declare(calls: ctypes.CDLL) -> None:
    context, number = ctypes.c_void_p, ctypes.c_int
    calls.whisper_pcm_to_mel.argtypes = (context, ctypes.c_void_p, number, number)
    calls.whisper_get_logits.argtypes = (context,)
    calls.whisper_get_logits.restype = ctypes.c_void_p
    for name in ("n_vocab", "is_multilingual", "token_sot", "token_eot", "token_not", "token_transcribe"):
        getattr(calls, f"whisper_{name}").argtypes = (context,)
    calls.whisper_token_lang.argtypes = (context, number)
    calls.whisper_lang_id.argtypes = (ctypes.c_char_p,)
    calls.whisper_lang_str.argtypes = (number,)
    calls.whisper_lang_str.restype = ctypes.c_char_p
    calls.whisper_lang_auto_detect.argtypes = (context, number, number, ctypes.c_void_p)
