"""What is new in the morning, what stands, and which exit code a night has."""

from collections.abc import Sequence
from typing import Any

import pytest

from harness.judge.night_report import NightEnd, make_night_report
from harness.records.bisection import BisectVerdict
from harness.records.comparison import Verdict
from harness.records.history import Event, EventKind, History, SeriesChange, SeriesKey
from harness.records.measurement import Case
from harness.records.night import (
    BranchCommit,
    CodeSearch,
    DoneItem,
    DoneStatus,
    NightPlan,
    NightView,
    Question,
    WorkItem,
    WorkKind,
)
from harness.records.night_report import NightReport
from harness.records.triage import Triage, TriageState
from tests.unit.render.test_render_bisection import report as bisect_report
from tests.unit.render.test_render_night import compare, event, full

A, B, C = ("a" * 40, "b" * 40, "c" * 40)
CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
ENDED = "2026-05-29T01:00:00+00:00"
LINE = tuple(BranchCommit(sha=sha, date="2026-05-28", subject=f"subject {sha[:1]}") for sha in (A, B))


def view(**changes: object) -> NightView:
    made = NightView(
        node="desk",
        now=ENDED,
        began="2026-05-29T00:00:00+00:00",
        left_s=100.0,
        commits=LINE,
        anchor=A,
        cells=(CASE,),
    )
    return made.replace(**changes)


def end(*events: Event, earlier: Sequence[NightReport] = (), **changes: Any) -> NightEnd:
    made = NightEnd(
        view=view(),
        plan=NightPlan(items=()),
        history=History(series=(), judgements=(), events=events, commits=()),
        ended=ENDED,
        repo="r",
        branch="master",
        anchor=None,
        budget_s=3600.0,
        earlier=earlier,
    )
    return made._replace(**changes)


def code(day: int = 29, hour: int = 0, **changes: object) -> Event:
    """Return a regression that a trial at this hour has shown."""
    stamp = f"202605{day:02}T{hour:02}1000Z"
    runs = (f"{stamp}-aaaaaaaa-1a2b3c4d", f"{stamp}-bbbbbbbb-1a2b3c4d")
    return event(EventKind.CODE, trials=runs, found=(compare(0.05),)).replace(**changes)


def earlier(*new: Event, hours: int = 24, opened: tuple[Event, ...] = ()) -> NightReport:
    """Return the report of a night that ended so many hours before."""
    day, hour = divmod(29 * 24 + 1 - hours, 24)
    made = make_night_report(end())
    return made.replace(new=new, open=opened, ended=f"2026-05-{day:02}T{hour:02}:00:00+00:00")


def test_a_regression_that_a_trial_of_this_night_has_shown_is_new() -> None:
    report = make_night_report(end(code()))
    assert [one.id for one in report.new] == [code().id]
    assert (report.open, report.exit_code) == ((), 20)


@pytest.mark.parametrize(
    ("found", "before", "count"),
    [
        (code(28, 10), (), 1),  # 15 hours ago: this night was killed and goes on
        (code(28, 8), (), 0),
        (code(28, 8), (earlier(hours=24),), 1),  # the night between never came to its report
        (code(28, 0), (earlier(code(28, 0), hours=24),), 0),
        (code(29, 0), (earlier(code(28, 0), hours=24),), 0),  # measured again by hand
        (code(29, 0), (earlier(code(29, 0), hours=2),), 1),  # the same night
        (code(29, 0), (earlier(code(29, 0), hours=-48),), 0),  # the clock was set back
        (code(30, 0), (), 0),
        (code(triage=Triage(event="x", state=TriageState.ACKNOWLEDGED)), (), 0),
        (code(node="other"), (), 0),
        (code(kind=EventKind.SUSPICION), (), 0),
        (code(trials=("pasted",)), (), 0),
    ],
)
def test_what_is_new(found: Event, before: tuple[NightReport, ...], count: int) -> None:
    report = make_night_report(end(found, earlier=before))
    assert (len(report.new), report.exit_code) == (count, 20 * count)


def test_a_faster_commit_is_new_and_no_failure() -> None:
    report = make_night_report(end(code(found=(compare(-0.05, Verdict.IMPROVED),))))
    assert (len(report.new), report.exit_code) == (1, 0)
    assert make_night_report(end(code(28, 0, found=(compare(-0.05, Verdict.IMPROVED),)))).open == ()


def test_a_certain_change_that_is_too_small_to_matter_is_no_regression() -> None:
    both = (compare(-0.05, Verdict.IMPROVED), compare(0.003, relevant=False))
    assert make_night_report(end(code(found=both))).exit_code == 0
    assert make_night_report(end(code(found=(compare(0.01, relevant=False),)))).exit_code == 20


def test_what_stands_is_named_unless_people_decided_about_it() -> None:
    old = code(20)
    decided = old.replace(id="11112222", triage=Triage(event="11112222", state=TriageState.WONTFIX))
    report = make_night_report(end(old, decided, old.replace(id="x", open=False), code(20, kind=EventKind.NODE)))
    assert [one.id for one in report.open] == [old.id]
    assert report.settled == 1


def test_a_regression_whose_commit_is_looked_for_stands_although_it_is_the_level_by_now() -> None:
    search = CodeSearch(event="057ac09d2b1c", old=A, new=B, case=CASE, metric="encode", threshold=0.02)
    old = code(20, open=False)
    assert make_night_report(end(old, view=view(searches=(search,)))).open == (old,)
    assert make_night_report(end(old, view=view(searches=(search.replace(verdict=BisectVerdict.FOUND),)))).open == ()


def alarm(**changes: object) -> Event:
    made = event(EventKind.MISSING, id="9a8b7c6d", trials=(), run="20260528T000000Z-x", subject="the tests did not run")
    return made.replace(**changes)


def test_an_alarm_is_new_once_and_new_again_when_it_is_over() -> None:
    first = make_night_report(end(alarm()))
    assert (first.new, first.exit_code) == ((alarm(),), 0)
    before = (earlier(alarm()),)
    second = make_night_report(end(alarm(), earlier=before))
    assert (second.new, second.open) == ((), (alarm(),))
    back = alarm(returned="2026-05-29", open=False)
    third = make_night_report(end(back, earlier=(earlier(opened=(alarm(),)), *before)))
    assert third.new == (back,)
    assert make_night_report(end(back, earlier=(earlier(back), *before))).new == ()
    assert make_night_report(end(back)).new == (), "it was over before anybody heard of it"


def test_another_node_is_only_missed() -> None:
    silent = alarm(node="other", run="", subject="no report since 2026-05-20")
    assert make_night_report(end(silent, alarm(node="other"))).new == (silent,)


def test_a_change_of_the_node_is_new_in_the_night_that_first_shows_it() -> None:
    for run, count in (("20260529T001000Z-x", 1), ("20260520T001000Z-x", 0), ("", 0)):
        node = event(EventKind.NODE, trials=(), run=run, subject="kernel: 6.1 -> 6.12")
        report = make_night_report(end(node, facts={node.id: ("as before",)}))
        assert (len(report.new), report.exit_code) == (count, 0)
        assert all(one.facts == ("as before",) for one in report.about)


def test_the_only_commit_between_is_named_without_a_search() -> None:
    (note,) = make_night_report(end(code(old=A, new=B))).about
    assert [(one.sha, one.probability) for one in note.suspects] == [(B, 1.0)]
    longer = (*LINE[:1], BranchCommit(sha=C, date="2026-05-28", subject=""), *LINE[1:])
    (note,) = make_night_report(end(code(old=A, new=B), view=view(commits=longer))).about
    assert note.suspects == ()
    idle = (*LINE[:1], longer[1].replace(compiled=False), *LINE[1:])
    (note,) = make_night_report(end(code(old=A, new=B), view=view(commits=idle))).about
    assert len(note.suspects) == 1
    (note,) = make_night_report(end(code(old=C, new=B))).about
    assert note.suspects == (), "the branch was force-pushed"


def test_a_search_names_its_commits() -> None:
    answer = bisect_report()
    search = CodeSearch(event=code().id, old=A, new=C, case=CASE, metric="encode", threshold=0.02, bisection=answer.id)
    known = view(searches=(search.replace(verdict=BisectVerdict.FOUND),))
    (note,) = make_night_report(end(code(), view=known, searches=(answer,))).about
    assert (note.bisection, note.verdict) == (answer.id, BisectVerdict.FOUND)
    assert [(one.sha, one.subject, one.probability) for one in note.suspects] == [
        (B, "ggml : faster\x07 kernels", 0.97)
    ]
    (note,) = make_night_report(end(code(), view=view(searches=(search,)))).about
    assert (note.bisection, note.verdict, note.suspects) == (answer.id, None, ())


def test_a_command_measures_it_again() -> None:
    change = SeriesChange(
        key=SeriesKey(node="desk", config="c", case=CASE, metric="encode"), point=3, before=1, after=1.05, change=0.05
    )
    (note,) = make_night_report(end(code(changes=(change,)), options={code().id: "--isa avx2"})).about
    assert note.command.startswith(f"harness ab {'a' * 12} {'b' * 12} --model tiny --threads 2")
    assert note.command.endswith(" --isa avx2")


def test_this_report_ends_the_silence_of_its_own_node() -> None:
    silent = alarm(run="", node="desk", subject="no report since 2026-05-20", open=True)
    for known in (silent, silent.replace(open=False, returned="2026-05-29")):
        report = make_night_report(end(known))
        assert (report.new, report.open) == ((), ())
        assert report.notes == ("desk: no report since 2026-05-20, until tonight",)
    assert make_night_report(end(silent.replace(open=False, returned="2026-05-27"))).notes == ()
    (back,) = make_night_report(end(silent, earlier=(earlier(silent),))).new
    assert (back.open, back.returned) == (False, "2026-05-29"), "another node had raised the alarm"


@pytest.mark.parametrize("hours", [2, 24])
def test_what_a_stopped_night_found_is_new_until_a_night_comes_to_its_end(hours: int) -> None:
    """Its exit code was that of the full disk, and whoever pressed Ctrl-C was not notified."""
    found, missing = code(28 if hours == 24 else 29, 0), alarm()
    whole = earlier(hours=48)
    stopped = earlier(found, missing, hours=hours).replace(began="2026-05-27T23:00:00+00:00", stopped="interrupted")
    for before in ((stopped,), (stopped, whole)):
        report = make_night_report(end(found, missing, earlier=before))
        assert (report.new, report.exit_code) == ((found, missing), 20)
    told = earlier(found, missing, hours=20)
    after = make_night_report(end(found, missing, earlier=(told, stopped, whole)))
    assert (after.new, after.exit_code) == ((), 0)
    assert make_night_report(end(stopped="the disk is full")).stopped == "the disk is full"


def done(kind: WorkKind, exit_code: int) -> DoneItem:
    item = WorkItem(kind=kind, commit=B, reason="", seconds=1.0, bits=1.0)
    status = DoneStatus.FAILED if exit_code else DoneStatus.DONE
    return DoneItem(item=item, status=status, seconds=1.0, exit_code=exit_code)


@pytest.mark.parametrize(
    ("items", "code_of_night"),
    [
        ((done(WorkKind.HEAD, 10),), 10),
        ((done(WorkKind.HEAD, 12), done(WorkKind.CELLS, 12)), 12),
        ((done(WorkKind.HEAD, 12), done(WorkKind.CELLS, 11)), 11),
        ((done(WorkKind.HEAD, 4),), 4),  # its weights cannot be downloaded
        ((done(WorkKind.HEAD, 4), done(WorkKind.CELLS, 12)), 12),
        ((done(WorkKind.HEAD, 0), done(WorkKind.GAP, 10), done(WorkKind.ANCHOR, 10)), 0),
    ],
)
def test_the_exit_code_is_that_of_the_newest_commit(items: tuple[DoneItem, ...], code_of_night: int) -> None:
    assert make_night_report(end(done=items)).exit_code == code_of_night
    assert make_night_report(end(code(), done=items)).exit_code == 20


def test_what_is_left_is_not_what_was_tried() -> None:
    gap = WorkItem(kind=WorkKind.GAP, commit=A, reason="", seconds=1000.0, bits=1.0, fits=False)
    plan = NightPlan(items=(gap, gap.replace(commit=C)))
    report = make_night_report(end(plan=plan, view=view(tried=(gap.key,))))
    assert [one.commit for one in report.left] == [C]
    ended = DoneItem(item=gap.replace(commit=C), status=DoneStatus.DONE, seconds=1.0)
    assert make_night_report(end(plan=plan, done=(ended,))).left == (gap,), "the last look may have failed"
    assert [one.kind for one in report.plan][:1] == [WorkKind.HEAD], "nothing is measured yet"


def confirmed(**changes: Any) -> DoneItem:
    return done(WorkKind.CONFIRM, 0).replace(
        **{"item": done(WorkKind.CONFIRM, 0).item.replace(asked_by=code().id), **changes}
    )


@pytest.mark.parametrize(
    ("events", "questions", "said"),
    [
        ((code(),), (), "the code, encode +5.0 %"),
        ((code(kind=EventKind.NODE, found=()),), (), "not the code: the node changed"),
        ((), (), "no difference"),
        (
            (code(kind=EventKind.SUSPICION),),
            (full().suspicions[0].replace(event=code().id),),
            "not decided yet; 1.7 % ",
        ),
        ((), (full().suspicions[0].replace(event=code().id, mde=None),), "not decided yet"),
    ],
)
def test_a_confirmation_says_what_it_found(
    events: tuple[Event, ...], questions: tuple[Question, ...], said: str
) -> None:
    report = make_night_report(end(*events, view=view(questions=questions), done=(confirmed(),)))
    assert report.done[0].reason.startswith(said)


def test_what_failed_keeps_its_reason() -> None:
    failed = confirmed(status=DoneStatus.FAILED, reason="the build failed")
    assert make_night_report(end(code(), done=(failed,))).done[0].reason == "the build failed"
    broken_off = confirmed(status=DoneStatus.BROKEN_OFF)
    assert make_night_report(end(code(), done=(broken_off,))).done[0].reason == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, f"found: {B[:8]}"),
        ({"verdict": BisectVerdict.NOTHING, "why": "a change of 2 % is excluded"}, "nothing there: a change of 2 % is"),
        ({"verdict": BisectVerdict.UNRESOLVED}, "no answer yet; the next night goes on"),
        ({"id": "another"}, "no answer yet; the next night goes on"),
    ],
)
def test_a_search_says_how_far_it_came(changes: dict[str, Any], said: str) -> None:
    search = CodeSearch(
        event=code().id, old=A, new=C, case=CASE, metric="encode", threshold=0.02, bisection=bisect_report().id
    )
    item = done(WorkKind.BISECT, 0).item.replace(asked_by=code().id)
    sought = done(WorkKind.BISECT, 0).replace(item=item)
    night = end(code(), view=view(searches=(search,)), searches=(bisect_report(**changes),), done=(sought,))
    assert make_night_report(night).done[0].reason.startswith(said)
