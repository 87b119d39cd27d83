"""Repeating the models until their medians reach the requested precision."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

from harness.plan.bench import repeat_step
from harness.records.measurement import TABLE_METRICS, Case
from harness.records.outcome import Status, StepResult, is_timed
from harness.records.plan import Plan, Step
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.stats.series import Key, sample_run
from harness.stats.summary import bound_neighbour_correlation, correlate_neighbours, summarize, widen_by

# Stopping as soon as an interval is tight also stops when it is tight by chance: then 98 % intervals still cover 95 %.
CONFIDENCE = 0.98
# With fewer values, the median has no interval at that confidence (harness.stats.summary).
LEAST = 7
_JUDGED = frozenset(metric.name for metric in TABLE_METRICS)


class ImpreciseMetric(Record):
    """A metric of a model case that is not known precisely enough.

    `reached` is half the 98 % interval of the median, relative to the median, widened if neighbouring rounds are
    correlated; None if `n` values are too few for an interval.
    """

    case: Case
    metric: str
    n: int
    reached: float | None

    def __str__(self) -> str:
        state = f"{100 * self.reached:.1f} %" if self.reached is not None else f"{self.n} of {LEAST} values"
        return f"{self.metric} of {self.case} ({state})"


def find_imprecise(run: Run) -> tuple[ImpreciseMetric, ...]:
    """Return the metrics that miss the requested precision, in the order of execution; () if none was requested."""
    wanted = run.suite.precision
    if not wanted:
        return ()
    found = (
        ImpreciseMetric(case=case, metric=metric, n=len(values), reached=measure_reach(values))
        for (case, metric), values in _sample_models(run).items()
    )
    return tuple(one for one in found if one.reached is None or one.reached > wanted)


def measure_reach(values: Sequence[float]) -> float | None:
    """Return the relative uncertainty of the median of a case's rounds; None if there are too few rounds."""
    summary = summarize(values, CONFIDENCE)
    if summary.low is None or summary.high is None or not summary.median:
        return None
    return (summary.high - summary.low) / 2 / summary.median * widen_by(correlate_neighbours(values))


def find_correlated(run: Run) -> dict[Key, float]:
    """Return the correlation of neighbouring rounds, for each metric whose rounds are significantly correlated.

    Empty if no precision was requested: it matters most for an interval that decided when to stop.
    """
    samples = _sample_models(run) if run.suite.precision else {}
    found = {key: correlate_neighbours(values) for key, values in samples.items()}
    return {key: found[key] for key, values in samples.items() if found[key] > bound_neighbour_correlation(len(values))}


def extend_plan(plan: Plan, run: Run) -> Plan:
    """Return the plan with another round of the model cases that are not precise enough, if there is time for it.

    Returns the same plan while model steps remain, and when there is nothing more to do. Everything follows from plan
    and results, so that a resumed run continues in the same way. A case is not repeated if its latest process failed,
    or if its latest two were stopped: stopped seconds do not count, so the time would never be up. The order within the
    round is drawn from the recorded seed.
    """
    done = {result.step: result for result in run.results}
    steps = [step for step in plan.steps if is_timed(step)]
    if not run.suite.precision or any(step.name not in done for step in steps):
        return plan
    latest = _latest(steps)
    reached = _worst(find_imprecise(run))
    ended = sorted((done[step.name] for step in steps), key=lambda result: result.repetition)
    cases = [case for case in latest if case in reached and _is_sound([one for one in ended if one.case == case])]
    number = max((latest[case].repetition for case in cases), default=0) + 1
    draw = random.Random(f"{run.suite.seed}/round/{number}")  # noqa: S311 - an order to be reproduced, not a secret
    left_s = run.suite.max_time_s - _spent_s(run)
    costs_s = _costs_s(run)
    more = []
    for case in draw.sample(cases, len(cases)):
        if costs_s.get(case, math.inf) <= left_s:
            left_s -= costs_s[case]
            within = reached[case].reached
            state = "" if within is None else f" (within {100 * within:.1f} %)"
            more.append(repeat_step(latest[case], case, latest[case].repetition + 1, state))
    if not more:
        return plan
    place = plan.steps.index(steps[-1]) + 1
    return plan.replace(steps=(*plan.steps[:place], *more, *plan.steps[place:]))


def foresee_s(plan: Plan, run: Run) -> float:
    """Return an estimate of the seconds for rounds that are not planned yet; the interval shrinks as 1 / sqrt(n)."""
    if not run.suite.precision:
        return 0.0
    planned = [step.case for step in plan.steps if is_timed(step)]
    done = {result.step for result in run.results}
    costs_s = _costs_s(run)
    further_s = 0.0
    for case, one in _worst(find_imprecise(run)).items():
        needed = one.n * (one.reached / run.suite.precision) ** 2 if one.reached is not None else LEAST
        further_s += max(0, math.ceil(needed) - planned.count(case)) * costs_s.get(case, 0.0)
    waiting = [step.case for step in plan.steps if is_timed(step) and step.name not in done]
    left_s = run.suite.max_time_s - _spent_s(run) - sum(costs_s.get(case, 0.0) for case in waiting if case)
    return max(0.0, min(further_s, left_s))


def _sample_models(run: Run) -> dict[Key, tuple[float, ...]]:
    return {
        key: values
        for key, values in sample_run(run).items()
        if key[0].benchmark == Benchmark.WHISPER and key[1] in _JUDGED
    }


def _worst(imprecise: Sequence[ImpreciseMetric]) -> dict[Case, ImpreciseMetric]:
    """Return the least precise metric of each case; having no interval counts as the worst."""
    worst: dict[Case, ImpreciseMetric] = {}
    for one in imprecise:
        known = worst.get(one.case)
        if known is None or (known.reached is not None and (one.reached is None or one.reached > known.reached)):
            worst[one.case] = one
    return worst


def _latest(steps: Sequence[Step]) -> dict[Case, Step]:
    latest: dict[Case, Step] = {}
    for step in steps:
        if step.case and (step.case not in latest or step.repetition > latest[step.case].repetition):
            latest[step.case] = step
    return latest


def _is_sound(results: Sequence[StepResult]) -> bool:
    """Return whether a case with these results should be repeated: it passed, and was not stopped twice in a row."""
    stuck = len(results) > 1 and all(result.stood_still for result in results[-2:])
    return results[-1].status is Status.PASSED and not stuck


def _walls_s(run: Run) -> Iterator[tuple[Case, float]]:
    for result in (*run.results, *run.discarded):
        if is_timed(result) and result.case and result.completed:
            yield result.case, result.completed.ran_s


def _spent_s(run: Run) -> float:
    return sum(wall_s for _, wall_s in _walls_s(run))


def _costs_s(run: Run) -> Mapping[Case, float]:
    """Return the mean seconds of a process of each case."""
    walls_s: dict[Case, list[float]] = {}
    for case, wall_s in _walls_s(run):
        walls_s.setdefault(case, []).append(wall_s)
    return {case: mean(values) for case, values in walls_s.items()}
