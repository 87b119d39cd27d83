"""Searches as figures: for the best settings, and for a commit."""

import pytest

from harness.records.bisection import BisectReport, BisectVerdict, BuiltCommit, Suspect, Visit
from harness.records.comparison import Verdict
from harness.records.tune import Candidate, Duel, Stage, Tuning
from harness.render.figure.bisection import draw_bisection
from harness.render.figure.choice import list_bisection_figures, list_tuning_figures
from harness.render.figure.tune import draw_tuning
from tests.picture import HOSTILE, check_figure, list_tips, list_words
from tests.unit.render.test_render_bisection import report
from tests.unit.render.test_render_figure_trial import compare
from tests.unit.render.test_render_tune import VALUES, tuning

KEYS = tuple(f"{number:08x}" + 32 * "0" for number in range(1, 31))


def search(**changes: object) -> BisectReport:
    """Return a search over thirty commits: the change is in the eleventh or in one of two that do not build."""
    chances = [0.001] * 30
    chances[10:13] = [0.6, 0.25, 0.12]
    suspects = tuple(
        Suspect(commit=KEYS[number], probability=chances[number], unbuildable=number > 10) for number in (10, 11, 12)
    )
    visits = tuple(
        Visit(place=place, commit=KEYS[place - 1], blocks=blocks, change=change, chance=0.5)
        for place, blocks, change in ((5, 4, 0.001), (10, 16, -0.002), (14, 16, 0.049), (30, 40, 0.05))
    )
    made = report(
        verdict=BisectVerdict.UNRESOLVED,
        culprits=(),
        suspects=suspects,
        chances=tuple(chances),
        candidates=KEYS,
        visits=visits,
        unbuildable=(BuiltCommit(commit=KEYS[11], reason="x"), BuiltCommit(commit=KEYS[12], reason="x")),
    )
    return made.replace(**changes)


def test_the_posterior_names_the_likeliest_commit() -> None:
    figure = check_figure(lambda: draw_bisection(search()))
    words = list_words(figure)
    assert "0000000b0000 60.0 %" in words
    assert {"GOOD", "BAD"} <= set(words)
    assert [tip for tip in list_tips(figure) if tip.endswith("blocks")] == [
        "000000050000: +0.1 % after 4 blocks",
        "0000000a0000: -0.2 % after 16 blocks",
        "0000000e0000: +4.9 % after 16 blocks",
        "0000001e0000: +5.0 % after 40 blocks",
    ]
    assert figure.summary.startswith("UNRESOLVED: 0000000b0000, 0000000c0000, 0000000d0000; ")


def test_commits_that_do_not_build_are_hatched() -> None:
    figure = check_figure(lambda: draw_bisection(search()))
    assert any(word.startswith("hatched: ") for word in list_words(figure))
    assert [row[1] for row in figure.table.rows if "cannot be measured" in row[-1]] == ["0000000c0000", "0000000d0000"]
    assert [row[0] for row in figure.table.rows if "in the culprit set" in row[-1]] == ["11", "12", "13"]
    whole = check_figure(lambda: draw_bisection(search(unbuildable=(), suspects=search().suspects[:1])))
    assert not any(word.startswith("hatched: ") for word in list_words(whole))


def test_a_search_that_has_measured_nothing_says_so() -> None:
    figure = check_figure(lambda: draw_bisection(search(chances=(), visits=(), suspects=(), unbuildable=())))
    words = list_words(figure)
    assert "No commit between the ends was measured." in words
    assert "Nothing is known of them yet." in words
    check_figure(lambda: draw_bisection(search(chances=(), visits=(), suspects=(), candidates=(), unbuildable=())))


def test_a_very_long_line_stays_within_the_frame() -> None:
    keys = tuple(f"{number:040x}" for number in range(3000))
    figure = check_figure(lambda: draw_bisection(search(candidates=keys, chances=(1 / 3000,) * 3000, suspects=())))
    assert len(figure.table.rows) == 200
    assert len(figure.marks) < 600_000


@pytest.mark.parametrize("change", [1e300, -1.0, float("nan"), float("inf")])
def test_extreme_changes_stay_within_the_frame(change: float) -> None:
    visits = (Visit(place=5, commit=KEYS[4], blocks=10**9, change=change, chance=0.5),)
    check_figure(lambda: draw_bisection(search(visits=visits)))


def test_what_is_looked_for_is_at_the_side_of_the_change() -> None:
    assert "looked for: +2 %" in list_words(check_figure(lambda: draw_bisection(search())))
    faster = tuple(one.replace(change=-one.change) for one in search().visits)
    assert "looked for: -2 %" in list_words(check_figure(lambda: draw_bisection(search(visits=faster))))


def test_a_figure_of_an_earlier_report_has_no_names() -> None:
    figure = check_figure(lambda: draw_bisection(report()))
    assert [row[0] for row in figure.table.rows] == ["1", "2", "3"]


def test_scores_of_all_stages_are_on_one_scale() -> None:
    figure = check_figure(lambda: draw_tuning(tuning(110.0, 100.0, None)))
    words = list_words(figure)
    assert "110.0  kept" in words
    assert "100.0" in words
    assert "it failed" in words
    assert "no BLAS was found" in words
    assert [row[2] for row in figure.table.rows] == ["110.0", "100.0", "-", "-"]
    assert "threads=2 quant=f16: 100.0 ms. it was the fastest" in figure.summary


def test_duels_are_rows_with_an_interval() -> None:
    duel = Duel(against="the start", values=VALUES, comparison=compare(-0.1, Verdict.IMPROVED))
    figure = check_figure(lambda: draw_tuning(tuning(110.0, 100.0).replace(duels=(duel,))))
    words = list_words(figure)
    assert "the start (threads=2 quant=f16)" in words
    assert "IMPROVED" in words
    assert figure.table.rows[-1][0] == "against"


@pytest.mark.parametrize("score", [1e300, 1e-300, float("nan"), float("inf"), 0.0, -5.0])
def test_extreme_scores_stay_within_the_frame(score: float) -> None:
    check_figure(lambda: draw_tuning(tuning(score, 100.0)))
    check_figure(lambda: draw_tuning(tuning(score)))


def test_a_search_that_tried_nothing_says_so() -> None:
    figure = check_figure(lambda: draw_tuning(tuning().replace(stages=())))
    assert "Nothing was tried." in list_words(figure)


def test_hostile_names_are_text() -> None:
    tried = (Candidate(values=(("isa", HOSTILE),), score=5.0, n=1, reason=HOSTILE),)
    stages = (Stage(axis="isa", tried=tried, winner=0, reason=HOSTILE),)
    made: Tuning = tuning(1.0).replace(stages=stages, model=HOSTILE, node=HOSTILE, why=HOSTILE)
    check_figure(lambda: draw_tuning(made))
    check_figure(lambda: draw_bisection(search(node=HOSTILE, why=HOSTILE)))


def test_each_search_has_its_figure() -> None:
    assert [kind.value for kind, _ in list_tuning_figures(tuning(1.0))] == ["tune"]
    assert [kind.value for kind, _ in list_bisection_figures(search())] == ["bisection"]
