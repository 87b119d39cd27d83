"""What jobs of a fleet left in the results: runs, sweeps and nights that carry the key of their job.

No list is kept of them. A round that is named after a day is looked for from the day before on, by the names of
bundles and files; of a record that does not hold the key as text nothing is decoded.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.errors import UnreadableError
from harness.parse.job_key import read_round
from harness.plan.run import is_plain
from harness.records.exit_code import ExitCode
from harness.records.fleet import JobTrace
from harness.records.purpose import RunPurpose
from harness.store.bundle import NIGHT, PARTIAL, RUN, SWEEP, UNDATED, load_run, month_folder
from harness.store.json_file import decode_run
from harness.store.layout import list_month_folders
from harness.system.foreign import list_folder, read_bytes

# The clock of whoever named a round may be ahead of that of a node.
_SLACK = timedelta(days=1)


class _Entry(msgspec.Struct):
    run: str = ""


class _Head(msgspec.Struct):
    """What the records of runs, sweeps and nights say about their job; the rest of them is skipped."""

    schema: int
    job: str = ""
    id: str = ""
    harness: str = ""
    start: str = ""
    began: str = ""
    end: str = ""
    sweep: str = ""
    trial: dict[str, object] | None = None
    stopped: str = ""
    exit_code: int = 0
    purpose: RunPurpose = RunPurpose.MANUAL
    entries: tuple[_Entry, ...] = ()


class JobRecord(NamedTuple):
    """One record of a job: a run, a sweep or a night, its file, and the node in whose folder it lies.

    `run` is the id of a run, `sweep` that of the sweep. `whole` says that it is sealed, or came to its end; `alone`
    that with it the job did, because it is not a part of a sweep or a night.
    """

    key: str
    node: str
    path: Path
    start: str
    harness: str = ""
    run: str = ""
    sweep: str = ""
    whole: bool = False
    alone: bool = False
    exit_code: int = 0
    parts: tuple[str, ...] = ()


def find_traces(results: Path, prefix: str, node: str = "") -> tuple[JobTrace, ...]:
    """Return what jobs whose keys begin with `prefix` left in the results, of all nodes or of one, in order of keys.

    What one job left on two nodes are two traces. What cannot be read leaves no trace.
    """
    found: dict[tuple[str, str], list[JobRecord]] = {}
    for one in list_records(results, prefix, node):
        found.setdefault((one.key, one.node), []).append(one)
    return tuple(_sum_up(key, where, found[key, where]) for key, where in sorted(found))


def list_records(results: Path, prefix: str, node: str = "") -> Iterator[JobRecord]:
    """Yield the records of jobs whose keys begin with `prefix`, those of one month after the other."""
    day = _first_day(prefix)
    for folder in map(Path, list_month_folders(results)):
        if (node and folder.parent.name != node) or (day and not f"{day:%Y-%m}" <= folder.name < UNDATED):
            continue
        try:
            listing = list_folder(folder)
        except UnreadableError:
            continue
        since = f"{day:%Y%m%d}" if day else ""
        for name in listing.folders:
            if name >= since and name[0] not in ".@#" and (one := _read(folder / name / RUN, prefix)):
                yield one
        for name in listing.files:
            if name >= since and name.endswith((SWEEP, NIGHT)) and (one := _read(folder / name, prefix)):
                yield one


def find_finished(results: Path, key: str, node: str = "") -> JobRecord | None:
    """Return the record with which a job came to its end, on a node or on any; None if it did not."""
    found = [one for one in list_records(results, key, node) if one.key == key and one.alone and one.whole]
    return max(found, key=lambda one: one.start, default=None)


def list_begun(results: Path, key: str, node: str) -> list[JobRecord]:
    """Return the runs and sweeps that a job began on a node and did not end, the newest first."""
    found = [one for one in list_records(results, key, node) if one.key == key and one.alone and not one.whole]
    return sorted(found, key=lambda one: one.start, reverse=True)


def _first_day(prefix: str) -> date | None:
    """Return the first day on which jobs with such keys can have begun, None where they do not say it."""
    parts = prefix.split("/")
    day = read_round(parts[1]) if len(parts) > 2 else None
    return day - _SLACK if day and day.year > 1 else None


def _read(path: Path, prefix: str) -> JobRecord | None:
    """Return the record in a file if it is one of a job whose key begins with `prefix`."""
    try:
        raw = read_bytes(path, within=path.parent)
        if prefix.encode() not in raw:
            return None
        head = decode_run(raw, str(path), _Head)
        return _take(head, path) if head.job.startswith(prefix) else None
    except UnreadableError:
        return None


def _take(head: _Head, path: Path) -> JobRecord:
    bundle = path.name == RUN
    month = path.parents[1] if bundle else path.parent
    name = path.parent.name.removesuffix(PARTIAL) if bundle else ""
    record = JobRecord(head.job, month.parent.name, path, head.start or head.began, head.harness)
    if bundle:
        alone = not (head.sweep or head.trial) and head.purpose is RunPurpose.MANUAL
        whole = not path.parent.name.endswith(PARTIAL)
        code = int(load_run(path.parent).exit_code) if whole and alone else 0
        return record._replace(run=name, sweep=head.sweep, whole=whole, alone=alone, exit_code=code)
    if path.name.endswith(NIGHT):
        return record._replace(whole=not head.stopped, alone=True, exit_code=head.exit_code)
    parts = tuple(one.run for one in head.entries if one.run)
    code = _judge_sweep(month.parents[1], month.parent.name, parts) if head.end else 0
    return record._replace(sweep=head.id, whole=bool(head.end), alone=True, exit_code=code, parts=parts)


def _judge_sweep(results: Path, node: str, runs: tuple[str, ...]) -> int:
    """Return the exit code of a finished sweep: the worst of its runs, of which none may be missing."""
    codes = {int(ExitCode.OK)}
    for run in runs:
        try:
            if not is_plain(run):
                raise UnreadableError(f"{run!r} is not the id of a run")
            codes.add(int(load_run(month_folder(results, node, run) / run).exit_code))
        except UnreadableError:
            codes.add(int(ExitCode.BENCHMARK_FAILED))
    return min(codes - {int(ExitCode.OK)}, default=int(ExitCode.OK))


def _sum_up(key: str, node: str, records: list[JobRecord]) -> JobTrace:
    records.sort(key=lambda one: one.start)
    ends = [one for one in records if one.alone and one.whole]
    versions = [one.harness for one in records if one.harness]
    return JobTrace(
        key=key,
        node=node,
        runs=tuple(dict.fromkeys(one.run for one in records if one.run)),
        newest=records[-1].start,
        finished=bool(ends),
        exit_code=ends[-1].exit_code if ends else 0,
        harness=versions[-1] if versions else "",
    )
