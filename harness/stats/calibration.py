"""What A/A trials say about a node: its noise, how long other trials take, and the share of false verdicts."""

import math
import random
from collections.abc import Sequence
from statistics import median

from harness.records.calibration import BlocksNeeded, Spread
from harness.stats.evidence import PairedEvidence, is_usable
from harness.stats.symmetry import iter_wealth, measure_spread
from harness.stats.verdict import PairedSample

CHANGES = (0.05, 0.02, 0.01)
_LONGEST = 400
_TRIES = 30
_POWER = 0.9

# A block's pairs, and which side's process was started first, as a sample has it.
Block = tuple[tuple[tuple[float, float], ...], int]


def measure_spreads(samples: Sequence[PairedSample], *, alpha: float, seed: int, block_s: float) -> tuple[Spread, ...]:
    """Return how the metrics of A/A trials scatter, and how long other trials take to find a change.

    A resample draws blocks with replacement, chooses at random which side is the contender, and slows that one down. So
    it says nothing about a bias of the trials, which shows in their own verdicts. `block_s` is the time in seconds for
    one block of each case.
    """
    draw = random.Random(seed)  # noqa: S311 - to be reproduced
    samples = [sample for sample in map(_keep_usable, samples) if sample.blocks]
    level = alpha / max(1, len(samples))
    return tuple(_measure(sample, draw, level, block_s) for sample in samples)


def count_blocks(samples: Sequence[PairedSample]) -> int:
    """Return the smallest number of usable blocks of any metric."""
    return min((len(sample.blocks) for sample in map(_keep_usable, samples)), default=0)


def _keep_usable(sample: PairedSample) -> PairedSample:
    """Return the sample without values that have no logarithm."""
    blocks = (
        (tuple(pair for pair in pairs if all(map(is_usable, pair))), start) for pairs, start in _list_blocks(sample)
    )
    return _make_sample(sample, [block for block in blocks if block[0]])


def _list_blocks(sample: PairedSample) -> list[Block]:
    return list(zip(sample.blocks, sample.starts or (0,) * len(sample.blocks), strict=True))


def _make_sample(like: PairedSample, blocks: Sequence[Block]) -> PairedSample:
    pairs, starts = (tuple(part) for part in zip(*blocks, strict=True)) if blocks else ((), ())
    return PairedSample(case=like.case, metric=like.metric, blocks=pairs, starts=starts)


def _resample(draw: random.Random, blocks: Sequence[Block], count: int, change: float = 0.0) -> list[Block]:
    """Return blocks drawn with replacement, the contender made slower by `change`."""
    drawn: list[Block] = []
    for pairs, start in draw.choices(blocks, k=count):
        swapped = draw.random() < 0.5
        slowed = tuple(
            (there, here * (1 + change)) if swapped else (here, there * (1 + change)) for here, there in pairs
        )
        drawn.append((slowed, -start if swapped else start))
    return drawn


def _measure(sample: PairedSample, draw: random.Random, level: float, block_s: float) -> Spread:
    blocks = _list_blocks(sample)
    centres = _weigh(blocks).centres
    sides = [[[math.log(pair[side]) for pair in block] for block in sample.blocks] for side in (0, 1)]
    levels = [median(process) for side in sides for process in side]
    calls = [value - median(process) for side in sides for process in side for value in process]
    held = max(len(process) for process in sides[0])
    needs = tuple(_need(blocks, draw, level, change, block_s) for change in CHANGES)
    return Spread(
        case=sample.case,
        metric=sample.metric,
        n=len(sample.blocks),
        # The middle of a handful of values lies among them: n - 1, not n, of them are free.
        calls=measure_spread(sorted(calls)) * math.sqrt(held / (held - 1)) if held > 1 else 0.0,
        processes=measure_spread(sorted(levels)),
        blocks=measure_spread(sorted(centres)),
        needs=needs,
    )


def _need(blocks: Sequence[Block], draw: random.Random, level: float, change: float, block_s: float) -> BlocksNeeded:
    found = sorted(_find_first(_resample(draw, blocks, _LONGEST, change), level) for _ in range(_TRIES))
    enough = found[math.ceil(_POWER * _TRIES) - 1]
    if enough > _LONGEST:
        return BlocksNeeded(change=change, blocks=None, minutes=None)
    return BlocksNeeded(change=change, blocks=enough, minutes=round(enough * block_s / 60, 2))


def _find_first(blocks: Sequence[Block], level: float) -> int:
    """Return after how many blocks the difference is certain, or one more than there are if it never is."""
    evidence = _weigh(blocks)
    mirrored = [-centre for centre in evidence.centres]
    both = (iter_wealth(centres, evidence.scales, 0.0) for centres in (evidence.centres, mirrored))
    found = (number for number, wealth in enumerate(map(max, *both), 1) if 2 / wealth <= level)
    return next(found, len(blocks) + 1)


def _weigh(blocks: Sequence[Block]) -> PairedEvidence:
    return PairedEvidence([pairs for pairs, _ in blocks], [start for _, start in blocks])
