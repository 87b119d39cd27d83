"""What a night does not report is an event of its own; what nobody asked for is not."""

import itertools

import pytest

from harness.judge.absence import find_absences
from harness.records.history import Event, EventKind
from harness.records.raw_history import RawHistory, RawPoint, RawSeriesKey, RunDetail
from tests.unit.judge.test_judge_history import detail

BASE, TINY = ("whisper/fa=0/model=base/threads=4", "whisper/fa=0/model=tiny/threads=4")
CELL = "mul_mat/n=64/threads=4/type=f16"


def night(number: int, **changes: object) -> RunDetail:
    return detail(number, config="c0", asks="5eed tests").replace(**{"tests": 9, **changes})


def make(*runs: tuple[RunDetail, tuple[str, ...]]) -> RawHistory:
    """Return a history of runs, each with the cases that have a number."""
    series: dict[RawSeriesKey, list[RawPoint]] = {}
    for number, (run, cases) in enumerate(runs):
        for case, metric in itertools.product(cases, ("encode", "decode")):
            key = RawSeriesKey(run.node, run.config, case, metric, "")
            series.setdefault(key, []).append(RawPoint(number, 1, 1.0, None, None))
    return RawHistory(series, {number: run for number, (run, _) in enumerate(runs)}, {})


def find(raw: RawHistory, day: int = 8, reports: tuple[str, ...] = (), nights: int = 3) -> list[Event]:
    return list(find_absences(raw, f"2026-01-{day:02}T04:00:00+00:00", {"node-1": reports} if reports else {}, nights))


def test_a_case_that_vanished_is_missing_until_it_is_back() -> None:
    runs = [(night(day), (BASE, TINY)) for day in (1, 2)] + [(night(day), (BASE,)) for day in (3, 4)]
    (event,) = find(make(*runs), 5)
    assert (event.kind, event.day, event.run, event.open, event.returned) == (
        EventKind.MISSING,
        "2026-01-03",
        "run-3",
        True,
        "",
    )
    assert event.subject == f"1 case without a number: {TINY}"
    assert (event.old, event.new) == (f"{2:040x}", f"{3:040x}")
    (later,) = find(make(*runs, (night(5), (TINY,)), (night(6), (BASE, TINY))), 7)[:1]
    assert (later.id, later.returned, later.open) == (event.id, "2026-01-05", False)


def test_what_vanished_together_is_one_event() -> None:
    many = tuple(f"whisper/fa=0/model=m{number}/threads=4" for number in range(6))
    (event,) = find(make((night(1), (BASE, *many)), (night(2), (BASE,))), 3)
    assert event.subject.startswith("6 cases without a number: whisper/fa=0/model=m0/threads=4, ")
    assert event.subject.endswith(" and 2 more")


def test_a_run_that_measured_nothing_says_so() -> None:
    (event,) = find(make((night(1), (BASE,)), (night(2, tests=0), ())), 3)
    assert event.subject.splitlines() == [
        "nothing was measured in run-2",
        "the tests did not run",
        f"1 case without a number: {BASE}",
    ]


def test_tests_that_ran_no_more_are_missing() -> None:
    (event,) = find(make((night(1), (BASE,)), (night(2, tests=0), (BASE,))), 3)
    assert event.subject == "the tests did not run"


@pytest.mark.parametrize(
    ("run", "cases"),
    [
        (night(2, asks="5eed", tests=0), (BASE, TINY)),  # --no-tests
        (night(2, asks="0ther tests"), (BASE,)),  # fewer models
        (night(2, purpose="manual"), ()),
        (night(2, purpose="history"), ()),
        (night(2, config="c1"), (BASE,)),
        (night(2, trial="t"), ()),
        (night(2, changes="dirty"), ()),
        (night(2, failure="build: no"), ()),  # one night without a build
        (night(2, node="node-2", asks="5eed"), (BASE,)),
    ],
)
def test_what_was_not_asked_for_is_not_missing(run: RunDetail, cases: tuple[str, ...]) -> None:
    assert find(make((night(1), (BASE, TINY)), (run, cases)), 3) == []


def test_cases_that_a_second_run_of_the_night_measured_are_there() -> None:
    again = night(3, asks="ce11 tests", run_id="again", start="2026-01-03T05:00:00+00:00")
    (event,) = find(make((night(2), (BASE, TINY)), (night(3), (BASE,)), (again, (TINY,))), 4)
    assert (event.open, event.returned) == (False, "2026-01-03")


def test_a_rate_that_rounds_to_zero_is_not_missing() -> None:
    for caveats, count in ((("mul-mat-zero",), 0), ((), 1)):
        assert len(find(make((night(1), (BASE, CELL)), (night(2, caveats=caveats), (BASE,))), 3)) == count


def test_a_node_that_does_not_report_is_missing() -> None:
    raw = make((night(1), (BASE,)), (night(2), (BASE,)))
    assert find(raw, 5) == [], "two whole days"
    (event,) = find(raw, 6)
    assert (event.kind, event.run, event.day, event.open) == (EventKind.MISSING, "", "2026-01-06", True)
    assert event.subject == "no report since 2026-01-02"
    assert event.old == f"{2:040x}"
    assert find(raw, 6, ("2026-01-04T03:00:00+00:00",)) == [], "a night without a run reports as well"
    assert find(raw, 4, nights=1)[0].id == event.id
    (back,) = find(make((night(1), (BASE,)), (night(2), (BASE,)), (night(9, purpose="manual"), ())), 10)
    assert (back.id, back.returned, back.open) == (event.id, "2026-01-09", False)


def test_only_nodes_that_are_watched_are_missed() -> None:
    assert find(make((night(1, purpose="imported"), (BASE,)), (night(2, purpose="manual"), (BASE,))), 28) == []
    (event,) = find(make(), 28, ("2026-01-02T00:00:00+00:00",))
    assert (event.node, event.old) == ("node-1", "")


def test_a_clock_that_was_ahead_hides_no_silence() -> None:
    raw = make((night(1), (BASE,)), (night(2, start="2031-01-01T00:00:00+00:00"), (BASE,)))
    assert [event.subject for event in find(raw, 9)] == ["no report since 2026-01-01"]
    assert find(raw._replace(details={0: night(1, start="")}), 9) == []


def broken(day: int) -> tuple[RunDetail, tuple[str, ...]]:
    return night(day, failure=f"build: error {day}", tests=0), ()


def test_three_nights_without_a_build_are_broken() -> None:
    runs = [(night(1), (BASE,)), broken(2), broken(3)]
    assert find(make(*runs), 4) == []
    (event,) = find(make(*runs, broken(4)), 5)
    assert (event.kind, event.day, event.open) == (EventKind.BROKEN, "2026-01-04", True)
    assert (event.old, event.new) == (f"{1:040x}", f"{4:040x}")
    assert event.subject.splitlines()[0] == "no build in 3 nights"
    assert event.subject.splitlines()[-1] == "00000000: build: error 4"
    (later,) = find(make(*runs, broken(4), (night(5), (BASE,))), 6)
    assert (later.id, later.open, later.returned) == (event.id, False, "2026-01-05")


def test_a_commit_that_is_not_built_again_stays_broken() -> None:
    raw = make((night(1), (BASE,)), broken(2))
    reports = tuple(f"2026-01-0{day}T02:00:00+00:00" for day in (1, 2, 3, 4))
    (event,) = find(raw, 5, reports)
    assert (event.kind, event.day) == (EventKind.BROKEN, "2026-01-04")
    assert find(raw, 4, reports[:3]) == []


def test_two_of_a_day_are_one_night() -> None:
    again = night(2, run_id="again", start="2026-01-02T09:00:00+00:00", failure="build: no", tests=0)
    assert find(make(broken(2), (again, ()), broken(3)), 4) == []
