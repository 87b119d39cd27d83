"""A whole live comparison: builds, side cases, the trial loop, and the two runs that record it."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.judge.comparison import CompareQuestion, judge_trials
from harness.judge.counter import judge_counts
from harness.judge.trial_text import judge_trial_text
from harness.plan.block import ROLES
from harness.records.comparison import CounterReport, Family
from harness.records.quality_report import QualityFamily
from harness.records.record import Record
from harness.records.run import Run
from harness.records.trial import TrialEnd
from harness.run.places import Workplace
from harness.run.recovery import settle_unfinished
from harness.settings.request import TrialDesign
from harness.store.unfinished import describe_kept, list_gone
from harness.system.limit import explain_stop
from harness.system.scratch import BLOCK, scratch_folder
from harness.trial.build import build_sides
from harness.trial.introduction import introduce_trial
from harness.trial.loop import TrialTally
from harness.trial.open_trial import SealedTrial, Sides, TrialTask, make_loop, open_trial, seal_trial
from harness.trial.quality import look_at_text, refuse_silence
from harness.trial.request import TrialRequest
from harness.trial.setup import Setup
from harness.trial.side import prepare_side
from harness.trial.side_case import LostBlock


class TrialResult(Record):
    """A trial that has ended: its verdicts, and the two runs with their bundles, baseline first.

    If a build failed, there is no tally, only the record and the logs of the build. `counters` are what the hardware
    counted, None if it did not. `quality` are the verdicts on the text, None if nobody looked. `failure` is the block
    that ended the trial, `missing` are the requested metrics that were never measured.
    """

    runs: tuple[Run, ...]
    paths: tuple[str, ...] = ()
    family: Family | None = None
    counters: CounterReport | None = None
    quality: QualityFamily | None = None
    tally: TrialTally | None = None
    failure: LostBlock | None = None
    missing: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the trial."""
        return self.tally is not None and self.tally.stopped is TrialEnd.INTERRUPTED


def prepare_sides(request: TrialRequest, work: Workplace) -> Sides:
    """Return both sides, with their sources and weights fetched."""
    baseline, contender = (
        prepare_side(role, run, work, drawn=request.design.relink)
        for role, run in zip(ROLES, request.runs, strict=True)
    )
    return baseline, contender


def compare(request: TrialRequest, setup: Setup, work: Workplace, *, plant: float = 0.0) -> TrialResult:
    """Fetch, build and measure both sides, and return the result; the caller holds the node's lock."""
    settle_unfinished(work.places, request.node.name, work.console)
    sides = prepare_sides(request, work)
    refuse_silence(sides, work.places.cache)
    introduce_trial(request.labels, sides, request.design, work)
    return run_trial(TrialTask(sides, request.design, plant), setup, work)


def run_trial(task: TrialTask, setup: Setup, work: Workplace) -> TrialResult:
    """Carry out a trial, from builds to sealed runs, and return its result; the caller holds the node's lock."""
    built = build_sides(task.sides, work)
    broken = next((one for one in built if not one.ok), None)
    if broken:
        return TrialResult(runs=(broken.run,), paths=(broken.logs,))
    trial = open_trial(task, built, setup, work)
    with _naming_kept_runs(trial.bundles, task.command):
        looked = zip(trial.sides, built, trial.runs, strict=True)
        seen = [(look_at_text(side, one, opened, work), opened[1]) for side, one, opened in looked]
        trial = trial._replace(runs=seen)
        with scratch_folder(work.places.cache, BLOCK) as fresh:
            tally = make_loop(trial, work, fresh).go()
        sealed = seal_trial(trial, tally, work.places.cache)
    family = _judge(sealed, task.design) if tally.results else None
    baseline, contender = sealed.runs
    quality = judge_trial_text([(baseline, contender)])
    if family and quality:
        family = family.replace(caveats=tuple(dict.fromkeys((*family.caveats, *quality.caveats))))
    return TrialResult(
        runs=sealed.runs,
        paths=sealed.paths,
        family=family,
        counters=judge_counts([(baseline, contender)], family) if family else None,
        quality=quality,
        tally=tally,
        failure=tally.lost[-1] if tally.stopped is TrialEnd.LOST else None,
        missing=sealed.missing,
    )


def _judge(sealed: SealedTrial, design: TrialDesign) -> Family:
    baseline, contender = sealed.runs
    question = CompareQuestion(threshold=design.threshold, metrics=frozenset(design.metrics))
    family = judge_trials([(baseline, contender)], question)
    return family.replace(caveats=(*family.caveats, *sealed.caveats))


@contextlib.contextmanager
def _naming_kept_runs(bundles: Sequence[Path], command: str) -> Iterator[None]:
    """Make an error that stops a trial say what was kept."""
    try:
        yield
    except (HarnessError, OSError, MemoryError) as error:
        kept = describe_kept(bundles)
        again = command if list_gone(bundles) else f"{command}, which also finishes the records of what was measured"
        raise explain_stop("comparison", error, kept, again, bundles[0]) from None
