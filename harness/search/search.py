"""The search for the best settings: axis by axis with successive halving, then duels that say how sure it is."""

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.plan.axis import name_binary
from harness.plan.bench import repeat_step
from harness.plan.tune import (
    FIRST_ROUNDS,
    QUANT,
    TuneAxis,
    are_settled,
    choose_survivors,
    explain_absence,
    judge_duels,
    score_result,
)
from harness.records.build import are_equal
from harness.records.measurement import DECODE, ENCODE, Case
from harness.records.outcome import is_timed
from harness.records.plan import Phase
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.sweep import Values
from harness.records.tune import Candidate, Duel, Stage
from harness.records.wording import format_count
from harness.render.plain import format_seconds
from harness.run.finish import conclude
from harness.run.places import Workplace
from harness.run.session import Session
from harness.search.design import Prepare, PreparedBinary, SearchDesign
from harness.search.text_check import TextCheck
from harness.stats.series import summarize_run
from harness.store.bundle import open_bundle
from harness.store.duration import load_durations
from harness.system.limit import limit_of
from harness.system.monitor import QuietMonitor
from harness.whisper.quantisation import name_quantised

# What is done as soon as a binary is wanted. All else that a measurement needs is done just before it.
_MAKING = (Phase.CONFIGURE, Phase.LIST, Phase.BUILD, Phase.PROBE)
# The duels get at least this share of the budget.
_LAST_SHARE = 0.3
# After this many rounds without a score of the search's choice, the duels end.
_PATIENCE = 3


class Search:
    """One search; `stages` grows during the search, and `texts` has what settings cost in text."""

    def __init__(self, design: SearchDesign, prepare: Prepare, work: Workplace, monitor: QuietMonitor) -> None:
        self.stages: tuple[Stage, ...] = ()
        self.texts = TextCheck(design, self._find_session)
        self._start, self._named = design.start, design.named
        self._goal, self._model, self._budget_s = design.goal, design.model, design.budget_s
        self._prepare, self._places, self._console, self._monitor = prepare, work.places, work.console, monitor
        self._known = load_durations(work.places.cache)
        self._draw = random.Random(f"{design.seed}/tune")  # noqa: S311 - an order to be reproduced, not a secret
        self._name = design.id
        self._binaries: dict[Values, PreparedBinary] = {}
        self._began = time.monotonic()

    @property
    def spent_s(self) -> float:
        """The seconds since the search began, without those in which it or its measurements were stopped."""
        runs = [binary.session.run for binary in self._binaries.values() if binary.session]
        done = [result.completed for run in runs for result in (*run.results, *run.discarded) if result.completed]
        return time.monotonic() - self._began - sum(one.stopped_s or 0.0 for one in done)

    def go(self, axes: Sequence[TuneAxis]) -> Values:
        """Return the best values: try each axis in turn, with all others at their best values so far.

        Raises UnavailableError if there is a limit for text and nothing to look at.
        """
        current = self._start
        # Refuses an option that the tree does not know before anything is measured.
        self._prepare_binary(name_binary(current))
        for position, axis in enumerate(axes):
            stage = self._try(axis, current, len(axes) - position)
            self.stages = (*self.stages, stage)
            if stage.winner is not None:
                current = stage.tried[stage.winner].values
        return current

    def duel(self, found: Values, others: Sequence[tuple[str, Values]]) -> tuple[Duel, ...]:
        """Return the duels of the search's choice against `others`, until they are settled or the time is up."""
        contenders = [found, *(values for _, values in others)]
        scores: list[list[float | None]] = [[] for _ in contenders]
        while others:
            for number in self._draw.sample(range(len(contenders)), len(contenders)):
                scores[number].append(self._measure(contenders[number]))
            # Stops do not count in the budget: a process that is stopped each time would never use it up.
            hopeless = len(scores[0]) >= _PATIENCE and not any(score is not None for score in scores[0][-_PATIENCE:])
            if hopeless or self.spent_s >= self._budget_s or are_settled(scores[0], scores[1:]):
                break
            left = format_seconds(self._budget_s - self.spent_s)
            self._console.tick(f"checking the result: {format_count(len(scores[0]), 'round')}, at most {left} left")
        named = [(name, values, scores[number]) for number, (name, values) in enumerate(others, 1)]
        return judge_duels(scores[0], named)

    @property
    def bundles(self) -> list[Path]:
        """The folders of all runs of the search."""
        return [binary.bundle.path for binary in self._binaries.values() if binary.bundle]

    def conclude(self) -> list[Run]:
        """Seal all runs whose bundles still exist, and return them."""
        runs = []
        for binary in self._binaries.values():
            if binary.session and binary.bundle and binary.bundle.path.is_dir():
                made = tuple(one for one in binary.session.run.weights if one.sha256)
                run, _, _ = conclude(binary.session.run.replace(weights=made), binary.bundle, self._places.cache)
                runs.append(run)
        return runs

    def find_run(self, values: Values) -> Run:
        """Return the run that measured a combination; raises KeyError for a binary that was never prepared."""
        session = self._binaries[name_binary(values)].session
        if session is None:
            raise KeyError(values)
        return session.run

    def _try(self, axis: TuneAxis, current: Values, axes_left: int) -> Stage:
        if reason := axis.reason or self._keep_blindly(axis):
            return Stage(axis=axis.name, reason=reason)
        until_s = self.spent_s + (self._budget_s * (1 - _LAST_SHARE) - self.spent_s) / axes_left
        if until_s <= self.spent_s:
            return Stage(axis=axis.name, reason="the time budget was used up")
        candidates = [
            tuple((name, value if name == axis.name else kept) for name, kept in current) for value in axis.values
        ]
        reasons = {number: self._prepare_binary(name_binary(values)).reason for number, values in enumerate(candidates)}
        reasons |= self._find_equals(candidates, reasons, current)
        reasons |= {number: self.texts.find_excess(candidates[number]) for number in reasons if not reasons[number]}
        alive = tuple(number for number in reasons if not reasons[number])
        scores: dict[int, list[float]] = {number: [] for number in alive}
        while len(alive) > 1:
            for _ in range(FIRST_ROUNDS):
                for number in self._draw.sample(alive, len(alive)):
                    score = self._measure(candidates[number])
                    if score is not None:
                        scores[number].append(score)
            alive = choose_survivors({number: scores[number] for number in alive})
            if self.spent_s > until_s:
                break
        tried = tuple(
            self._describe(values, scores.get(number, []), reasons[number]) for number, values in enumerate(candidates)
        )
        best = alive[0] if alive and scores[alive[0]] else None
        return Stage(axis=axis.name, tried=tried, winner=best)

    def _keep_blindly(self, axis: TuneAxis) -> str:
        """Return why an axis that changes the text is not tried, although nobody asked for it by name."""
        if axis.name != QUANT or axis.name in self._named or not self.texts.blindness:
            return ""
        return f"{axis.values[0]} is kept: {self.texts.blindness}; --over {QUANT} tries other types all the same"

    def _find_equals(self, candidates: Sequence[Values], reasons: Mapping[int, str], current: Values) -> dict[int, str]:
        """Return a reason for each candidate with the same code and settings as another one, which is measured instead.

        The present candidate comes first.
        """
        equal: dict[int, str] = {}
        kept: list[int] = []
        for number in sorted(reasons, key=lambda one: candidates[one] != current):
            session = self._prepare_binary(name_binary(candidates[number])).session
            if reasons[number] or session is None:
                continue
            case = name_case(self._model, candidates[number])
            for other in kept:
                twin = self._prepare_binary(name_binary(candidates[other])).session
                same_case = name_case(self._model, candidates[other]) == case
                if twin and same_case and are_equal(session.run.code, twin.run.code):
                    values = dict(set(candidates[other]) - set(candidates[number]))
                    equal[number] = f"same code as {' '.join(f'{name}={value}' for name, value in values.items())}"
                    break
            else:
                kept.append(number)
        return equal

    def _prepare_binary(self, binary: Values) -> PreparedBinary:
        """Return a binary that is ready to be measured; it is built when it is first requested."""
        if binary not in self._binaries:
            self._binaries[binary] = self._open_binary(binary)
        return self._binaries[binary]

    def _find_session(self, binary: Values) -> Session | None:
        ready = self._prepare_binary(binary)
        return None if ready.reason else ready.session

    def _open_binary(self, binary: Values) -> PreparedBinary:
        try:
            state, plan = self._prepare(binary)
        except (UnavailableError, UnfitError) as error:
            if limit := limit_of(error):  # a limit of the system, not of this binary
                raise limit from None
            return PreparedBinary(None, None, error.line)
        self.texts.open_eyes(state, plan)
        state, bundle = open_bundle(self._places.results, state.replace(sweep=self._name), plan)
        session = Session(plan, state, bundle, self._console, self._known, self._monitor)
        self._binaries[binary] = PreparedBinary(
            session, bundle, "it was not finished"
        )  # so that a bundle that is interrupted below is concluded, too
        try:
            for step in plan.steps:
                if step.phase in _MAKING:
                    session.do(step)
        except UsageError as error:  # an option that the tree does not know
            bundle.discard()
            del self._binaries[binary]
            if not self._binaries:
                raise
            return PreparedBinary(None, None, error.line)
        bad = next((result for result in session.run.results if result.status.bad), None)
        return PreparedBinary(session, bundle, f"{bad.step}: {bad.reason}" if bad else "")

    def _measure(self, values: Values) -> float | None:
        """Return the score of one more process, None if it failed."""
        session = self._prepare_binary(name_binary(values)).session
        case = name_case(self._model, values)
        if session is None:
            return None
        template = next(step for step in session.plan.steps if is_timed(step) and step.case == case)
        count = sum(result.case == case for result in session.run.results)
        step = repeat_step(template, case, count + 1)
        session.do_needed(step)
        if count:
            session.extend(step)
        session.do(step)
        return score_result(session.run.results[-1], self._goal)

    def _describe(self, values: Values, scores: Sequence[float], reason: str) -> Candidate:
        if not scores:
            found = self.texts.recall(values)
            return Candidate(values=values, score=None, n=0, reason=reason or self._explain(values), text=found)
        run, case = self.find_run(values), name_case(self._model, values)
        # The same processes as for the score.
        counted = run.replace(results=tuple(one for one in run.results if not one.stood_still))
        summaries = summarize_run(counted)
        encode, decode = (summaries.get((case, metric.name)) for metric in (ENCODE, DECODE))
        return Candidate(
            values=values,
            score=median(scores),
            n=len(scores),
            encode_ms=encode.median if encode else None,
            decode_ms=decode.median if decode else None,
            text=self.texts.recall(values),
        )

    def _explain(self, values: Values) -> str:
        session = self._prepare_binary(name_binary(values)).session
        case, results = name_case(self._model, values), session.run.results if session else ()
        mine = [one for one in results if one.case == case]
        blocked = next((one.blocked_by for one in mine if one.blocked_by), "")
        cause = next((one for one in results if one.step == blocked and one.reason), None)
        return f"{cause.step}: {cause.reason}" if cause else explain_absence(mine)


def name_case(model: str, values: Values) -> Case:
    """Return the case for a combination of values."""
    by_name = dict(values)
    name = name_quantised(model, by_name["quant"])
    return Case.of(Benchmark.WHISPER.value, model=name, threads=by_name["threads"], fa=by_name["fa"])
