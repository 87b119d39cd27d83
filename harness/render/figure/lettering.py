"""How wide words are in a drawing, as far as that can be known without the font, and how they are shortened."""

import math
import unicodedata

from harness.records.measurement import Case
from harness.render.case_name import SharedParams

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
# Shares of the size of the letters, rather too wide than too narrow: system fonts differ by a tenth.
_NARROW, _USUAL, _BROAD, _FULL = 0.36, 0.62, 0.95, 1.04
_NARROW_LETTERS = frozenset("fijlrtI.,:;'|!()[]/ ")
_BROAD_LETTERS = frozenset("mwMW%@")


def measure_words(words: str, size: float = 12) -> float:
    """Return about how many pixels words take with letters of a size."""
    return size * sum(map(_measure, words))


def fit_words(words: str, width: float, size: float = 12) -> str:
    """Return words on one line that take at most `width` pixels: their beginning and an ellipsis if they are longer."""
    words = " ".join(words[: 4 * max(1, int(width))].split())
    if measure_words(words, size) <= width:
        return words
    left = width - measure_words(ELLIPSIS, size)
    count = 0
    for letter in words:
        left -= size * _measure(letter)
        if left < 0:
            break
        count += 1
    return words[:count].rstrip() + ELLIPSIS


def label_case(case: Case, shared: SharedParams) -> str:
    """Return how a row of a figure calls a case: by its model, and by what it has not in common with the others."""
    common = shared.get(case.benchmark, frozenset())
    pairs = [pair for pair in case.params if pair not in common]
    model = next((value for name, value in pairs if name == "model"), case.benchmark)
    return ", ".join((model, *(f"{name} {value}" for name, value in pairs if name != "model")))


def format_tick(value: float, step: float = 0.0) -> str:
    """Return a value beside an axis: as many decimals as the `step` to the next one needs, or as it needs itself."""
    if not math.isfinite(value):
        return f"{value:g}"
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    size = abs(step) or abs(value)
    decimals = max(0, -math.floor(math.log10(size))) if size else 0
    if step and round(step, decimals) != step and math.isclose(round(step, decimals + 1), step):
        decimals += 1
    return f"{value:,.{min(decimals, 9)}f}".replace("-", "\N{MINUS SIGN}")


def _measure(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return _NARROW
    if letter in _BROAD_LETTERS:
        return _BROAD
    if unicodedata.combining(letter):
        return 0.0
    return _FULL if unicodedata.east_asian_width(letter) in "WF" else _USUAL
