"""The plan of a night as a whole: its order, its budget, and that it comes to an end whatever is known."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.plan.night import plan_night
from harness.plan.night_branch import read_time
from harness.records.bisection import BisectVerdict
from harness.records.night import MeasuredCommit, NightPlan, NightView, WorkItem, WorkKind
from tests.unit.plan.night_view import CELLS, NOW, ask, broke, line, name, ran, search, view

ORDER = list(WorkKind)


def kinds(plan: NightPlan) -> list[WorkKind]:
    return list(dict.fromkeys(item.kind for item in plan.items))


def test_a_first_night_measures_the_head_and_the_anchor() -> None:
    plan = plan_night(view())
    assert kinds(plan) == [WorkKind.HEAD, WorkKind.ANCHOR]
    assert plan.next and plan.next.commit == name(9)


def test_the_most_urgent_comes_first() -> None:
    known = view(
        30,
        measured=(ran(0), ran(3), ran(8), ran(28)),
        questions=(ask(0, 2),),
        searches=(search(3, 8),),
        confirmations=10,
        answered=ask(0, 2),
        left_s=7200.0,
    )
    assert kinds(plan_night(known)) == [
        WorkKind.CONFIRM,
        WorkKind.BISECT,
        WorkKind.HEAD,
        WorkKind.ANCHOR,
        WorkKind.GAP,
        WorkKind.AUDIT,
    ]


def test_a_branch_without_commits_has_no_work() -> None:
    assert plan_night(view(commits=())).items == ()


def test_what_does_not_fit_leaves_its_time_to_what_is_behind_it() -> None:
    known = view(measured=(ran(0), ran(8)), left_s=200.0, built=(name(0), name(9)))
    plan = plan_night(known)
    assert [(item.kind, item.fits) for item in plan.items[:2]] == [(WorkKind.HEAD, False), (WorkKind.ANCHOR, True)]
    assert plan.next and plan.next.kind is WorkKind.ANCHOR


def test_older_commits_leave_the_time_of_an_audit_that_is_due() -> None:
    known = view(40, measured=(ran(0), ran(39)), anchored=((name(39), 8),), answered=ask(0, 2), confirmations=10)
    plan = plan_night(known.replace(left_s=700.0, built=(name(39),)))
    assert [(item.kind, item.fits) for item in plan.items if item.fits] == [
        (WorkKind.GAP, True),
        (WorkKind.AUDIT, True),
    ]
    plan = plan_night(known.replace(left_s=400.0, built=(name(39),)))
    assert [item.kind for item in plan.items if item.fits] == [WorkKind.AUDIT]


def test_what_was_tried_tonight_is_not_planned_again() -> None:
    known = view(measured=(ran(0), ran(3), ran(8)), questions=(ask(0, 2),), searches=(search(3, 8),))
    plan = plan_night(known)
    again = plan_night(known.replace(tried=tuple(item.key for item in plan.items)))
    assert not {item.key for item in plan.items} & {item.key for item in again.items}


def add_result(known: NightView, item: WorkItem, *, works: bool) -> NightView:
    """Return what is known after an item, as loading everything again would give it."""
    later = (read_time(known.now) + timedelta(seconds=item.seconds)).isoformat()
    known = known.replace(now=later, left_s=max(0.0, known.left_s - item.seconds), tried=(*known.tried, item.key))
    run = MeasuredCommit(sha=item.commit, run=f"night{len(known.tried)}", start=later)
    if item.kind in {WorkKind.HEAD, WorkKind.GAP, WorkKind.CELLS}:
        run = run.replace(cells=item.cases, tests=20) if works else run.replace(failed="build: no")
        return known.replace(measured=(*known.measured, run))
    if not works:
        return known
    if item.kind is WorkKind.CONFIRM:
        ends = (item.baseline, item.commit)
        left = tuple(one for one in known.questions if (one.old, one.new) != ends)
        return known.replace(questions=left, confirmations=known.confirmations + 1, answered=ask(0, 1))
    if item.kind is WorkKind.BISECT:
        found = (
            one.replace(verdict=BisectVerdict.FOUND) if one.event == item.asked_by else one for one in known.searches
        )
        return known.replace(searches=tuple(found))
    if item.kind is WorkKind.ANCHOR:
        return known.replace(anchored=(*known.anchored, (item.commit, item.blocks)), anchored_tonight=item.blocks)
    return known.replace(audits=known.audits + 1)


@st.composite
def views(draw: st.DrawFn) -> NightView:
    count = draw(st.integers(1, 30))
    places = st.integers(0, count + 1)  # some are not on the branch any more
    days = st.floats(-2, 30)
    code = st.sampled_from(["", "", "code-a", "code-b"])
    measured = draw(st.lists(st.builds(lambda at, age, what: ran(at, age, code=what), places, days, code), max_size=8))
    failed = draw(st.lists(st.builds(lambda at, age: broke(at, age)[0], places, days), max_size=4))
    pairs = st.tuples(places, places)
    asked = [
        ask(*pair, score=score, needed_s=needed_s, event=f"e{number}", nights=number % 2)
        for number, (pair, score, needed_s) in enumerate(
            draw(st.lists(st.tuples(pairs, st.floats(1, 9), st.floats(0, 20_000)), max_size=4))
        )
    ]
    return view(
        commits=line(count, idle=tuple(draw(st.lists(places, max_size=9)))),
        anchor=name(draw(places)),
        measured=tuple(sorted([*measured, *failed], key=lambda one: one.start)),
        questions=tuple(asked),
        searches=tuple(
            search(*pair, event=f"s{number}") for number, pair in enumerate(draw(st.lists(pairs, max_size=3)))
        ),
        confirmations=draw(st.integers(0, 25)),
        audits=draw(st.integers(0, 3)),
        answered=draw(st.sampled_from([None, ask(0, 1)])),
        left_s=draw(st.floats(0, 20_000)),
        built=tuple(name(one) for one in draw(st.lists(places, max_size=4))),
        anchored=tuple((name(one), 4) for one in draw(st.lists(places, max_size=3))),
    )


@given(views())
@settings(max_examples=150, deadline=None)
def test_a_plan_is_in_order_has_nothing_twice_and_fits(known: NightView) -> None:
    plan = plan_night(known)
    places = [ORDER.index(item.kind) for item in plan.items]
    assert places == sorted(places)
    keys = [item.key for item in plan.items]
    assert len(keys) == len(set(keys))
    assert sum(item.seconds for item in plan.items if item.fits) <= known.left_s
    for item in plan.items:
        assert item.seconds >= 0
        assert item.bits >= 0
        assert item.limit_s >= 0
        assert item.reason
        assert "\n" not in item.reason
    assert plan_night(known) == plan


@given(views(), st.lists(st.booleans(), min_size=60, max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_night_ends_and_does_nothing_twice(known: NightView, works: list[bool]) -> None:
    done: list[str] = []
    for good in works:
        item = plan_night(known).next
        if item is None:
            break
        assert item.key not in done
        done.append(item.key)
        known = add_result(known, item, works=good)
    else:
        raise AssertionError(f"a night goes on: {done}")


@given(views(), st.sampled_from([True, False]))
@settings(max_examples=100, deadline=None)
def test_a_night_that_was_killed_repeats_nothing_that_left_a_result(known: NightView, works: object) -> None:
    item = plan_night(known).next
    leaves = {WorkKind.HEAD, WorkKind.GAP, WorkKind.CELLS} if not works else set(WorkKind)
    if item and item.kind in leaves:
        again = add_result(known, item, works=bool(works)).replace(tried=(), left_s=known.left_s)
        assert item.key not in {one.key for one in plan_night(again).items}


def test_a_quiet_second_night_has_nothing_to_do() -> None:
    known = view(2, measured=(ran(0), ran(1)), anchored=((name(1), 8),))
    assert plan_night(known).items == ()
    assert NOW.isoformat() == known.now
    assert set(known.measured[-1].cells) == set(CELLS)
