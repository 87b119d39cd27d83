"""What a night knows is made of stored runs, and of nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

from harness.judge.judged_history import judge_history
from harness.judge.night_view import NightFacts, make_night_view
from harness.plan.night import plan_night
from harness.records.history import EventKind
from harness.records.measurement import Case
from harness.records.night import BranchCommit, NightView, Question, QuestionCause, WorkKind
from harness.records.raw_history import RawHistory, RawPoint, RawSeriesKey, RunDetail
from harness.records.triage import Triage, TriageState
from tests.live_trial import BASE, draw_trial
from tests.unit.judge.test_judge_history import MACHINES, detail

CONFIG = "11111111"
MEMCPY = Case.of("memcpy", threads=2)
NOW = datetime(2026, 1, 29, 2, tzinfo=UTC)


def sha(number: int) -> str:
    return f"{number:040x}"


def ran(number: int, **changes: Any) -> RunDetail:
    return detail(number).replace(**{"config": CONFIG, "ended": f"2026-01-{number:02}T03:10:00+00:00"} | changes)


def sides(number: int, old: int, new: int, purpose: str, **changes: Any) -> list[RunDetail]:
    """Return both sides of a live comparison that began on a day."""
    common = {"purpose": purpose, "trial": f"{purpose}{number}", "blocks": 4} | changes
    return [ran(number, sha=sha(at), run_id=f"{purpose}{number}-{at}", **common) for at in (old, new)]


def known(*details: RunDetail, cases: tuple[Case, ...] = (BASE, MEMCPY), **fields: Any) -> NightFacts:
    """Return facts of a branch of 28 commits, in which each run of the config has a number of each case."""
    series: dict[RawSeriesKey, list[RawPoint]] = {}
    for number, one in enumerate(details):
        for case in cases if not one.failure else ():
            metric = "copy_rate" if case is MEMCPY else "encode"
            key = RawSeriesKey(one.node, one.config, str(case), metric, "")
            series.setdefault(key, []).append(RawPoint(number, 1, 100.0, None, None))
    raw = RawHistory(series, dict(enumerate(details)), MACHINES)
    facts = NightFacts(
        node="node-1",
        now=NOW.isoformat(),
        began=NOW.isoformat(),
        left_s=3600.0,
        commits=tuple(BranchCommit(sha=sha(at), date="", subject="") for at in range(1, 29)),
        anchor=sha(1),
        cells=(BASE, MEMCPY),
        raw=raw,
        history=judge_history(raw),
        config=CONFIG,
    )
    return facts._replace(**fields)


def see(*details: RunDetail, **fields: Any) -> NightView:
    return make_night_view(known(*details, **fields))


def test_runs_of_this_node_and_config_are_measured_commits() -> None:
    view = see(
        ran(1, code="abc", tests=12),
        ran(2, failure="build: no"),
        ran(3, node="node-2"),
        ran(4, config="22222222"),
        ran(5, changes="0123"),
        ran(6, origin="ggml-ci"),
        ran(7, sha=""),
    )
    assert [one.sha for one in view.measured] == [sha(1), sha(2)]
    good, bad = view.measured
    assert (good.cells, good.tests, good.code, good.failed) == ((BASE, MEMCPY), 12, "abc", "")
    assert (bad.cells, bad.failed) == ((), "build: no")


def test_a_night_without_a_config_takes_that_of_the_newest_night() -> None:
    runs = ran(1, config="a"), ran(2, config="b"), ran(3, config="c", purpose="manual"), ran(4, config="d", node="x")
    assert [one.sha for one in see(*runs, config="").measured] == [sha(2)]
    assert [one.sha for one in see(*runs[2:], config="").measured] == [sha(3)]
    assert see(config="").measured == ()


def test_live_comparisons_measure_no_commit_but_know_its_code() -> None:
    view = see(ran(1), *sides(2, 3, 4, "confirmation", code="abc"), codes=((sha(9), "def"),))
    assert [one.sha for one in view.measured] == [sha(1)]
    assert dict(view.codes) == {sha(9): "def", sha(3): "abc", sha(4): "abc"}


def test_blocks_against_the_anchor_count_for_each_head() -> None:
    began = NOW - timedelta(days=2)
    view = see(
        *sides(20, 1, 7, "anchor"),
        *sides(21, 1, 7, "anchor"),
        *sides(28, 1, 8, "anchor", blocks=3),
        *sides(22, 2, 7, "anchor"),  # of another anchor
        *sides(23, 1, 7, "confirmation"),
        sides(24, 1, 7, "anchor")[1],  # its other side is gone
        began=began.isoformat(),
    )
    assert dict(view.anchored) == {sha(7): 8, sha(8): 3}
    assert view.anchored_tonight == 3


def test_confirmations_and_audits_are_counted() -> None:
    view = see(
        *sides(5, 1, 2, "confirmation"),
        *sides(28, 2, 3, "confirmation", asked_by="e"),
        *sides(6, 2, 2, "audit"),
        *sides(7, 1, 2, "trial"),
        *sides(8, 1, 2, "confirmation", node="node-2"),
        began="2026-01-28T00:00:00+00:00",
    )
    assert (view.confirmations, view.audits) == (2, 1)
    assert view.confirmed_s == 600
    assert view.answered
    assert (view.answered.event, view.answered.cases) == ("e", (BASE, MEMCPY))


def test_an_audit_asks_what_the_newest_confirmation_asked() -> None:
    pair = sides(28, 2, 3, "confirmation", asked_by="e")
    trial = draw_trial((sha(2), sha(3)), 0.0, threshold=0.013, asked_by="e")
    trial = trial.replace(runs=(pair[0].run_id, pair[1].run_id))
    view = see(*pair, trials=(trial,))
    assert view.answered
    assert (view.answered.cases, view.answered.metrics, view.answered.threshold) == ((BASE,), ("encode",), 0.013)


def test_an_odd_point_is_a_question_until_it_has_an_answer() -> None:
    odd = Question(
        event="odd1",
        cause=QuestionCause.ODD,
        old=sha(27),
        new=sha(28),
        cases=(BASE,),
        metrics=("encode",),
        change=0.05,
        score=1.2,
        threshold=0.02,
    )
    view = see(ran(27), ran(28), asked=(odd,))
    (asked,) = view.questions
    assert asked.needed_s > 0
    first = plan_night(view).next
    assert first
    assert (first.kind, first.asked_by) == (WorkKind.CONFIRM, "odd1")
    answered = draw_trial((sha(27), sha(28)), 0.0, asked_by="odd1", threshold=0.02)
    assert see(ran(27), ran(28), asked=(odd,), trials=(answered,)).questions == ()
    other = answered.replace(node="node-2")
    assert see(ran(27), ran(28), asked=(odd,), trials=(other,)).questions == (asked,)
    other = answered.replace(config="22222222")
    assert see(ran(27), ran(28), asked=(odd,), trials=(other,)).questions == (asked,)


def step(*details: RunDetail) -> NightFacts:
    """Return the facts of a node whose encoder got 5 % slower with its 21st commit."""
    facts = known(*details)
    series = {
        key: [
            one._replace(median=100 + one.run % 3 / 10 + (5 if one.run >= 20 and key.metric == "encode" else 0))
            for one in points
        ]
        for key, points in facts.raw.series.items()
    }
    raw = facts.raw._replace(series=series)
    return facts._replace(raw=raw, history=judge_history(raw))


def test_a_suspicion_becomes_the_first_item_of_a_night() -> None:
    facts = step(*map(ran, range(1, 29)))
    (event,) = facts.history.events
    assert event.kind is EventKind.SUSPICION
    view = make_night_view(facts)
    (asked,) = view.questions
    assert (asked.event, asked.old, asked.new, asked.cases) == (event.id, event.old, event.new, (BASE,))
    first = plan_night(view).items[0]
    assert (first.kind, first.baseline, first.commit) == (WorkKind.CONFIRM, event.old, event.new)
    decided = Triage(event=event.id, state=TriageState.ACKNOWLEDGED)
    triaged = facts.history.replace(events=(event.replace(triage=decided),))
    assert make_night_view(facts._replace(history=triaged)).questions == ()
    assert make_night_view(facts._replace(node="node-2")).questions == ()


def test_runs_of_tomorrow_neither_hide_nor_repeat_work() -> None:
    runs = [ran(number) for number in range(1, 29)]
    whole = plan_night(see(*runs))
    ahead = [one.replace(start=one.start.replace("2026-01", "2026-02")) for one in runs]
    later = plan_night(see(*ahead))
    assert [item.key for item in later.items] == [item.key for item in whole.items]


def test_comparisons_of_tomorrow_are_not_of_this_night() -> None:
    """A clock that was set back must not leave a night without time to confirm, or without blocks."""
    ahead = {"start": "2026-02-20T03:00:00+00:00", "ended": "2026-02-20T03:20:00+00:00"}
    view = see(*sides(28, 1, 2, "confirmation", **ahead), *sides(28, 1, 7, "anchor", **ahead))
    assert (view.confirmed_s, view.anchored_tonight) == (0, 0)
    assert dict(view.anchored) == {sha(7): 4}
