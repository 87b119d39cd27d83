"""A job of a fleet that is done already: its results are named, and nothing is measured again."""

from pathlib import Path

from harness.commands.output import Output
from harness.commands.sweep_table import describe_sweep
from harness.judge.run_answer import describe_run
from harness.judge.sweep_table import tabulate_sweep
from harness.parse.job_key import parse_job_key
from harness.records.record import Record
from harness.render.night_headline import sum_up_night
from harness.render.terminal import list_head
from harness.store.bundle import RUN, SWEEP, load_run
from harness.store.job_trace import JobRecord, find_finished
from harness.store.night_file import load_night
from harness.store.sweep_file import find_sweep
from harness.sweep.remainder import look_for_runs


def find_done(results: Path, job: str, node: str) -> JobRecord | None:
    """Return the record with which a job ended; None if it has not ended, or if there is no job.

    It counts on this node alone, unless any node may do it.
    """
    return find_finished(results, job, parse_job_key(job).node and node) if job else None


def show_done(done: JobRecord, results: Path, output: Output) -> int:
    """Show in one line that a job is done already, and return the exit code that it had."""
    line, record = _describe(done, results, output)
    output.show(f"{done.key} is done already: {line}\n  {done.path.parent if done.run else done.path}\n", record)
    return done.exit_code


def _describe(done: JobRecord, results: Path, output: Output) -> tuple[str, Record]:
    """Return what came of a job in one line, and its record."""
    if done.path.name == RUN:
        run = load_run(done.path.parent)
        return next(list_head(run)), describe_run(run, str(done.path.parent))
    if done.path.name.endswith(SWEEP):
        stored = find_sweep(results, done.node, done.sweep, unfinished=False)
        kept = look_for_runs(results, stored, output.console.note)
        table = tabulate_sweep(stored, {one.run.id: one.run for one in kept.values() if one.sealed})
        return describe_sweep(stored).partition("\n")[0], table
    night = load_night(done.path)
    return sum_up_night(night), night
