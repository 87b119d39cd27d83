"""What a search may choose as far as the text goes."""

import pytest

from harness.plan.guard import (
    choose_looks,
    choose_reference_values,
    explain_blindness,
    find_excess,
    format_points,
    list_remarks,
)
from harness.records.measurement import Case
from harness.records.plan import Plan, Step
from harness.records.quality import TextQuality
from harness.records.tune import TextGuard
from harness.records.weights import WeightsKind
from tests import factory

GOOD = TextQuality(words=200, errors=4, positions=100, agreeing=100, divergence=0.0)


def look(name: str, of: str, threads: int, fa: int = 0, repetition: int = 1) -> Step:
    case = Case.of("quality", model="base", audio="jfk", threads=threads, fa=fa, of=of)
    return factory.step(name, case=case).replace(repetition=repetition)


@pytest.mark.parametrize(
    ("changes", "guard", "excess"),
    [
        ({"errors": 5}, TextGuard(max_wer=0.005), ""),
        ({"errors": 6}, TextGuard(max_wer=0.005), "WER +1.0 points > +0.5"),
        ({"errors": 30}, TextGuard(max_wer=0.0025), "WER +13.0 points > +0.25"),
        ({"errors": 3}, TextGuard(max_wer=0.0), ""),
        ({"errors": 5}, TextGuard(max_wer=0.0), "WER +0.5 points > +0.0"),
        ({"errors": 90, "divergence": 0.2}, TextGuard(), ""),
        ({"divergence": 0.1}, TextGuard(max_divergence=0.1), ""),
        ({"divergence": 0.2134}, TextGuard(max_divergence=0.1), "divergence 0.213 > 0.1"),
        ({"errors": 30, "divergence": 0.2}, TextGuard(max_wer=0.01, max_divergence=0.1), "WER +13.0 points > +1.0"),
        ({"words": 0, "reason": "exit code 3"}, TextGuard(max_wer=0.1), "its words could not be compared: exit code 3"),
        ({"divergence": None}, TextGuard(max_divergence=0.1), "its tokens could not be compared: there are none"),
        ({"divergence": None}, TextGuard(max_wer=0.1), ""),
        (
            {"words": 150, "errors": 0, "reason": "exit code 3"},
            TextGuard(max_wer=0.1),
            "only 150 of 200 words could be compared: exit code 3",
        ),
        (
            {"positions": 70, "reason": "exit code 3"},
            TextGuard(max_divergence=0.1),
            "only 70 of 100 tokens could be compared: exit code 3",
        ),
        ({"positions": 70, "reason": "exit code 3"}, TextGuard(max_wer=0.1), ""),
    ],
)
def test_what_costs_too_much(changes: dict[str, object], guard: TextGuard, excess: str) -> None:
    assert find_excess(GOOD.replace(**changes), GOOD, guard) == excess


def test_what_nobody_could_look_at_costs_too_much() -> None:
    guard = TextGuard(max_divergence=0.1)
    assert find_excess(None, GOOD, guard) == find_excess(GOOD, None, guard) == "its text could not be looked at"
    assert find_excess(None, None, TextGuard()) == ""


def test_the_reference_has_all_bits_and_no_flash_attention() -> None:
    start = (("threads", "4"), ("fa", "1"), ("blas", "openblas"), ("quant", "q5_0"))
    assert dict(choose_reference_values(start)) == {"threads": "4", "fa": "0", "blas": "openblas", "quant": "f16"}


def test_each_recording_is_read_once_with_the_most_threads() -> None:
    steps = (
        look("a", "text", 1),
        look("b", "text", 4),
        look("c", "tokens", 2),
        look("d", "tokens", 4, fa=1),
        look("e", "text", 8, repetition=2),
        factory.step("f", case=Case.of("whisper", model="base", threads=4, fa=0)),
    )
    plan = Plan(sites=(), steps=steps)
    assert [step.name for step in choose_looks(plan, "base", "0")] == ["b", "c"]
    assert [step.name for step in choose_looks(plan, "base", "1")] == ["d"]
    assert choose_looks(plan, "base-q5_0", "0") == ()


def test_why_nobody_can_look() -> None:
    real = factory.weights().replace(kind=WeightsKind.FILE)
    silent, spoken = Plan(sites=(), steps=()), Plan(sites=(), steps=(look("a", "text", 1),))
    assert "synthetic" in explain_blindness(spoken, [factory.weights()])
    assert "the sources have no sample" in explain_blindness(silent, [real])
    assert explain_blindness(spoken, [factory.weights(), real]) == ""


def test_few_words_cannot_show_a_small_limit() -> None:
    few = TextQuality(words=22, positions=30, agreeing=30, divergence=0.0)
    (said,) = list_remarks("", TextGuard(max_wer=0.005), few, [few])
    assert said.startswith(
        "22 words cannot show 0.5 points: 0 errors among them can come from a word error rate between 0.0 % "
        "and 16.8 %; more speech shows more"
    )
    assert list(list_remarks("", TextGuard(max_wer=0.2), few, [few])) == []
    assert list(list_remarks("", TextGuard(max_divergence=0.2), few, [few])) == []
    many = few.replace(words=100_000, errors=0)
    assert list(list_remarks("", TextGuard(max_wer=0.005), many, [many, many.replace(errors=20_000)])) == []


def test_what_is_not_known_is_said() -> None:
    assert list(list_remarks("it is dark", TextGuard(), None, ())) == [
        "what these settings cost in text is not known: it is dark"
    ]
    (said,) = list_remarks("", TextGuard(), GOOD, [GOOD, GOOD.replace(reason="exit code 3")])
    assert said == "not all of the text could be looked at: exit code 3"


@pytest.mark.parametrize(
    ("difference", "points"),
    [(0.0, "+0.0"), (-0.0, "+0.0"), (0.005, "+0.5"), (0.0025, "+0.25"), (0.03125, "+3.1"), (-0.125, "-12.5")],
)
def test_points(difference: float, points: str) -> None:
    assert format_points(difference) == points
