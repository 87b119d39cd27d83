"""Measurements that were taken in turns, put together again."""

from collections.abc import Iterable

from harness.records.measurement import Measurement
from harness.stats.verdict import PairedSample


def pair_measurements(baseline: Iterable[Measurement], contender: Iterable[Measurement]) -> tuple[PairedSample, ...]:
    """Return a sample for each case and metric that both sides have, in the order in which they came.

    A pair agrees in metric, process and repetition; a block is what one process number holds. The case of a sample has
    the parameters in which both sides agree: where they differ is what is compared.
    """
    others = {(one.metric, one.process, one.repetition): one for one in contender}
    blocks: dict[tuple[str, str], dict[int, list[tuple[float, float]]]] = {}
    cases = {}
    for here in baseline:
        there = others.get((here.metric, here.process, here.repetition))
        if there is None:
            continue
        case = here.case.shared(there.case)
        key = (str(case), here.metric)
        cases[key] = case
        blocks.setdefault(key, {}).setdefault(here.process, []).append((here.value, there.value))
    return tuple(
        PairedSample(case=cases[key], metric=key[1], blocks=tuple(tuple(block) for block in found.values()))
        for key, found in blocks.items()
    )
