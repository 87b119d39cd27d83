"""One series, point by point: stretches, what begins them, and a series that comes back."""

import random

import pytest

from harness.stats.detector import FEW, FINEST, ShiftDetector
from harness.stats.level import find_middle
from harness.stats.shift import LevelShift


def feed(detector: ShiftDetector, logs: list[float], first: int = 0) -> LevelShift | None:
    """Take in points, and return the step that is seen at the end of them."""
    for index, log in enumerate(logs):
        detector.add(log, first + index)
    return detector.look(2.0)


def draw(count: int, seed: str, level: float = 0.0) -> list[float]:
    source = random.Random(seed)
    return [level + source.gauss(0, 0.01) for _ in range(count)]


def test_few_points_say_nothing() -> None:
    detector = ShiftDetector()
    assert feed(detector, [0.0] * (FEW - 1) + [9.0]) is None


def test_equal_points_have_the_finest_scatter_there_is() -> None:
    detector = ShiftDetector()
    assert feed(detector, [1.0] * 50) is None
    assert (detector.level, detector.noise.scale, detector.noise.memory) == (1.0, FINEST, 0.0)


def test_level_and_noise_are_learned() -> None:
    detector = ShiftDetector()
    feed(detector, draw(100, "learned", 3.0))
    assert detector.level == pytest.approx(3.0, abs=0.005)
    assert detector.noise.scale == pytest.approx(0.01, rel=0.3)
    assert 60 <= detector.noise.n <= 80, "all but the newest ones"


def test_the_newest_points_are_not_part_of_the_level() -> None:
    detector = ShiftDetector()
    feed(detector, draw(80, "guard"))
    before = detector.level
    feed(detector, draw(20, "guarded", 0.02), 80)
    assert detector.level == pytest.approx(before, abs=0.003)


def test_a_step_begins_a_stretch_with_the_noise_that_is_known() -> None:
    detector = ShiftDetector()
    feed(detector, draw(60, "stretch"))
    seen = feed(detector, draw(3, "stretched", 0.08), 60)
    assert seen is not None
    assert (seen.length, seen.sign) == (3, 1)
    detector.restart(60)
    assert (len(detector.logs), detector.numbers, len(detector.former)) == (3, [60, 61, 62], 60)
    assert detector.level == pytest.approx(0.08, abs=0.02)
    assert detector.noise.scale == pytest.approx(0.01, rel=0.3)
    assert detector.least == 2


def test_a_series_that_is_back_goes_on_where_it_was() -> None:
    detector = ShiftDetector()
    feed(detector, draw(60, "first"))
    feed(detector, draw(5, "away", 0.08), 60)
    detector.restart(60)
    seen = feed(detector, draw(3, "back"), 65)
    assert seen is not None
    assert (seen.length, seen.sign) == (3, -1)
    assert detector.is_back(5)
    detector.resume(5)
    assert detector.numbers == [*range(60), 65, 66, 67]
    assert detector.level == pytest.approx(find_middle(sorted(detector.logs[-60:])))


def test_another_level_is_not_the_former_one() -> None:
    detector = ShiftDetector()
    feed(detector, draw(60, "first"))
    assert not detector.is_back(58), "nothing was left yet"
    feed(detector, draw(5, "away", 0.08), 60)
    detector.restart(60)
    feed(detector, draw(3, "farther", 0.16), 65)
    assert not detector.is_back(5)


@pytest.mark.parametrize(("level", "back"), [(0.0, True), (0.02, True), (0.05, False), (-0.05, False)])
def test_half_way_back_is_not_back(level: float, *, back: bool) -> None:
    detector = ShiftDetector()
    feed(detector, draw(60, "first"))
    feed(detector, draw(20, "away", 0.08), 60)
    detector.restart(60)
    feed(detector, draw(10, "later", level), 80)
    assert detector.is_back(20) is back


def test_what_deserves_a_closer_look() -> None:
    detector = ShiftDetector()
    quiet = [detector.add(log, number) for number, log in enumerate(draw(400, "quiet"))]
    assert sum(quiet) < 40, "quiet points cost next to nothing"
    loud = [detector.add(log, 400 + number) for number, log in enumerate(draw(3, "loud", 0.05))]
    assert loud[-1]


def test_after_a_cut_the_noise_is_known_and_the_level_is_not() -> None:
    detector = ShiftDetector()
    feed(detector, draw(60, "first"))
    detector.cut()
    assert feed(detector, draw(3, "second", 0.5), 60) is None
    assert detector.level == pytest.approx(0.5, abs=0.02)
    assert detector.noise.scale == pytest.approx(0.01, rel=0.5)
    assert (detector.noise.n, detector.least, detector.former) == (14, 2, [])


def test_a_cut_at_the_very_beginning_is_no_cut() -> None:
    detector = ShiftDetector()
    detector.cut()
    assert feed(detector, draw(FEW - 1, "first")) is None
    assert (detector.least, detector.noise.n) == (FEW, 0)


def test_after_a_cut_nothing_is_left_of_the_step_before_it() -> None:
    detector = ShiftDetector()
    feed(detector, draw(60, "first"))
    assert feed(detector, draw(3, "away", 0.08), 60) is not None
    detector.cut()
    assert feed(detector, draw(1, "second", 0.5), 63) is None, "noise and level are not known yet"


@pytest.mark.parametrize("few", range(1, FEW))
def test_a_stretch_that_ended_before_its_level_was_known_does_not_spoil_the_noise(few: int) -> None:
    detector = ShiftDetector()
    feed(detector, draw(few, "short", 4.6))
    detector.cut()
    feed(detector, draw(60, "long", 4.7), few)
    assert detector.noise.scale == pytest.approx(0.01, rel=0.3)
    assert detector.noise.memory < 0.4
