"""Small plots of one line, for terminals: an interval on a scale that all lines of a table share, and bars."""

import math
from collections.abc import Iterable

from harness.records.record import Record

# Shares of a column, from one eighth on.
_EIGHTHS = "".join(map(chr, range(0x258F, 0x2587, -1)))
_LEVELS = "".join(map(chr, range(0x2581, 0x2589)))
_PLAIN_LEVELS = "_.,-~=*#"
# An interval may be so many times as far from the middle as the farthest estimate; what is wider is cut.
_REACH = 2.0
# A scale needs as many columns for its labels.
LEAST_COLUMNS = 15


class Picture(str):
    """A cell that the harness drew: its blanks are part of it, and stay where a table is aligned."""

    __slots__ = ()


class BarScale(Record):
    """Values from `low` to `high` on `width` columns. `middle` is marked, and `band`, the edges of a range around it.

    `plain` is ASCII alone.
    """

    low: float
    high: float
    width: int
    middle: float
    band: tuple[float, float]
    plain: bool = False

    def place(self, value: float) -> int:
        """Return the column of a value; values beyond the ends are put on them."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(share * (self.width - 1))


class Estimate(Record):
    """A value with the ends of its interval, None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


def fit_scale(
    estimates: Iterable[Estimate], *, middle: float, band: tuple[float, float], width: int, plain: bool = False
) -> BarScale | None:
    """Return the scale that holds all finite estimates, the band, and intervals unless they are very wide.

    None where nothing is finite.
    """
    known = [one for one in estimates if math.isfinite(one.value)]
    edges = [middle, *(edge for edge in band if math.isfinite(edge))]
    if not known or not all(map(math.isfinite, edges)):
        return None
    points = [*edges, *(one.value for one in known)]
    reach = _REACH * max(abs(point - middle) for point in points)
    ends = [end for one in known for end in (one.low, one.high) if end is not None and math.isfinite(end)]
    points += [min(max(end, middle - reach), middle + reach) for end in ends]
    low, high = min(points), max(points)
    if not low < high or not math.isfinite(high - low):
        return None
    return BarScale(low=low, high=high, width=width, middle=middle, band=band, plain=plain)


def draw_interval(scale: BarScale, one: Estimate) -> Picture:
    """Return an estimate on a scale, its interval as a line; an end beyond the scale is an arrow."""
    rule, edge, line, cross, dot, first, last = "|:-+o[]" if scale.plain else "│┊─┼●├┤"
    cells = [" "] * scale.width
    for value, mark in (*((at, edge) for at in scale.band), (scale.middle, rule)):
        if scale.low <= value <= scale.high:
            cells[scale.place(value)] = mark
    if not math.isfinite(one.value):
        return Picture("".join(cells))
    if one.low is not None and one.high is not None and not (math.isnan(one.low) or math.isnan(one.high)):
        start, end = scale.place(one.low), scale.place(one.high)
        for column in range(start, end + 1):
            cells[column] = cross if cells[column] == rule else line
        if start < end:
            cells[start] = first if one.low >= scale.low else "<"
            cells[end] = last if one.high <= scale.high else ">"
    cells[scale.place(one.value)] = dot
    return Picture("".join(cells))


def label_scale(scale: BarScale, low: str, high: str) -> Picture:
    """Return the head of a column of intervals: the texts of both ends."""
    return Picture(f"{low}{high.rjust(max(0, scale.width - len(low)))}")


def draw_share(share: float, width: int, *, plain: bool = False) -> Picture:
    """Return a bar of a share of `width` columns, at most all of them; nothing for what is no number."""
    if not math.isfinite(share):
        return Picture("")
    eighths = round(8 * width * min(max(share, 0.0), 1.0))
    whole, rest = divmod(eighths, 8)
    if plain:
        return Picture(("#" * round(eighths / 8)).ljust(width, "."))
    bar = _EIGHTHS[-1] * whole + (_EIGHTHS[rest - 1] if rest else "")
    return Picture(bar.ljust(width))


def draw_level(share: float, *, plain: bool = False) -> str:
    """Return one character, as high as a share of the whole."""
    marks = _PLAIN_LEVELS if plain else _LEVELS
    if not math.isfinite(share):
        return "?"
    return marks[min(len(marks) - 1, max(0, int(len(marks) * share)))]
