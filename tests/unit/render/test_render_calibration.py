"""A calibration for people."""

import random

from harness.records.calibration import AATrial, BlocksNeeded, Calibration, Spread
from harness.records.comparison import ALPHA
from harness.records.measurement import Case
from harness.render.calibration import render_calibration
from harness.stats.verdict import PairedSample, judge_pairs

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
NEEDS = (
    BlocksNeeded(change=0.05, blocks=10, minutes=0.4),
    BlocksNeeded(change=0.02, blocks=30, minutes=1.26),
    BlocksNeeded(change=0.01, blocks=None, minutes=None),
)
SPREAD = Spread(case=CASE, metric="encode", n=24, calls=0.0071, processes=0.0123, blocks=0.0102, needs=NEEDS)


def trial(seed: int, bias: float = 0.0, blocks: int = 24) -> AATrial:
    """Return a trial whose second side is slower by `bias`: what it says of it is the harness's own verdict."""
    draw = random.Random(seed)
    values = tuple(
        ((10 * draw.lognormvariate(0, 0.005), 10 * (1 + bias) * draw.lognormvariate(0, 0.005)),) for _ in range(blocks)
    )
    sample = PairedSample(case=CASE, metric="encode", blocks=values)
    family = judge_pairs([sample], alpha=ALPHA, threshold=0.02)
    return AATrial(runs=("a", "b"), seed=seed, blocks=blocks, wall_s=61.0, family=family)


def found(*trials: AATrial, missing: int = 0, low: float = 0.0, high: float = 1.0) -> Calibration:
    false_trials = sum(one.found_difference for one in trials)
    spreads = () if missing else (SPREAD, SPREAD.replace(metric="prompt"))
    return Calibration(
        trials=trials, alpha=ALPHA, false_trials=false_trials, low=low, high=high, missing=missing, spreads=spreads
    )


def test_the_verdict_of_the_trial_comes_first_then_spreads_and_minutes() -> None:
    text = render_calibration(found(trial(7)))
    assert "a build against itself: an A/A trial, 24 blocks in 1.0 min" in text
    lines = [line.split() for line in text.splitlines()]
    (verdict,) = [line for line in lines if line[:3] == ["whisper/fa=0/model=tiny/threads=2", "encode", "UNCHANGED"]]
    one = trial(7).family.comparisons[0]
    assert one.low is not None
    assert one.high is not None
    assert verdict[3:] == [f"{one.change:+.2%}", f"[{one.low:+.2%},", f"{one.high:+.2%}]", "24", "7"]
    assert "it found no difference" in text
    header = next(line for line in lines if "calls" in line)
    assert " ".join(header).count("found in") == 3
    encode, prompt = (line for line in lines if "0.71%" in line)
    assert " ".join(encode[2:]) == "0.71% 1.23% 1.02% 0.4 min 1.3 min not at all 24"
    assert prompt[1] == "prompt"
    assert "%%" not in text


def test_how_calls_scatter_is_not_known_of_processes_that_answer_once() -> None:
    once = found(trial(7)).replace(spreads=(SPREAD.replace(calls=0.0),))
    (row,) = [line for line in render_calibration(once).splitlines() if "1.23%" in line]
    assert row.split()[2:4] == ["-", "1.23%"]


def test_a_bias_is_shown_and_not_tossed_away() -> None:
    text = render_calibration(found(trial(7, bias=0.015)))
    assert "it found a difference where there is none" in text
    assert " +1." in text
    assert "--trials 20" in text


def test_several_trials_are_counted() -> None:
    text = render_calibration(found(trial(1), trial(2, bias=0.05), trial(3), low=0.0084, high=0.9057))
    assert "3 A/A trials, 72 blocks in 3.0 min" in text
    share = "1 of 3 trials (33.3%; exact 95 % interval 0.8% to 90.6%; 1% is allowed)"
    assert f"found a difference where there is none: {share}" in text
    (line,) = [line for line in text.splitlines() if "REGRESSED" in line]
    assert line.split()[-1] == "2", "with the seed that gives the same coins again"
    assert "UNCHANGED" not in text
    assert "more than chance explains" not in text
    assert "more than chance explains" in render_calibration(found(trial(1), trial(2, bias=0.05), low=0.02))


def test_too_few_blocks_make_no_forecast() -> None:
    text = " ".join(render_calibration(found(trial(7, blocks=8), missing=12)).split())
    assert "UNRESOLVED" in text
    assert "no forecast: it takes 12 more blocks of each metric, about 1.5 min at this pace" in text
    assert "found in" not in text
