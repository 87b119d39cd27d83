"""A line of characters that shows how a number went, one character a value."""

from collections.abc import Sequence

# The eighths of a block, from the lowest on.
_BLOCKS = "".join(map(chr, range(0x2581, 0x2589)))
_PLAIN = "_.,-~=*#"
# The line is as high as that share of the middle at least, so that noise of a thousandth does not look like a range
# of mountains.
_LEAST_SHARE = 0.04


def draw_sparkline(values: Sequence[float], *, plain: bool = False) -> str:
    """Return a character for each value, higher for a greater one; ASCII alone where `plain`."""
    if not values:
        return ""
    marks = _PLAIN if plain else _BLOCKS
    low, high = min(values), max(values)
    lacking = max(0.0, _LEAST_SHARE * abs(low + high) / 2 - (high - low))
    low, high = low - lacking / 2, high + lacking / 2
    height = high - low
    if not height:
        return marks[len(marks) // 2] * len(values)
    return "".join(marks[min(len(marks) - 1, int(len(marks) * (value - low) / height))] for value in values)
