"""The commands that ask what a library computes; nothing is timed."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import NamedTuple, TypeVar

from harness.worker.command import WorkError
from harness.worker.distribution import (
    FARTHEST,
    Floats,
    TokenScore,
    count_unreal,
    find_likeliest,
    is_distribution,
    measure_error,
    normalize,
    score,
)
from harness.worker.recording import WINDOW_FRAMES, Recording
from harness.worker.reference_file import (
    CHECK,
    SPEECH,
    ReferenceHeader,
    ReferenceReader,
    ReferenceWindow,
    ReferenceWriter,
)
from harness.worker.speech import MOST_TOKENS, SpeechContext, SpokenLanguage

_Rows = TypeVar("_Rows")
# So many digits of a number are worth printing.
_DIGITS = 7


class _Comparison(NamedTuple):
    """One position beside the reference; `chosen` is the most likely token, -1 where some logits are not numbers."""

    score: TokenScore
    chosen: int
    unreal: int


class _Deviation(NamedTuple):
    """One position of a check: the error against one row of the reference."""

    error: float
    agreeing: bool
    unreal: int


class QualityCommands:
    """What a context with loaded weights computes, beside a reference."""

    def __init__(self, context: SpeechContext) -> None:
        self._context = context

    def check(self, path: str, *, flash_attn: bool) -> dict[str, object]:
        """Compare the logits of a fixed input with those of a reference.

        With flash attention, whisper.cpp also attends to positions that are only there to make their number round. The
        reference has its logits with and without them; whichever is nearer counts.
        """
        with closing(ReferenceReader(path, CHECK)) as reader:
            self._match(reader.header, path)
            mel = reader.read_mel()
            if count_unreal(mel):
                raise WorkError(f"the reference {path} is damaged: its spectrogram has values that are not numbers")
            found: list[list[_Deviation]] = []
            rows, blank_keys = reader.read_rows(), reader.header.blank_keys
            for window in reader.header.windows:
                self._context.hear_mel(mel, reader.header.frames)
                for row, expected in self._follow(window, zip(*[rows] * len(blank_keys), strict=True)):
                    if any(count_unreal(one) or min(one) == max(one) for one in expected):
                        raise WorkError(f"the reference {path} is damaged: it has no logits for position {len(found)}")
                    wanted = expected if flash_attn else expected[:1]
                    found.append([_deviate(row, one) for one in wanted])
        self._context.forget()
        variants = list(zip(*found, strict=True))
        nearest = min(range(len(variants)), key=lambda place: max(one.error for one in variants[place]))
        chosen = variants[nearest]
        return {
            "errors": _round(one.error for one in chosen),
            "agreeing": _write_bits(one.agreeing for one in chosen),
            "unreal": sum(one.unreal for one in chosen),
            "blank_keys": blank_keys[nearest],
        }

    def reference(self, path: str, audio: str, language: str, made_by: str) -> dict[str, object]:
        """Write the tokens that are heard in a recording, and the distribution before each of them."""
        context = self._context
        windows: list[ReferenceWindow] = []
        spoken: SpokenLanguage | None = None
        with closing(Recording(audio)) as recording:
            starts = recording.choose_starts()
            with closing(ReferenceWriter(path, len(starts))) as writer:
                for sound in recording.read_windows(starts):
                    spoken = spoken or context.choose_language(language, sound.samples)
                    prompt = context.make_prompt(spoken)
                    context.hear(sound.samples)
                    tokens = self._write_text(writer, prompt)
                    windows.append(ReferenceWindow(sound.start_frame, prompt, tokens, sound.digest))
                header = ReferenceHeader(
                    kind=SPEECH,
                    vocabulary=context.vocabulary,
                    mels=context.mels,
                    frames=WINDOW_FRAMES,
                    made_by=made_by,
                    windows=tuple(windows),
                    of_windows=recording.of_windows,
                    language=spoken.code if spoken else "",
                    detected=spoken is not None and spoken.detected,
                )
                writer.finish(header)
        context.forget()
        return {**_describe(header), "positions": header.positions}

    def diverge(self, path: str, audio: str) -> dict[str, object]:
        """Compare distributions with those of a reference, and the tokens that are chosen freely with its tokens."""
        found: list[_Comparison] = []
        tokens: list[int] = []
        own: list[int] = []
        with closing(ReferenceReader(path, SPEECH)) as reader, closing(Recording(audio)) as recording:
            header = reader.header
            self._match(header, path)
            rows = reader.read_rows()
            starts = tuple(window.start_frame for window in header.windows)
            for window, sound in zip(header.windows, recording.read_windows(starts), strict=True):
                if sound.digest != window.sound:
                    raise WorkError(f"the reference {path} was made from another recording than {audio}")
                self._context.hear(sound.samples)
                looked = [
                    self._look(row, expected, token, path)
                    for (row, expected), token in zip(self._follow(window, rows), window.tokens, strict=True)
                ]
                found += looked
                tokens += window.tokens
                own += self._read_freely(window, [one.chosen for one in looked])
        self._context.forget()
        return {
            **_describe(header),
            "divergence": _round(one.score.divergence for one in found),
            "agreeing": _write_bits(one.chosen == token for one, token in zip(found, tokens, strict=True)),
            "log_probability": _round(one.score.log_probability for one in found),
            "reference_log_probability": _round(one.score.reference_log_probability for one in found),
            "tokens": tokens,
            "own": own,
            "unreal": sum(one.unreal for one in found),
            "made_by": header.made_by,
        }

    def _match(self, header: ReferenceHeader, path: str) -> None:
        for name, own in (("vocabulary", self._context.vocabulary), ("mels", self._context.mels)):
            if (other := getattr(header, name)) != own:
                raise WorkError(f"the reference {path} belongs to other weights: {name} {other}, not {own}")

    def _follow(self, window: ReferenceWindow, rows: Iterator[_Rows]) -> Iterator[tuple[Floats, _Rows]]:
        """Yield the logits before each token of the reference, and its own row or rows."""
        row = self._context.read_all(window.prompt)
        for place, token in enumerate(window.tokens, len(window.prompt)):
            yield row, next(rows)
            if place + 1 < len(window.prompt) + len(window.tokens):
                row = self._context.read(token, place)

    def _look(self, row: Floats, expected: Floats, token: int, path: str) -> _Comparison:
        if not is_distribution(expected):
            raise WorkError(f"the reference {path} is damaged: one of its rows is not a distribution")
        if unreal := count_unreal(row):
            return _Comparison(TokenScore(FARTHEST, -FARTHEST, expected[token]), -1, unreal)
        return _Comparison(score(expected, normalize(row), token), find_likeliest(row, self._context.end + 1), 0)

    def _read_freely(self, window: ReferenceWindow, chosen: list[int]) -> tuple[int, ...]:
        """Return the tokens of a text that is left to itself: those of the reference as long as both agree."""
        other = (place for place, token in enumerate(window.tokens) if chosen[place] != token)
        place = next(other, None)
        if place is None or chosen[place] < 0:
            return window.tokens[:place]
        text = [*window.tokens[:place], chosen[place]]
        if text[-1] == self._context.end or len(text) >= MOST_TOKENS:
            return tuple(text)
        row = self._context.read(text[-1], len(window.prompt) + place)
        return tuple(self._context.continue_text(row, window.prompt, text))

    def _write_text(self, writer: ReferenceWriter, prompt: tuple[int, ...]) -> tuple[int, ...]:
        """Write the distribution before each token of a text that is left to itself, and return the tokens."""
        row = self._context.read_all(prompt)
        return tuple(self._context.continue_text(row, prompt, [], lambda logits: writer.write_row(normalize(logits))))


def _describe(header: ReferenceHeader) -> dict[str, object]:
    return {
        "windows": len(header.windows),
        "of_windows": header.of_windows,
        "language": header.language,
        "detected": header.detected,
    }


def _deviate(row: Floats, expected: Floats) -> _Deviation:
    unreal = count_unreal(row)
    error = FARTHEST if unreal else measure_error(row, expected)
    return _Deviation(error, not unreal and find_likeliest(row) == find_likeliest(expected), unreal)


def _round(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]


def _write_bits(flags: Iterable[bool]) -> str:
    return "".join("1" if flag else "0" for flag in flags)
