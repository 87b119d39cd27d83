"""Of a long series at most three points a column of pixels are drawn: the least, the middle and the greatest."""

from collections.abc import Sequence

from harness.records.record import Record


class Column(Record):
    """The points of a series that fall on one place: where it is, and their numbers from the least to the greatest."""

    x: float
    least: int
    middle: int
    greatest: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """The points to draw, each once."""
        return tuple(dict.fromkeys((self.least, self.middle, self.greatest)))


def thin_points(places: Sequence[float], values: Sequence[float], most: int) -> list[Column]:
    """Return the columns of points at `places` in pixels, in their order; one for each point if there are few.

    Values are finite. There are at most `most` columns, of equal width.
    """
    if len(places) <= most:
        return [
            Column(x=x, least=n, middle=n, greatest=n) for n, x in sorted(enumerate(places), key=lambda one: one[1])
        ]
    low = min(places)
    width = (max(places) - low) / most or 1.0
    columns: dict[int, list[int]] = {}
    for number, x in enumerate(places):
        columns.setdefault(min(most - 1, int((x - low) / width)), []).append(number)
    found = []
    for place, numbers in sorted(columns.items()):
        numbers.sort(key=lambda number: values[number])
        found.append(
            Column(
                x=places[numbers[0]] if len(numbers) == 1 else low + (place + 0.5) * width,
                least=numbers[0],
                middle=numbers[(len(numbers) - 1) // 2],
                greatest=numbers[-1],
            )
        )
    return found
