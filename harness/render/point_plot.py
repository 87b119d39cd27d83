"""The points of a series, one line each, on one scale beside the level of their epoch: time goes down the lines."""

import math
from collections.abc import Sequence

from harness.records.history import Epoch, Point
from harness.render.bar import BarScale, Estimate, Picture, draw_interval, fit_scale, label_scale
from harness.render.number import format_value


def draw_points(
    points: Sequence[Point], epochs: Sequence[Epoch], first: int, columns: int, *, plain: bool = False
) -> list[Picture]:
    """Return a cell for the head and one for each point; empty where there is nothing to draw.

    `points` begin at number `first` of their series, as `epochs` count. The level of an epoch is a rule, its interval
    are the edges beside it.
    """
    estimates = [Estimate(value=one.value, low=one.low, high=one.high) for one in points]
    levels = [epoch.level for epoch in epochs if epoch.level]
    middle = levels[-1].middle if levels else estimates[-1].value
    whole = fit_scale(
        [*estimates, *(Estimate(value=one.middle) for one in levels)],
        middle=middle,
        band=(middle, middle),
        width=columns,
        plain=plain,
    )
    if whole is None:
        return []
    cells = [label_scale(whole, format_value(whole.low), format_value(whole.high))]
    for number, estimate in enumerate(estimates, first):
        cells.append(draw_interval(_show_level(whole, epochs, number), estimate))
    return cells


def _show_level(scale: BarScale, epochs: Sequence[Epoch], number: int) -> BarScale:
    """Return the scale with the level of the epoch that holds a point; without a rule where it has none."""
    own = [epoch for epoch in epochs if epoch.first <= number]
    level = own[-1].level if own else None
    if level is None:
        nowhere = math.nan
        return scale.replace(middle=nowhere, band=(nowhere, nowhere))
    edges = (level.middle if level.low is None else level.low, level.middle if level.high is None else level.high)
    return scale.replace(middle=level.middle, band=edges)
