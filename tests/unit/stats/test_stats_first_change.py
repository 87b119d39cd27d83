import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.first_change import FirstChange, find_first_change, find_smallest_set
from harness.stats.level_chain import Shift

COUNT, SCALE, SIZE = 16, 0.02, 0.05
WEIGHTS = [1.0] * COUNT


def measure(draw: random.Random, level: float, place: int, times: int, baseline: int = 0) -> list[Shift]:
    return [Shift(baseline, place, level + draw.gauss(0, SCALE)) for _ in range(times)]


def make_line(*places: tuple[int, float], seed: int = 1, size: float = SIZE) -> list[Shift]:
    """Return twenty blocks of BAD, and six of each place with its level."""
    draw = random.Random(seed)
    shifts = measure(draw, size, COUNT, 20)
    for place, level in places:
        shifts += measure(draw, level, place, 6)
    return shifts


def search(shifts: list[Shift], base: int = 0, weights: list[float] = WEIGHTS) -> FirstChange:
    return find_first_change(weights, shifts, least=0.01, base=base)


def test_chances_and_none_come_to_one() -> None:
    found = search(make_line((4, 0.0), (9, SIZE)))
    assert math.fsum(found.chances) + found.none == pytest.approx(1)
    assert len(found.chances) == COUNT + 1
    assert found.chances[0] == 0


def test_the_place_between_what_is_fast_and_what_is_slow_has_it() -> None:
    found = search(make_line((8, 0.0), (9, SIZE)))
    assert found.chances[9] > 0.98
    assert found.size == pytest.approx(SIZE, rel=0.2)
    assert found.scale == pytest.approx(SCALE, rel=0.3)


def test_without_a_block_inside_all_are_alike_but_for_their_weights() -> None:
    weights = [3.0 if place == 5 else 1.0 for place in range(1, COUNT + 1)]
    found = search(make_line(), weights=weights)
    assert found.chances[5] == pytest.approx(3 * found.chances[6])
    assert found.chances[1] == pytest.approx(found.chances[COUNT])


def test_what_cannot_be_measured_keeps_its_chance() -> None:
    """Places 7 and 8 do not build: with 9 they share what lies between 6 and 9."""
    found = search(make_line((6, 0.0), (9, SIZE)))
    assert found.chances[7] == pytest.approx(found.chances[8])
    assert found.chances[8] == pytest.approx(found.chances[9])
    assert sum(found.chances[7:10]) > 0.98


def test_a_change_for_the_better_is_one() -> None:
    found = search(make_line((8, 0.0), (9, -SIZE), size=-SIZE))
    assert found.chances[9] > 0.98
    assert found.size == pytest.approx(SIZE, rel=0.2)


def test_a_slow_process_is_no_slow_commit() -> None:
    shifts = make_line((8, 0.0), (9, SIZE))
    wild = [*shifts, Shift(0, 8, 0.8)]
    assert search(wild).chances[9] > 0.95


def test_places_that_are_all_fast_speak_against_any_change_only_with_bad() -> None:
    draw = random.Random(5)
    shifts = measure(draw, 0.01, COUNT, 12)
    near = [*shifts, *measure(draw, 0.0, COUNT - 1, 12)]
    assert search(near).none + search(near).chances[COUNT] > 0.9
    assert search([*near, *measure(draw, 0.0, COUNT, 40)]).none > 0.9


def test_the_next_change_is_looked_for_behind_the_base() -> None:
    places = ((4, 0.0), (5, SIZE), (11, SIZE), (12, 2 * SIZE))
    shifts = make_line(*places, size=2 * SIZE)
    assert search(shifts).chances[5] > 0.95
    behind = search(shifts, base=5)
    assert behind.chances[12] > 0.95
    assert sum(behind.chances[:6]) == 0
    assert search(shifts, base=12).none > 0.9


def test_what_was_asked_before_changes_no_answer() -> None:
    shifts = make_line((4, 0.0), (5, SIZE), (11, SIZE), (12, 2 * SIZE), size=2 * SIZE)
    first = search(shifts, base=5)
    search(shifts)
    search([*shifts, Shift(0, 8, SIZE)], base=5)
    assert search(shifts, base=5) == first
    assert search(shifts[:-1], base=5) != first


def test_blocks_of_a_culprit_and_its_parent_count() -> None:
    shifts = make_line((6, 0.0), (8, 0.02), (9, 0.03))
    before = search(shifts).chances[9]
    draw = random.Random(7)
    assert search([*shifts, *measure(draw, SIZE, 9, 12, baseline=8)]).chances[9] > max(0.9, before)
    assert search([*shifts, *measure(draw, 0.0, 9, 12, baseline=8)]).chances[9] < min(0.1, before)


def test_blocks_that_are_alike_count_as_fewer() -> None:
    """The same values, sorted by noise or mixed: what comes in runs is believed less."""
    draw = random.Random(8)
    noise = sorted(draw.gauss(0, SCALE) for _ in range(48))
    levels = [(COUNT, SIZE)] * 24 + [(8, 0.0), (9, SIZE)] * 12
    alike = [Shift(0, place, level + one) for (place, level), one in zip(levels, noise, strict=True)]
    draw.shuffle(noise)
    mixed = [Shift(0, place, level + one) for (place, level), one in zip(levels, noise, strict=True)]
    assert search(alike).chances[9] < search(mixed).chances[9]


def test_values_without_any_noise_are_no_obstacle() -> None:
    shifts = [Shift(0, place, level) for place, level in ((COUNT, 0.3), (8, 0.0), (9, 0.3)) for _ in range(9)]
    assert search(shifts).chances[9] > 0.99


def test_the_ends_and_the_base_must_be_measured() -> None:
    with pytest.raises(ValueError, match="must be measured first"):
        search([Shift(0, 4, 0.0)])
    with pytest.raises(ValueError, match="must be measured first"):
        search(make_line((4, 0.0)), base=5)


def test_a_change_that_another_one_undoes_lies_beyond_both_ends() -> None:
    """Places 5 to 11 are 20 % slower, of which BAD keeps 5 %."""
    draw = random.Random(3)
    levels = ((4, 0.0), (5, 0.2), (11, 0.2), (12, SIZE))
    shifts = measure(draw, SIZE, COUNT, 20)
    for place, level in levels:
        shifts += measure(draw, level, place, 3)
    found = search(shifts)
    assert found.chances[5] > 0.99
    assert found.size == pytest.approx(0.2, rel=0.2)
    assert search(shifts, base=5).chances[12] > 0.99


@pytest.mark.parametrize(
    ("wanted", "places"), [(0.5, (3,)), (0.6, (3,)), (0.61, (3, 1)), (0.95, (3, 1, 2)), (1.0, (3, 1, 2))]
)
def test_the_smallest_set_takes_the_likeliest(wanted: float, places: tuple[int, ...]) -> None:
    assert find_smallest_set((0.0, 0.3, 0.05, 0.6, 0.0), wanted) == places


def test_places_that_are_alike_are_all_in_the_set() -> None:
    assert find_smallest_set((0.0, *[0.05] * 19, 0.05), 0.9) == tuple(range(1, 21))
    assert find_smallest_set((0.0, 0.03, 0.47, 0.47, 0.03), 0.9) == (2, 3)


@st.composite
def draw_lines(draw: st.DrawFn) -> tuple[list[float], list[Shift], int]:
    """Return weights, blocks of any values between any two places, and a base that was measured."""
    count = draw(st.integers(1, 8))
    values = st.floats(-0.2, 0.2) | st.floats(-50, 50) | st.sampled_from([0.0, 1e-300, 700.0])
    shifts = [Shift(0, count, draw(values)) for _ in range(draw(st.integers(1, 9)))]
    for _ in range(draw(st.integers(0, 12))):
        baseline, contender = sorted(draw(st.sets(st.integers(0, count), min_size=2, max_size=2)))
        shifts.append(Shift(baseline, contender, draw(values)))
    bases = [0, *(one.contender for one in shifts if one.contender < count)]
    return [draw(st.floats(0.01, 10)) for _ in range(count)], shifts, draw(st.sampled_from(bases))


@given(draw_lines(), st.sampled_from([0.0, 1e-9, 0.01, 3.0]))
def test_whatever_was_measured_the_chances_come_to_one(
    line: tuple[list[float], list[Shift], int], least: float
) -> None:
    weights, shifts, base = line
    found = find_first_change(weights, shifts, least=least, base=base)
    assert math.fsum(found.chances) + found.none == pytest.approx(1)
    assert all(0 <= chance <= 1 for chance in found.chances)
    assert not any(found.chances[: base + 1])
    assert 0 <= found.size < math.inf
    assert 0 < found.scale < math.inf
