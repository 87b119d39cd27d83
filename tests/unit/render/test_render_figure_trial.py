"""A live comparison as figures: verdicts in rows, and the interval block by block."""

import math
import random
from xml.etree import ElementTree

import pytest

from harness.judge.comparison import CompareQuestion, compare_runs
from harness.records.comparison import ALPHA, Comparison, Family, Summary, Verdict
from harness.records.measurement import Case, Measurement
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run
from harness.records.trial import Role, Trial
from harness.render.figure.choice import list_trial_figures
from harness.render.figure.figure import FigureKind, write_svg
from harness.render.figure.trial import draw_trial, find_settled, look_again, retrace_trial
from harness.render.figure.verdicts import draw_verdicts
from harness.stats.verdict import PairedSample, judge_pairs
from tests import factory
from tests.picture import HOSTILE, SVG, check_figure, list_tips, list_words

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


def sample(change: float, blocks: int = 40, metric: str = "encode") -> PairedSample:
    draw = random.Random(f"{change}{metric}")
    found = tuple(
        tuple((100 * draw.lognormvariate(0, 0.01), 100 * (1 + change) * draw.lognormvariate(0, 0.01)) for _ in range(3))
        for _ in range(blocks)
    )
    starts = tuple(draw.choice((1, -1)) for _ in range(blocks))
    return PairedSample(case=CASE, metric=metric, blocks=found, numbers=tuple(range(1, blocks + 1)), starts=starts)


def compare(change: float, verdict: Verdict = Verdict.REGRESSED, **changes: object) -> Comparison:
    summary = Summary(n=12, median=100.0, minimum=90.0, maximum=110.0, spread=0.2)
    made = Comparison(
        case=CASE,
        metric="encode",
        n=12,
        change=change,
        p=0.001,
        p_raw=0.001,
        verdict=verdict,
        relevant=True,
        baseline=summary,
        contender=summary,
        low=change - 0.01,
        high=change + 0.01,
        confidence=0.99,
    )
    return made.replace(**changes)


def family(*comparisons: Comparison) -> Family:
    return Family(comparisons=comparisons, alpha=ALPHA, threshold=0.02, method="m")


def sides(change: float, blocks: int = 40) -> tuple[Run, Run]:
    """Return the two runs of a live comparison."""
    pairs = sample(change, blocks).blocks
    runs = []
    for side, role in enumerate(Role):
        results: list[StepResult] = []
        for number, block in enumerate(pairs, 1):
            values = tuple(
                Measurement(case=CASE, metric="encode", value=pair[side], repetition=at, process=number, place=side + 1)
                for at, pair in enumerate(block, 1)
            )
            result = factory.result(f"b{number}", Phase.BENCHMARK, Status.PASSED)
            results.append(result.replace(case=CASE, measurements=values))
        trial = Trial(id="t", role=role, seed=1, pairs=3, threshold=0.02)
        runs.append(factory.run(*results).replace(id=f"run-{role}", trial=trial))
    return runs[0], runs[1]


def test_the_last_look_is_the_verdict_of_the_family() -> None:
    samples = [sample(0.05), sample(0.0, metric="decode"), sample(-0.03, blocks=20, metric="batchd")]
    found = judge_pairs(samples, alpha=ALPHA, threshold=0.02)
    for number in range(3):
        looks = look_again(samples, number, 0.02)
        assert looks[-1].comparison == found.comparisons[number]
        assert looks[-1].blocks == len(samples[number].blocks)
        assert [look.blocks for look in looks] == list(range(1, looks[-1].blocks + 1))


def test_an_earlier_look_has_the_first_blocks_of_all_samples() -> None:
    samples = [sample(0.05), sample(0.0, metric="decode")]
    look = look_again(samples, 0, 0.02)[24]
    cut = [one.replace(blocks=one.blocks[:25], numbers=(), starts=one.starts[:25]) for one in samples]
    assert look.comparison == judge_pairs(cut, alpha=ALPHA, threshold=0.02).comparisons[0]


def test_a_long_trial_is_looked_at_sixty_times() -> None:
    looks = look_again([sample(0.0, blocks=130)], 0, 0.02)
    assert len(looks) <= 60
    assert looks[-1].blocks == 130


def test_the_figure_of_stored_runs_ends_with_their_stored_verdict() -> None:
    runs = sides(0.05)
    result = compare_runs([runs[0]], [runs[1]], CompareQuestion(threshold=0.02, metrics=frozenset({"encode"})))
    figures = list_trial_figures(result, runs)
    assert [kind for kind, _ in figures] == [FigureKind.VERDICTS, FigureKind.TRIAL]
    verdicts, trial = (check_figure(draw) for _, draw in figures)
    (one,) = result.family.comparisons
    assert one.low is not None
    assert one.high is not None
    shown = tuple(f"{100 * share:+.1f}" for share in (one.change, one.low, one.high))
    assert trial.table.rows[-1] == ("40", *shown, "REGRESSED")
    assert verdicts.table.rows[0][3:7] == ("REGRESSED", *shown)
    assert trial.title == "encode of whisper/model=tiny, block by block"
    assert trial.command == "harness compare run-baseline run-contender"


def test_the_verdict_is_written_where_it_was_settled() -> None:
    looks = look_again([sample(0.05)], 0, 0.02)
    settled = find_settled(looks)
    assert settled is not None
    assert all(look.comparison.verdict is Verdict.REGRESSED for look in looks if look.blocks >= settled.blocks)
    assert looks[settled.blocks - 2].comparison.verdict is not Verdict.REGRESSED
    figure = check_figure(lambda: draw_trial(looks, "encode", 0.02))
    assert f"REGRESSED from block {settled.blocks} on" in list_words(figure)
    assert figure.summary.startswith(f"REGRESSED from block {settled.blocks} on: +") or "REGRESSED" in figure.summary


def test_of_a_large_change_the_words_stand_between_it_and_zero() -> None:
    figure = check_figure(lambda: retrace_trial([sample(-0.8)], 0, "encode", 0.02))
    texts = list(ElementTree.fromstring(write_svg(figure).encode()).iter(f"{SVG}text"))
    heights = {text.text: float(text.attrib["y"]) for text in texts if "y" in text.attrib}
    (settled,) = [height for words, height in heights.items() if words and "from block" in words]
    (band,) = [height for words, height in heights.items() if words and words.startswith("within ")]
    assert settled - band > 30


def test_without_a_verdict_there_is_no_such_line() -> None:
    looks = look_again([sample(0.0, blocks=3)], 0, 0.02)
    assert find_settled(looks) is None
    figure = check_figure(lambda: draw_trial(looks, "encode", 0.02))
    assert not [word for word in list_words(figure) if "from block" in word]
    assert figure.summary.startswith("UNRESOLVED: ")


def test_a_trial_without_blocks_says_so() -> None:
    assert check_figure(lambda: draw_trial((), "encode", 0.02)).summary == "No block was measured."


@pytest.mark.parametrize("value", [1e300, 1e-300, math.nan, math.inf])
def test_extreme_values_stay_within_the_frame(value: float) -> None:
    odd = sample(0.0, blocks=20).replace(blocks=(((1.0, value),),) * 20)
    check_figure(lambda: retrace_trial([odd], 0, HOSTILE, 0.02))
    check_figure(lambda: draw_verdicts(family(compare(value)), "t"))
    check_figure(lambda: draw_verdicts(family(compare(0.1, low=-value, high=value)), HOSTILE))


def test_each_verdict_has_a_word_and_a_shape() -> None:
    rows = [compare(0.05), compare(-0.05, Verdict.IMPROVED), compare(0.0, Verdict.UNCHANGED)]
    rows.append(compare(0.01, Verdict.UNRESOLVED, low=None, high=None))
    figure = check_figure(lambda: draw_verdicts(family(*rows), "new against old"))
    words = list_words(figure)
    assert [word for word in words if word in set(Verdict)] == ["REGRESSED", "IMPROVED", "UNCHANGED", "UNRESOLVED"]
    assert "+5.0 % [+4.0, +6.0]" in words
    assert "1 REGRESSED, 1 IMPROVED, 1 UNCHANGED, 1 UNRESOLVED" in words
    for role in ("fill-slower", "fill-faster", "fill-steady", "stroke-suspicion"):
        assert role in figure.marks
    assert figure.summary.startswith("1 relevant regression: encode of ")


def test_a_small_difference_is_called_small() -> None:
    figure = check_figure(lambda: draw_verdicts(family(compare(0.015, relevant=False)), "t"))
    assert "REGRESSED (small)" in list_words(figure)


def test_of_very_many_rows_those_with_a_difference_are_drawn() -> None:
    rows = [compare(0.0001 * number, Verdict.UNCHANGED) for number in range(100)]
    rows[3] = compare(0.05)
    figure = check_figure(lambda: draw_verdicts(family(*rows), "t"))
    assert len(figure.table.rows) == 100
    assert list_words(figure).count("REGRESSED") == 1
    assert "60 more are in the table" in list_words(figure)
    assert len(list_tips(figure)) == 40


def test_a_family_without_comparisons_says_so() -> None:
    figure = check_figure(lambda: draw_verdicts(family(), "t"))
    assert "Nothing was compared." in list_words(figure)
