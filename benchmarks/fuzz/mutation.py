"""What is done to real outputs before a parser sees them; bytes are worked on as Latin-1 text."""

import random
import re
from collections.abc import Callable, Sequence

MARKS = (
    "\n", "\n\n", "\r\n", "\r", " ", "\t", "\0", "\ufeff", "\udc80", "\u2028", "\x1b[31m", "٣", "²", "\u202e", "#",
    '"', "'", "\\", "=", ":", "/", "|", "-", "+", "{", "}", "[", "]", "<", ">", "&", "%", "\n+ again\n",
)  # fmt: skip
NUMBERS = (
    "0", "-1", "1", "00", "0.0", "1e999", "-0", "NaN", "nan", "inf", "1e-400", "4294967296", "9223372036854775808",
    "18446744073709551616", "9" * 30, "9" * 400, "9" * 5000, "0x10", "1_000", "٣٤", "1.", ".5", "",
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Mutator:
    """Makes one broken input after another out of whole ones, always the same from one seed."""

    def __init__(self, seeds: Sequence[str], tokens: Sequence[str], *, limit: int, seed: int) -> None:
        self._seeds, self._tokens, self._limit = seeds, (*tokens, *tokens, *MARKS), limit
        self._draw = random.Random(seed)

    def make(self) -> str:
        """Return a seed, or a stretch of its lines where it is long, with up to eight things done to it."""
        text = self._window(self._draw.choice(self._seeds))
        for _ in range(self._draw.randint(0, 8)):
            text = self._draw.choice(_OPERATIONS)(self, text)
        return text

    def _window(self, text: str) -> str:
        if len(text) <= self._limit:
            return text
        begin = text.find("\n", self._draw.randrange(len(text) - self._limit + 1)) + 1
        return text[begin : begin + self._limit]

    def _cut(self, text: str) -> str:
        return text[: self._draw.randint(0, len(text))]

    def _drop(self, text: str) -> str:
        begin, end = self._span(text)
        return text[:begin] + text[end:]

    def _repeat(self, text: str) -> str:
        begin, end = self._span(text)
        return text[:end] + text[begin:end] * self._draw.randint(1, 3) + text[end:]

    def _insert(self, text: str) -> str:
        at = self._draw.randint(0, len(text))
        return text[:at] + self._draw.choice(self._tokens) + text[at:]

    def _splice(self, text: str) -> str:
        other = self._draw.choice(self._seeds)
        begin, end = self._span(other)
        at = self._draw.randint(0, len(text))
        return text[:at] + other[begin:end] + text[at:]

    def _swap_lines(self, text: str) -> str:
        lines = text.split("\n")
        one, two = self._draw.randrange(len(lines)), self._draw.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        return "\n".join(lines)

    def _replace(self, text: str) -> str:
        at = self._draw.randint(0, len(text))
        return text[:at] + chr(self._draw.randrange(0x100)) + text[at + 1 :]

    def _renumber(self, text: str) -> str:
        found = _NUMBER.search(text, self._draw.randint(0, len(text)))
        return text[: found.start()] + self._draw.choice(NUMBERS) + text[found.end() :] if found else text

    def _nest(self, text: str) -> str:
        at = self._draw.randint(0, len(text))
        opening = self._draw.choice(("[", '{"a":', "(", "<a>", "{a=", "[[", "-"))
        return text[:at] + opening * self._draw.choice((3, 60, 1500)) + text[at:]

    def _span(self, text: str) -> tuple[int, int]:
        begin = self._draw.randint(0, len(text))
        return begin, min(len(text), begin + self._draw.choice((1, 10, 100, 1000)))


# What is done more often stands twice; a deep nest ends most parsers at once, and is rare by `_cut` beside it.
_OPERATIONS: tuple[Callable[[Mutator, str], str], ...] = (
    Mutator._cut, Mutator._drop, Mutator._drop, Mutator._repeat, Mutator._insert, Mutator._insert, Mutator._insert,
    Mutator._splice, Mutator._splice, Mutator._swap_lines, Mutator._replace, Mutator._replace, Mutator._renumber,
    Mutator._renumber, Mutator._renumber, Mutator._nest,
)  # fmt: skip
