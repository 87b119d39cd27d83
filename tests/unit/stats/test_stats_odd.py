"""The newest run alone: seldom odd where nothing happens, and odd at once where something does."""

import math
import random
from collections.abc import Callable, Sequence

import pytest

from harness.records.history import Point, Series, SeriesKey
from harness.records.measurement import Case
from harness.stats.odd import EVERY, find_needed
from harness.stats.suspicion import begin_node, judge_node

CASES = [Case.of("whisper", model=model, threads=4, fa=0) for model in ("base", "tiny")]
METRICS = ("encode", "decode", "batchd", "prompt")
KEYS = [SeriesKey(node="n", config="c", case=case, metric=metric) for case in CASES for metric in METRICS]
OTHER = SeriesKey(node="n", config="c", case=Case.of("memcpy", threads=4), metric="copy_rate")
Noise = Callable[[random.Random, int], list[list[float]]]


def draw_alike(memory: float) -> Noise:
    """Return noise of 1 % a night that remembers the night before; a fifth of the variance is common to all series."""

    def draw(source: random.Random, nights: int) -> list[list[float]]:
        def walk() -> list[float]:
            level, found = source.gauss(0, 0.01), []
            for _ in range(nights):
                level = memory * level + source.gauss(0, 0.01 * math.sqrt(1 - memory**2))
                found.append(level)
            return found

        common = walk()
        return [
            [math.sqrt(0.8) * own + math.sqrt(0.2) * of_all for own, of_all in zip(walk(), common, strict=True)]
            for _ in KEYS
        ]

    return draw


def draw_tails(source: random.Random, nights: int) -> list[list[float]]:
    """Return noise of which one point in twenty is 3 to 30 % slower."""
    return [
        [source.gauss(0, 0.01) + (source.random() < 0.05) * source.uniform(0.03, 0.3) for _ in range(nights)]
        for _ in KEYS
    ]


def make(logs: Sequence[Sequence[float]], keys: Sequence[SeriesKey] = KEYS) -> list[Series]:
    return [
        Series(
            key=key,
            points=tuple(
                Point(
                    position=night, commit=f"{night:040x}", run=f"r{night:04}", day=f"{night:04}", value=math.exp(log)
                )
                for night, log in enumerate(own)
            ),
        )
        for key, own in zip(keys, logs, strict=True)
    ]


@pytest.mark.parametrize("noise", [draw_alike(0.0), draw_alike(0.5), draw_alike(0.8), draw_tails])
def test_few_runs_look_odd_where_nothing_happens(noise: Noise) -> None:
    nights, odd = 0, 0
    for number in range(4):
        logs = noise(random.Random(f"odd {number}"), 250)
        series = make(logs)
        node = begin_node(series)
        for night in range(250):
            node.take(night, f"{night:04}", [(index, night, one.points[night]) for index, one in enumerate(series)])
            odd += any(since == 0 for since, _ in node.odd.kept)
        nights += 250
    # By chance one in five; with the events of suspicions that is less than one a night.
    assert 0.02 < odd / nights < 1.3 / EVERY


@pytest.mark.parametrize(
    ("noise", "size", "together", "least"),
    [
        (draw_alike(0.0), 0.05, 2, 19),
        (draw_alike(0.8), 0.05, 2, 18),
        (draw_alike(0.5), -0.05, 8, 19),
        (draw_tails, 0.05, 8, 18),
        (draw_alike(0.0), 0.02, 8, 17),
    ],
)
def test_a_step_is_seen_the_same_night(noise: Noise, size: float, together: int, least: int) -> None:
    seen = 0
    for number in range(20):
        logs = noise(random.Random(f"step {number}"), 101)
        stepped = range(0, 8, 8 // together)  # one metric in both models, or all
        for index in stepped:
            logs[index][100] += math.log1p(size)
        history = judge_node(make(logs))
        found = [one for one in history.odd if one.run == "r0100"]
        seen += any(
            one.key in {KEYS[index] for index in stepped} and (one.change > 0) is (size > 0)
            for odd in found
            for one in odd.series
        )
    assert seen >= least


def test_an_odd_run_names_its_commits_and_series() -> None:
    source = random.Random(5)
    logs = [[source.gauss(0, 0.002) for _ in range(60)] for _ in KEYS]
    for index in (1, 5):
        logs[index][59] += math.log(1.05)
    before = judge_node(make([own[:59] for own in logs]))
    assert [one for one in before.odd if one.run == "r0059"] == []
    odd = judge_node(make(logs)).odd[-1]
    assert (odd.node, odd.run, odd.day, odd.back) == ("n", "r0059", "0059", False)
    assert (odd.old, odd.new) == (f"{58:040x}", f"{59:040x}")
    assert odd.score > 1
    assert {one.key for one in odd.series} == {KEYS[1], KEYS[5]}
    assert all(one.change == pytest.approx(0.05, abs=0.01) for one in odd.series)


def test_it_is_back_or_becomes_a_suspicion() -> None:
    source = random.Random(5)
    logs = [[source.gauss(0, 0.002) for _ in range(64)] for _ in KEYS]
    for own in logs:
        own[59] += math.log(1.05)
    later = judge_node(make(logs))
    assert (later.odd[0].run, later.odd[0].back) == ("r0059", True)
    assert "r0060" not in {one.run for one in later.odd}, "nothing is odd about the way back"
    assert "r0060" not in {event.run for event in later.events}
    for own in logs:
        own[60:] = [log + math.log(1.05) for log in own[60:]]
    stays = judge_node(make(logs))
    assert (stays.odd[0].run, stays.odd[0].back) == ("r0059", False)
    assert not {"r0060", "r0061"} & {one.run for one in stays.odd}, "one step is odd once"
    assert "r0060" in {event.run for event in stays.events}
    more = [[*own, *(math.log(1.05) + source.gauss(0, 0.002) for _ in range(2))] for own in logs]
    assert "r0059" not in {one.run for one in judge_node(make(more)).odd}, "it is forgotten after some runs"


def test_what_cannot_be_compared_live_is_not_odd() -> None:
    source = random.Random(5)
    logs = [[source.gauss(0, 0.002) for _ in range(60)] for _ in range(2)]
    logs[0][59] += math.log(1.05)
    assert [one for one in judge_node(make(logs, [OTHER, KEYS[0]])).odd if one.run == "r0059"] == []
    assert judge_node(make(logs, [KEYS[0], OTHER])).odd[-1].series[0].key == KEYS[0]


def test_runs_of_one_commit_are_the_node_s() -> None:
    source = random.Random(5)
    logs = [[source.gauss(0, 0.002) for _ in range(60)] for _ in KEYS]
    for own in logs:
        own[59] += math.log(1.05)
    series = [
        one.replace(points=(*one.points[:59], one.points[59].replace(commit=one.points[58].commit)))
        for one in make(logs)
    ]
    assert judge_node(series).odd == ()


def test_a_step_does_not_hide_the_next_one() -> None:
    source = random.Random(9)
    logs = [[source.gauss(0, 0.01) for _ in range(160)] for _ in KEYS]
    for step in range(40, 160, 20):
        sign = source.choice((1, -1))
        for own in logs:
            own[step:] = [log + sign * math.log(1.05) for log in own[step:]]
    for index in (2, 6):
        logs[index][150:] = [log + math.log(1.05) for log in logs[index][150:]]
    found = judge_node(make([own[:151] for own in logs])).odd
    assert found[-1].run == "r0150"
    assert {one.key for one in found[-1].series} == {KEYS[2], KEYS[6]}


def test_what_it_takes_is_learned() -> None:
    assert find_needed([1.0] * 7) == math.inf
    assert find_needed([1.0] * 8) == 4.0
    assert find_needed([5.0] * 8) == 5.0
    values = [float(one) for one in range(119)]
    assert find_needed(values) == 119 - 120 // 15


def test_a_past_without_any_noise_still_needs_something() -> None:
    assert find_needed([0.0] * 400) == find_needed([0.0] * 30) > 0
