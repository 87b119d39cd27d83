"""Trials of the two commits of an event sort it: the code did it, the node did, or nobody knows yet."""

import math
import random

import pytest

from harness.judge.event import (
    TrialAnswer,
    settle_history,
    sort_event,
    suggest_bisect,
    suggest_comparison,
    suggest_run,
    suggest_trial,
)
from harness.records.comparison import Comparison, Family, Summary, Verdict
from harness.records.history import (
    ChangePoint,
    CutKind,
    Event,
    EventKind,
    Point,
    Series,
    SeriesKey,
    SeriesStatus,
    Suspicion,
)
from harness.records.measurement import Case
from harness.stats.suspicion import judge_node

OLD, NEW = "a" * 40, "b" * 40
SUMMARY = Summary(n=9, median=1.0, minimum=1.0, maximum=1.0, spread=0.0)


def name_case(model: str, fa: str = "0") -> Case:
    return Case.of("whisper", model=model, threads=4, fa=fa)


def suspect(change: float, case: Case, metric: str = "encode") -> Suspicion:
    place = ChangePoint(since=10, earliest=10, latest=10, confidence=0.9)
    return Suspicion(
        key=SeriesKey(node="n", config="c", case=case, metric=metric), raised=11, place=place, before=1.0,
        after=1 + change, change=change, low=change - 0.01, high=change + 0.01, score=5.0, threshold=3.0, nights=10,
        precedents=0,
    )  # fmt: skip


def raise_event(*suspicions: Suspicion) -> Event:
    return Event(id="e", kind=EventKind.SUSPICION, node="n", day="d", run="r", old=OLD, new=NEW, suspicions=suspicions)


def answer(
    change: float, reach: float, verdict: Verdict, *, case: Case | None = None, node: str = "n", mirrored: bool = False
) -> TrialAnswer:
    comparison = Comparison(
        case=case or name_case("base"), metric="encode", n=40, change=change, low=change - reach, high=change + reach,
        p=0.1, p_raw=0.1, verdict=verdict, relevant=True, baseline=SUMMARY, contender=SUMMARY, confidence=0.99,
    )  # fmt: skip
    return TrialAnswer(
        node=node,
        baseline=NEW if mirrored else OLD,
        contender=OLD if mirrored else NEW,
        runs=("one", "other"),
        family=Family(comparisons=(comparison,), alpha=0.01, threshold=0.02, method="m"),
    )


def minor(given: TrialAnswer) -> Family:
    """Return a family whose changes are too small to matter."""
    comparisons = tuple(one.replace(relevant=False) for one in given.family.comparisons)
    return given.family.replace(comparisons=comparisons)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(0.05, 0.01, Verdict.REGRESSED), EventKind.CODE),
        (answer(-0.05, 0.01, Verdict.IMPROVED, mirrored=True), EventKind.CODE),
        (answer(0.001, 0.01, Verdict.UNCHANGED), EventKind.NODE),
        (answer(-0.05, 0.01, Verdict.IMPROVED), EventKind.NODE),  # the other way round is not what was suspected
        (answer(0.01, 0.05, Verdict.UNRESOLVED), EventKind.SUSPICION),
        (answer(0.015, 0.005, Verdict.REGRESSED), EventKind.NODE),  # certain, and far less than what was suspected
        (answer(0.02, 0.015, Verdict.REGRESSED), EventKind.SUSPICION),
        (answer(0.05, 0.01, Verdict.REGRESSED, case=name_case("tiny")), EventKind.SUSPICION),
        (answer(0.05, 0.01, Verdict.REGRESSED, node="another"), EventKind.SUSPICION),
    ],
)
def test_a_trial_sorts_an_event(given: TrialAnswer, kind: EventKind) -> None:
    event = sort_event(raise_event(suspect(0.05, name_case("base"))), [given])
    assert event.kind is kind
    assert event.trials == (given.runs if given.node == "n" else ())


def test_trials_that_contradict_each_other_sort_nothing() -> None:
    event = raise_event(suspect(0.05, name_case("base")))
    answers = [answer(0.05, 0.01, Verdict.REGRESSED), answer(0.0, 0.01, Verdict.UNCHANGED)]
    assert sort_event(event, answers).kind is EventKind.SUSPICION
    assert sort_event(event, [answers[0], answers[0]]).kind is EventKind.CODE


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(0.015, 0.005, Verdict.REGRESSED), EventKind.CODE),  # less than suspected, but it matters
        (answer(-0.05, 0.01, Verdict.IMPROVED), EventKind.CODE),
        (answer(0.05, 0.01, Verdict.REGRESSED, case=name_case("tiny")), EventKind.CODE),
        (answer(0.001, 0.01, Verdict.UNCHANGED), EventKind.NODE),
    ],
)
def test_what_a_night_asked_for_is_an_event_whatever_was_suspected(given: TrialAnswer, kind: EventKind) -> None:
    event = raise_event(suspect(0.05, name_case("base")))
    relevant = kind is EventKind.CODE
    (one,) = given.family.comparisons
    asked = given.replace(asked_by="e", family=given.family.replace(comparisons=(one.replace(relevant=relevant),)))
    assert sort_event(event, [asked]).kind is kind
    assert sort_event(event, [answer(0.0, 0.01, Verdict.UNCHANGED), asked]).kind is kind, "what is established stands"
    assert sort_event(event, [asked]).found == asked.family.comparisons
    unsure = asked.replace(family=given.family.replace(comparisons=(one.replace(relevant=False),)), clears=False)
    assert sort_event(event, [unsure]).kind is EventKind.SUSPICION


def test_the_node_is_blamed_for_the_strongest_suspicion_alone() -> None:
    event = raise_event(suspect(0.05, name_case("base")), suspect(0.05, name_case("tiny")))
    assert sort_event(event, [answer(0.0, 0.01, Verdict.UNCHANGED)]).kind is EventKind.NODE
    weaker = answer(0.0, 0.01, Verdict.UNCHANGED, case=name_case("tiny"))
    assert sort_event(event, [weaker]).kind is EventKind.SUSPICION
    # A night measured what was the strongest one then.
    assert sort_event(event, [weaker.replace(asked_by="e", family=minor(weaker))]).kind is EventKind.NODE


def test_what_no_trial_measures_does_not_keep_an_event_open() -> None:
    rate = suspect(-0.06, Case.of("mul_mat", n=256, type="f16", threads=4), "flop_rate")
    event = raise_event(rate, suspect(0.05, name_case("base")))
    assert sort_event(event, [answer(0.0, 0.01, Verdict.UNCHANGED)]).kind is EventKind.NODE
    assert sort_event(raise_event(rate), [answer(0.0, 0.01, Verdict.UNCHANGED)]).kind is EventKind.SUSPICION


def test_what_is_known_is_not_sorted() -> None:
    event = raise_event().replace(kind=EventKind.NODE, subject="kernel: 6.1 -> 6.12")
    assert sort_event(event, [answer(0.05, 0.01, Verdict.REGRESSED)]) is event


def test_the_command_measures_what_was_suspected() -> None:
    event = raise_event(
        suspect(0.05, name_case("base")),
        suspect(-0.03, name_case("tiny-q5_0", fa="1"), "decode"),
        suspect(0.9, Case.of("memcpy", threads=4), "copy_rate"),
    )
    assert suggest_trial(event) == (
        "harness", "ab", OLD[:12], NEW[:12], "--model", "base,tiny", "--quant", "f16,q5_0", "--threads", "4",
        "--flash-attn", "0,1", "--metric", "encode,decode", "--threshold", "2.0%",
    )  # fmt: skip
    small = suggest_trial(raise_event(suspect(0.016, name_case("base"))))
    assert "--quant" not in small
    assert small[-2:] == ("--threshold", "0.8%")
    assert suggest_bisect(event) == (
        "harness", "bisect", OLD[:12], NEW[:12], "--model", "base", "--threads", "4", "--flash-attn", "0",
        "--metric", "encode", "--threshold", "2.0%",
    )  # fmt: skip


def test_a_series_is_measured_again_as_its_run_was() -> None:
    key = SeriesKey(node="n", config="c", case=name_case("base-q5_0"), metric="encode", yardstick="library; once")
    case = "--model base --quant q5_0 --threads 4 --flash-attn 0"
    assert suggest_run(key, OLD, "--weights synthetic") == (
        f"harness run --ref {OLD[:12]} --bench whisper --no-tests --engine library {case} --weights synthetic"
    )
    assert suggest_comparison(key, "--weights /w").endswith(
        f"{case} --metric encode --weights /w  # paths of the computer that measured: /w"
    )
    copied = key.replace(case=Case.of("memcpy", threads=4), metric="copy_rate", yardstick="")
    assert suggest_run(copied, "v1.8.5") == "harness run --ref v1.8.5 --bench memcpy --no-tests --threads 4"
    assert suggest_comparison(copied) == ""


@pytest.mark.parametrize(
    "event",
    [
        raise_event(suspect(0.05, Case.of("memcpy", threads=4), "copy_rate")),
        raise_event(suspect(0.05, name_case("base"), "load")),
        raise_event(suspect(0.05, name_case("base"))).replace(new=OLD),
    ],
)
def test_what_no_trial_can_sort_has_no_command(event: Event) -> None:
    assert suggest_trial(event) == suggest_bisect(event) == ()


@pytest.mark.parametrize(
    ("change", "verdict", "kind", "status"),
    [
        (0.08, Verdict.REGRESSED, EventKind.CODE, SeriesStatus.CONFIRMED),
        (0.0, Verdict.UNCHANGED, EventKind.NODE, SeriesStatus.STEADY),
        (0.04, Verdict.UNRESOLVED, EventKind.SUSPICION, SeriesStatus.SUSPICION),
    ],
)
def test_a_history_is_sorted(change: float, verdict: Verdict, kind: EventKind, status: SeriesStatus) -> None:
    source = random.Random(3)
    logs = [source.gauss(0, 0.01) + 0.08 * (night >= 40) for night in range(60)]
    points = tuple(
        Point(position=night, commit=f"c{night}", run=f"r{night}", day=f"d{night:02}", value=math.exp(log))
        for night, log in enumerate(logs)
    )
    key = SeriesKey(node="n", config="c", case=name_case("base"), metric="encode")
    series = [
        Series(key=key, points=points),
        Series(key=SeriesKey(node="n", config="c", case=name_case("x"), metric="encode"), points=()),
    ]
    history = judge_node(series)
    (event,) = history.events
    given = answer(change, 0.01 if change != 0.04 else 0.05, verdict).replace(baseline=event.old, contender=event.new)
    after = settle_history(series, history, [sort_event(event, [given])])
    assert [one.kind for one in after.events] == [kind]
    assert after.events[0].replace(kind=event.kind, trials=(), found=()) == event, (
        "nothing else changes, above all not the id"
    )
    assert after.judgements[0].status is status
    assert after.judgements[0].visible == history.judgements[0].visible
    cuts = [[cut.kind for cut in epoch.cuts] for epoch in after.judgements[0].epochs]
    assert cuts == ([[], [CutKind.EVENT]] if kind is EventKind.NODE else [[]])
    assert after.judgements[1] == history.judgements[1]
