"""What is done to blocks before they are bet on: it must not disturb what the bets rest on."""

import math
import random
from itertools import accumulate, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.measurement import Case
from harness.stats.block import Logs, keep_undisturbed, remove_order
from harness.stats.evidence import PairedEvidence
from harness.stats.symmetry import iter_wealth
from harness.stats.verdict import PairedSample, list_settled

THRESHOLD = 0.02
LIMIT = math.log1p(THRESHOLD)
Block = tuple[tuple[float, float], ...]


def draw_logs(
    seed: int, blocks: int, *, pairs: int = 2, theta: float = 0.0, order: float = 0.02, tail: float = 0.1
) -> list[Block]:
    """Return logarithms of blocks in each of which the baseline was started first and took `order` more.

    A share `tail` of the calls takes several times as long.
    """
    draw = random.Random(seed)

    def call(level: float) -> float:
        return level + draw.gauss(0, 0.005) + (draw.uniform(1, 2) if draw.random() < tail else 0.0)

    levels = [(draw.gauss(order, 0.01), draw.gauss(0, 0.01) + theta) for _ in range(blocks)]
    return [tuple((call(here), call(there)) for _ in range(pairs)) for here, there in levels]


def swap(block: Logs, theta: float) -> Block:
    """Return the block with its sides swapped, the contender taking exp(theta) times as long."""
    return tuple((there - theta, here + theta) for here, there in block)


def toss(logs: list[Block], coins: tuple[int, ...], theta: float) -> PairedEvidence:
    """Return what there is to see where these coins have fallen; -1 starts the contender first."""
    blocks = [block if coin > 0 else swap(block, theta) for block, coin in zip(logs, coins, strict=True)]
    return PairedEvidence([[(math.exp(a), math.exp(b)) for a, b in block] for block in blocks], coins)


@given(st.integers(0, 2**32), st.sampled_from([0.0, LIMIT, -0.3]), st.integers(1, 4), st.integers(1, 30))
def test_swapping_the_last_block_turns_its_centre_about_the_change(
    seed: int, theta: float, pairs: int, blocks: int
) -> None:
    logs = draw_logs(seed, blocks, pairs=pairs, theta=theta)
    coins = tuple(random.Random(seed).choices((-1, 1), k=blocks))
    one, other = toss(logs, coins, theta), toss(logs, (*coins[:-1], -coins[-1]), theta)
    assert other.centres[-1] - theta == pytest.approx(theta - one.centres[-1], abs=1e-9)
    assert other.centres[:-1] == one.centres[:-1]
    assert other.scales[-1] == pytest.approx(one.scales[-1], abs=1e-9)


@pytest.mark.parametrize(("theta", "aim"), [(0.0, 0.0), (LIMIT, 0.0), (LIMIT, LIMIT), (0.03, LIMIT)])
def test_wealth_stays_a_martingale_with_all_that_is_done(theta: float, aim: float) -> None:
    """Over all ways in which the coins can fall its mean is 1 after every block, and so is that of its mirror."""
    blocks = 9
    logs = draw_logs(3, blocks, theta=theta)
    totals, mirrored = [0.0] * blocks, [0.0] * blocks
    exceeded = adjusted = 0
    for coins in product((-1, 1), repeat=blocks):
        found = toss(logs, coins, theta)
        wealth = list(iter_wealth(found.centres, found.scales, theta, aim))
        against = list(iter_wealth([-centre for centre in found.centres], found.scales, -theta, aim))
        totals = [total + now for total, now in zip(totals, wealth, strict=True)]
        mirrored = [total + now for total, now in zip(mirrored, against, strict=True)]
        exceeded += int(max(wealth) >= 10)
        adjusted += int(found.centres != toss_unknown(logs, coins, theta).centres)
    count = 2**blocks
    assert [total / count for total in totals] == pytest.approx([1.0] * blocks, abs=1e-9)
    assert [total / count for total in mirrored] == pytest.approx([1.0] * blocks, abs=1e-9)
    assert 0 < exceeded / count <= 0.1  # Ville
    assert adjusted > count / 10  # else it would show nothing


def toss_unknown(logs: list[Block], coins: tuple[int, ...], theta: float) -> PairedEvidence:
    blocks = [block if coin > 0 else swap(block, theta) for block, coin in zip(logs, coins, strict=True)]
    return PairedEvidence([[(math.exp(a), math.exp(b)) for a, b in block] for block in blocks])


@pytest.mark.parametrize("theta", [LIMIT, math.log1p(-THRESHOLD)])
def test_false_unchanged_exactly_at_the_threshold_is_bounded_for_the_family(theta: float) -> None:
    """Of all ways in which the coins can fall, those that leave *any* of three metrics UNCHANGED are alpha at most."""
    blocks, alpha = 8, 0.2
    metrics = [draw_logs(seed, blocks, theta=theta, order=0.001, tail=0.02) for seed in (5, 6, 7)]
    case = Case.of("whisper", model="tiny")
    false = 0
    for coins in product((-1, 1), repeat=blocks):
        samples = []
        for logs in metrics:
            tossed = [block if coin > 0 else swap(block, theta) for block, coin in zip(logs, coins, strict=True)]
            values = tuple(tuple((math.exp(a), math.exp(b)) for a, b in block) for block in tossed)
            samples.append(PairedSample(case=case, metric="encode", blocks=values, starts=coins))
        beyond = [PairedEvidence(one.blocks, one.starts).p_beyond(math.log1p(-THRESHOLD), LIMIT) for one in samples]
        settled = list_settled(samples, planned=len(samples), alpha=alpha, threshold=THRESHOLD)
        assert any(settled) or min(beyond) > alpha / len(samples)
        # Holm's first step decides whether there is any.
        false += int(min(beyond) <= alpha / len(samples))
    assert 0 < false / 2**blocks <= alpha


def test_the_effect_of_the_order_is_taken_out_once_it_is_known() -> None:
    draw = random.Random(1)
    coins = [draw.choice((-1, 1)) for _ in range(60)]
    centres = [0.01 + 0.02 * coin + draw.gauss(0, 0.002) for coin in coins]
    steadied = remove_order(centres, coins)
    known = next(n for n in range(60) if min(coins[:n].count(1), coins[:n].count(-1)) == 3)
    assert steadied[:known] == centres[:known]
    assert max(abs(one - 0.01) for one in steadied[known + 6 :]) < 0.008
    assert remove_order(centres, [0] * 60) == centres
    assert remove_order([one + 0.5 for one in centres], coins) == pytest.approx([one + 0.5 for one in steadied])


def test_an_effect_that_may_be_chance_is_left_alone() -> None:
    draw = random.Random(2)
    coins = [draw.choice((-1, 1)) for _ in range(300)]
    centres = [draw.gauss(0, 0.01) for _ in coins]
    changed = sum(one != other for one, other in zip(centres, remove_order(centres, coins), strict=True))
    assert changed < 60


def test_a_block_of_unknown_order_stays_as_it_is_and_teaches_nothing() -> None:
    coins = [1, -1] * 6
    centres = [0.02 * coin + 1e-4 * index for index, coin in enumerate(coins)]
    known = remove_order(centres, coins)
    mixed = remove_order([*centres[:8], 9.0, *centres[8:]], [*coins[:8], 0, *coins[8:]])
    assert mixed[8] == 9.0
    assert mixed[:8] == known[:8]
    assert mixed[9:] == pytest.approx(known[8:], abs=1e-3)


def test_a_pair_that_was_held_up_is_left_out_once_it_is_known_what_is_usual() -> None:
    paces = accumulate([0.001] * 9)
    quiet: list[Block] = [((pace, pace), (pace + 0.002, pace + 0.001)) for pace in paces]
    slow = ((0.0, 0.0), (0.0, 1.5))
    assert keep_undisturbed([*quiet, slow])[-1] == [(0.0, 0.0)]
    assert keep_undisturbed([*quiet, ((0.0, 1.5), (0.0, 0.0))])[-1] == [(0.0, 0.0)]
    assert keep_undisturbed([*quiet[:3], slow])[-1] == list(slow)
    assert keep_undisturbed([*quiet, ((7.0, 7.0),)])[-1] == [(7.0, 7.0)]
    fast = ((0.0, 0.0), (-1.5, 0.0), (0.001, 0.0))
    assert keep_undisturbed([*quiet, fast])[-1] == [(0.0, 0.0), (0.001, 0.0)], "of three the odd one is known"
    both = ((0.0, 0.02), (0.02, 0.0))
    assert keep_undisturbed([*quiet, both])[-1] == list(both), "as long in all: nothing tells which is right"
    assert keep_undisturbed(quiet) == [list(block) for block in quiet]
