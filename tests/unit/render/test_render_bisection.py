"""The answer of a bisection for people."""

import pytest

from harness.plan.bisect_choice import DEFAULT_EFFORT, Forecast, forecast_search
from harness.plan.commit_line import lay_line
from harness.records.bisection import BisectReport, BisectVerdict, BuiltCommit, CandidateCommit, Culprit, Suspect, Visit
from harness.records.commit_line import LineCommit
from harness.records.comparison import Comparison, Summary, Verdict
from harness.records.measurement import Case
from harness.records.source import Commit
from harness.render.bisection import render_bisection, render_plan
from tests.unit.bisect.test_bisect_loop import begin

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
A, B, C = ("a" * 40, "b" * 40, "c" * 40)


def compare(change: float, metric: str = "encode") -> Comparison:
    summary = Summary(n=12, median=100.0, minimum=90.0, maximum=110.0, spread=0.2)
    return Comparison(
        case=CASE,
        metric=metric,
        n=12,
        change=change,
        p=0.001,
        p_raw=0.001,
        verdict=Verdict.REGRESSED,
        relevant=True,
        baseline=summary,
        contender=summary,
        low=change - 0.01,
        high=change + 0.01,
        confidence=0.99,
    )


def commit(sha: str, subject: str, *files: str) -> LineCommit:
    made = Commit(sha=sha, date="2026-05-01T10:00:00+02:00", author="Ann \x1b[31mAuthor", message=subject)
    return LineCommit(commit=made, files=files)


def report(**changes: object) -> BisectReport:
    made = BisectReport(
        verdict=BisectVerdict.FOUND,
        why="the whole step is explained",
        ends=compare(0.05),
        culprits=(
            Culprit(
                suspects=(Suspect(commit=B, probability=0.97, merged=(C,)),),
                probability=0.97,
                baseline="GOOD",
                contender=B,
                final=compare(0.048),
            ),
        ),
        suspects=(),
        probability=0.0,
        nothing=0.01,
        ends_blocks=12,
        search_blocks=9,
        final_blocks=12,
        builds=5,
        spent_s=754.0,
        id="20260101T000000Z-bisect-01234567",
        node="node-1",
        line=(A, C),
        repo="/repo",
        case=CASE,
        metric="encode",
        threshold=0.02,
        commits=40,
        passed=25,
        equal=2,
        chances=(0.0, 0.97, 0.03),
        visits=(Visit(place=2, commit=B, blocks=9, change=0.047, chance=0.97),),
        named=(
            commit(B, "ggml : faster\x07 kernels", *(f"ggml/src/{name}.c" for name in "abcdef")),
            commit(C, "readme"),
        ),
        commands=("harness ab aaaaaaaaaaaa bbbbbbbbbbbb --repo /repo",),
    )
    return made.replace(**changes)


def test_a_culprit_is_named_with_all_that_one_wants_to_know() -> None:
    text = render_bisection(report())
    told = " ".join(text.split())
    assert text.startswith("FOUND: 1 commit changed encode; the whole step is explained\n")
    assert "bbbbbbbb 2026-05-01 ggml : faster" in told
    assert "probability 97.0%" in told
    assert "ggml/src/a.c, ggml/src/b.c, ggml/src/c.c, ggml/src/d.c and 2 more" in told
    assert "measured with it, since they do not change the code: cccccccc" in told
    assert "change +4.8% [+3.8%, +5.8%] in encode, REGRESSED after 12 blocks, bbbbbbbb against GOOD" in told
    assert "GOOD-BAD +5.0%" in told
    assert "GOOD | @ | BAD" in told
    assert "bbbbbbbb 2 9 +4.7% 97%" in told
    assert "33 blocks (12 of both ends, 9 of the search, 12 final), 5 builds, 12 min 34 s" in told
    assert text.endswith("\n  harness ab aaaaaaaaaaaa bbbbbbbbbbbb --repo /repo")
    assert not {"\x07", "\x1b"} & set(text), "nothing that a commit says controls a terminal"


def test_several_that_cannot_be_told_apart_have_one_probability_together() -> None:
    (culprit,) = report().culprits
    suspects = (Suspect(commit=B, probability=0.6), Suspect(commit=C, probability=0.38, unbuildable=True))
    text = render_bisection(
        report(
            culprits=(culprit.replace(suspects=suspects, probability=0.98),),
            unbuildable=(BuiltCommit(commit=C, reason="build_release: exit code 1"),),
        )
    )
    told = " ".join(text.split())
    assert "one of these 2 commits, which cannot be told apart:" in told
    assert "probability 38.0%, does not build" in told
    assert "together probability 98.0%" in told
    assert "left out cccccccc: build_release: exit code 1" in told


def test_changes_that_nobody_committed_have_no_author() -> None:
    changes = LineCommit(commit=Commit(sha=B, changes="0" * 64, message="the uncommitted changes in /tree"))
    (culprit,) = report().culprits
    suspects = (Suspect(commit=changes.key, probability=0.97),)
    text = render_bisection(report(named=(changes,), culprits=(culprit.replace(suspects=suspects),)))
    assert "  bbbbbbbb with changes  the uncommitted changes in /tree\n            probability 97.0%\n" in text


def test_no_answer_names_those_that_are_left() -> None:
    text = render_bisection(
        report(
            verdict=BisectVerdict.UNRESOLVED,
            why="the time was up",
            culprits=(),
            suspects=(Suspect(commit=B, probability=0.7), Suspect(commit=C, probability=0.26)),
            probability=0.96,
            others=(compare(0.1, "decode"),),
        )
    )
    told = " ".join(text.split())
    assert text.startswith("UNRESOLVED: the time was up\n")
    assert "the change is in one of these with a probability of 96.0%:" in told
    assert "also decode differs: +10.0%" in told


def test_behind_a_culprit_that_was_found_another_change_is_suspected() -> None:
    left = report(verdict=BisectVerdict.UNRESOLVED, suspects=(Suspect(commit=C, probability=0.087),), probability=0.087)
    assert "a further change is in one of these with a probability of 8.7%:" in render_bisection(left)


def test_many_candidates_share_a_column() -> None:
    text = render_bisection(report(chances=(*([0.0] * 199), 1.0)))
    (line,) = [line for line in text.splitlines() if line.startswith("  where")]
    assert len(line) < 80
    assert line.endswith("@| BAD")
    assert "a column is 4 candidates" in text


def test_a_forecast_grows_with_the_number_of_halvings() -> None:
    candidates = [CandidateCommit(commit=f"c{number}") for number in range(256)]
    one, few, many = (forecast_search(candidates[:count], DEFAULT_EFFORT) for count in (1, 16, 256))
    assert (one.builds, one.blocks) == (2, 12)
    assert one.seconds < few.seconds < many.seconds
    assert (few.blocks, many.blocks) == (32, 40)


@pytest.mark.parametrize(
    ("budget_s", "said"),
    [
        (3600.0, ""),
        (400.0, "too small for an answer; if it is, --resume goes on, and --budget 10m may do at once"),
        (200.0, "too small for GOOD against BAD alone, about 5 min 00 s; if it is, --resume goes on"),
    ],
)
def test_the_plan_says_what_a_budget_is_too_small_for(budget_s: float, said: str) -> None:
    stored = begin()
    line = lay_line(stored.line, {}, stored.backend, stored.engine)
    forecast = Forecast(blocks=30, builds=5, seconds=600.0)
    text = " ".join(render_plan(stored, line, forecast, ends_s=300.0, budget_s=budget_s).split())
    assert "commits 7, of which 7 can change this build" in text
    assert "expected 30 blocks and 5 builds: about 10 min 00 s (budget" in text
    assert ("the budget may be" in text) is bool(said)
    assert said in text


def test_of_many_suspects_the_likeliest_have_a_line_each() -> None:
    keys = [f"{number:040x}" for number in range(14)]
    text = render_bisection(
        report(
            verdict=BisectVerdict.UNRESOLVED,
            why="the time was up",
            culprits=(),
            suspects=tuple(Suspect(commit=key, probability=0.01 * number) for number, key in enumerate(keys)),
            probability=0.95,
            named=tuple(commit(key, f"subject {number}", "a.c") for number, key in enumerate(keys)),
        )
    )
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if "  13.0%" in line)
    assert lines[first].endswith("subject 13")
    assert lines[first + 9].endswith("subject 4")
    assert lines[first + 10].strip() == "and 4 more"
    assert "a.c" not in text
