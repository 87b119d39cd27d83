"""Live comparisons with numbers that were drawn, to be sorted, pooled and looked at."""

import math
import random
from collections.abc import Sequence

from harness.judge.trial_answer import LiveTrial
from harness.records.measurement import Case
from harness.stats.verdict import PairedSample

BASE = Case.of("whisper", model="base", threads=4, fa=0)


def draw_trial(
    ends: tuple[str, str],
    change: float,
    *,
    seed: int = 1,
    blocks: int = 30,
    scatter: float = 0.002,
    threshold: float = 0.0,
    cases: Sequence[Case] = (BASE,),
    metric: str = "encode",
    **fields: str,
) -> LiveTrial:
    """Return a live comparison of two commits, the second one slower by `change`; its coins follow from the seed."""
    draw = random.Random(f"{seed} {fields.get('start', '')}")
    samples = [
        PairedSample(
            case=case,
            metric=metric,
            blocks=tuple(((100.0, 100 * (1 + change) * math.exp(draw.gauss(0, scatter))),) for _ in range(blocks)),
            numbers=tuple(range(1, blocks + 1)),
            starts=tuple(draw.choice((1, -1)) for _ in range(blocks)),
        )
        for case in cases
    ]
    known = {"node": "node-1", "start": "2026-01-22T03:00:00+00:00", "config": "11111111"} | fields
    runs = (f"{known['start']}-{seed}-old", f"{known['start']}-{seed}-new")
    baseline, contender = ends
    return LiveTrial(
        runs=runs,
        baseline=baseline,
        contender=contender,
        seed=seed,
        samples=tuple(samples),
        threshold=threshold,
        **known,
    )
