"""Measurements that were taken in turns, paired again."""

from collections.abc import Iterable

from harness.records.measurement import Case, Measurement
from harness.stats.verdict import PairedSample

# By the places of both sides' processes.
_STARTS = {(1, 2): 1, (2, 1): -1}


def pair_measurements(baseline: Iterable[Measurement], contender: Iterable[Measurement]) -> tuple[PairedSample, ...]:
    """Return a sample for each metric and each pair of cases that were measured in turns, in order of appearance.

    A pair agrees in metric, process and repetition; a block holds the pairs of one process number. The case of a sample
    is made by `Case.against` of the whole cases of both sides, so that two models which each side has with other
    weights are two samples. Which process of a block was started first is known if both sides say so.
    """
    others = {(one.metric, one.process, one.repetition): one for one in contender}
    known: dict[tuple[Case, Case], Case] = {}
    blocks: dict[tuple[Case, str], dict[int, list[tuple[float, float]]]] = {}
    starts: dict[tuple[Case, str], dict[int, int]] = {}
    for here in baseline:
        there = others.get((here.metric, here.process, here.repetition))
        if there is None:
            continue
        sides = (here.case, there.case)
        if sides not in known:
            known[sides] = here.case.against(there.case)
        key = (known[sides], here.metric)
        blocks.setdefault(key, {}).setdefault(here.process, []).append((here.value, there.value))
        starts.setdefault(key, {})[here.process] = _STARTS.get((here.place, there.place), 0)
    return tuple(
        PairedSample(
            case=case,
            metric=metric,
            blocks=tuple(map(tuple, found.values())),
            numbers=tuple(found),
            starts=tuple(starts[case, metric].values()),
        )
        for (case, metric), found in blocks.items()
    )
