"""How long the work of a night takes is learned from what it took."""

from harness.judge.night_cost import estimate_costs, time_run
from harness.records.night import NightCosts
from harness.records.raw_history import RunDetail
from tests.unit.judge.test_judge_history import detail


def lasted(number: int, minutes: int, **changes: object) -> RunDetail:
    return detail(number).replace(ended=f"2026-01-{number:02}T03:{minutes:02}:00+00:00", config="c", **changes)


def test_nothing_is_known_of_a_new_node() -> None:
    usual = NightCosts()
    assert estimate_costs([], {}, 0) == usual.replace(run_s=usual.cell_s)
    assert estimate_costs([], {}, 10).run_s == 10 * usual.cell_s


def test_runs_builds_and_blocks_take_what_they_took() -> None:
    runs = [lasted(number, 10 + number, build_s=60.0 if number > 1 else 240.0) for number in (1, 2, 3)]
    sides = [lasted(4, 8, purpose="confirmation", trial="t", blocks=12, run_id=name) for name in "ab"]
    counts = {"run-1": 4, "run-2": 4, "run-3": 4, "a": 2, "b": 2}
    costs = estimate_costs([*runs, *sides], counts, 4)
    assert costs.full_build_s == 240
    assert costs.near_build_s == 60
    assert costs.run_s == 12 * 60 - 60  # the middle of 7, 11 and 12 minutes beside the build
    assert costs.cell_s == costs.run_s / 4
    assert costs.block_s == 8 * 60 / 12 / 2


def test_builds_are_no_part_of_a_block() -> None:
    sides = [lasted(4, 8, purpose="anchor", trial="t", blocks=4, run_id=name, build_s=180.0) for name in "ab"]
    assert estimate_costs(sides, {"a": 1, "b": 1}, 4).block_s == (8 * 60 - 2 * 180) / 4


def test_a_run_of_a_part_says_nothing_of_the_whole() -> None:
    runs = [lasted(1, 40), lasted(2, 2)]
    costs = estimate_costs(runs, {"run-1": 8, "run-2": 1}, 8)
    assert costs.run_s == 2400


def test_times_that_cannot_be_are_not_known() -> None:
    assert time_run(detail(1)) == 0
    assert time_run(lasted(1, 0)) == 0
    assert time_run(detail(1).replace(ended="2026-01-03T03:00:00+00:00")) == 0
    assert time_run(detail(1).replace(ended="nonsense")) == 0
    broken = lasted(1, 30, failure="build: no")
    assert estimate_costs([broken], {}, 4).run_s == 4 * NightCosts().cell_s
