"""The answer of `harness ab` as Markdown: the headline, the table, and text of others without any effect."""

import re

import pytest

from harness.records.caveat import Caveat
from harness.records.comparison import Comparison, Verdict
from harness.records.measurement import Case
from harness.records.quality_report import QualityComparison, QualityFamily, QualitySubject
from harness.records.trial_report import SideReport, TrialReport
from harness.render.comment import draft_comment
from harness.render.format.text import code_block, code_span
from harness.render.trial_report import head_trial, render_trial_markdown, render_trial_text
from tests import contrast
from tests.unit.render.test_render_hostile import EVIL, STEERING, fences

LIVELY = re.compile(r"<(?!/?(?:details|summary)>)[a-z/!]|\]\(|@\w|#\d|://|www\.", re.IGNORECASE)


def answer(*comparisons: Comparison, **changes: object) -> TrialReport:
    family = contrast.family().replace(comparisons=comparisons, caveats=())
    report = TrialReport(
        node="node-1",
        cpu="Some CPU",
        baseline=SideReport(name="HEAD~1", sha="a" * 40, config="11111111", run="r1", path="/r/1"),
        contender=SideReport(name="HEAD", sha="b" * 40, config="11111111", run="r2", path="/r/2"),
        family=family,
        blocks=12,
        wall_s=312.0,
        stopped="every case is settled",
        repeat="harness ab a b",
    )
    return report.replace(**changes)


def judged(verdict: Verdict, change: float = 0.051, **more: object) -> Comparison:
    return contrast.comparison("encode", verdict, change, relevant="ED" in verdict[-2:]).replace(**more)


WORSE, BETTER = judged(Verdict.REGRESSED), judged(Verdict.IMPROVED, -0.041)
SAME, OPEN = (one.replace(relevant=False) for one in (judged(Verdict.UNCHANGED, 0.001), judged(Verdict.UNRESOLVED)))
RATE = contrast.comparison("flop_rate", Verdict.REGRESSED, -0.051, relevant=True)


@pytest.mark.parametrize(
    ("report", "verdict", "words"),
    [
        (answer(WORSE), "REGRESSED", "Encoding of `base` got 5.1 % slower [4.0, 6.2]"),
        (answer(RATE), "REGRESSED", "Matrix multiplication of `base` got 5.1 % slower [4.0, 6.2]"),
        (answer(BETTER, SAME), "IMPROVED", "Encoding of `base` got 4.1 % faster [3.0, 5.2]"),
        (
            answer(WORSE, WORSE.replace(change=0.02), BETTER),
            "REGRESSED",
            (
                "2 of 3 got slower, most of all encoding of `base`: 5.1 % slower [4.0, 6.2]; "
                "Encoding of `base` got 4.1 % faster [3.0, 5.2]"
            ),
        ),
        (answer(SAME), "UNCHANGED", "Nothing changed: 1.2 % would have been seen"),
        (
            answer(judged(Verdict.REGRESSED, 0.012, relevant=False)),
            "UNCHANGED",
            "Nothing changed by 2 % or more: 1.2 % would have been seen",
        ),
        (answer(OPEN), "UNRESOLVED", "Not resolved: too few data for a verdict"),
        (answer(OPEN, SAME), "UNRESOLVED", "Not resolved: 1 of 2; try "),
        (answer(SAME, missing=("encode of base",)), "UNRESOLVED", "Not resolved: 1 of 2; try "),
        (answer(), None, "Nothing was compared"),
        (answer().replace(family=None, failure="the build failed"), None, "No answer: nothing could be compared"),
        (
            answer(OPEN.replace(caveats=(Caveat(code="dialect", message="changed"),))),
            None,
            "Nothing was compared",
        ),
    ],
)
def test_the_first_line_says_what_came_of_it(report: TrialReport, verdict: str | None, words: str) -> None:
    assert report.verdict == verdict
    assert head_trial(report).partition(" ")[2].startswith(words)
    assert report.changed is (verdict in ("REGRESSED", "IMPROVED"))


def test_what_is_not_resolved_does_not_look_like_what_is_unchanged() -> None:
    marks = {head_trial(answer(one)).partition(" ")[0] for one in (WORSE, BETTER, SAME, OPEN)}
    assert len(marks) == 4


def test_the_whole_answer() -> None:
    text = render_trial_markdown(answer(WORSE, SAME))
    assert text.startswith("### ")
    assert "| `whisper/model=base` | Enc. ms/pass | REGRESSED | 2000.00 | 2102.00 | +5.1 % [+4.0, +6.2] |" in text
    assert "12 blocks in 5 min 12 s on `node-1` (`Some CPU`), config `11111111`: `every case is settled`." in text
    assert "```sh\nharness ab a b\n```" in text
    assert "<details><summary>How it was measured</summary>" in text
    many = tuple(Caveat(code=f"c{number}", message="m") for number in range(4))
    report = answer(WORSE)
    assert report.family
    folded = render_trial_markdown(report.replace(family=report.family.replace(caveats=many)))
    assert "<details><summary>4 caveats</summary>" in folded


def test_text_of_others_has_no_effect() -> None:
    evil = f"{EVIL} @everyone #1 GH-2 https://e.vil www.e.vil a@b.example </details>"
    case = Case(benchmark="whisper", params=(("model", evil), ("threads", "4")))
    odd = WORSE.replace(case=case, caveats=(Caveat(code=evil, message=f"{evil}\n```\n{evil}"),))
    side = SideReport(name=evil, sha=evil, config=evil, run=evil, path=evil)
    report = answer(odd, SAME).replace(
        node=evil, cpu=evil, baseline=side, contender=side, stopped=evil, missing=(evil,), repeat=evil, failure=evil
    )
    text = render_trial_markdown(report)
    outside = re.sub(r"`[^`\n]*`", "", fences(text))
    assert not LIVELY.search(outside)
    assert not STEERING.search(text.replace("\n", ""))
    bars = {line.count("|") for line in text.splitlines() if line.startswith("|")}
    assert bars == {3, 10}


def test_pieces_of_code() -> None:
    assert code_span("a`b|c\nd") == "`a'b\N{BROKEN BAR}c d`"
    assert code_span(" \n") == ""
    assert code_block(["```", "a"]) == ["```text", "    ```", "a", "```"]


def test_text_is_the_table_the_time_and_the_places() -> None:
    text = render_trial_text(answer(WORSE))
    assert "12 blocks in 312 s: every case is settled\nbaseline  /r/1\ncontender /r/2" in text
    assert render_trial_text(answer().replace(family=None, failure="it broke")) == "it broke"


def heard(verdict: Verdict) -> QualityFamily:
    """Return the verdict on the words of two sides, of which the contender gets ten more of forty wrong."""
    one = QualityComparison(
        case=Case.of("quality", model="base", audio="talk", threads=2, fa=0),
        subject=QualitySubject.WORDS,
        size=40,
        errors=0,
        contender_errors=10,
        only_baseline=0,
        only_contender=10,
        difference=0.25,
        low=0.1,
        high=0.4,
        confidence=0.99,
        p=0.002,
        p_raw=0.002,
        verdict=verdict,
        relevant=verdict is Verdict.REGRESSED,
    )
    return QualityFamily(comparisons=(one,), alpha=0.01, margin=0.005, method="exact McNemar test")


def test_a_text_that_got_worse_stands_before_all_times() -> None:
    report = answer(BETTER, quality=heard(Verdict.REGRESSED))
    assert (report.verdict, report.changed) == (Verdict.REGRESSED, True)
    head = head_trial(report)
    assert "got worse: words wrong 0.0 % before, 25.0 % now. Encoding of `base` got 4.1 % faster" in head
    assert "REGRESSED" in render_trial_text(report)
    markdown = render_trial_markdown(report)
    assert "Errors of the text" in markdown
    assert "exact McNemar test" in markdown
    comment = draft_comment(report)
    assert (comment.verdict, comment.changed) == (Verdict.REGRESSED, True)
    assert "25.0 %" in comment.text


def test_a_text_that_nobody_can_tell_apart_changes_no_verdict() -> None:
    report = answer(BETTER, quality=heard(Verdict.UNRESOLVED))
    assert report.verdict is Verdict.IMPROVED
    assert "got worse" not in head_trial(report)
