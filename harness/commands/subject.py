"""What a report or a picture is about: runs, or what was measured together, found by the words of the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.bisect.answer import read_answer
from harness.commands.output import Output
from harness.commands.request.place import resolve_results
from harness.commands.selection import select_runs
from harness.errors import UnreadableError, UsageError
from harness.judge.comparison import CompareQuestion, compare_runs
from harness.judge.sweep_table import tabulate_sweep
from harness.judge.trial_answer import USUAL_THRESHOLD
from harness.records.bisection import BisectReport
from harness.records.compare_result import CompareResult
from harness.records.measurement import TABLE_METRICS
from harness.records.night_report import NightReport
from harness.records.run import Run
from harness.records.sweep import SweepTable
from harness.records.trial import Role
from harness.records.tune import Tuning
from harness.settings.layer import Settings
from harness.store.bisection_file import load_bisection, name_bisection
from harness.store.bundle import RUN, load_run
from harness.store.find import StoredRun
from harness.store.night_file import load_night, name_night
from harness.store.sweep_file import find_sweep, name_sweep
from harness.store.tuning_file import load_tuning, name_tuning
from harness.sweep.remainder import look_for_runs

# The record of the other side was begun right after this one; a few others of the node may lie between.
_NEAR = 50


class RunsSubject(NamedTuple):
    """One run or several."""

    stored: tuple[StoredRun, ...]


class TrialSubject(NamedTuple):
    """A live comparison: its verdicts, and its two runs, the baseline first."""

    result: CompareResult
    sides: tuple[StoredRun, StoredRun]


class SweepSubject(NamedTuple):
    """A sweep with the numbers that it has, and the runs that hold them."""

    table: SweepTable
    runs: tuple[Run, ...]


class TuningSubject(NamedTuple):
    """A search for the best settings."""

    tuning: Tuning


class BisectionSubject(NamedTuple):
    """A search for a commit, as far as it is."""

    report: BisectReport


class NightSubject(NamedTuple):
    """The report of a night."""

    report: NightReport


Subject = RunsSubject | TrialSubject | SweepSubject | TuningSubject | BisectionSubject | NightSubject


def select_subject(settings: Settings, output: Output, words: Sequence[str]) -> tuple[Subject, int]:
    """Return what `words` name, and an exit code: 0, or the code for unreadable input.

    A single word may name a sweep, a search or a night, as in `harness show`. One side of a live comparison names both.
    Raises what `select_runs` raises.
    """
    results = resolve_results(settings)
    if len(words) == 1 and (found := _find_file(results, words[0], output)):
        return found, 0
    stored, code = select_runs(settings, output, words)
    return _find_trial(stored) or RunsSubject(stored), code


def _find_file(results: Path, word: str, output: Output) -> Subject | None:
    """Return what a file beside the runs describes, if the word names one."""
    if named := name_sweep(results, word):
        sweep = find_sweep(results, *named, unfinished=False)
        kept = look_for_runs(results, sweep, output.console.note)
        runs = tuple(one.run for one in kept.values() if one.sealed or not sweep.end)
        return SweepSubject(tabulate_sweep(sweep, {run.id: run for run in runs}), runs)
    if path := name_bisection(results, word):
        return BisectionSubject(read_answer(results, load_bisection(path), output.console.note))
    if path := name_tuning(results, word):
        return TuningSubject(load_tuning(path))
    if path := name_night(results, word):
        return NightSubject(load_night(path))
    return None


def _find_trial(stored: Sequence[StoredRun]) -> TrialSubject | None:
    """Return the live comparison that one or two runs are the sides of; None if they are not, or it has no blocks."""
    trials = {one.run.trial.id if one.run.trial else "" for one in stored}
    if len(trials) != 1 or "" in trials or len(stored) > 2:
        return None
    sides = {one.run.trial.role: one for one in (*stored, *_find_other(stored)) if one.run.trial}
    if len(sides) != 2:
        return None
    baseline, contender = sides[Role.BASELINE], sides[Role.CONTENDER]
    threshold = next((one.run.trial.threshold for one in stored if one.run.trial), 0.0) or USUAL_THRESHOLD
    question = CompareQuestion(threshold=threshold, metrics=frozenset(metric.name for metric in TABLE_METRICS))
    try:
        result = compare_runs([baseline.run], [contender.run], question)
    except UsageError:  # it ended before its first block
        return None
    return TrialSubject(result, (baseline, contender))


def _find_other(stored: Sequence[StoredRun]) -> Iterator[StoredRun]:
    """Yield the other side of a live comparison of which one is known, if it lies beside it."""
    (known, *more), folder = stored, Path(stored[0].path)
    if more or known.run.trial is None or not (folder / RUN).is_file():
        return
    names = sorted(path.name for path in folder.parent.iterdir() if (path / RUN).is_file())
    place = names.index(folder.name)
    wanted = range(max(0, place - _NEAR), place + _NEAR)
    for name in sorted(names[wanted.start : wanted.stop], key=lambda name: abs(names.index(name) - place))[1:]:
        try:
            run = load_run(folder.parent / name)
        except UnreadableError:
            continue
        if run.trial and run.trial.id == known.run.trial.id:
            yield StoredRun(path=str(folder.parent / name), run=run)
            return
