"""Levels of cost along a line of commits as a hidden Markov chain: sums over all paths that stay, or jump.

Levels lie on a grid, so that a sum over all paths is a product of matrices: the forward and backward passes of Baum,
Petrie, Soules and Weiss (Ann. Math. Statist. 41, 1970, 164), exact for any number of jumps and for any noise. The
links of the chain are the places that were measured. Vectors are kept near 1; the logarithms of what they were divided
by go beside them.
"""

import functools
import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.stats.evidence import find_centre

# How likely a further jump is beforehand, for the whole line.
FURTHER = 0.1
# A share of the noise has Cauchy's law, wider than the rest by this factor.
_WILD = 0.05
_WILD_WIDTH = 3.0
_MOST_LEVELS = 96
# Densities are looked up in a table that is finer than the grid by this factor.
_FINER = 4
# A shift that is farther off than so many times the grid counts as if it were there: it says nearly nothing.
_REACH = 6
_FLOOR = -150.0
# Vectors whose greatest value is above it are left as they are: products of two are still far from underflow.
_SMALL = 1e-30

Vector = list[float]


class Shift(NamedTuple):
    """One block: the places that it measured, and the logarithm of contender over baseline."""

    baseline: int
    contender: int
    shift: float


class LevelGrid(NamedTuple):
    """The levels `first * step`, `(first + 1) * step`, ...; jumps go over `least` steps or more."""

    step: float
    first: int
    size: int
    least: int


class ChainLink(NamedTuple):
    """A measured place: how likely a jump up to it is, what its blocks say of its level and of that jump, if any do."""

    place: int
    jump: float
    levels: Vector
    jumps: Vector | None


class BackwardPass(NamedTuple):
    """For each link, by the level before it: all that comes if the level jumps there (`jumped`), and in any case.

    `messages` has one more at its end, of what comes behind the last link; `scales` are the logarithms of what the
    message behind each link was divided by.
    """

    jumped: list[Vector]
    scales: list[float]
    messages: list[Vector]


def lay_grid(ends: Sequence[float], between: Sequence[float], spread: float, least: float) -> LevelGrid:
    """Return levels from beyond GOOD's to beyond BAD's, the blocks of both being `ends`; 0 is one of them.

    The levels of places `between` the two may lie farther off, since one change may undo another.
    """
    centre = find_centre(ends)
    around = max(abs(centre) / 2, 2 * least, 2 * spread / math.sqrt(len(ends)))
    low = min((min(0.0, centre) - around, *between))
    high = max((max(0.0, centre) + around, *between))
    step = max(spread / 4, (high - low) / (_MOST_LEVELS - 2))
    first, last = math.floor(low / step), math.ceil(high / step)
    return LevelGrid(step, first, last - first + 1, max(1, math.ceil(least / step - 1e-9)))


def make_chain(
    weights: Sequence[float], shifts: Sequence[Shift], grid: LevelGrid, scale: float, share: float
) -> tuple[list[ChainLink], float]:
    """Return the chain, and the logarithm of what its vectors were divided by.

    `scale` is that of a block's noise; each block counts as `share` of one. A block whose baseline is not GOOD counts
    where its places are neighbours in the chain.
    """
    places = sorted({one.contender for one in shifts} | {one.baseline for one in shifts} - {0})
    pairs = list(itertools.pairwise([0, *places]))
    at: dict[int, list[float]] = {place: [] for place in places}
    across: dict[tuple[int, int], list[float]] = {pair: [] for pair in pairs}
    for one in shifts:
        # A block of GOOD tells of a level, also where its two places are neighbours.
        if not one.baseline:
            at[one.contender].append(one.shift)
        elif (one.baseline, one.contender) in across:
            across[one.baseline, one.contender].append(one.shift)
    whole = sum(weights)
    known, links = 0.0, []
    for before, place in pairs:
        levels, high = _weigh_levels(tuple(at[place]), grid, scale, share)
        jumps, more = _weigh_jumps(tuple(across[before, place]), grid, scale, share)
        known += high + more
        links.append(ChainLink(place, FURTHER * sum(weights[before:place]) / whole, levels, jumps))
    return links, known


def pass_backward(links: Sequence[ChainLink], grid: LevelGrid) -> BackwardPass:
    """Return what is said by these links and all behind them, from the last one to the first."""
    message, total = [1.0] * grid.size, 0.0
    jumped: list[Vector] = []
    scales: list[float] = []
    messages = [message]
    for link in reversed(links):
        ahead = list(map(operator.mul, link.levels, message))
        leap = _leap(ahead, link, grid)
        jumped.append(leap)
        scales.append(total)
        message, scale = rescale(_stay_or_leap(ahead, leap, link, grid))
        total += scale
        messages.append(message)
    return BackwardPass(jumped[::-1], scales[::-1], messages[::-1])


def iter_forward(links: Sequence[ChainLink], grid: LevelGrid) -> Iterator[tuple[Vector, float]]:
    """Yield how likely each level is by all up to GOOD, which has level 0, and then up to each link."""
    message, total = [0.0] * grid.size, 0.0
    message[-grid.first] = 1.0
    yield message, total
    for link in links:
        leap = _leap(message, link, grid, forward=True)
        moved = _stay_or_leap(message, leap, link, grid)
        message, scale = rescale(list(map(operator.mul, moved, link.levels)))
        total += scale
        yield message, total


def weigh_stay(link: ChainLink, grid: LevelGrid) -> float:
    """Return what the blocks across a link say of a level that stays."""
    return link.jumps[grid.size - 1] if link.jumps else 1.0


def expect_size(level: int, link: ChainLink, message: Vector, grid: LevelGrid) -> float:
    """Return the mean size of the jump at a link from a level, `message` being what is said behind it."""
    chances = [one * other for one, other in zip(link.levels, message, strict=True)]
    if link.jumps:
        chances = [one * link.jumps[other - level + grid.size - 1] for other, one in enumerate(chances)]
    far = [(abs(other - level), one) for other, one in enumerate(chances) if abs(other - level) >= grid.least]
    total = math.fsum(one for _, one in far)
    return grid.step * math.fsum(steps * one for steps, one in far) / total if total else 0.0


def rescale(values: Vector) -> tuple[Vector, float]:
    """Return the values over their greatest, and its logarithm; as they are where the greatest is not small."""
    high = max(values, default=0.0)
    if high <= 0 or high > _SMALL:
        return values, 0.0
    return [value / high for value in values], math.log(high)


def _stay_or_leap(values: Vector, leap: Vector, link: ChainLink, grid: LevelGrid) -> Vector:
    if link.jumps is None:
        return list(map(operator.add, values, leap))
    kept = weigh_stay(link, grid)
    return [kept * value + other for value, other in zip(values, leap, strict=True)]


def _leap(values: Vector, link: ChainLink, grid: LevelGrid, *, forward: bool = False) -> Vector:
    """Return for each level the sum over all levels that a jump leads to (or comes from, going forward)."""
    share, count = link.jump / grid.size, grid.size
    if link.jumps is None:
        sums = [0.0, *itertools.accumulate(values)]
        every = sums[-1]
        # All that lies `least` below a level or lower, and all that lies `least` above it or higher.
        below = ([0.0] * (grid.least - 1) + sums)[:count]
        until = (sums[grid.least :] + [every] * grid.least)[:count]
        return [share * (low + every - high) for low, high in zip(below, until, strict=True)]
    turned = link.jumps[::-1] if forward else link.jumps
    jumps = [0.0 if abs(index - count + 1) < grid.least else value for index, value in enumerate(turned)]
    return [
        share * math.fsum(map(operator.mul, values, jumps[count - 1 - level : 2 * count - 1 - level]))
        for level in range(count)
    ]


@functools.lru_cache(maxsize=1024)
def _weigh_levels(values: tuple[float, ...], grid: LevelGrid, scale: float, share: float) -> tuple[Vector, float]:
    """Return what the blocks of GOOD and a place say of its levels, and the logarithm of what that was divided by."""
    if not values:
        return [1.0] * grid.size, 0.0
    return _exponentiate(_add_up(values, grid, scale, (grid.first, grid.size)), share)


@functools.lru_cache(maxsize=512)
def _weigh_jumps(values: tuple[float, ...], grid: LevelGrid, scale: float, share: float) -> tuple[Vector | None, float]:
    """Return what the blocks of two neighbours say of the jump between them, None where there are no such blocks."""
    if not values:
        return None, 0.0
    return _exponentiate(_add_up(values, grid, scale, (1 - grid.size, 2 * grid.size - 1)), share)


@functools.lru_cache(maxsize=1024)
def _add_up(values: tuple[float, ...], grid: LevelGrid, scale: float, steps: tuple[int, int]) -> Vector:
    """Return the sums of the logarithms of the density of all values, for so many steps from the first (`steps`).

    A value that is far off counts as a nearer one.
    """
    limit = _REACH * grid.size * _FINER
    table = _tabulate(limit + grid.size * _FINER, grid.step / _FINER, scale)
    first, count = steps
    rows = []
    for value in values:
        place = max(-limit, min(limit, round(value / grid.step * _FINER)))
        start = len(table) // 2 + first * _FINER - place
        rows.append(table[start : start + count * _FINER : _FINER])
    return [sum(column) for column in zip(*rows, strict=True)]


@functools.lru_cache(maxsize=16)
def _tabulate(reach: int, step: float, scale: float) -> Vector:
    """Return the logarithms of a block's density from `reach` steps below its centre to as many above it."""
    high, wild = (1 - _WILD) / math.sqrt(2 * math.pi) / scale, _WILD / (math.pi * _WILD_WIDTH) / scale
    squares = [(index * step / scale) ** 2 for index in range(reach + 1)]
    half = [math.log(high * math.exp(-square / 2) + wild / (1 + square / _WILD_WIDTH**2)) for square in squares]
    return [*half[:0:-1], *half]


def _exponentiate(logs: Vector, share: float) -> tuple[Vector, float]:
    """Return the numbers over their greatest, each a block that counts as `share` of one, and its logarithm."""
    high = max(logs)
    return [math.exp(max(_FLOOR, share * (value - high))) for value in logs], share * high
