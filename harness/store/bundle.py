"""One run on disk: written step by step as `<id>.partial`, renamed when it is complete, and immutable from then on.

results/<node>/<yyyy-mm>/<yyyymmddThhmmssZ>-<commit8>-<config_id>/{run.json, plan.json, README.md, logs/}
"""

import contextlib
import errno
import itertools
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import UnfitError, UnreadableError, UsageError
from harness.parse.earlier import complete_run
from harness.plan.run import find_plan_flaw
from harness.records.plan import Plan
from harness.records.run import NO_DATE, Run
from harness.store.json_file import read_record, read_run
from harness.system.foreign import read_text
from harness.system.fresh import TEMPORARY, make_folders, sync_file, write_atomic
from harness.system.lock import FolderClaim, claim_folder

PARTIAL = ".partial"
UNDATED = "undated"
RUN = "run.json"
PLAN = "plan.json"
REPORT = "README.md"
LOGS = "logs"
# How the name of the file of a sweep ends, which lies beside the bundles of its runs.
SWEEP = ".sweep.json"
# Likewise of a bisection.
BISECTION = ".bisect.json"
# Likewise of the report of a night.
NIGHT = "-night.json"
# Likewise of the result of a search for the best settings.
TUNING = ".tune.json"
_ENDLESS = "there is always a free number"
# The mode of a folder that is still written to, and whose content a resume goes by: others may read it.
_OWN = 0o755
# Likewise of a file.
OWN_FILE = 0o644
# How the id of a run begins, and so the name of its folder.
_ID = re.compile(rf"(?:\d{{8}}T\d{{6}}Z|{NO_DATE})-")
# Folders above a bundle whose entries a run may have made: month, node, results.
_LEVELS = 3


class Bundle:
    """A run that is still being written; `path` is its `.partial` folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / LOGS
        self._claim: FolderClaim | None = None

    @property
    def final(self) -> Path:
        """Where the bundle will be once it is sealed."""
        return self.path.with_name(self.path.name.removesuffix(PARTIAL))

    def claim(self) -> bool:
        """Lock the run while it is written; return whether no other process has it, as far as that is known."""
        self._claim = self._claim or claim_folder(self.path)
        return self._claim is not None

    def release(self) -> None:
        """Release the lock of the run."""
        if self._claim:
            self._claim.close()
            self._claim = None

    @property
    def is_taken(self) -> bool:
        """Whether the path of the bundle is already taken."""
        return _is_there(self.final)

    def save_plan(self, plan: Plan) -> None:
        """Store the plan for a later resume."""
        write_atomic(self.path / PLAN, _pretty(plan), mode=OWN_FILE)

    def save_run(self, run: Run) -> None:
        """Store the state after a step."""
        write_atomic(self.path / RUN, _pretty(run), mode=OWN_FILE)

    def load_plan(self, again: str = "harness run") -> Plan:
        """Return the plan that this run follows; raises UnreadableError, with the command `again` as its hint."""
        plan = read_record(self.path / PLAN, Plan)
        flaw = find_plan_flaw(plan)
        if flaw:
            raise UnreadableError(f"{self.path / PLAN} cannot be used", cause=flaw, hint=again)
        return plan

    def read_log(self, name: str) -> str:
        """Return the text of a log, empty if it does not exist or is not a regular file."""
        try:
            return read_text(self.logs / name, within=self.path)
        except UnreadableError:
            return ""

    def discard(self) -> None:
        """Remove a run that has measured nothing and cannot be resumed."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def find_free_id(self) -> str:
        """Return the id of the run, or one with a number after it if a bundle with that name exists by now."""
        for name in _name_ids(self.final.name):
            partial = self.path.with_name(f"{name}{PARTIAL}")
            if not _is_there(self.path.with_name(name)) and (partial == self.path or not _is_there(partial)):
                return name
        raise AssertionError(_ENDLESS)

    def seal(self, run: Run, report: str) -> Path:
        """Write the final record and report, make everything durable, rename, and return the folder of the bundle.

        Raises FileExistsError, with nothing lost, if a bundle with that id exists by now.
        """
        final = self.path.with_name(run.id)
        write_atomic(self.path / REPORT, report.encode(), mode=OWN_FILE)
        self.save_run(run)
        for left in (*self.path.glob(f"*{TEMPORARY}"), *self.logs.glob(f"*{TEMPORARY}")):  # by a killed process
            with contextlib.suppress(OSError):
                left.rmdir() if left.is_dir() and not left.is_symlink() else left.unlink()
        usual = _probe_mode(self.path)
        for path in (*self.logs.iterdir(), self.logs, *self.path.iterdir(), self.path):
            sync_file(path)
        try:
            self._rename(final)
        except OSError:
            if _is_there(final):
                raise FileExistsError(errno.EEXIST, "a bundle with this name already exists", str(final)) from None
            raise
        for path in ((final / LOGS), *(final / LOGS).iterdir(), final, *final.iterdir()):
            _open_up(path, usual)
        for folder in final.parents[:_LEVELS]:
            sync_file(folder)
        self.release()
        return final

    def _rename(self, final: Path) -> None:
        try:
            self.path.rename(final)
        except PermissionError:  # a disk of Windows, where no folder is renamed that is open
            self.release()
            self.path.rename(final)


def create_bundle(results: Path, run: Run) -> tuple[Run, Bundle]:
    """Return `run` under a unique id, and its new, empty bundle; raises UnfitError if it cannot be created.

    If several want the same id at the same moment, in a shared folder, the one that creates the folder gets it.
    """
    month = month_folder(results, run.node.name, run.id)
    try:
        make_folders(month, within=results)
        for name in _name_ids(run.id):
            bundle = Bundle(month / f"{name}{PARTIAL}")
            if _is_there(bundle.final) or not _make_partial(bundle):
                continue
            if _is_there(bundle.final):  # the other one was sealed between the two looks
                bundle.discard()
                continue
            return run.replace(id=name), bundle
    except OSError as error:
        raise refuse_folder(results, error) from None
    raise AssertionError(_ENDLESS)


def refuse_folder(results: Path, error: OSError) -> UnfitError:
    """Return the error for a folder of results that cannot be written."""
    hint = "--results DIR  # another folder; or set HARNESS_RESULTS"
    return UnfitError(f"cannot write to {results}", cause=error.strerror or str(error), hint=hint)


def open_bundle(results: Path, run: Run, plan: Plan) -> tuple[Run, Bundle]:
    """Return the run under a new id, and its bundle, from which it can be resumed."""
    run, bundle = create_bundle(results, run)
    bundle.save_run(run)
    bundle.save_plan(plan)  # last: with it there is something to resume
    return run, bundle


def _name_ids(wanted: str) -> Iterator[str]:
    """Yield `wanted`, then the same with a number after it."""
    yield wanted
    yield from (f"{wanted}-{number}" for number in itertools.count(2))


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _probe_mode(folder: Path) -> int:
    """Return the mode of a new folder here, from the umask or inherited from the parent folder."""
    probe = folder / f"mode{TEMPORARY}"
    probe.mkdir()
    mode = stat.S_IMODE(probe.stat().st_mode) & 0o777
    probe.rmdir()
    return mode


def _open_up(path: Path, usual: int) -> None:
    """Give a complete bundle the usual mode of new files here, because a group may share a folder of results."""
    status = path.lstat()
    wanted = usual if stat.S_ISDIR(status.st_mode) else usual & 0o666
    if not stat.S_ISLNK(status.st_mode) and wanted & ~status.st_mode:
        with contextlib.suppress(PermissionError):  # a file system that gives all files the mode it was mounted with
            path.chmod(stat.S_IMODE(status.st_mode) | wanted)


def _make_partial(bundle: Bundle) -> bool:
    """Return whether this process made the folder; no other user may write to it before it is sealed."""
    try:
        bundle.path.mkdir(mode=_OWN)
    except FileExistsError:
        return False
    bundle.claim()
    bundle.logs.mkdir(mode=_OWN)
    return True


def require_outside(path: Path) -> None:
    """Raise UsageError for an output file that is inside a run, or is a file of what lies beside the runs."""
    real = Path(os.path.realpath(path))
    for end, what in ((SWEEP, "sweep"), (BISECTION, "bisection"), (NIGHT, "night"), (TUNING, "search")):
        if _ID.match(real.name) and real.name.endswith(end) and _is_there(real):
            cause = "writing there would overwrite it"
            raise UsageError(f"{path} is the file of a {what}", cause=cause, hint="-o FILE  # another one")
    for folder in real.parents:
        if _ID.match(folder.name) and _is_there(folder / RUN):
            cause = "a finished run is never changed"
            raise UsageError(f"{path} lies in the run {folder}", cause=cause, hint="-o FILE  # one elsewhere")


def load_run(path: Path) -> Run:
    """Return the run of a bundle folder, finished or not; raises UnreadableError with file, line and cause."""
    return complete_run(read_run(path / RUN, Run))


def load_logs(path: Path, run: Run) -> dict[str, str]:
    """Return the logs of a bundle folder that the results of `run` name, if they are regular files."""
    names = {result.log for result in run.results if result.log and Path(result.log).name == result.log}
    logs = {}
    for name in names:
        with contextlib.suppress(UnreadableError):
            logs[name] = read_text(path / LOGS / name, within=path)
    return logs


def bundle_folder(results: Path, run: Run) -> Path:
    """Return the path of the bundle of a run in a results folder."""
    return month_folder(results, run.node.name, run.id) / run.id


def encode_run(run: Run) -> bytes:
    """Return the content of run.json."""
    return _pretty(run)


def month_folder(results: Path, node: str, run_id: str) -> Path:
    """Return the folder of a node and of the month of an id, `undated` if that is not known."""
    month = UNDATED if run_id.startswith(NO_DATE) else f"{run_id[:4]}-{run_id[4:6]}"
    return results / node / month


def _pretty(record: Run | Plan) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
