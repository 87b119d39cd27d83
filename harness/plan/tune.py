"""The decisions of a search for the best settings: its axes and candidates, which ones survive, and how sure it is."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

from harness.build.feature import X86
from harness.build.isa import NATIVE, list_runnable
from harness.records.comparison import ALPHA, Verdict
from harness.records.measurement import DECODE, ENCODE, WINDOW, Case
from harness.records.node import Node
from harness.records.outcome import Status, StepResult
from harness.records.record import Record
from harness.records.sweep import Values
from harness.records.tune import Duel, Goal, Stage
from harness.stats.realtime import model_window_ms
from harness.stats.verdict import PairedSample, judge_pairs, list_settled
from harness.whisper.tensor_layout import BLOCKS, shape_of

# In this order: axes that need no build come first, and axes that others depend on.
QUANT = "quant"
AXES = ("threads", "fa", "llamafile", "blas", "isa", QUANT)
UNITS: Mapping[Goal, str] = {Goal.LATENCY: "ms/window", Goal.THROUGHPUT: "CPU ms/window", Goal.MEMORY: "MB"}
# Types that lose little accuracy: five bits or more.
_QUANTS = ("f16", "q8_0", "q5_1", "q5_0")
# A wider instruction set is not always faster; those narrower than AVX2 are always slower.
_WORTH_TRYING = ("avx2", "avx512", "avx512_bf16", "dotprod", "i8mm")
# The rounds of each candidate at first, and again for those that survive.
FIRST_ROUNDS = 2
# The change from which on a duel is decided.
THRESHOLD = 0.02
# What a duel against the start says about the search's choice, if that is not better.
_DOUBTS = {
    Verdict.REGRESSED: "certainly worse",
    Verdict.UNCHANGED: "practically equal to it",
    Verdict.UNRESOLVED: "not certainly better (a longer --budget gives the duels more rounds)",
}


class TuneAxis(Record):
    """An axis of the search: its values, the present value first, and the reason if there is only one."""

    name: str
    values: tuple[str, ...]
    reason: str = ""


def list_axes(node: Node, model: str, base: Mapping[str, str], wanted: Sequence[str]) -> tuple[TuneAxis, ...]:
    """Return the wanted axes with the values that this node supports, those in `base` first; a reason if only one."""
    cores = node.cpu.cores
    most = max(1, min(cores.affinity, math.floor(cores.quota_cpus or cores.affinity)))
    threads = [count for count in (1, 2, 4, 8, 16, 32, cores.usable_physical) if count <= most]
    shape = shape_of(model)
    values = {
        "threads": [str(count) for count in sorted({*threads, most})],
        "fa": ["0", "1"],
        "llamafile": ["off", "on"],
        "blas": ["none", "openblas"],
        "isa": [NATIVE, *(name for name in list_runnable(node.cpu)[:-1] if name in _WORTH_TRYING)],
        "quant": [name for name in _QUANTS if shape and shape.n_text_state % BLOCKS[name][1] == 0],
    }
    x86 = node.cpu.arch.lower() in X86
    reasons = {
        "threads": "only one CPU may be used",
        "isa": f"native is {list_runnable(node.cpu)[-1]}: no other is worth trying" if x86 else "no other to try",
        "quant": "the shape of the model is not known",
    }
    axes = []
    for name in AXES:
        if name in wanted:
            found = tuple(dict.fromkeys((base[name], *values[name])))
            axes.append(TuneAxis(name=name, values=found, reason=reasons.get(name, "") if len(found) < 2 else ""))
    return tuple(axes)


def score_result(result: StepResult, goal: Goal) -> float | None:
    """Return the score of one process, in the goal's unit; None if it failed, was stopped or has no score."""
    if result.status is not Status.PASSED or result.completed is None or result.case is None or result.stood_still:
        return None
    if goal is Goal.MEMORY:
        return result.completed.max_rss_bytes / 1e6 or None
    found = {one.metric: one.value for one in result.measurements}
    if ENCODE.name not in found or DECODE.name not in found:
        return None
    window_ms = model_window_ms(found[ENCODE.name], found[DECODE.name])
    return window_ms * int(result.case.get("threads")) if goal is Goal.THROUGHPUT else window_ms


def explain_absence(results: Sequence[StepResult]) -> str:
    """Return why none of these processes has a score, a failure or a stop; empty if there was neither."""
    failed = next((one.reason for one in results if one.status is not Status.PASSED), "")
    return failed or next((one.completed.standstill for one in results if one.completed and one.stood_still), "")


def choose_survivors(scores: Mapping[int, Sequence[float]]) -> tuple[int, ...]:
    """Return the better half of the candidates by their medians, best first: successive halving.

    K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", 2016.
    """
    ranked = sorted((number for number in scores if scores[number]), key=lambda number: median(scores[number]))
    return tuple(ranked[: max(1, math.ceil(len(ranked) / 2))] if len(ranked) > 1 else ranked)


def judge_duels(
    found: Sequence[float | None], others: Sequence[tuple[str, Values, Sequence[float | None]]]
) -> tuple[Duel, ...]:
    """Return the duels of the search's choice against each of the others; scores at the same index are a pair."""
    samples = [_sample(theirs, found) for _, _, theirs in others]
    family = judge_pairs(samples, alpha=ALPHA, threshold=THRESHOLD)
    pairs = zip(others, family.comparisons, strict=True)
    return tuple(Duel(against=name, values=values, comparison=one) for (name, values, _), one in pairs)


def are_settled(found: Sequence[float | None], others: Sequence[Sequence[float | None]]) -> bool:
    """Return whether more rounds could no longer change the verdicts of `judge_duels`."""
    samples = [_sample(theirs, found) for theirs in others]
    return all(list_settled(samples, planned=len(samples), alpha=ALPHA, threshold=THRESHOLD))


def choose_others(stages: Sequence[Stage], found: Values, start: Values) -> tuple[tuple[str, Values], ...]:
    """Return the opponents in duels of the search's choice: the nearest alternative, and the start.

    A start without a score could not be measured and has no duel.
    """
    nearest, least = None, 0.0
    for stage in stages:
        if stage.winner is None:
            continue
        best = stage.tried[stage.winner].score
        for number, one in enumerate(stage.tried):
            if number != stage.winner and one.score and best and (nearest is None or one.score / best < least):
                value, least = dict(one.values)[stage.axis], one.score / best
                nearest = tuple((name, value if name == stage.axis else kept) for name, kept in found)
    others = [("the runner-up", nearest)] if nearest not in (None, start) else []
    if start != found and find_score(stages, start) is not None:
        others.append(("the start", start))
    return tuple((name, values) for name, values in others if values is not None)


def find_score(stages: Sequence[Stage], values: Values) -> float | None:
    """Return the latest score of these values in the stages."""
    found = [one.score for stage in stages for one in stage.tried if one.values == values and one.score is not None]
    return found[-1] if found else None


def decide(found: Values, start: Values, duels: Sequence[Duel]) -> tuple[Values, str]:
    """Return the values that win after the duels, and the reason.

    The choice of the stages was partly luck: only a duel can show that it is better than the start.
    """
    runner_up = next((duel for duel in duels if duel.values != start), None)
    beaten = runner_up is not None and runner_up.comparison.verdict is Verdict.REGRESSED
    if found == start:
        if runner_up and beaten:
            return runner_up.values, "the runner-up is certainly better than the start, which the search had chosen"
        return start, "the search found nothing better than the start"
    duel = next((duel for duel in duels if duel.values == start), None)
    if duel and duel.comparison.verdict is not Verdict.IMPROVED:
        return start, f"the start is kept, because the search's choice is {_DOUBTS[duel.comparison.verdict]}"
    how = "certainly better than the start" if duel else "the start could not be measured"
    if runner_up and beaten:
        return runner_up.values, f"the runner-up is certainly better than the search's choice ({how})"
    return found, how


def find_gain(winner: Values, found: Values, start: Values, duels: Sequence[Duel]) -> float | None:
    """Return the change of the winner's score against the start, as a duel of both found it; None without one."""
    duel = next((one for one in duels if one.values == start and one.comparison.n), None)
    return duel.comparison.change if duel and winner == found != start else None


def find_median(values: Values, found: Values, duels: Sequence[Duel]) -> tuple[float, int] | None:
    """Return the median of these values in the duels, and its rounds; these are not the processes that chose them.

    If there are several duels, the one with the most rounds counts; None if there was no round.
    """
    sides = [(one.comparison.contender, one) for one in duels if values == found]
    sides += [(one.comparison.baseline, one) for one in duels if values == one.values]
    side = max((side for side, duel in sides if duel.comparison.n), key=lambda one: one.n, default=None)
    return (side.median, side.n) if side else None


def _sample(baseline: Sequence[float | None], contender: Sequence[float | None]) -> PairedSample:
    pairs = zip(baseline, contender, strict=False)
    blocks = tuple(((here, there),) for here, there in pairs if here is not None and there is not None)
    return PairedSample(case=Case.of("tune"), metric=WINDOW.name, blocks=blocks)
