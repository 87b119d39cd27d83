"""The loop of a bisection: builds and measures what is to be next, until there is an answer."""

import shutil
import time
from pathlib import Path
from typing import NamedTuple

from harness.bisect.answer import Sitting, decide, describe_search, lay_stored
from harness.bisect.block import CommitBlock, list_blocks
from harness.bisect.workshop import Workshop, refuse_weights
from harness.errors import UnavailableError
from harness.judge.bisect_report import MeasuredTrial
from harness.plan.block import ROLES
from harness.plan.commit_line import Line
from harness.records.bisection import (
    Bisection,
    BisectTrial,
    BuiltCommit,
    LineSearch,
    NextBlock,
    StoredBisection,
)
from harness.records.comparison import ALPHA
from harness.records.measurement import TABLE_METRICS
from harness.records.outcome import StepResult
from harness.records.trial import TrialEnd, TrialPurpose
from harness.render.plain import format_seconds
from harness.run.places import Workplace
from harness.settings.request import BisectRequest
from harness.stats.verdict import list_settled
from harness.store.bisection_file import load_trials, save_bisection
from harness.trial.loop import TrialLoop
from harness.trial.open_trial import OpenTrial, TrialTask, make_loop, open_trial, seal_trial
from harness.trial.setup import Setup
from harness.trial.side_case import BlockResult


class _OpenOne(NamedTuple):
    trial: OpenTrial
    loop: TrialLoop
    commits: tuple[str, str]


_Key = tuple[TrialPurpose, str, str]


class BisectLoop:
    """One sitting of a search; `stored` and its file are up to date after each build and each new trial.

    Fresh files of blocks are made in `fresh`.
    """

    def __init__(
        self, request: BisectRequest, stored: StoredBisection, setup: Setup, work: Workplace, fresh: Path
    ) -> None:
        self.stored = stored
        self.pairs: list[MeasuredTrial] = []
        self._request, self._setup, self._work, self._fresh = request, setup, work, fresh
        self._workshop = Workshop(request, stored, work, self._keep_build)
        self._wanted = (request.case, request.metric)
        self._blocks: list[CommitBlock] = []
        self._open: dict[_Key, _OpenOne] = {}
        self._block_s: list[float] = []
        self._lost = 0
        self._spent_s = stored.spent_s
        self._began = time.monotonic()
        self._halted_s = 0.0

    def take_up(self) -> None:
        """Take over the blocks of earlier sittings from the runs that hold them."""
        for trial, runs in load_trials(self._work.places.results, self.stored, self._work.console.note):
            self.pairs.append((trial.purpose, runs))
            blocks = list_blocks(trial, runs[0].measurements, runs[1].measurements, self._wanted)
            self._blocks += blocks
            if blocks:
                self._block_s.append(runs[0].wall_s / len(blocks))
        self._blocks.sort(key=lambda block: block.number)

    def go(self) -> tuple[LineSearch, Line, Bisection]:
        """Return what is known in the end, and the answer; raises BrokenEndError if an end cannot be measured."""
        for key in self.stored.line.ends:
            self._workshop.build(key)
        while True:
            line = lay_stored(self.stored)
            search = self._describe(line)
            following = decide(line, search)
            if isinstance(following, Bisection):
                return search, line, following
            self._measure(following, line, search)

    def seal(self, *, interrupted: bool = False) -> None:
        """Seal the records of all open trials; those that measured nothing leave none."""
        for key in list(self._open):
            self._seal(key, interrupted=interrupted)
        self._workshop.close()
        self._save()

    @property
    def bundles(self) -> list[Path]:
        """The folders of all open records."""
        return [path for one in self._open.values() for path in one.trial.bundles]

    @property
    def sitting_s(self) -> float:
        """The seconds since this sitting began, without those in which it was stopped."""
        return time.monotonic() - self._began - self._halted_s

    def _describe(self, line: Line) -> LineSearch:
        return describe_search(
            self.stored,
            line,
            self._blocks,
            Sitting(
                block_s=self._block_s,
                has_compiler_cache=self._workshop.has_compiler_cache,
                left_s=self._request.budget_s - self.sitting_s,
                spent_s=round(self._spent_s + self.sitting_s, 1),
            ),
        )

    def _measure(self, following: NextBlock, line: Line, search: LineSearch) -> None:
        """Build what is missing for a block; if nothing is, measure the block."""
        commits = self._choose_commits(following, line)
        known = {one.commit for one in self.stored.built}
        for key in commits:
            if key not in known:
                self._say_build(key, following)
            self._workshop.build(key)
        if not set(commits) <= known:
            return  # what was built may have the code of another commit, or cannot be measured
        one = self._take(following.purpose, commits)
        if one is None:
            return
        number = 1 + self._lost + max((block.number for block in self._blocks), default=0)
        self._tick(number, following, commits[1], search)
        before = one.loop.tally
        try:
            outcome = one.loop.step(number)
        finally:
            shutil.rmtree(self._fresh / one.trial.runs[0][0].id, ignore_errors=True)
        self._halted_s += one.loop.tally.halted_s - before.halted_s
        if isinstance(outcome, BlockResult):
            self._block_s.append(one.loop.tally.wall_s - before.wall_s)
            self._lost = 0
            self._add(one, outcome.results)
            return
        self._lost += 1
        if one.loop.given_up:
            reason = f"it cannot be measured: {outcome.reason}"
            self._seal((following.purpose, *commits))
            self._workshop.give_up(commits[ROLES.index(outcome.role)], reason)

    def _choose_commits(self, following: NextBlock, line: Line) -> tuple[str, str]:
        if following.purpose is TrialPurpose.ENDS:
            return self.stored.line.ends
        return line.measured[following.baseline], line.measured[following.contender]

    def _take(self, purpose: TrialPurpose, commits: tuple[str, str]) -> _OpenOne | None:
        """Return the open trial of two commits, which is opened if there is none; None if one cannot be measured."""
        key = (purpose, *commits)
        if key not in self._open:
            sides, built = self._workshop.make_sides(commits)
            broken = next((at for at, result in enumerate(built) if not result.ok), None)
            if broken is not None:  # it was built before, but its build is gone
                self._workshop.give_up(commits[broken], "it cannot be built again")
                return None
            refuse_weights(sides, built)
            design = self._request.design.replace(bisection=self.stored.id, purpose=purpose)
            if purpose is TrialPurpose.ENDS:  # so that a change of another metric is seen, too
                design = design.replace(metrics=tuple(metric.name for metric in TABLE_METRICS), named=False)
            try:
                trial = open_trial(TrialTask(sides, design), built, self._setup, self._work)
            except UnavailableError as error:  # no library, or a bench program that lacks an option
                self._workshop.give_up(commits[1], error.line)
                return None
            loop = make_loop(trial, self._work, self._fresh / trial.runs[0][0].id)
            self._open[key] = _OpenOne(trial, loop, commits)
            runs = (trial.runs[0][0].id, trial.runs[1][0].id)
            made = BisectTrial(purpose=purpose, baseline=commits[0], contender=commits[1], runs=runs)
            self.stored = self.stored.replace(trials=(*self.stored.trials, made))
            self._save()
        return self._open[key]

    def _add(self, one: _OpenOne, results: tuple[StepResult, StepResult]) -> None:
        """Keep a block; raises UnavailableError if it does not have the metric."""
        here, there = (result.measurements for result in results)
        blocks = list_blocks(self._name_trial(one), here, there, self._wanted)
        if not blocks:
            raise UnavailableError(
                f"{self._request.metric} was not measured",
                cause=f"the program of {one.commits[0][:8]} or {one.commits[1][:8]} does not print it",
                hint="--engine library  # or another --metric",
            )
        self._blocks += blocks

    def _name_trial(self, one: _OpenOne) -> BisectTrial:
        ids = {run.id for run, _ in one.trial.runs}
        return next(trial for trial in self.stored.trials if set(trial.runs) == ids)

    def _seal(self, key: _Key, *, interrupted: bool = False) -> None:
        one = self._open.pop(key)
        tally = one.loop.tally
        trial = self._name_trial(one)
        if not tally.results and not tally.lost:
            for _, bundle in one.trial.runs:
                bundle.discard()
            self.stored = self.stored.replace(trials=tuple(other for other in self.stored.trials if other != trial))
            return
        end = TrialEnd.INTERRUPTED if interrupted else self._name_end(one)
        sealed = seal_trial(one.trial, tally.replace(stopped=end), self._work.places.cache)
        baseline, contender = sealed.runs
        self.pairs.append((key[0], (baseline, contender)))
        named = trial.replace(runs=(baseline.id, contender.id))  # another process may have taken the name meanwhile
        self.stored = self.stored.replace(
            trials=tuple(named if other == trial else other for other in self.stored.trials)
        )

    def _name_end(self, one: _OpenOne) -> TrialEnd:
        """Return why a trial ends here: it has a verdict on the metric, or the search needs no more of it."""
        if one.loop.given_up:
            return TrialEnd.LOST
        samples = [sample for sample in one.loop.tally.samples if (sample.case, sample.metric) == self._wanted]
        settled = list_settled(samples, planned=1, alpha=ALPHA, threshold=self._request.design.threshold)
        return TrialEnd.SETTLED if settled and all(settled) else TrialEnd.ELSEWHERE

    def _keep_build(self, built: BuiltCommit) -> None:
        others = tuple(one for one in self.stored.built if one.commit != built.commit)
        self.stored = self.stored.replace(built=(*others, built))
        self._save()

    def _save(self) -> None:
        self.stored = self.stored.replace(spent_s=round(self._spent_s + self.sitting_s, 1))
        save_bisection(self._work.places.results, self.stored)

    def _say_build(self, key: str, following: NextBlock) -> None:
        commit = self.stored.line.find(key).commit
        subject = commit.message.partition("\n")[0]
        self._work.console.note(f"building {commit.short}, {subject}: {following.reason}")

    def _tick(self, number: int, following: NextBlock, key: str, search: LineSearch) -> None:
        commit, count = self.stored.line.find(key).commit, len(search.candidates)
        left = format_seconds(max(0.0, search.left_s))
        text = f"block {number}, {following.purpose}: {commit.short}, {following.contender} of {count}; {left} left"
        self._work.console.tick(text, min(1.0, self.sitting_s / self._request.budget_s))
