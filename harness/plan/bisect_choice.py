"""Where a search for a commit measures next: the most expected bits per expected second, builds among them."""

import math
from typing import NamedTuple

from harness.records.bisection import Effort, LineSearch, NextBlock
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
        return best.replace(contender=base, reason="has BAD the level of the culprit?")
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
    """Return the seconds that a build of each place is reckoned to take, GOOD's first.

    Nothing for one that is there. Else no more than the builds of all commits from the nearest one that is there would
    take one by one, and no more than a full one, which a commit on the way that changes what most files include makes
    necessary.
    """
    effort, candidates = search.effort, search.candidates
    built = {0, *search.built}
    times = [0.0] * (len(candidates) + 1)
    since = 0.0
    for place in range(1, len(times)):
        since += effort.full_s if candidates[place - 1].wide else effort.near_s
        since = 0.0 if place in built else since
        times[place] = min(since, effort.full_s)
    since = math.inf
    for place in range(len(times) - 1, -1, -1):
        since = 0.0 if place in built else since
        times[place] = min(times[place], since)
        since += effort.full_s if place and candidates[place - 1].wide else effort.near_s
    return times


class Forecast(NamedTuple):
    """What a search is expected to take in all: blocks, builds with those of both ends, and wall seconds."""

    blocks: int
    builds: int
    seconds: float


def forecast_search(candidates: int, effort: Effort) -> Forecast:
    """Return what a search of so many candidates takes, if the change is about as large as what is looked for.

    The trials at both ends of the search, and a few blocks for each time that the line is halved (docs/bisect.md).
    """
    halvings = math.ceil(math.log2(max(1, candidates)))
    blocks = 2 * _TRIAL_BLOCKS + _BLOCKS_PER_HALVING * halvings if candidates > 1 else _TRIAL_BLOCKS
    between = max(0, min(candidates - 1, halvings + 2))
    builds_s = 2 * effort.full_s + between * min(effort.full_s, effort.near_s * max(1, candidates // (between + 1)))
    return Forecast(blocks, 2 + between, builds_s + blocks * effort.block_s)


def forecast_ends(effort: Effort, alpha: float) -> float:
    """Return the seconds that it takes at least to compare both ends: two builds, and the fewest blocks that decide."""
    return 2 * effort.full_s + count_least_blocks(alpha) * effort.block_s


def _count(search: LineSearch, place: int) -> int:
    return sum(one.contender == place and not one.baseline for one in search.blocks)
