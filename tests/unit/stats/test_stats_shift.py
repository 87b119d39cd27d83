"""Steps: what a score is, where a step lies, how large it is."""

import math
import random

import pytest

from harness.stats.level import Noise
from harness.stats.shift import (
    bound_change,
    find_shift,
    locate_shift,
    measure_change,
    measure_step,
    score_place,
    score_shift,
    to_share,
)

QUIET = Noise(1.0, 0.0, 1000)
ALIKE = Noise(0.6, 0.8, 1000)


def draw_noise(noise: Noise, count: int, seed: str) -> list[float]:
    draw = random.Random(seed)
    value, made = draw.gauss(0, noise.deviation), []
    for _ in range(count):
        value = noise.memory * value + draw.gauss(0, noise.scale)
        made.append(value)
    return made


def step(noise: Noise, before: int, after: int, size: float, seed: str) -> list[float]:
    return [log + size * (index >= before) for index, log in enumerate(draw_noise(noise, before + after, seed))]


@pytest.mark.parametrize("noise", [QUIET, ALIKE], ids=["independent", "alike"])
@pytest.mark.parametrize("length", [2, 7, 20])
def test_a_score_is_about_standard_normal_where_nothing_steps(noise: Noise, length: int) -> None:
    scores = [score_place(draw_noise(noise, 80, f"{noise}/{index}"), length, noise, 1) for index in range(1000)]
    mean = sum(scores) / len(scores)
    assert abs(mean) < 0.15
    assert math.sqrt(sum((score - mean) ** 2 for score in scores) / len(scores)) == pytest.approx(1, abs=0.12)


def test_a_score_by_hand() -> None:
    # Level 0 from four points, then 2 and 3, the farther of which counts as the nearer one: 2 + 2.
    score = score_shift([0.0, 0.0, 0.0, 0.0, 2.0, 3.0], 2, QUIET, 1)
    assert score == pytest.approx(4 / math.sqrt(2 + 1.2) / (1 + 3 / 1000))
    both = score_place([0.0, 0.0, 0.0, 0.0, 2.0, 3.0], 2, QUIET, 1)
    assert both == pytest.approx(5 / math.sqrt(2 + 1.2) / (1 + 3 / 1000))


def test_up_and_down_are_mirrored() -> None:
    logs = step(ALIKE, 40, 6, 4.0, "mirror")
    mirrored = [-log for log in logs]
    assert score_shift(logs, 6, ALIKE, 1) == pytest.approx(score_shift(mirrored, 6, ALIKE, -1))
    assert score_shift(logs, 6, ALIKE, 1) > 0 > score_shift(logs, 6, ALIKE, -1)


def test_one_point_far_off_is_not_a_step() -> None:
    logs = [*draw_noise(QUIET, 40, "outlier"), 50.0, 0.3]
    best = find_shift(logs, QUIET, 6, 1)
    assert best is not None
    assert best.score < 3


def test_a_step_is_found_with_its_length() -> None:
    best = find_shift(step(QUIET, 40, 5, 5.0, "found"), QUIET, 6, 1)
    assert best is not None
    assert (best.length, best.sign) == (5, 1)
    assert best.score > 5


def test_too_few_points_have_no_step() -> None:
    assert find_shift([1.0] * 7, QUIET, 6, 1) is None


@pytest.mark.parametrize("noise", [QUIET, ALIKE], ids=["independent", "alike"])
def test_the_place_of_a_step_is_held_by_its_interval(noise: Noise) -> None:
    held = near = 0
    for index in range(300):
        place = locate_shift(step(noise, 60, 10, 2.0 * noise.deviation, f"place/{index}"), noise, 1, range(46, 69))
        assert place.earliest <= place.since <= place.latest
        held += place.earliest <= 60 <= place.latest
        near += abs(place.since - 60) <= 1
    assert held >= 0.85 * 300
    assert near >= 0.75 * 300


def test_a_place_is_one_of_those_that_can_be() -> None:
    place = locate_shift([0.0, 0.0, 5.0, 5.0], QUIET, 1, range(2, 3))
    assert (place.since, place.earliest, place.latest) == (2, 2, 2)
    for first in (20, 70):  # also where the level before is known from enough points
        logs = [*draw_noise(QUIET, first, "two"), 5.0, 5.0, 0.0, 0.0, *([5.0] * 8)]
        place = locate_shift(logs, QUIET, 1, range(first - 8, first + 2))
        assert place.latest <= first + 1, "a greater step later is not this one"


def test_a_change_has_its_interval() -> None:
    noise = Noise(0.01, 0.0, 1000)
    held = 0
    for index in range(300):
        logs = [0.01 * log for log in step(QUIET, 60, 10, 5.0, f"change/{index}")]
        change, low, high = bound_change(measure_change(logs, 60, noise))
        assert low < change < high
        held += low <= math.expm1(0.05) <= high
    assert held >= 0.9 * 300


def test_a_change_is_a_share_of_the_value_before_however_large() -> None:
    assert to_share(math.log(1.05)) == pytest.approx(0.05)
    assert to_share(-1000.0) == -1
    assert math.isfinite(to_share(1000.0))


@pytest.mark.parametrize("length", [1, 2, 4, 12])
@pytest.mark.parametrize("noise", [QUIET, ALIKE], ids=["independent", "alike"])
def test_the_size_of_a_step_is_held_by_its_interval_also_of_points_that_are_alike(noise: Noise, length: int) -> None:
    held = errors = rough = 0.0
    for index in range(300):
        logs = [0.01 * log for log in step(noise, 60, length, 5.0, f"size/{index}")]
        fine = noise._replace(scale=0.01 * noise.scale)
        change = measure_step(logs, 60, fine)
        _, low, high = bound_change(change)
        held += low <= math.expm1(0.05) <= high
        errors += (change.after - change.before - 0.05) ** 2
        plain = measure_change(logs, 60, fine)
        rough += (plain.after - plain.before - 0.05) ** 2
    assert held >= 0.91 * 300
    assert errors <= 1.05 * rough, "what is new in the points says no less than their middle"


def test_one_point_far_off_hardly_changes_the_size() -> None:
    logs = [0.0] * 60 + [5.0] * 9 + [50.0]
    change = measure_step(logs, 60, QUIET)
    assert change.after == pytest.approx(5.0 + 4 / 10)
