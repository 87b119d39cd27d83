"""The loop of a live comparison: block after block, until the answer is clear or the time is up."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from harness.plan.block import BlockPlan, plan_block
from harness.records.comparison import ALPHA
from harness.records.measurement import Case, Measurement, name_cases
from harness.records.outcome import StepResult
from harness.records.record import Record
from harness.records.trial import Role, TrialEnd
from harness.render.plain import format_seconds
from harness.settings.request import TrialDesign
from harness.stats.pairing import pair_measurements
from harness.stats.verdict import PairedSample, list_settled
from harness.system.console import Console
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock, SideCase

# After this many lost blocks in a row, the trial ends.
_PATIENCE = 3

SideCases = Mapping[Role, SideCase]


class BlockEngine(Protocol):
    """Anything that can measure a block."""

    def measure_block(self, block: BlockPlan, side_cases: SideCases) -> BlockOutcome:
        """Return the outcome of the block."""


class TrialTally(Record):
    """The results of a trial so far; `lost` are the blocks without a result, `stopped` is None while it goes on.

    `wall_s` excludes the `halted_s` seconds in which the harness or a side was stopped. `shared` is a library that was
    not a fresh file of its block.
    """

    results: tuple[tuple[StepResult, StepResult], ...] = ()
    lost: tuple[LostBlock, ...] = ()
    stopped: TrialEnd | None = None
    wall_s: float = 0.0
    disturbed: int = 0
    retried: int = 0
    stood: int = 0
    halted_s: float = 0.0
    idle_share: float = 0.0
    shared: str = ""

    def measurements(self, role: Role) -> list[Measurement]:
        """Return the measurements of one side."""
        side = (Role.BASELINE, Role.CONTENDER).index(role)
        return [one for pair in self.results for one in pair[side].measurements]

    @property
    def samples(self) -> tuple[PairedSample, ...]:
        """The pairs of both sides, by case and metric."""
        return pair_measurements(self.measurements(Role.BASELINE), self.measurements(Role.CONTENDER))


class TrialLoop:
    """One pass; `tally` is complete after every block, so that an interrupted trial still has a verdict.

    `provide` returns the side cases of a block with fresh files. Then `wait` is called, which may wait until the node
    is quiet.
    """

    def __init__(
        self,
        design: TrialDesign,
        cases: Sequence[SideCases],
        engine: BlockEngine,
        console: Console,
        save: Callable[[TrialTally], None],
        *,
        provide: Callable[[BlockPlan, SideCases], SideCases | LostBlock] = lambda _, side_cases: side_cases,
        wait: Callable[[], object] = lambda: None,
    ) -> None:
        self.tally = TrialTally()
        self._design = design
        self._cases = cases
        self._engine = engine
        self._console = console
        self._save = save
        self._provide = provide
        self._wait = wait
        self._names = name_cases(map(pair_cases, cases))
        self._settled: set[tuple[Case, str]] = set()
        self._lost_in_row = 0

    def go(self) -> TrialTally:
        """Measure until everything is settled, the time is up, every block fails, or Ctrl-C."""
        began = time.monotonic()
        number = 0
        try:
            while not self.tally.stopped:
                number += 1
                self._measure_block(number)
                elapsed_s = time.monotonic() - began - self.tally.halted_s
                if self._design.early:
                    self._settle()
                stopped = self._conclude(number, elapsed_s)
                self.tally = self.tally.replace(wall_s=round(elapsed_s, 3), stopped=stopped)
                self._save(self.tally)
        except KeyboardInterrupt:
            elapsed_s = time.monotonic() - began - self.tally.halted_s
            self.tally = self.tally.replace(stopped=TrialEnd.INTERRUPTED, wall_s=round(elapsed_s, 3))
        return self.tally

    def step(self, number: int) -> BlockOutcome:
        """Measure block `number`, whatever the time and the design's end, and return its outcome; the tally is saved.

        That is for a caller who decides block by block what is worth measuring.
        """
        began, halted_s = time.monotonic(), self.tally.halted_s
        outcome = self._measure_block(number)
        elapsed_s = time.monotonic() - began - (self.tally.halted_s - halted_s)
        self.tally = self.tally.replace(wall_s=round(self.tally.wall_s + elapsed_s, 3))
        self._save(self.tally)
        return outcome

    def _measure_block(self, number: int) -> BlockOutcome:
        design, tally = self._design, self.tally
        open_cases = [
            (side_cases, metrics) for side_cases in self._cases if (metrics := self._open_metrics(side_cases))
        ]
        side_cases, metrics = open_cases[number % len(open_cases)]
        block = plan_block(design.seed, number, metrics, pairs=design.pairs)
        outcome = self._measure_fresh(block, side_cases)
        tally = tally.replace(halted_s=tally.halted_s + outcome.halted_s)
        if isinstance(outcome, BlockResult):
            self._lost_in_row = 0
            self.tally = tally.replace(
                results=(*tally.results, outcome.results),
                disturbed=tally.disturbed + outcome.disturbed,
                retried=tally.retried + outcome.retried,
                stood=tally.stood + outcome.stood,
                idle_share=max(tally.idle_share, outcome.idle_share),
                shared=tally.shared or outcome.shared,
            )
        else:
            self._lost_in_row += 1
            self._console.note(f"block {number} failed: {outcome.reason}")
            self.tally = tally.replace(lost=(*tally.lost, outcome))
        return outcome

    def _measure_fresh(self, block: BlockPlan, side_cases: SideCases) -> BlockOutcome:
        """Return the outcome of a block with fresh files, which are made before anything is measured."""
        provided = self._provide(block, side_cases)
        if isinstance(provided, LostBlock):
            return provided
        self._wait()
        return self._engine.measure_block(block, provided)

    @property
    def given_up(self) -> bool:
        """Whether so many blocks in a row were lost, or one so hopelessly, that others would be, too."""
        return self._lost_in_row >= _PATIENCE or (self._lost_in_row > 0 and self.tally.lost[-1].hopeless)

    def _open_metrics(self, side_cases: SideCases) -> tuple[str, ...]:
        case = pair_cases(side_cases)
        return tuple(metric for metric in self._design.metrics if (case, metric) not in self._settled)

    def _settle(self) -> None:
        samples = self.tally.samples
        planned = len(self._cases) * len(self._design.metrics)
        settled = list_settled(samples, planned=planned, alpha=ALPHA, threshold=self._design.threshold)
        self._settled |= {(one.case, one.metric) for one, known in zip(samples, settled, strict=True) if known}

    def _conclude(self, number: int, elapsed_s: float) -> TrialEnd | None:
        """Return why the trial ends now, None if it goes on."""
        if self.given_up:
            return TrialEnd.LOST
        left = [
            f"{metric} of {self._names[pair_cases(side_cases)]}"
            for side_cases in self._cases
            for metric in self._open_metrics(side_cases)
        ]
        if not left:
            return TrialEnd.SETTLED
        if self._design.blocks and len(self.tally.results) >= self._design.blocks * len(self._cases):
            return TrialEnd.ENOUGH
        left_s = self._design.max_time_s - elapsed_s
        if elapsed_s / number > left_s:  # the next block would not end in time
            return TrialEnd.TIME_UP
        still = ", ".join(left[:3]) + (" ..." if len(left) > 3 else "")
        passed = f"{format_seconds(elapsed_s)}, at most {format_seconds(left_s)} left"
        state, every = f"block {number}, {passed}; not settled", len(self._cases) * len(self._design.metrics)
        share = elapsed_s / self._design.max_time_s
        self._console.tick(f"{state}: {still}", share, short=f"{state}: {len(left)} of {every}")
        return None


def pair_cases(side_cases: SideCases) -> Case:
    """Return the case of a block: the baseline's case against the contender's."""
    return side_cases[Role.BASELINE].case.against(side_cases[Role.CONTENDER].case)
