"""What an A/A trial says of all the trials that could be held under the same circumstances."""

import math
import random
from collections.abc import Sequence
from statistics import median

from harness.records.calibration import Calibration, Need, Spread
from harness.stats.evidence import PairedEvidence, is_usable
from harness.stats.symmetry import measure_spread
from harness.stats.verdict import PairedSample

CHANGES = (0.05, 0.02, 0.01)
_LONGEST = 400
_TRIES = 30
_POWER = 0.9

Block = tuple[tuple[float, float], ...]


def calibrate(
    samples: Sequence[PairedSample], *, alpha: float, seed: int, resamples: int, block_s: float
) -> Calibration:
    """Return the share of false families among `resamples` A/A trials drawn from one, and what other trials need.

    A resample draws as many blocks with replacement, and tosses which side is called the contender. Peeking after every
    block is counted: the p-value is the smallest on the way. `block_s` is what a block takes in seconds.
    """
    draw = random.Random(seed)  # noqa: S311 - to be reproduced
    samples = [sample for sample in map(_keep_usable, samples) if sample.blocks]
    level = alpha / max(1, len(samples))
    false = 0
    for _ in range(resamples):
        p_values = [PairedEvidence(_resample(draw, sample.blocks, len(sample.blocks))).p for sample in samples]
        false += min(p_values, default=1.0) <= level  # Holm's first step decides whether there is any
    spreads = tuple(_measure(sample, draw, level, block_s) for sample in samples)
    return Calibration(resamples=resamples, false_families=false, alpha=alpha, spreads=spreads)


def _keep_usable(sample: PairedSample) -> PairedSample:
    """Return the sample without what has no logarithm."""
    blocks = (tuple(pair for pair in block if all(map(is_usable, pair))) for block in sample.blocks)
    return sample.replace(blocks=tuple(block for block in blocks if block))


def _resample(draw: random.Random, blocks: Sequence[Block], count: int, change: float = 0.0) -> list[Block]:
    """Return blocks drawn with replacement, the contender made slower by `change`."""
    drawn = []
    for block in draw.choices(blocks, k=count):
        swapped = draw.random() < 0.5
        drawn.append(
            tuple((there, here * (1 + change)) if swapped else (here, there * (1 + change)) for here, there in block)
        )
    return drawn


def _measure(sample: PairedSample, draw: random.Random, level: float, block_s: float) -> Spread:
    centres = PairedEvidence(sample.blocks).centres
    sides = [[[math.log(pair[side]) for pair in block] for block in sample.blocks] for side in (0, 1)]
    levels = [median(process) for side in sides for process in side]
    calls = [value - median(process) for side in sides for process in side for value in process]
    held = max(len(process) for process in sides[0])
    needs = tuple(_need(sample.blocks, draw, level, change, block_s) for change in CHANGES)
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


def _need(blocks: Sequence[Block], draw: random.Random, level: float, change: float, block_s: float) -> Need:
    found = sorted(_find_first(_resample(draw, blocks, _LONGEST, change), level) for _ in range(_TRIES))
    enough = found[math.ceil(_POWER * _TRIES) - 1]
    if enough > _LONGEST:
        return Need(change=change, blocks=None, minutes=None)
    return Need(change=change, blocks=enough, minutes=round(enough * block_s / 60, 2))


def _find_first(blocks: Sequence[Block], level: float) -> int:
    """Return after how many blocks the difference is certain; it stays so, hence halving finds it."""
    low, high = 0, len(blocks) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if middle <= len(blocks) and PairedEvidence(blocks[:middle]).p <= level:
            high = middle
        else:
            low = middle
    return high
