import itertools
import math
import random

import pytest

from harness.stats.level_chain import (
    FURTHER,
    ChainLink,
    LevelGrid,
    Shift,
    expect_size,
    iter_forward,
    lay_grid,
    make_chain,
    pass_backward,
    rescale,
)

GRID = LevelGrid(step=0.01, first=-1, size=5, least=2)


def make_links(*, across: bool) -> list[ChainLink]:
    draw = random.Random(3)
    links = []
    for place in (2, 5, 9):
        jumps = [draw.random() for _ in range(2 * GRID.size - 1)] if across and place == 5 else None
        links.append(ChainLink(place, draw.random(), [draw.random() for _ in range(GRID.size)], jumps))
    return links


def walk(links: list[ChainLink], path: tuple[int, ...]) -> float:
    """Return the weight of a path, from level 0 on: what it stays or jumps, times what its levels say."""
    weight, before = 1.0, -GRID.first
    for link, level in zip(links, path, strict=True):
        across = link.jumps[level - before + GRID.size - 1] if link.jumps else 1.0
        if level == before:
            weight *= across
        elif abs(level - before) >= GRID.least:
            weight *= across * link.jump / GRID.size
        else:
            return 0.0
        weight *= link.levels[level]
        before = level
    return weight


@pytest.mark.parametrize("across", [False, True])
def test_both_passes_sum_over_all_paths(*, across: bool) -> None:
    links = make_links(across=across)
    paths = itertools.product(range(GRID.size), repeat=len(links))
    whole = math.fsum(walk(links, path) for path in paths)
    *_, (message, scale) = iter_forward(links, GRID)
    assert math.fsum(message) * math.exp(scale) == pytest.approx(whole, rel=1e-12)
    back = pass_backward(links, GRID)
    ahead = [one * other for one, other in zip(links[0].levels, back.messages[1], strict=True)]
    first = math.fsum((walk(links[:1], (level,)) / links[0].levels[level]) * ahead[level] for level in range(GRID.size))
    assert first * math.exp(back.scales[0]) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("across", [False, True])
def test_a_jump_at_the_first_link_is_the_sum_over_paths_that_leave_at_once(*, across: bool) -> None:
    links = make_links(across=across)
    paths = [path for path in itertools.product(range(GRID.size), repeat=len(links)) if path[0] != -GRID.first]
    whole = math.fsum(walk(links, path) for path in paths)
    back = pass_backward(links, GRID)
    assert back.jumped[0][-GRID.first] * math.exp(back.scales[0]) == pytest.approx(whole, rel=1e-12)


def test_the_grid_holds_both_ends_and_nought() -> None:
    grid = lay_grid([0.03] * 20, [], 0.02, 0.01)
    levels = [(grid.first + index) * grid.step for index in range(grid.size)]
    assert levels[-grid.first] == 0
    assert levels[0] < -0.01
    assert levels[-1] > 0.04
    assert grid.least * grid.step >= 0.01
    for centre, spread in ((0.5, 1e-6), (-0.3, 0.002), (0.001, 0.2)):
        assert 5 <= lay_grid([centre] * 9, [], spread, abs(centre) / 4).size <= 100


def test_the_grid_reaches_to_what_lies_between_the_ends() -> None:
    narrow, wide = (lay_grid([0.03] * 20, between, 0.02, 0.01) for between in ([], [-0.2, 0.03, 0.5]))
    assert lay_grid([0.03] * 20, [0.0, 0.03], 0.02, 0.01) == narrow
    assert wide.first * wide.step <= -0.2
    assert (wide.first + wide.size - 1) * wide.step >= 0.5


def test_blocks_of_a_place_add_up_and_wild_ones_say_little() -> None:
    grid = lay_grid([0.03] * 20, [], 0.02, 0.01)
    weights = [1.0] * 8
    slow, fast = -grid.first + round(0.03 / grid.step), -grid.first

    def odds(*shifts: float) -> float:
        links, _ = make_chain(weights, [Shift(0, 8, 0.03), *(Shift(0, 4, one) for one in shifts)], grid, 0.02, 1.0)
        return math.log(links[0].levels[slow] / links[0].levels[fast])

    assert odds(0.03, 0.03) == pytest.approx(2 * odds(0.03))
    assert odds(0.03) == pytest.approx(1.5**2 / 2, abs=0.25)
    assert 0 < odds(0.6) < 0.3


def test_jumps_share_what_a_further_one_is_likely_by_weight() -> None:
    grid = lay_grid([0.03] * 20, [], 0.02, 0.01)
    shifts = [Shift(0, 4, 0.03), Shift(0, 2, 0.0), Shift(2, 4, 0.03)]
    links, _ = make_chain([1.0, 1.0, 2.0, 4.0], shifts, grid, 0.02, 1.0)
    assert [link.place for link in links] == [2, 4]
    assert [link.jump for link in links] == pytest.approx([FURTHER / 4, FURTHER * 3 / 4])
    assert links[0].jumps is None
    assert links[1].jumps is not None
    assert max(range(len(links[1].jumps)), key=links[1].jumps.__getitem__) - grid.size + 1 == round(0.03 / grid.step)


def test_a_block_across_a_place_that_was_measured_counts_nothing() -> None:
    grid = lay_grid([0.03] * 20, [], 0.02, 0.01)
    shifts = [Shift(0, 4, 0.03), Shift(0, 3, 0.03), Shift(0, 2, 0.0)]
    assert make_chain([1.0] * 4, [*shifts, Shift(2, 4, 0.03)], grid, 0.02, 1.0) == make_chain(
        [1.0] * 4, shifts, grid, 0.02, 1.0
    )


def test_the_size_of_a_jump_is_a_mean_over_levels_that_are_far_enough() -> None:
    link = ChainLink(1, 0.1, [1.0] * GRID.size, None)
    assert expect_size(1, link, [0.0, 5.0, 5.0, 1.0, 1.0], GRID) == pytest.approx(0.025)
    assert expect_size(1, link, [0.0, 1.0, 0.0, 0.0, 0.0], GRID) == 0.0


def test_only_what_is_small_is_divided_by_its_greatest() -> None:
    assert rescale([0.0, 0.0]) == ([0.0, 0.0], 0.0)
    assert rescale([0.5, 0.25]) == ([0.5, 0.25], 0.0)
    assert rescale([1e-40, 2e-40]) == ([0.5, 1.0], math.log(2e-40))


@pytest.mark.parametrize("size", [0.0, 0.05])
def test_a_long_line_with_thousands_of_blocks_stays_within_the_numbers(size: float) -> None:
    draw = random.Random(4)
    grid = lay_grid([size] * 20, [], 0.02, 0.01)
    shifts = [Shift(0, place, size * (place > 150) + draw.gauss(0, 0.02)) for place in range(1, 301) for _ in range(9)]
    links, _ = make_chain([1.0] * 300, shifts, grid, 0.02, 1.0)
    *_, (message, scale) = iter_forward(links, grid)
    back = pass_backward(links, grid)
    whole = math.log(back.jumped[0][-grid.first] + links[0].levels[-grid.first] * back.messages[1][-grid.first])
    assert math.log(math.fsum(message)) + scale == pytest.approx(whole + back.scales[0])


def test_far_values_count_as_nearer_ones() -> None:
    grid = lay_grid([0.03] * 20, [], 0.02, 0.01)
    near, far = (make_chain([1.0], [Shift(0, 1, shift)], grid, 0.02, 1.0) for shift in (-9.0, -99.0))
    assert near == far


def test_a_block_that_counts_less_says_less() -> None:
    grid = lay_grid([0.03] * 20, [], 0.02, 0.01)
    shifts = [Shift(0, 1, 0.03), Shift(0, 1, 0.02)]
    (whole,), (half,) = (make_chain([1.0], shifts, grid, 0.02, share)[0] for share in (1.0, 0.5))
    assert half.levels == pytest.approx([math.sqrt(level) for level in whole.levels])
