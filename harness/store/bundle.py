"""One run on disk: written step by step as `<id>.partial`, renamed once it is whole, immutable from then on.

results/<node>/<yyyy-mm>/<yyyymmddThhmmssZ>-<commit8>-<config_id>/{run.json, plan.json, README.md, logs/}
"""

import os
import shutil
from pathlib import Path

import msgspec

from harness.errors import UnfitError, UnreadableError, UsageError
from harness.plan.run import find_flaw
from harness.records.plan import Plan
from harness.records.run import NO_DATE, Run
from harness.store.json_file import read_record, read_run

PARTIAL = ".partial"
UNDATED = "undated"
RUN = "run.json"
PLAN = "plan.json"
REPORT = "README.md"
LOGS = "logs"
_TEMPORARY = ".tmp"
# Folders above a bundle whose entries a run may have made: month, node, results.
_LEVELS = 3


class Bundle:
    """A run that is still being written; `path` is its `.partial` folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / LOGS

    @property
    def final(self) -> Path:
        """Where the bundle will be once it is sealed."""
        return self.path.with_name(self.path.name.removesuffix(PARTIAL))

    def save_plan(self, plan: Plan) -> None:
        """Keep the plan for a later resume."""
        write_atomic(self.path / PLAN, _pretty(plan))

    def save_run(self, run: Run) -> None:
        """Keep the state after a step."""
        write_atomic(self.path / RUN, _pretty(run))

    def load_plan(self) -> Plan:
        """Return the plan that this run follows; raises UnreadableError."""
        plan = read_record(self.path / PLAN, Plan)
        flaw = find_flaw(plan)
        if flaw:
            raise UnreadableError(f"{self.path / PLAN} cannot be followed", cause=flaw, hint="harness run")
        return plan

    def discard(self) -> None:
        """Remove a run in which nothing has been measured and that cannot be resumed."""
        shutil.rmtree(self.path, ignore_errors=True)

    def seal(self, run: Run, report: str) -> Path:
        """Write the final record and report, make all of it durable, rename, and return the bundle's folder."""
        write_atomic(self.path / REPORT, report.encode())
        write_atomic(self.path / RUN, _pretty(run))
        for left in self.path.glob(f"*{_TEMPORARY}"):  # by a killed process
            left.unlink(missing_ok=True)
        for path in (*self.logs.iterdir(), self.logs, *self.path.iterdir(), self.path):
            _sync(path)
        self.path.rename(self.final)
        for folder in self.final.parents[:_LEVELS]:
            _sync(folder)
        return self.final


def create_bundle(results: Path, run: Run) -> Bundle:
    """Return a new, empty bundle for `run`; raises UnfitError when the folder cannot be made.

    The id must be new; `choose_id` finds one.
    """
    bundle = Bundle(month_folder(results, run.node.name, run.id) / f"{run.id}{PARTIAL}")
    try:
        bundle.logs.mkdir(parents=True)
    except OSError as error:
        cause = error.strerror or str(error)
        hint = "choose another folder with --results DIR or HARNESS_RESULTS"
        raise UnfitError(f"cannot write to {results}", cause=cause, hint=hint) from None
    return bundle


def open_bundle(results: Path, run: Run, plan: Plan) -> tuple[Run, Bundle]:
    """Return the run under an id that is new, and its bundle, from which it can be resumed."""
    run = run.replace(id=choose_id(results, run.node.name, run.id))
    bundle = create_bundle(results, run)
    bundle.save_run(run)
    bundle.save_plan(plan)  # last: with it there is something to resume
    return run, bundle


def choose_id(results: Path, node: str, wanted: str) -> str:
    """Return `wanted`, or with a number behind it when a run of that id exists already."""
    month = month_folder(results, node, wanted)
    candidate, number = wanted, 1
    while (month / candidate).exists() or (month / f"{candidate}{PARTIAL}").exists():
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def find_partial(results: Path, node: str, wanted: str) -> Bundle:
    """Return the unfinished run of `node` whose id starts with `wanted`, or the latest one for an empty `wanted`.

    Raises UsageError where there is none, or more than one.
    """
    partials = sorted((results / node).glob(f"*/*{PARTIAL}"), key=lambda path: path.name)
    # Without a plan there is nothing to go on with: one side of a live comparison, if not named, or a run that was
    # killed before it had begun.
    found = [path for path in partials if path.name.startswith(wanted) and (wanted or (path / PLAN).exists())]
    found = [path for path in found if path.name == f"{wanted}{PARTIAL}"] or found
    if not found:
        named = f" that starts with {wanted!r}" if wanted else ""
        raise UsageError(f"no unfinished run{named} in {results / node}", hint="harness run, without --resume")
    if wanted and len(found) > 1:
        raise UsageError(f"{wanted!r} is the beginning of {len(found)} unfinished runs", hint=str(found[-1].name))
    return Bundle(found[-1])


def load_run(path: Path) -> Run:
    """Return the run of a bundle folder, finished or not; raises UnreadableError with file, line and cause."""
    return read_run(path / RUN, Run)


def load_logs(path: Path, run: Run) -> dict[str, str]:
    """Return the logs of a bundle folder that the results of `run` name, as far as they are there."""
    names = {result.log for result in run.results if result.log and Path(result.log).name == result.log}
    logs = {name: path / LOGS / name for name in names}
    return {name: log.read_text(encoding="utf-8", errors="replace") for name, log in logs.items() if log.is_file()}


def bundle_folder(results: Path, run: Run) -> Path:
    """Return where the bundle of a run stands in a results folder."""
    return month_folder(results, run.node.name, run.id) / run.id


def encode_run(run: Run) -> bytes:
    """Return the content of run.json."""
    return _pretty(run)


def write_atomic(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace `path` as a whole: readers see the old content or the new, never a part.

    What is `durable` is on the disk before it gets its name: a power loss cannot leave an empty file under it.
    """
    temporary = path.with_name(path.name + _TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def month_folder(results: Path, node: str, run_id: str) -> Path:
    """Return the folder of a node and of the month in which an id was given, `undated` where that is not known."""
    month = UNDATED if run_id.startswith(NO_DATE) else f"{run_id[:4]}-{run_id[4:6]}"
    return results / node / month


def _pretty(record: Run | Plan) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
