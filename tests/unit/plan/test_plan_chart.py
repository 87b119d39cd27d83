"""The table of a sweep: medians, reasons, and who is really best."""

from harness.plan.chart import chart_sweep
from harness.records.outcome import Status
from harness.records.step import Phase
from tests import factory, field


def cost(values: dict[str, str]) -> float:
    return 1000.0 / int(values["threads"]) * (0.8 if values["fa"] == "1" else 1.0)


def test_the_best_is_named_once_rounds_can_tell() -> None:
    made = field.sweep()
    few = chart_sweep(made, field.runs(made, cost, rounds=5))
    assert [one.certain for one in few.standings] == [False] * 4
    assert {one.row for one in few.standings} == {3}, "the least median is that of two threads with flash attention"
    assert few.standings[0].least_rounds == 13
    many = chart_sweep(made, field.runs(made, cost, rounds=16))
    assert [(one.row, one.certain, one.others) for one in many.standings] == [(3, True, 3)] * 4


def test_the_smallest_number_is_not_the_best_where_nothing_differs() -> None:
    made = field.sweep()
    chart = chart_sweep(made, field.runs(made, lambda _: 100.0, rounds=40))
    assert not any(one.certain for one in chart.standings)
    assert all(one.unresolved for one in chart.standings)


def test_equals_at_the_top_leave_nobody_best() -> None:
    made = field.sweep()
    chart = chart_sweep(made, field.runs(made, lambda values: 100.0 / int(values["threads"]), rounds=40))
    assert not any(one.certain for one in chart.standings)
    assert {len(one.unresolved) for one in chart.standings} == {1}, "flash attention makes no difference here"


def test_a_row_has_the_memory_and_the_model_of_its_real_time_factor() -> None:
    made = field.sweep()
    row = chart_sweep(made, field.runs(made, lambda _: 300.0, rounds=3, noise=0.0)).rows[0]
    assert row.max_rss_bytes == 1 << 20
    assert row.rtf is not None
    assert abs(row.rtf - (0.3 + 100 * 0.3) / 30) < 1e-9


def test_what_has_no_numbers_has_a_reason() -> None:
    made = field.sweep()
    runs = field.runs(made, cost, rounds=2)
    broken = factory.result("build_release", Phase.BUILD, Status.FAILED).replace(reason="exit code 1")
    case = made.cells[1].case
    skipped = factory.result("bench", Phase.BENCH, Status.SKIPPED).replace(
        case=case, reason="needs build_release, which failed"
    )
    name = made.entries[0].run
    left = tuple(result for result in runs[name].results if result.case != case)
    chart = chart_sweep(made, {name: runs[name].replace(results=(broken, *left, skipped))})
    assert chart.rows[1].reason == "build_release: exit code 1"
    assert not chart.rows[1].summaries
    assert chart.rows[0].reason == ""
    assert {row.reason for row in chart_sweep(made, {}).rows} == {"not measured yet"}
