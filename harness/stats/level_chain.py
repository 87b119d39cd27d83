"""Levels of cost along a line of commits as a hidden Markov chain: sums over all paths that stay, or jump.

Levels lie on a grid, so that a sum over all paths is a product of matrices: the forward and backward passes of Baum,
Petrie, Soules and Weiss (Ann. Math. Statist. 41, 1970, 164), exact for any number of jumps and for any noise. The
links of the chain are the places that were measured. Vectors are kept near 1; the logarithms of what they were divided
by go beside them.
"""

import functools
import itertools
import math
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
    order = {place: index for index, place in enumerate(places)}
    table = _tabulate((_REACH + 1) * grid.size * _FINER, grid.step / _FINER, scale, share)
    at = {place: [0.0] * grid.size for place in places}
    across: dict[tuple[int, int], Vector] = {}
    for one in shifts:
        if not one.baseline:
            said = _look_up(table, one.shift, grid, grid.first, grid.size)
            at[one.contender] = _add(at[one.contender], said)
        elif order[one.contender] - order[one.baseline] == 1:
            said = _look_up(table, one.shift, grid, 1 - grid.size, 2 * grid.size - 1)
            key = one.baseline, one.contender
            across[key] = _add(across[key], said) if key in across else said
    whole = sum(weights)
    known, links = 0.0, []
    for before, place in itertools.pairwise([0, *places]):
        levels, high = _exponentiate(at[place])
        jumps, more = _exponentiate(across[before, place]) if (before, place) in across else (None, 0.0)
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
        ahead = [one * other for one, other in zip(link.levels, message, strict=True)]
        leap = _leap(ahead, link, grid)
        kept = weigh_stay(link, grid)
        jumped.append(leap)
        scales.append(total)
        message, scale = rescale([kept * one + other for one, other in zip(ahead, leap, strict=True)])
        total += scale
        messages.append(message)
    return BackwardPass(jumped[::-1], scales[::-1], messages[::-1])


def iter_forward(links: Sequence[ChainLink], grid: LevelGrid) -> Iterator[tuple[Vector, float]]:
    """Yield how likely each level is by all up to GOOD, which has level 0, and then up to each link."""
    message, total = [0.0] * grid.size, 0.0
    message[-grid.first] = 1.0
    yield message, total
    for link in links:
        kept = weigh_stay(link, grid)
        leap = _leap(message, link, grid, forward=True)
        moved = [(kept * one + other) * level for one, other, level in zip(message, leap, link.levels, strict=True)]
        message, scale = rescale(moved)
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
    """Return the values over their greatest, and its logarithm."""
    high = max(values)
    if high <= 0:
        return values, 0.0
    return [value / high for value in values], math.log(high)


def _leap(values: Vector, link: ChainLink, grid: LevelGrid, *, forward: bool = False) -> Vector:
    """Return for each level the sum over all levels that a jump leads to (or comes from, going forward)."""
    share, count = link.jump / grid.size, grid.size
    if link.jumps is None:
        sums = [0.0, *itertools.accumulate(values)]
        every = sums[-1]
        return [share * (sums[low] + every - sums[high]) for low, high in _list_gaps(count, grid.least)]
    sign = -1 if forward else 1
    jumps = link.jumps
    return [
        share * math.fsum(values[other] * jumps[sign * (other - level) + count - 1] for other in (*range(low), *rest))
        for level, (low, rest) in enumerate((low, range(high, count)) for low, high in _list_gaps(count, grid.least))
    ]


@functools.lru_cache(maxsize=64)
def _list_gaps(count: int, least: int) -> list[tuple[int, int]]:
    """Return for each level from where to where others are too near to jump to."""
    return [(max(0, level - least + 1), min(count, level + least)) for level in range(count)]


@functools.lru_cache(maxsize=64)
def _tabulate(count: int, step: float, scale: float, share: float) -> Vector:
    """Return the logarithms of a block's density at 0, 1, ... steps from its centre."""
    table = []
    for index in range(count + 1):
        z = index * step / scale
        normal = (1 - _WILD) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        wild = _WILD / (math.pi * _WILD_WIDTH * (1 + (z / _WILD_WIDTH) ** 2))
        table.append(share * math.log((normal + wild) / scale))
    return table


def _look_up(table: Vector, shift: float, grid: LevelGrid, first: int, count: int) -> Vector:
    """Return the logarithms of the density at all levels (or jumps) from the first; a far shift counts as nearer."""
    limit = _REACH * grid.size * _FINER
    place = max(-limit, min(limit, round(shift / grid.step * _FINER)))
    return [table[abs(place - level * _FINER)] for level in range(first, first + count)]


def _add(one: Vector, other: Vector) -> Vector:
    return [first + second for first, second in zip(one, other, strict=True)]


def _exponentiate(logs: Vector) -> tuple[Vector, float]:
    high = max(logs)
    return [math.exp(max(_FLOOR, value - high)) for value in logs], high
