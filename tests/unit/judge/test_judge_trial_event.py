"""Live comparisons sort events, and establish changes of the code of their own, whose names stay."""

import pytest

from harness.judge.judged_history import choose_trials, judge_history, sort_by_trials
from harness.records.history import Event, EventKind, History, SeriesStatus
from harness.records.measurement import Case
from harness.records.raw_history import RawHistory, RawPoint, RunDetail
from harness.stats.judgement import OPEN
from tests.live_trial import BASE, draw_trial
from tests.unit.judge.test_judge_history import detail
from tests.unit.judge.test_judge_judged_history import NIGHTS, make

TINY = BASE.replace(params=(("fa", "0"), ("model", "tiny"), ("threads", "4")))
BOTH = (BASE, TINY)
SHAS = [f"{night + 1:040x}" for night in range(NIGHTS)]
# Both series step by 5 % at the 21st commit.
STEP = (SHAS[19], SHAS[20])


@pytest.fixture(scope="module")
def raw() -> RawHistory:
    return make(step=0.05)


@pytest.fixture(scope="module")
def history(raw: RawHistory) -> History:
    return judge_history(raw)


def only(found: History) -> Event:
    (event,) = found.events
    return event


def until(raw: RawHistory, nights: int) -> History:
    """Return what was known after so many nights."""
    return judge_history(raw._replace(details={one: it for one, it in raw.details.items() if one < nights}))


def store(ends: tuple[str, str], **changes: str) -> list[RunDetail]:
    side = detail(28, **{"trial": "t", "purpose": "trial", **changes})
    return [side.replace(sha=sha, run_id=name) for sha, name in zip(ends, ("old", "new"), strict=True)]


def test_trials_are_chosen_that_can_say_something(history: History) -> None:
    event = only(history)
    ends = (event.old, event.new)
    for sides in (store(ends), store(ends)[::-1], store(("e" * 40, "f" * 40), purpose="confirmation", asked_by="odd")):
        (found,) = choose_trials(history, [detail(3), *sides])
        assert {one.run_id for one in found.sides} == {"old", "new"}
    others = [
        *store(ends, node="another"),
        *store(ends, trial=""),
        *store((event.new, event.new)),
        *store(("f" * 40, event.new), trial="long ago"),
        store(ends, trial="half")[0],
        *store(ends, trial="b", purpose="bisection"),
        *store(ends, trial="a", purpose="audit"),
    ]
    assert choose_trials(history, others) == ()


def test_the_commit_before_may_have_become_a_later_one(history: History) -> None:
    event, points = only(history), history.series[0].points
    since = event.suspicions[0].place.since
    for number, found in ((since - 1, 1), (since - 3, 1), (since, 0)):
        assert len(choose_trials(history, store((points[number].commit, event.new)))) == found, number


@pytest.mark.parametrize(
    ("change", "kind", "status"),
    [
        (0.05, EventKind.CODE, SeriesStatus.CONFIRMED),
        (0.0, EventKind.NODE, SeriesStatus.STEADY),
    ],
)
def test_they_sort_the_event(history: History, change: float, kind: EventKind, status: SeriesStatus) -> None:
    event = only(history)
    assert (event.open, event.command[:10]) == (True, "harness ab")
    for ends, factor in (((event.old, event.new), change), ((event.new, event.old), 1 / (1 + change) - 1)):
        after = sort_by_trials(history, [draw_trial(ends, factor, cases=BOTH)])
        found = only(after)
        assert (found.kind, found.id, found.command.partition("  # ")[0]) == (kind, event.id, event.command)
        assert found.open is (kind is EventKind.CODE)
        assert [round(one.change, 2) for one in found.found] == [change, change]
        assert {one.status for one in after.judgements} == {status}
    assert sort_by_trials(history, []) == history


def test_nights_that_tell_nothing_alone_sort_it_together(history: History) -> None:
    event = only(history)
    nights = [
        draw_trial((event.old, event.new), 0.05, blocks=6, seed=seed, cases=BOTH, asked_by=event.id) for seed in (1, 2)
    ]
    first = only(sort_by_trials(history, nights[:1]))
    assert (first.kind, len(first.trials)) == (EventKind.SUSPICION, 2)
    assert first.found[0].n == 6, "what is known so far is there"
    both = only(sort_by_trials(history, nights))
    assert (both.kind, both.id, len(both.trials)) == (EventKind.CODE, event.id, 4)


def test_another_config_may_blame_the_code_and_not_clear_it(history: History) -> None:
    event = only(history)
    for change, kind in ((0.05, EventKind.CODE), (0.0, EventKind.SUSPICION)):
        trial = draw_trial((event.old, event.new), change, cases=BOTH, config="another")
        assert only(sort_by_trials(history, [trial])).kind is kind


def test_a_night_finds_what_no_suspicion_was_raised_about(raw: RawHistory) -> None:
    early = until(raw, 21)
    assert early.events == (), "one point is no suspicion"
    order = {sha: 3 * number for number, sha in enumerate(SHAS)}
    slower = draw_trial(STEP, 0.05, asked_by="odd", cases=BOTH, options="--isa avx2")
    event = only(sort_by_trials(early, [slower], order, "--results x"))
    assert (event.id, event.kind, event.node, event.open) == ("odd", EventKind.CODE, "node-1", True)
    assert (event.old, event.new, event.run, event.day) == (*STEP, "run-21", "2026-01-22")
    assert [(one.key.case, round(one.change, 2)) for one in event.changes] == [(BASE, 0.05), (TINY, 0.05)]
    assert event.trials == slower.runs
    assert event.search.startswith(f"harness bisect {STEP[0][:12]} {STEP[1][:12]} --model base")
    assert event.search.endswith("--isa avx2 --results x")
    faster = only(sort_by_trials(early, [draw_trial(STEP, -0.05, asked_by="odd")]))
    assert (faster.kind, faster.found[0].verdict) == (EventKind.CODE, "IMPROVED")
    for change, blocks in ((0.0, 30), (0.05, 5)):  # UNCHANGED, UNRESOLVED
        assert sort_by_trials(early, [draw_trial(STEP, change, blocks=blocks, asked_by="odd")]).events == ()
    assert sort_by_trials(early, [draw_trial(STEP, 0.05)]).events == (), "nobody asked"


def test_a_suspicion_that_comes_later_takes_over_what_was_found(raw: RawHistory) -> None:
    trial = draw_trial(STEP, 0.05, asked_by="odd", cases=BOTH)
    for nights in range(22, NIGHTS + 1):
        event = only(sort_by_trials(until(raw, nights), [trial]))
        assert (event.id, event.kind, event.open) == ("odd", EventKind.CODE, True), nights
    assert event.suspicions
    assert event.changes == ()
    # The step lies at the 21st or the 22nd commit: a trial of both clears the code, one of the first leaves the second.
    for ends, kind in (((SHAS[19], SHAS[21]), EventKind.NODE), (STEP, EventKind.SUSPICION)):
        same = draw_trial(ends, 0.0, asked_by="odd", cases=BOTH)
        event = only(sort_by_trials(until(raw, NIGHTS), [same]))
        assert (event.id, event.kind) == ("odd", kind)
    # An answer that is still open goes on under the name that it was asked by.
    thin = draw_trial(STEP, 0.05, blocks=5, asked_by="odd", cases=BOTH)
    event = only(sort_by_trials(until(raw, NIGHTS), [thin]))
    assert (event.id, event.kind) == ("odd", EventKind.SUSPICION)


@pytest.mark.parametrize(
    "trial",
    [
        draw_trial(STEP, -0.05, asked_by="odd", cases=BOTH),  # the other way
        draw_trial((SHAS[3], SHAS[8]), 0.05, asked_by="odd", cases=BOTH),  # elsewhere
        draw_trial(STEP, 0.05, asked_by="odd", cases=[Case.of("whisper", model="small", threads=4, fa=0)]),
    ],
)
def test_what_is_about_something_else_stays_apart(history: History, trial: object) -> None:
    found = {event.id: event.kind for event in sort_by_trials(history, [trial]).events}  # type: ignore[list-item]
    assert found == {only(history).id: EventKind.SUSPICION, "odd": EventKind.CODE}


def test_a_part_of_the_place_does_not_clear_the_rest(history: History) -> None:
    ends = (SHAS[18], SHAS[19])  # both lie before the step
    event = only(sort_by_trials(history, [draw_trial(ends, 0.0, asked_by="odd", cases=BOTH)]))
    assert (event.id, event.kind) == (only(history).id, EventKind.SUSPICION)


def test_the_name_stays_when_runs_arrive_between_others(raw: RawHistory) -> None:
    early = until(raw, NIGHTS)
    event = only(early)
    trial = draw_trial((event.old, event.new), 0.05, asked_by=event.id, cases=BOTH)
    # A night later the commit in the middle of the step is measured, so that the suspicion is raised by another run.
    late = detail(20, run_id="late", sha="d" * 40, commit_date="2026-01-21T00:30:00+00:00", start="2026-01-21T02:00:00")
    series = {key: [*points, RawPoint(99, 1, 105.0, None, None)] for key, points in raw.series.items()}
    moved = judge_history(raw._replace(series=series, details=raw.details | {99: late}))
    assert only(moved).id != event.id, "the suspicion alone has another name"
    for change, kind in ((0.05, EventKind.CODE), (0.0, EventKind.NODE)):
        measured = draw_trial((event.old, event.new), change, asked_by=event.id, cases=BOTH)
        found = only(sort_by_trials(moved, [measured]))
        assert (found.id, found.kind) == (event.id, kind)
    assert only(sort_by_trials(early, [trial])).id == event.id


def test_it_stands_until_its_level_is_the_level(raw: RawHistory) -> None:
    small = draw_trial((SHAS[2], SHAS[3]), 0.02, asked_by="creep")
    found = {event.id: event for event in sort_by_trials(judge_history(make()), [small]).events}
    assert found["creep"].open
    nights = OPEN + 5
    more = {
        night: detail(1, run_id=f"r{night:03}", sha=f"{night + 1:040x}", start=f"2026-03-{night:03}")
        for night in range(nights)
    }
    points = [RawPoint(night, 1, 100.0 + night % 3, None, None) for night in range(nights)]
    long = RawHistory(dict.fromkeys(raw.series, points), more, raw.machines)
    (event,) = sort_by_trials(
        judge_history(long, {f"{night + 1:040x}": night for night in range(nights)}), [small]
    ).events
    assert (event.kind, event.open) == (EventKind.CODE, False)


def test_what_a_night_found_is_shown_by_the_series_of_its_config(raw: RawHistory) -> None:
    """Another config has the case, too, and its own runs; how the found level fares there says nothing."""
    key = next(key for key in raw.series if key.case == str(BASE))
    foreign = key._replace(config="00000000")
    later = {
        900 + night: detail(1, run_id=f"x{night:02}", sha=f"{night + 900:040x}", start=f"2026-03-{night + 1:02}")
        for night in range(OPEN + 1)
    }
    points = [RawPoint(number, 1, 50.0 + number % 3, None, None) for number in later]
    early = raw._replace(details={one: it for one, it in raw.details.items() if one < 21})
    both = early._replace(series={foreign: points, **raw.series}, details=early.details | later)
    order = {it.sha: place for place, it in enumerate([*early.details.values(), *later.values()])}
    events = sort_by_trials(judge_history(both, order), [draw_trial(STEP, 0.05, asked_by="odd")]).events
    (event,) = (one for one in events if one.id == "odd")
    assert [one.key.config for one in event.changes] == ["11111111"]
    assert (event.run, event.open) == ("run-21", True)
