"""A night's plan and its morning report, as text and as Markdown."""

from pathlib import Path

import pytest

from harness.records.bisection import BisectVerdict
from harness.records.comparison import Comparison, Summary, Verdict
from harness.records.history import ChangePoint, Event, EventKind, SeriesKey, Suspicion
from harness.records.measurement import Case
from harness.records.night import (
    AuditCount,
    BranchCommit,
    DoneItem,
    DoneStatus,
    NightPlan,
    NightView,
    Passed,
    Question,
    QuestionCause,
    WorkItem,
    WorkKind,
)
from harness.records.night_report import EventNote, NightReport, SuspectCommit
from harness.records.triage import Triage, TriageState
from harness.render.night import render_night, render_night_markdown, render_night_plan
from harness.render.night_headline import sum_up_night

GOLDEN = Path(__file__).parents[2] / "golden"
CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
OLD, NEW, FIX = "a" * 40, "b" * 40, "c" * 40
HEAD = BranchCommit(sha=NEW, date="2026-05-28T21:04:00+02:00", subject="ggml : other\x1b[31m kernels")
ANCHOR = BranchCommit(sha=OLD, date="2026-05-01T00:00:00+00:00", subject="release : v1.8.5")


def compare(change: float, verdict: Verdict = Verdict.REGRESSED, *, relevant: bool = True) -> Comparison:
    summary = Summary(n=12, median=100.0, minimum=90.0, maximum=110.0, spread=0.2)
    return Comparison(
        case=CASE,
        metric="encode",
        n=12,
        change=change,
        p=0.001,
        p_raw=0.001,
        verdict=verdict,
        relevant=relevant,
        baseline=summary,
        contender=summary,
        low=change - 0.01,
        high=change + 0.01,
        confidence=0.99,
    )


def event(kind: EventKind, **changes: object) -> Event:
    made = Event(
        id="057ac09d2b1c",
        kind=kind,
        node="desk",
        day="2026-05-29",
        run="r",
        old=OLD,
        new=NEW,
        open=True,
        trials=("20260529T001000Z-aaaaaaaa-1a2b3c4d", "20260529T001001Z-bbbbbbbb-1a2b3c4d"),
    )
    return made.replace(**changes)


SLOWER = event(EventKind.CODE, found=(compare(0.05),))


def item(kind: WorkKind, reason: str, **changes: object) -> WorkItem:
    return WorkItem(kind=kind, commit=NEW, reason=reason, seconds=300.0, bits=0.2).replace(**changes)


def report(**changes: object) -> NightReport:
    made = NightReport(
        schema=7,
        node="desk",
        began="2026-05-29T00:00:04+00:00",
        ended="2026-05-29T00:48:10+00:00",
        repo="https://github.com/ggml-org/whisper.cpp",
        branch="master",
        head=HEAD,
        anchor=ANCHOR,
        budget_s=3600.0,
    )
    return made.replace(**changes)


def full() -> NightReport:
    """Return a report in which every part has something to say."""
    missing = event(
        EventKind.MISSING,
        id="9a8b7c6d5e4f",
        day="2026-05-27",
        subject="whisper/model=base/threads=2 has no number: exit code 139",
        trials=(),
    )
    node = event(EventKind.NODE, id="11aa22bb33cc", subject="kernel: 6.1 -> 6.12")
    question = Question(
        event="aa11bb22cc33",
        cause=QuestionCause.SUSPICION,
        old=OLD,
        new=NEW,
        cases=(CASE, CASE),
        metrics=("decode",),
        change=0.012,
        score=1.2,
        threshold=0.006,
        nights=2,
        blocks=30,
        spent_s=640.0,
        mde=0.017,
    )
    return report(
        new=(event(EventKind.CODE, found=(compare(0.002, Verdict.UNCHANGED), compare(0.048))), node),
        open=(missing,),
        settled=1,
        suspicions=(question,),
        about=(
            EventNote(
                event="057ac09d2b1c",
                command="harness ab aaaaaaaaaaaa bbbbbbbbbbbb --model tiny --threads 2 --metric encode",
                bisection="20260529T002000Z-bisect-01234567",
                verdict=BisectVerdict.FOUND,
                suspects=(SuspectCommit(sha=FIX, subject="ggml : slow | down", author="Ann", probability=0.974),),
            ),
            EventNote(event="11aa22bb33cc", facts=("governor: powersave (before: performance)",)),
        ),
        done=(
            DoneItem(item=item(WorkKind.HEAD, "it is new"), status=DoneStatus.DONE, seconds=311.0),
            DoneItem(
                item=item(WorkKind.GAP, "9 commits", commit=FIX),
                status=DoneStatus.FAILED,
                seconds=41.0,
                reason="it does not build",
                exit_code=10,
            ),
            DoneItem(item=item(WorkKind.CONFIRM, "slower", baseline=OLD), status=DoneStatus.DONE, seconds=402.0),
        ),
        left=(item(WorkKind.GAP, "in the middle of 12 commits that were not measured", commit=FIX, fits=False),),
        passed=tuple(Passed(sha=f"{number:040x}", reason="it changes no file that is compiled") for number in range(6)),
        plan=(item(WorkKind.GAP, "in the middle of 12 commits that were not measured", commit=FIX),),
        audit=AuditCount(trials=3, false=0, low=0.0, high=0.708),
        notes=("the network could not be reached: the head is the newest commit that was known",),
    )


@pytest.mark.parametrize(("form", "render"), [("txt", render_night), ("md", render_night_markdown)])
def test_a_morning_report_is_as_it_was(form: str, render: object) -> None:
    assert callable(render)
    golden = GOLDEN / f"night.{form}"
    assert render(full()) == golden.read_text(encoding="utf-8"), f"compare with {golden}; write it anew if it is better"


def test_a_quiet_night_is_a_few_lines() -> None:
    quiet = report(done=(DoneItem(item=item(WorkKind.HEAD, "new"), status=DoneStatus.DONE, seconds=300.0),))
    text = render_night(quiet)
    assert text.startswith("desk: nothing new\n")
    assert [line for line in text.splitlines() if line.endswith(":")] == ["Measured:"]
    assert "### Measured\n" in render_night_markdown(quiet)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_sentences_and_commands_fit_a_terminal(width: int) -> None:
    lines = render_night(full(), width=width).splitlines()
    prose = [line for line in lines if line.startswith("    ") and "  " not in line.strip()]
    assert prose
    assert all(len(line) <= width for line in prose)


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_a_terminal(width: int) -> None:
    lines = render_night(full(), width=width).splitlines()
    assert max(map(len, lines)) <= width
    narrow = width < 100
    assert ("      in the middle of 12 commits that were not measured" in lines) is narrow, "a sentence below its row"
    header = "    metric  case                               change      interval    verdict"
    assert (header in lines) is narrow, "a table in two parts"


def test_nothing_that_a_commit_says_controls_a_terminal_or_a_page() -> None:
    for text in (render_night(full()), render_night_markdown(full())):
        assert "\x1b" not in text
    assert "slow &#124; down" in render_night_markdown(full())


def test_a_suspicion_is_never_called_a_regression() -> None:
    text = render_night(full().replace(new=()))
    assert text.startswith("desk: nothing new, 1 open suspicion\n")
    assert "regress" not in text.lower()
    assert "30 blocks in 2 nights, 10 min 40 s" in text
    assert "; 1.7 % would have been seen" in text


def failed_head(code: int) -> DoneItem:
    head = item(WorkKind.HEAD, "new")
    return DoneItem(item=head, status=DoneStatus.FAILED, seconds=3.0, reason="2 tests", exit_code=code)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"new": (SLOWER,)}, "1 regression confirmed"),
        ({"new": (SLOWER, event(EventKind.NODE))}, "1 regression confirmed, the node changed"),
        ({"new": (event(EventKind.MISSING), event(EventKind.BROKEN))}, "the newest commits do not build, 1 alarm for"),
        ({"new": (event(EventKind.CODE, returned="2026-05-29", open=False),)}, "1 event is over"),
        ({"left": (item(WorkKind.HEAD, "new", fits=False),)}, "not measured: the newest commit, which is left"),
        (
            {"left": (item(WorkKind.HEAD, "new", fits=False),), "budget_s": 240.0},
            "not measured: the newest commit, which takes about 5 min 00 s, more than the budget of 4 min 00 s",
        ),
        (
            {
                "done": (
                    DoneItem(
                        item=item(WorkKind.HEAD, "new"), status=DoneStatus.FAILED, seconds=3.0, reason="no compiler"
                    ),
                )
            },
            "not measured: bbbbbbbb: no compiler",
        ),
        ({"done": (failed_head(11),)}, "tests of bbbbbbbb fail: 2 tests"),
        ({"done": (failed_head(10),)}, "bbbbbbbb does not build: 2 tests"),
        ({"done": (failed_head(12).replace(reason=""),)}, "a benchmark of bbbbbbbb failed"),
        ({"passed": (Passed(sha=NEW, reason="it does not build"),)}, "not measured: bbbbbbbb: it does not build"),
        ({"passed": (Passed(sha=NEW, reason="its code is that of x", like=OLD),)}, "nothing new"),
        ({}, "nothing new"),
    ],
)
def test_the_headline_names_the_worst_first(changes: dict[str, object], said: str) -> None:
    assert sum_up_night(report(**changes)).startswith(said)


def test_an_improvement_is_called_one() -> None:
    better = report(new=(event(EventKind.CODE, found=(compare(-0.05, Verdict.IMPROVED),)),))
    assert sum_up_night(better) == "1 improvement confirmed"
    assert "CODE: faster between aaaaaaaa and bbbbbbbb" in render_night(better)


def test_what_an_event_says_by_itself_is_not_said_again() -> None:
    node = event(EventKind.NODE, subject="usable CPUs: 2 -> 1")
    about = EventNote(event=node.id, facts=("usable CPUs: 2 -> 1", "as before: kernel 6.1"))
    shown = render_night(report(new=(node,), about=(about,)))
    assert shown.count("usable CPUs: 2 -> 1") == 1
    assert "as before: kernel 6.1" in shown


def test_what_people_decided_stands_with_the_event() -> None:
    triage = Triage(event="057ac09d2b1c", state=TriageState.ACKNOWLEDGED, note="known", who="ann")
    assert "acknowledged by ann: known" in render_night(report(new=(event(EventKind.CODE, triage=triage),)))


def test_a_change_of_the_node_says_what_the_stored_numbers_did() -> None:
    suspicion = Suspicion(
        key=SeriesKey(node="desk", config="c", case=CASE, metric="encode"),
        raised=11,
        place=ChangePoint(since=10, earliest=10, latest=10, confidence=0.9),
        before=1.0,
        after=1.2,
        change=0.2,
        low=0.19,
        high=0.21,
        score=5.0,
        threshold=3.0,
        nights=10,
        precedents=0,
    )
    node = event(EventKind.NODE, suspicions=(suspicion, suspicion), found=(compare(0.0, Verdict.UNCHANGED),))
    said = "    in the stored numbers: encode of whisper/fa=0/model=tiny/threads=2 +20.0 %, and 1 other series\n"
    assert said in render_night(report(new=(node,)))
    assert "in the stored numbers" not in render_night(report(new=(node.replace(kind=EventKind.CODE),)))


def test_a_silent_node_is_named() -> None:
    silent = event(EventKind.MISSING, node="other", run="", subject="no report since 2026-05-23", trials=())
    shown = render_night(report(new=(silent,), open=(silent,)))
    assert "  057ac09d2b1c MISSING: node other, since 2026-05-29, last reported with aaaaaaaa\n" in shown
    assert "MISSING  node other, no report since 2026-05-23; last reported with aaaaaaaa\n" in shown


def view(**changes: object) -> NightView:
    made = NightView(
        node="desk",
        now="2026-05-29T00:00:04+00:00",
        began="2026-05-29T00:00:04+00:00",
        left_s=3600.0,
        commits=(HEAD,),
        anchor=OLD,
        cells=(CASE,),
    )
    return made.replace(**changes)


def test_a_plan_says_what_fits_and_why() -> None:
    plan = NightPlan(
        items=(
            item(WorkKind.CONFIRM, "encode of tiny is 4.8 % slower", baseline=OLD, bits=0.9),
            item(WorkKind.GAP, "12 commits not measured yet", seconds=7200.0, fits=False, commit=FIX),
        ),
        passed=(Passed(sha=OLD, reason="the anchor does not build"),),
    )
    assert render_night_plan(view(), plan).splitlines() == [
        "desk: the newest commit is bbbbbbbb  2026-05-28  ggml : other\N{REPLACEMENT CHARACTER}[31m kernels",
        "  what     commits              minutes  bits  fits  why",
        "  confirm  aaaaaaaa : bbbbbbbb      5.0  0.90   yes  encode of tiny is 4.8 % slower",
        "  gap      cccccccc               120.0  0.20    no  12 commits not measured yet",
        "  1 item: about 5 min 00 s of 1 h 00 min; 1 more does not fit",
        "  passed over: aaaaaaaa: the anchor does not build",
    ]
    narrow = render_night_plan(view(), plan, width=70).splitlines()
    assert max(map(len, narrow)) <= 70
    assert "      encode of tiny is 4.8 % slower" in narrow


def test_an_empty_plan_says_so() -> None:
    assert render_night_plan(view(commits=()), NightPlan(items=())).splitlines() == [
        "desk: no commit is known",
        "  nothing to do (1 h 00 min left)",
    ]


def test_a_night_that_ended_early_says_why() -> None:
    stopped = report(stopped="the night stopped: No space left\x1b on device")
    assert "\n  ended   early: the night stopped: No space left" in render_night(stopped)
    assert "- ended early: the night stopped" in render_night_markdown(stopped)
    assert "early" not in render_night(report())
