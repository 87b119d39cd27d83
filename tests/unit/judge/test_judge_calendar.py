"""On which day each run was made, and whether the runs of two sides are mixed in time."""

from datetime import UTC, datetime, timedelta

import pytest
from scipy import stats

from harness.judge.calendar import bound_time_correlation, caveat_time, correlate_time, name_day
from harness.judge.context import caveat_context
from harness.records.caveat import Caveat
from harness.records.run import Run
from tests import factory


def made(start: str, name: str = "node-1", number: int = 0) -> Run:
    return factory.run().replace(id=f"run-{number}", start=start, node=factory.node().replace(name=name))


def sides(letters: str, step: timedelta = timedelta(days=1)) -> tuple[list[Run], list[Run]]:
    """Return runs of a (baseline) and b in this order in time."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    runs = [(letter, made((first + place * step).isoformat(), number=place)) for place, letter in enumerate(letters)]
    return [run for letter, run in runs if letter == "a"], [run for letter, run in runs if letter == "b"]


def find(letters: str, code: str = "not-interleaved") -> list[Caveat]:
    return [caveat for caveat in caveat_time(*sides(letters)) if caveat.code == code]


def test_a_day_is_that_of_the_node_in_utc() -> None:
    assert name_day(made("2026-01-01T23:30:00-02:00")) == name_day(made("2026-01-02T22:00:00Z")) == "node-1 2026-01-02"
    assert name_day(made("2026-01-02")) == name_day(made("2026-01-02T05:00:00"))
    assert name_day(made("2026-01-02", "node-2")) != name_day(made("2026-01-02"))
    for unknown in ("", "yesterday"):
        assert name_day(made(unknown)) != name_day(made(unknown, number=1)), "each has a day of its own"


@pytest.mark.parametrize("letters", ["aabb", "abab", "abba", "aababbbab", "b" * 7 + "a" * 5])
def test_the_correlation_is_that_of_the_rank_test(letters: str) -> None:
    times = [[datetime.fromisoformat(run.start) for run in side] for side in sides(letters)]
    seconds = [[one.timestamp() for one in side] for side in times]
    expected = 2 * stats.mannwhitneyu(seconds[1], seconds[0]).statistic / (len(times[0]) * len(times[1])) - 1
    assert correlate_time(*times) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("letters", "shown"),
    [
        ("aabb", "all runs of one side were made before all runs of the other"),
        ("bbaa", "all runs of one side were made before all runs of the other"),
        (
            "b" + 11 * "a" + 11 * "b" + "a",
            "those of the contender tend to be later (rank correlation of side and start time +0.68",
        ),
        (
            "a" + 11 * "b" + 11 * "a" + "b",
            "those of the baseline tend to be later (rank correlation of side and start time -0.68",
        ),
        (11 * "a" + "ba" + 11 * "b", "(rank correlation of side and start time +0.99; the limit is 0.33 either way)"),
        (10 * "ab" + 20 * "a" + 20 * "b", "the limit is 0.30 either way"),
        (100 * "aab" + 100 * "b", ""),
        (6 * "ab", None),
        (3 * "abba", None),
        ("ab", "all runs of one side"),
        ("a", None),
    ],
)
def test_sides_that_are_not_mixed_in_time(letters: str, shown: str | None) -> None:
    told = find(letters)
    assert len(told) == (shown is not None)
    if shown:
        assert shown in told[0].message
        assert "harness ab measures both sides in turns" in told[0].message


def test_the_bound_shrinks_with_many_runs() -> None:
    """Even if drift were all there is, two standard deviations of a random order are no difference."""
    assert bound_time_correlation(3, 3) == bound_time_correlation(12, 12) == pytest.approx(1 / 3)
    assert bound_time_correlation(100, 100) == pytest.approx(2 * (201 / 30000) ** 0.5)


def test_runs_without_a_start_say_nothing_of_time() -> None:
    here, there = sides("aaabbb")
    assert list(caveat_time([run.replace(start="") for run in here], there)) == []


def test_several_runs_of_a_day_are_said() -> None:
    here, there = sides("abba" * 3, timedelta(hours=6))
    (caveat,) = caveat_time(here, there)
    assert caveat.code == "by-day"
    assert caveat.message.startswith("6 runs of the baseline on 3 days and 6 runs of the contender on 3 days: ")
    assert caveat.message.endswith("within the 3 days that have runs of both sides, single runs are compared as well")
    apart = [one.replace(start="2026-02-01T00:00:00+00:00") for one in there]
    message = [caveat.message for caveat in caveat_time(here, apart)][-1]
    assert "; no day has runs of both sides; the number of runs a day differs between the sides" in message
    (_, even) = caveat_time(here[:3], apart[:3])  # three runs on two days, and three on one
    assert even.message.endswith("no day has runs of both sides")
    assert not find("abab", "by-day")


def test_a_trial_says_nothing_of_days() -> None:
    assert list(caveat_context(*sides("aaabbb"), (), paired=True)) == []
    assert "not-interleaved" in [one.code for one in caveat_context(*sides("aaabbb"), (), paired=False)]
