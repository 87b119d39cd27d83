"""Which commit of a line was the first to change the cost: a posterior, summed over all paths of levels.

Each block measures two commits side by side, so that what the node does falls out of the difference of their
logarithms; most blocks have GOOD as baseline. The level of a commit is the logarithm of its cost over GOOD's. Along the
line it stays as it is, or jumps, by `least` or more, to any level, at each commit as likely as its weight says.
What lies between two places that were measured shares a jump by weight: a commit that does not build keeps its chance.

The noise of a block is normal with a share of Cauchy's law, so that few slow processes do not look like a slow commit.
Its scale is not known: the sum goes over some scales, too. Where neighbouring blocks are alike they count as fewer.
"""

import functools
import itertools
import math
import operator
from collections.abc import Sequence
from typing import NamedTuple

from harness.stats.evidence import find_centre
from harness.stats.level_chain import (
    FURTHER,
    BackwardPass,
    ChainLink,
    LevelGrid,
    Shift,
    expect_size,
    iter_forward,
    lay_grid,
    make_chain,
    pass_backward,
    rescale,
    weigh_stay,
)
from harness.stats.summary import bound_neighbour_correlation, correlate_neighbours
from harness.stats.symmetry import FINEST, measure_spread

# The scales that are reckoned with, in units of the spread between GOOD and BAD.
_SCALES = (0.6, 0.8, 1.0, 1.25, 1.6)
# However much neighbouring blocks are alike, one in ten counts.
_LEAST_SHARE = 0.1
# Of so many blocks the median is not moved by one.
_STEADY = 3
# What lies farther off than so many scales is no likeness.
_FAR = 3.0
_find_centre = functools.lru_cache(maxsize=256)(find_centre)


class FirstChange(NamedTuple):
    """The posterior: `chances[k]` that place k is the first behind the base to change; `none` that none is.

    `size` is the expected size of that change, as a logarithm, and `scale` the noise of a block.
    """

    chances: tuple[float, ...]
    none: float
    size: float
    scale: float


class _Noise(NamedTuple):
    """The scales that the noise of a block may have; each block counts as `share` of one."""

    scales: Sequence[float]
    share: float


def find_first_change(weights: Sequence[float], shifts: Sequence[Shift], *, least: float, base: int = 0) -> FirstChange:
    """Return which place behind `base` is the first to change the level by `least` or more.

    `weights` are those of the places 1, 2, ...; the last one is BAD. A block whose baseline is not GOOD (place 0)
    counts where nothing between its two places was measured. Raises ValueError where GOOD was never measured beside
    BAD, or the base never.
    """
    ends = [one.shift for one in shifts if (one.baseline, one.contender) == (0, len(weights))]
    if not ends or (base and base not in {one.contender for one in shifts}):
        raise ValueError("the two ends of the line, and the base, must be measured first")
    spread, grid = _lay_grid(tuple(ends), tuple(_list_levels(shifts)), least)
    scales = [max(scale * spread, grid.step / 2) for scale in _SCALES]
    weights, shifts = tuple(weights), tuple(shifts)
    found = _weigh(weights, shifts, grid, _Noise(scales, 1.0), base)
    alike = _correlate(weights, shifts, grid, found.scale)
    if alike > bound_neighbour_correlation(len(shifts)):
        share = max(_LEAST_SHARE, (1 - alike) / (1 + alike))
        found = _weigh(weights, shifts, grid, _Noise(scales, share), base)
    return found


def find_smallest_set(chances: Sequence[float], wanted: float) -> tuple[int, ...]:
    """Return the places, the likeliest first, whose chances come to `wanted`; all of them where they do not.

    Of places that are alike either all are in the set or none.
    """
    ranked = sorted((place for place in range(len(chances)) if chances[place] > 0), key=lambda place: -chances[place])
    total, least = 0.0, 0.0
    for place in ranked:
        total += chances[place]
        if total >= wanted:
            least = chances[place]
            break
    return tuple(place for place in ranked if chances[place] >= least)


@functools.lru_cache(maxsize=16)
def _lay_grid(ends: tuple[float, ...], between: tuple[float, ...], least: float) -> tuple[float, LevelGrid]:
    """Return the spread of the blocks between GOOD and BAD, and the levels to reckon with."""
    spread = max(measure_spread(sorted(ends)), FINEST)
    return spread, lay_grid(ends, between, spread, least)


@functools.lru_cache(maxsize=16)
def _walk(
    weights: tuple[float, ...], shifts: tuple[Shift, ...], grid: LevelGrid, scale: float, share: float
) -> tuple[list[ChainLink], BackwardPass, float]:
    """Return a chain, its backward pass and the logarithm in front of it: the same for every base."""
    links, known = make_chain(weights, shifts, grid, scale, share)
    return links, pass_backward(links, grid), known


def _weigh(
    weights: tuple[float, ...], shifts: tuple[Shift, ...], grid: LevelGrid, noise: _Noise, base: int
) -> FirstChange:
    """Return the posterior."""
    rows = []
    stretches = [base]
    for scale in noise.scales:
        links, back, known = _walk(weights, shifts, grid, scale, noise.share)
        masses, size = _measure_masses(links, back, grid, base)
        rows.append(([known + mass for mass in masses], size, scale))
        stretches = [base, *(link.place for link in links if link.place > base)]
    top = max(max(masses) for masses, _, _ in rows)
    shares = [[math.exp(mass - top) for mass in masses] for masses, _, _ in rows]
    *parts, none = (math.fsum(column) for column in zip(*shares, strict=True))
    total = math.fsum(parts) + none
    chances = [0.0] * (len(weights) + 1)
    for part, (before, after) in zip(parts, itertools.pairwise(stretches), strict=True):
        whole = sum(weights[before:after])
        for place in range(before + 1, after + 1) if whole else ():
            chances[place] = part / total * weights[place - 1] / whole
    sizes = math.fsum(sum(row[:-1]) * size for row, (_, size, _) in zip(shares, rows, strict=True))
    mean = math.fsum(sum(row) * scale for row, (_, _, scale) in zip(shares, rows, strict=True)) / total
    size = sizes / (total - none) if total > none else 0.0
    return FirstChange(tuple(chances), none / total, size, mean)


def _measure_masses(
    links: Sequence[ChainLink], back: BackwardPass, grid: LevelGrid, base: int
) -> tuple[list[float], float]:
    """Return logarithms: of the first jump behind the base at each link, and last of none; and its expected size."""
    start = next((index for index, link in enumerate(links, 1) if link.place == base), 0)
    *_, (ahead, stay_scale) = iter_forward(links[:start], grid)
    # Behind GOOD, whose level is known, only that one counts.
    known = [level for level, value in enumerate(ahead) if value]
    cut = slice(known[0], known[-1] + 1)
    stay = ahead[cut]
    masses, best, size = [], -math.inf, 0.0
    for index, link in enumerate(links[start:], start):
        parts = list(map(operator.mul, stay, back.jumped[index][cut]))
        mass = math.fsum(parts)
        masses.append(math.log(mass) + stay_scale + back.scales[index] if mass > 0 else -math.inf)
        if masses[-1] > best:
            level = cut.start + parts.index(max(parts))
            best, size = masses[-1], expect_size(level, link, back.messages[index + 1], grid)
        kept = weigh_stay(link, grid)
        levels = link.levels[cut] if kept == 1 else [kept * level for level in link.levels[cut]]
        stay, scale = rescale(list(map(operator.mul, stay, levels)))
        stay_scale += scale
    quiet = math.fsum(stay)
    # One jump in the line and none at all are as likely beforehand; behind a jump that is known, none is usual.
    usual = 0.0 if base else math.log(FURTHER)
    masses.append(math.log(quiet) + stay_scale + usual if quiet > 0 else -math.inf)
    return masses, size


def _list_levels(shifts: Sequence[Shift]) -> list[float]:
    """Return the levels of the places with so many blocks that a slow process alone does not move them."""
    found: dict[int, list[float]] = {}
    for one in shifts:
        if not one.baseline:
            found.setdefault(one.contender, []).append(one.shift)
    return [_find_centre(tuple(values)) for values in found.values() if len(values) >= _STEADY]


def _correlate(weights: Sequence[float], shifts: Sequence[Shift], grid: LevelGrid, scale: float) -> float:
    """Return how much neighbouring blocks are alike, once the likeliest level of each place is taken off."""
    links, _ = make_chain(weights, shifts, grid, max(scale, grid.step / 2), 1.0)
    back = pass_backward(links, grid).messages
    levels = {0: 0.0}
    for link, (ahead, _), behind in zip(links, list(iter_forward(links, grid))[1:], back[1:], strict=True):
        chances = list(map(operator.mul, ahead, behind))
        levels[link.place] = (chances.index(max(chances)) + grid.first) * grid.step
    limit = _FAR * scale
    rest = [one.shift - levels[one.contender] + levels[one.baseline] for one in shifts]
    return correlate_neighbours([max(-limit, min(limit, value)) for value in rest])
