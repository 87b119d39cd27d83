"""The blocks of a bisection as its trials hold them, by commit, and by the place of each commit on the line."""

import contextlib
from collections.abc import Iterable

from harness.plan.commit_line import Line
from harness.records.bisection import BisectTrial, LineBlock
from harness.records.measurement import Case, Measurement
from harness.records.record import Record
from harness.records.trial import TrialPurpose
from harness.stats.pairing import pair_measurements


class CommitBlock(Record):
    """A measured block: its number in the search, the commits on both sides, and the pairs of the metric.

    `start` is as in `LineBlock`.
    """

    number: int
    purpose: TrialPurpose
    baseline: str
    contender: str
    pairs: tuple[tuple[float, float], ...]
    start: int = 0


def list_blocks(
    trial: BisectTrial, baseline: Iterable[Measurement], contender: Iterable[Measurement], wanted: tuple[Case, str]
) -> list[CommitBlock]:
    """Return the blocks of a trial, by the measurements of both sides, for the `wanted` case and metric."""
    return [
        CommitBlock(
            number=number,
            purpose=trial.purpose,
            baseline=trial.baseline,
            contender=trial.contender,
            pairs=block,
            start=start,
        )
        for sample in pair_measurements(baseline, contender)
        if (sample.case, sample.metric) == wanted
        for number, block, start in zip(sample.numbers, sample.blocks, sample.starts, strict=True)
    ]


def place_blocks(blocks: Iterable[CommitBlock], line: Line) -> list[LineBlock]:
    """Return the blocks by the places of their commits, without those of two commits that have the same place."""
    placed = []
    for block in blocks:
        with contextlib.suppress(KeyError):  # a commit that is no candidate any more
            baseline, contender = line.places[block.baseline], line.places[block.contender]
            if baseline != contender:
                one = LineBlock(purpose=block.purpose, baseline=baseline, contender=contender, pairs=block.pairs)
                placed.append(one.replace(start=block.start))
    return placed
