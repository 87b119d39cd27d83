"""Where a search for a commit measures next: the most expected bits per expected second, builds among them."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.records.bisection import CandidateCommit, Effort, LineSearch, NextBlock
from harness.records.trial import TrialPurpose
from harness.stats.first_change import FirstChange
from harness.stats.information import measure_bits
from harness.stats.symmetry import count_least_blocks

# Until something was measured: tiny on two cores, with a compiler cache.
DEFAULT_EFFORT = Effort(block_s=12.0)
# What a build is good for depends on how many blocks it is used for.
_TOGETHER = (1, 2, 3, 4, 6, 8, 12)
# Of a trial that finds a change, and what a search takes between the two trials.
_TRIAL_BLOCKS = 12
_BLOCKS_PER_HALVING = 2
# Less than that is no reason to measure.
_LEAST_BITS = 1e-4


def choose_block(search: LineSearch, change: FirstChange, base: int) -> NextBlock | None:
    """Return the block that tells most of the first change behind `base` per second, of those for which there is time.

    None where none tells anything. A build is paid for once: of a commit that is not built the blocks of one visit
    count together.
    """
    distance = change.size / change.scale
    block_s = search.effort.block_s
    best: NextBlock | None = None
    for build_s, (place, chance) in _list_options(search, change, base).items():
        if build_s + block_s > search.left_s:
            continue
        for count in _TOGETHER if build_s else _TOGETHER[:1]:
            bits = measure_bits(chance, distance * math.sqrt(count))
            seconds = build_s + count * block_s
            if bits > _LEAST_BITS and (best is None or bits / seconds > best.bits / best.seconds):
                best = NextBlock(
                    purpose=TrialPurpose.SEARCH,
                    baseline=0,
                    contender=place,
                    blocks=count,
                    bits=bits,
                    seconds=seconds,
                    reason=f"it has the change with a probability of {chance:.0%}",
                )
    last = len(search.candidates)
    if best and base and best.contender == last and _count(search, base) < _count(search, last):
        # Both levels are compared; the one that is known worse tells more.
        return best.replace(contender=base, reason="does BAD differ from the culprit?")
    return best


def _list_options(search: LineSearch, change: FirstChange, base: int) -> dict[float, tuple[int, float]]:
    """Return for each time that a build takes the place that tells most, and the chance that it has changed.

    That is the one whose chance is nearest to one half.
    """
    options: dict[float, tuple[int, float]] = {}
    builds_s = estimate_builds(search)
    missing = set(search.unbuildable)
    chance = 0.0
    for place in range(base + 1, len(search.candidates) + 1):
        chance += change.chances[place]
        if place in missing:
            continue
        known = options.get(builds_s[place])
        if known is None or abs(chance - 0.5) < abs(known[1] - 0.5):
            options[builds_s[place]] = (place, chance)
    return options


def estimate_builds(search: LineSearch) -> list[float]:
    """Return the seconds that a build of each place is reckoned to take, GOOD's first; 0 for one that is there."""
    return [_estimate_build(way, search.effort) for way in measure_ways(search.candidates, search.built)]


def _estimate_build(way: int | None, effort: Effort) -> float:
    return effort.full_s if way is None else min(effort.full_s, way * effort.near_s)


def measure_ways(candidates: Sequence[CandidateCommit], built: Iterable[int]) -> list[int | None]:
    """Return how many files differ between each place and the nearest one that is built, 0 where it is built itself.

    A file counts once, however many commits change it, and a commit without known files as one. None where nothing is
    built beside it, or where a commit on the way changes what most files include, so that all is compiled.
    """
    there, last = {0, *built}, len(candidates)
    ways: list[int | None] = [0 if place in there else None for place in range(last + 1)]
    there_and_back = (
        (0, zip(range(1, last + 1), candidates, strict=True)),
        (last, zip(range(last - 1, 0, -1), reversed(candidates[1:]), strict=True)),
    )
    for begin, steps in there_and_back:
        files: set[str] = set()
        far = begin not in there
        for place, crossed in steps:
            files.update(crossed.files or (crossed.commit,))
            far = far or crossed.wide
            known = ways[place]
            if known == 0:
                files, far = set(), False
            elif not far and (known is None or len(files) < known):
                ways[place] = len(files)
    return ways


class Forecast(NamedTuple):
    """What a search is expected to take in all: blocks, builds with those of both ends, and wall seconds."""

    blocks: int
    builds: int
    seconds: float


def forecast_search(candidates: Sequence[CandidateCommit], effort: Effort) -> Forecast:
    """Return what a search of these candidates takes, if the change is about as large as what is looked for.

    The trials at both ends of the search, and a few blocks each time the line is halved (docs/explanation/bisect.md).
    """
    count = len(candidates)
    halvings = math.ceil(math.log2(max(1, count)))
    blocks = 2 * _TRIAL_BLOCKS + _BLOCKS_PER_HALVING * halvings if count > 1 else _TRIAL_BLOCKS
    built, seconds = {0, count}, 2 * effort.full_s
    for place in _list_halves(count):
        seconds += _estimate_build(measure_ways(candidates, built)[place], effort)
        built.add(place)
    return Forecast(blocks, len(built), seconds + blocks * effort.block_s)


def _list_halves(count: int) -> list[int]:
    """Return places that a search may build: those that halve the line, as if the change were near its middle."""
    low, high = 0, count
    places = []
    while high - low > 1:
        places.append((low + high) // 2)
        low, high = (low, places[-1]) if len(places) % 2 else (places[-1], high)
    further = (place for place in (low - 1, high + 1) if 0 < place < count and place not in places)
    return [*places, *further]


def forecast_ends(effort: Effort, alpha: float) -> float:
    """Return the seconds that it takes at least to compare both ends: two builds, and the fewest blocks that decide."""
    return 2 * effort.full_s + count_least_blocks(alpha) * effort.block_s


def _count(search: LineSearch, place: int) -> int:
    return sum(one.contender == place and not one.baseline for one in search.blocks)
