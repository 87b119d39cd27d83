"""Blocks of a live comparison: drawn from the seed alone, fair to both sides."""

from collections import Counter

from harness.plan.block import BlockPlan, plan_block
from harness.records.trial import Role

METRICS = ("encode", "decode", "prompt")
AHEAD = (Role.BASELINE, Role.CONTENDER)


def block(number: int, *, seed: int = 1, metrics: tuple[str, ...] = METRICS) -> BlockPlan:
    return plan_block(seed, number, metrics, pairs=2)


def test_a_block_follows_from_seed_and_number() -> None:
    assert block(7) == block(7)
    assert len({block(number).pairs for number in range(1, 9)}) > 1
    assert [block(number, seed=1) for number in range(1, 9)] != [block(number, seed=2) for number in range(1, 9)]


def test_every_metric_has_its_pairs_and_rounds_are_mixed() -> None:
    orders = set()
    for number in range(1, 50):
        planned = block(number).pairs
        assert Counter(pair.metric for pair in planned) == dict.fromkeys(METRICS, 2)
        assert [pair.repetition for pair in planned] == [1, 1, 1, 2, 2, 2]
        orders |= {tuple(pair.metric for pair in planned[:3]), tuple(pair.metric for pair in planned[3:])}
    assert len(orders) == 6, "all orders of three metrics occur"


def test_both_sides_come_first_about_half_the_time() -> None:
    blocks = [block(number) for number in range(1, 1001)]
    started = sum(one.order == AHEAD for one in blocks)
    asked = sum(pair.order == AHEAD for one in blocks for pair in one.pairs)
    assert 440 < started < 560  # four standard deviations are 63
    assert 2840 < asked < 3160  # and 155
    assert all(set(pair.order) == set(Role) for one in blocks for pair in one.pairs)


def test_the_coins_of_process_and_call_are_not_the_same() -> None:
    same = sum(one.order == pair.order for number in range(1, 401) for one in [block(number)] for pair in one.pairs)
    assert 1050 < same < 1350


def test_code_layouts_are_drawn_for_every_block_and_alike_for_both_sides() -> None:
    blocks = [block(number) for number in range(1, 401)]
    here, there = zip(*(one.code_layouts for one in blocks), strict=True)
    assert min(here + there) >= 1
    assert len({*here, *there}) > 790, "neither side has the same twice, but by chance"
    assert 140 < sum(one < other for one, other in zip(here, there, strict=True)) < 260
    assert block(7, seed=1).code_layouts != block(7, seed=2).code_layouts


def test_every_process_has_a_layout_of_its_own() -> None:
    drawn = [padding for number in range(1, 200) for padding in block(number).heap_paddings]
    assert min(drawn) >= 0
    assert max(drawn) < 8192
    assert len(set(drawn)) > 350, "neither side has the same twice, but by chance"
