"""The table of a sweep: medians, reasons, and who is really best."""

from collections.abc import Callable

from harness.judge.sweep_table import tabulate_sweep
from harness.records.build import CodeDigests
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.sweep import Axis, RowAbsence, Sweep, SweepTable
from harness.render.sweep import render_sweep
from tests import factory, field

OPTION = Axis(name="GGML_X", values=("OFF", "ON"))


def cost(values: dict[str, str]) -> float:
    return 1000.0 / int(values["threads"]) * (0.8 if values["fa"] == "1" else 1.0)


def test_the_best_is_named_once_rounds_can_tell() -> None:
    made = field.sweep()
    few = tabulate_sweep(made, field.runs(made, cost, rounds=5))
    assert [one.certain for one in few.standings] == [False] * 4
    assert {one.row for one in few.standings} == {3}, "the least median is that of two threads with flash attention"
    assert few.standings[0].least_rounds == 13
    many = tabulate_sweep(made, field.runs(made, cost, rounds=16))
    assert [(one.row, one.certain, one.others) for one in many.standings] == [(3, True, 3)] * 4


def test_the_smallest_number_is_not_the_best_where_nothing_differs() -> None:
    made = field.sweep()
    table = tabulate_sweep(made, field.runs(made, lambda _: 100.0, rounds=40))
    assert not any(one.certain for one in table.standings)
    assert all(one.unresolved for one in table.standings)


def test_equals_at_the_top_leave_nobody_best() -> None:
    made = field.sweep()
    table = tabulate_sweep(made, field.runs(made, lambda values: 100.0 / int(values["threads"]), rounds=40))
    assert not any(one.certain for one in table.standings)
    assert {len(one.unresolved) for one in table.standings} == {1}, "flash attention makes no difference here"


def coded(
    made: Sweep, *codes: CodeDigests | None, cost: Callable[[dict[str, str]], float] = lambda _: 100.0
) -> SweepTable:
    """Return the table of a sweep whose configs have these codes."""
    runs = field.runs(made, cost, rounds=16)
    named = {entry.run: code for entry, code in zip(made.entries, codes, strict=True)}
    return tabulate_sweep(made, {name: run.replace(code=named[name]) for name, run in runs.items()})


def test_rows_of_equal_code_are_the_same_thing() -> None:
    made = field.sweep((*field.AXES[:2], Axis(name="threads", values=("2",)), field.AXES[3], OPTION))
    one, other = (CodeDigests(objects=(("a.o", digest),), link="x") for digest in ("1", "2"))
    rank = {"OFF": 1.0, "ON": 0.9}
    for codes, equal in (((one, one), True), ((one, other), False), ((None, None), False)):
        table = coded(made, *codes, cost=lambda values: 100 * rank[values["GGML_X"]] * (1 + int(values["fa"])))
        same_fa = [
            (row.equal_to, dict(table.rows[row.equal_to].values)["fa"] == dict(row.values)["fa"])
            for row in table.rows
            if row.equal_to is not None
        ]
        assert bool(same_fa) is equal
        assert all(same for _, same in same_fa)
        # Two are compared with the best where its twin is left out, three otherwise.
        assert {standing.others for standing in table.standings} == ({2} if equal else {3})
    unknown = CodeDigests.unknown("a reason")
    assert [row.equal_to for row in coded(made, unknown, unknown).rows] == [None] * 4


def test_where_all_rows_are_equal_nobody_is_best() -> None:
    made = field.sweep((*field.AXES[:2], Axis(name="threads", values=("2",)), Axis(name="fa", values=("0",)), OPTION))
    code = CodeDigests(objects=(("a.o", "1"),), link="x")
    assert coded(made, code, code).standings == ()


def test_a_row_has_the_memory_and_the_model_of_its_real_time_factor() -> None:
    made = field.sweep()
    row = tabulate_sweep(made, field.runs(made, lambda _: 300.0, rounds=3, noise=0.0)).rows[0]
    assert row.max_rss_bytes == 1 << 20
    assert row.rtf is not None
    assert abs(row.rtf - (0.3 + 100 * 0.3) / 30) < 1e-9


def test_what_has_no_numbers_has_a_reason() -> None:
    made = field.sweep()
    runs = field.runs(made, cost, rounds=2)
    broken = factory.result("build_release", Phase.BUILD, Status.FAILED).replace(reason="exit code 1")
    case = made.cells[1].case
    skipped = factory.result("bench", Phase.BENCHMARK, Status.SKIPPED).replace(
        case=case, reason="needs build_release, which failed", blocked_by="build_release"
    )
    name = made.entries[0].run
    left = tuple(result for result in runs[name].results if result.case != case)
    table = tabulate_sweep(made, {name: runs[name].replace(results=(broken, *left, skipped))})
    assert table.rows[1].reason == "build_release: exit code 1"
    assert not table.rows[1].summaries
    assert table.rows[0].reason == ""
    assert {row.reason for row in tabulate_sweep(made, {}).rows} == {f"its run is missing: {name}"}
    begun = made.replace(entries=tuple(entry.replace(run="") for entry in made.entries))
    assert {row.reason for row in tabulate_sweep(begun, {}).rows} == {"not measured yet"}
    absent = [{row.absent for row in one.rows} for one in (table, tabulate_sweep(made, {}), tabulate_sweep(begun, {}))]
    assert absent == [{None}, {RowAbsence.RUN_GONE}, {RowAbsence.NOT_YET}]


def test_what_stood_still_is_named_and_decides_nothing() -> None:
    """Sixteen rounds tell which cell is best; where the best one's were stopped, they tell nothing."""
    made = field.sweep()
    runs = field.runs(made, cost, rounds=16)
    best = made.cells[3]
    still = factory.completed().replace(stopped_s=6.0)
    name = made.entries[best.entry].run
    results = tuple(one.replace(completed=still) if one.case == best.case else one for one in runs[name].results)
    table = tabulate_sweep(made, {**runs, name: runs[name].replace(results=results)})
    assert [row.still for row in table.rows] == [0, 0, 0, 16]
    assert not any(one.certain for one in table.standings)
    assert f"16 of {made.label(best.values)}; these times may include the stop" in " ".join(render_sweep(table).split())
