"""Figures of runs: models by metric, and every repetition."""

import math
import random
from collections.abc import Sequence

import pytest

from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import Run
from harness.render.figure.model import draw_models, list_rows
from harness.render.figure.repetitions import draw_repetitions, list_repeated
from tests import factory
from tests.figure import HOSTILE, check_figure, list_tips, list_words

METRICS = (("encode", 480.0), ("decode", 3.1), ("batchd", 1.7), ("prompt", 1.2))


def make_run(models: Sequence[str] = ("tiny", "base"), count: int = 8, *, seed: int = 1, factor: float = 2.0) -> Run:
    """Return a run with so many repetitions of each model, each `factor` times as slow as the one before."""
    draw = random.Random(seed)
    results = []
    for repetition in range(count):
        for place, model in enumerate(models):
            case = Case.of("whisper", model=model, threads=4, fa=0)
            values = [(case, name, level * factor**place * draw.lognormvariate(0, 0.01)) for name, level in METRICS]
            results.append(factory.result(f"{model}-{repetition}", Phase.BENCHMARK, Status.PASSED, *values))
    made = factory.run(*results)
    return made.replace(suite=made.suite.replace(models=tuple(models)))


def make_values(*values: float) -> Run:
    case = Case.of("whisper", model="base", threads=4, fa=0)
    results = (
        factory.result(f"r{n}", Phase.BENCHMARK, Status.PASSED, (case, "encode", v)) for n, v in enumerate(values)
    )
    return factory.run(*results)


@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("runs", [1, 2, 6, 9])
def test_models_are_within_their_frame(width: int, runs: int) -> None:
    chosen = [make_run(seed=seed) for seed in range(runs)]
    figure = draw_models(chosen, width=width)
    root = check_figure(figure)
    drawn = min(runs, 6)
    assert len([tip for tip in list_tips(root) if "n = 8" in tip]) == drawn * 2 * 4
    assert len(figure.table.rows) == drawn * 2
    assert figure == draw_models(chosen, width=width)


def test_models_say_their_values_and_intervals() -> None:
    figure = draw_models([make_run(("tiny", "base", "small"), factor=5)])
    words = list_words(check_figure(figure))
    summary = list_rows([make_run(("tiny", "base", "small"), factor=5)])[0].summaries[0]["encode"]
    assert f"{summary.median:.1f}" in words
    assert {"tiny", "base", "small", "encode, ms/pass · lower is better"} <= set(words)
    assert "1,000" in words, "values that differ more than tenfold are on a scale of factors"
    assert figure.table.head == (
        "case", "encode (ms/pass)", "decode (ms/token)", "batchd (ms/token)", "prompt (ms/token)", "n"
    )  # fmt: skip
    (row, *_) = figure.table.rows
    assert (row[0], row[5]) == ("tiny", "8")
    assert row[1].startswith(f"{summary.median:.1f} [")
    assert figure.summary == "3 cases by encode, decode, batchd, prompt."


def test_runs_are_told_apart_by_shape_and_name() -> None:
    figure = draw_models([make_run(seed=1), make_run(seed=2)], ("v1.8.4", HOSTILE))
    words = list_words(check_figure(figure))
    assert "v1.8.4" in words
    assert max(map(len, words)) < 120
    assert "<rect" not in figure.marks
    assert figure.marks.count("<circle") == 2 * 4 + 1, "the second run has another shape"
    assert figure.table.head[0] == "run"
    one, other = make_run(seed=1), make_run(seed=2)
    other = other.replace(id="other", start="2026-02-01T00:00:00+00:00")
    assert {"v1.8.5, 2026-01-01", "v1.8.5, 2026-02-01"} <= set(list_words(check_figure(draw_models([one, other]))))
    assert "other" in list_words(check_figure(draw_models([one, other.replace(start=one.start)])))


def test_one_repetition_has_no_interval() -> None:
    figure = draw_models([make_run(count=1)])
    check_figure(figure)
    assert figure.summary.endswith("No case has enough repetitions for an interval.")
    assert "[" not in figure.table.rows[0][1]


@pytest.mark.parametrize("values", [(), (math.nan,), (math.inf, 3.0), (1e300, 1.0), (5e-324,), (1.7e308, 1.6e308)])
def test_figures_of_a_run_take_any_numbers(values: tuple[float, ...]) -> None:
    run = make_values(*values)
    found = draw_models([run])
    check_figure(found)
    assert len(found.table.rows) == any(map(math.isfinite, values))
    check_figure(draw_repetitions(run))


def test_no_run_is_a_figure_without_marks() -> None:
    assert draw_models([]).summary == "No model was measured."
    check_figure(draw_models([]))


def test_models_of_long_names_are_shortened() -> None:
    name = "x" * 4096
    words = list_words(check_figure(draw_models([make_run((name, "base"))])))
    assert max(map(len, words)) < 120


@pytest.mark.parametrize("width", [360, 1000])
def test_every_repetition_is_drawn(width: int) -> None:
    figure = draw_repetitions(make_run(count=12), width=width)
    tips = list_tips(check_figure(figure))
    assert len(tips) == 12 * 2 * 4
    assert any(tip.startswith("12 of 12: ") for tip in tips)
    assert figure.summary == "96 repetitions of 8 cases and metrics: no outlier."


def test_outlier_is_drawn_and_counted_however_far_it_is() -> None:
    values = [100, 100.2, 99.9, 100.1, 99.8, 100.3, 200]
    figure = draw_repetitions(make_values(*values))
    root = check_figure(figure)
    assert "+100 %" in list_words(root)
    assert sum("an outlier" in tip for tip in list_tips(root)) == 1
    assert figure.table.rows[0][-1] == "1"
    assert figure.summary == "7 repetitions of 1 case and metric: 1 outlier, as diamonds."
    (row,) = list_repeated(make_values(*values))
    assert row.outliers == (6,)


def test_few_or_equal_values_have_no_outliers() -> None:
    assert list_repeated(make_values(100, 100, 200))[0].outliers == ()
    assert list_repeated(make_values(100, 100, 100, 100.4))[0].outliers == ()
    assert list_repeated(make_values(100)) == []


def test_many_repetitions_are_one_element_and_many_cases_in_the_table() -> None:
    figure = draw_repetitions(make_run(("tiny",), count=1000))
    assert len(figure.marks) < 80_000
    check_figure(figure)
    many = draw_repetitions(make_run([f"m{number}" for number in range(30)], count=2))
    check_figure(many)
    assert many.summary.endswith("the first 40 cases and metrics are shown.")
    assert len(many.table.rows) == 40


def test_title_names_intervals_only_where_there_are_some() -> None:
    run = make_run()
    least = min(one.confidence for row in list_rows([run]) for own in row.summaries for one in own.values())
    assert least >= 0.95
    assert draw_models([run]).title == f"Models by metric, with {100 * least:.0f} % intervals"
    assert draw_models([make_run(count=1)]).title == "Models by metric"


def test_runs_that_are_left_out_are_said() -> None:
    runs = [make_run(seed=seed) for seed in range(9)]
    assert "of 9 runs" in draw_models(runs).summary
    assert "The first 6 runs are shown." in draw_models(runs).summary
    assert "are shown" not in draw_models(runs[:6]).summary


def test_a_run_without_a_commit_is_called_by_its_day() -> None:
    run = make_run(count=1)
    bare = run.replace(source=run.source.replace(commit=run.source.commit.replace(sha="", release="")))
    names = {row[0] for row in draw_models([run, bare]).table.rows}
    assert bare.start[:10] in names


def test_values_too_far_from_their_median_are_not_drawn() -> None:
    assert list_repeated(make_values(1e-300, 1e-300, -1e300)) == []
    check_figure(draw_repetitions(make_values(1e-300, 1e-300, -1e300)))
