"""Scales: from a quantity to pixels, and the round values at which an axis is labelled."""

import math
from collections.abc import Iterable

from harness.records.record import Record

# Round numbers that the steps of an axis may be, times a power of ten.
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
# Which of them are labelled within each power of ten, the closest ones first.
_PARTS = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
# Beyond these, steps and powers of ten can no longer be computed with.
_LEAST, _MOST = 1e-300, 1e307


class Scale(Record):
    """Values from `low` to `high` on pixels from `start` to `end`; `log` for equal factors at equal distances."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def place(self, value: float) -> float:
        """Return the pixel of a value; values beyond the ends are put on them."""
        low, high = self.low, self.high
        value = low if value < low else high if value > high else value
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        else:  # halves: the range between the greatest numbers is greater than any number
            low, high, value = low / 2, high / 2, value / 2
        return self.start + ((value - low) / (high - low) if high > low else 0.5) * (self.end - self.start)

    def list_ticks(self, most: int = 6) -> tuple[float, ...]:
        """Return at most so many round values within the scale, in rising order."""
        return _list_powers(self, most) if self.log else _list_steps(self, most)


def span(values: Iterable[float], *, least_share: float = 0.04, margin: float = 0.06) -> tuple[float, float]:
    """Return the ends of a linear scale that holds all finite values, and a margin as a share of their range.

    The range is at least `least_share` of the middle, so that noise of a thousandth does not look like mountains.
    Without a finite value it is 0 to 1.
    """
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    middle = low / 2 + high / 2
    lacking = max(0.0, least_share * abs(middle) - (high - low))
    low, high = low - lacking / 2, high + lacking / 2
    spread = (high - low) * margin if high > low else abs(middle) or 1.0
    low, high = low - spread, high + spread
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else (min(known), max(known) or 1.0)


def log_span(values: Iterable[float]) -> tuple[float, float]:
    """Return the ends of a scale of equal factors that holds all finite values above zero, and a little more.

    Without such a value it is 1 to 10.
    """
    known = [value for value in values if math.isfinite(value) and value > 0]
    if not known:
        return 1.0, 10.0
    low, high = max(min(known) / 1.2, _LEAST), min(max(known), _MOST / 1.2) * 1.2
    return (low, high) if low < high else (low / 2, low)


def _list_steps(scale: Scale, most: int) -> tuple[float, ...]:
    width = scale.high - scale.low
    if not _LEAST < width < _MOST:
        return ()
    power = 10.0 ** math.floor(math.log10(width / most))
    step = next(power * one for one in _ROUND if width / (power * one) <= most)
    first, last = math.ceil(scale.low / step), math.floor(scale.high / step)
    return tuple(number * step for number in range(first, last + 1))


def _list_powers(scale: Scale, most: int) -> tuple[float, ...]:
    first, last = math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high))
    close, *wider = (_list_within(scale, range(first, last + 1), parts) for parts in _PARTS)
    if len(close) < 3:
        return _list_steps(scale, most)
    fitting = next((found for found in (close, *wider) if len(found) <= most), ())
    if len(fitting) > 1:
        return fitting
    every = math.ceil((last - first) / most)
    return _list_within(scale, range(first, last + 1, every), (1.0,)) if every > 1 else close[:: -(-len(close) // most)]


def _list_within(scale: Scale, powers: range, parts: tuple[float, ...]) -> tuple[float, ...]:
    ticks = (float(f"{part:g}e{power}") for power in powers for part in parts)
    return tuple(one for one in ticks if scale.low <= one <= scale.high)
