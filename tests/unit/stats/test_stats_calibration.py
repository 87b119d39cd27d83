"""What A/A trials say of the noise of a node: larger changes take less."""

import math
import random

import pytest

from harness.records.measurement import Case
from harness.stats.calibration import CHANGES, count_blocks, measure_spreads
from harness.stats.verdict import PairedSample

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


def sample(blocks: int, *, seed: int = 1, call: float = 0.005, process: float = 0.005, pairs: int = 2) -> PairedSample:
    """Return an A/A sample: processes that differ from each other, and calls within them."""
    draw = random.Random(seed)
    drawn = []
    for _ in range(blocks):
        one, other = draw.gauss(0, process), draw.gauss(0, process)
        drawn.append(
            tuple(
                (900 * math.exp(one + draw.gauss(0, call)), 900 * math.exp(other + draw.gauss(0, call)))
                for _ in range(pairs)
            )
        )
    return PairedSample(case=CASE, metric="encode", blocks=tuple(drawn))


def test_spreads_are_told_apart() -> None:
    (spread,) = measure_spreads([sample(200, call=0.002, process=0.01, pairs=4)], alpha=0.01, seed=1, block_s=1.0)
    assert spread.n == 200
    assert spread.calls == pytest.approx(0.002, rel=0.2)
    assert spread.processes == pytest.approx(0.01, rel=0.2)
    assert spread.blocks == pytest.approx(0.01 * math.sqrt(2), rel=0.25)


def test_larger_changes_and_quieter_nodes_need_less() -> None:
    quiet, noisy = (
        measure_spreads([sample(30, call=noise, process=noise)], alpha=0.01, seed=1, block_s=6.0)[0]
        for noise in (0.002, 0.008)
    )
    assert [need.change for need in quiet.needs] == list(CHANGES)
    for spread in (quiet, noisy):
        blocks = [need.blocks or math.inf for need in spread.needs]
        assert blocks == sorted(blocks)
        assert blocks[0] < blocks[-1]
        for need in spread.needs:
            assert need.minutes == (None if need.blocks is None else pytest.approx(need.blocks / 10))
    assert all(
        (one.blocks or 0) <= (other.blocks or math.inf) for one, other in zip(quiet.needs, noisy.needs, strict=True)
    )


def test_the_order_of_the_starts_is_no_noise() -> None:
    """It is taken out of a forecast as it is taken out of a trial, and goes with the sides that are swapped."""
    quiet, draw = sample(60, call=0.0005, process=0.002), random.Random(3)
    starts = [draw.choice((1, -1)) for _ in quiet.blocks]
    moved = quiet.replace(
        blocks=tuple(
            tuple((here, there * math.exp(0.02 * start)) for here, there in block)
            for block, start in zip(quiet.blocks, starts, strict=True)
        )
    )
    known = moved.replace(starts=tuple(starts))
    (unknown,), (told,) = (measure_spreads([one], alpha=0.01, seed=1, block_s=1.0) for one in (moved, known))
    assert told.blocks < unknown.blocks / 3
    assert [need.blocks or math.inf for need in told.needs] < [need.blocks or math.inf for need in unknown.needs]


def test_a_hopeless_node_says_so() -> None:
    (spread,) = measure_spreads([sample(12, process=0.5)], alpha=0.01, seed=1, block_s=1.0)
    assert (spread.needs[-1].blocks, spread.needs[-1].minutes) == (None, None)


def test_the_seed_decides() -> None:
    def go(seed: int) -> object:
        return measure_spreads([sample(10)], alpha=0.3, seed=seed, block_s=1.0)

    assert go(1) == go(1)


def test_what_is_no_number_is_left_out() -> None:
    good = sample(8)
    broken = good.replace(blocks=(*good.blocks, ((0.0, 1.0), (5.0, math.nan)), ((-1.0, 2.0),)))
    found = measure_spreads([broken], alpha=0.01, seed=1, block_s=1.0)
    assert found == measure_spreads([good], alpha=0.01, seed=1, block_s=1.0)
    assert count_blocks([broken]) == count_blocks([good]) == 8
    assert count_blocks([good, sample(7)]) == 7


def test_nothing_at_all() -> None:
    assert measure_spreads([], alpha=0.01, seed=1, block_s=1.0) == ()
    assert count_blocks([]) == 0
