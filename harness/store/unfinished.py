"""Unfinished runs: what is left of them, and which of them the caller may resume."""

import contextlib
import os
import pwd
import shlex
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from harness.errors import UnreadableError, UsageError
from harness.records.run import SEARCH, Run
from harness.store.bundle import PARTIAL, PLAN, RUN, SWEEP, Bundle, load_run, month_folder
from harness.system.fresh import create_file
from harness.system.lock import is_claimed

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def list_gone(bundles: Iterable[Path]) -> list[Path]:
    """Return the folders of unfinished runs that somebody has removed or moved while they were measured."""
    return [path for path in bundles if not any((one / RUN).is_file() for one in (path, _final(path)))]


def describe_kept(bundles: Iterable[Path]) -> str:
    """Return what is left of unfinished runs on the disk now."""
    paths = list(bundles)
    gone = list_gone(paths)
    if not gone:
        return "finished work is kept"
    if len(gone) == len(paths):
        return f"{gone[0]} was removed or moved in the meantime, with all its measurements"
    lost = f"{len(gone)} of {len(paths)} runs that were removed or moved in the meantime"
    return f"finished work is kept, except in {lost}: {gone[0]}, ..."


def find_partial(
    results: Path, node: str, wanted: str, *, note: Callable[[str], None], sweep: str = ""
) -> tuple[Bundle, Run]:
    """Return the unfinished run of `node` whose id starts with `wanted`, or the latest one for an empty `wanted`.

    If none is named, runs that `run --resume` cannot resume are skipped, with a `note`: those that others began or may
    have changed, those that cannot be read, and parts of sweeps, searches and comparisons, unless they belong to
    `sweep`. Raises UsageError if there is none, more than one, or one of those, UnreadableError for a named run whose
    run.json is damaged.
    """
    partials = sorted((results / node).glob(f"*/*{PARTIAL}"), key=lambda path: path.name)
    # Without a plan there is nothing to resume: one side of a live comparison, if not named, or a run that was killed
    # before it had begun.
    found = [path for path in partials if path.name.startswith(wanted) and (wanted or os.path.lexists(path / PLAN))]
    found = [path for path in found if path.name == f"{wanted}{PARTIAL}"] or found
    if wanted and len(found) > 1:
        raise UsageError(
            f"the ids of {len(found)} unfinished runs begin with {wanted!r}",
            hint=f"harness run --resume {_id(found[-1])}",
        )
    hint, verb = "", "sweep" if sweep else "run"
    for path in reversed(found):
        try:
            run, bundle = _load_own(results, path, sweep), Bundle(path)
            if not wanted:
                bundle.load_plan()  # a run with a broken plan cannot be resumed either
            if not bundle.claim() and is_claimed(path):
                raise UsageError(
                    f"{run.id} is being measured by another process", hint="wait until that process has ended"
                )
            return bundle, run
        except (UsageError, UnreadableError) as error:
            if wanted:
                raise
            note(f"ignored: {error.line}")
            hint = hint or (error.hint if isinstance(error, UsageError) else _name_removal(results, path))
    named = f" whose id begins with {wanted!r}" if wanted else ""
    raise UsageError(
        f"no unfinished run{named} in {results / node}", hint=hint or f"harness {verb}  # starts a new {verb}"
    )


def is_file_there(results: Path, node: str, name: str, end: str = SWEEP) -> bool:
    """Return whether the file of a sweep, or of what else has such a file, exists; without it nothing is resumed."""
    return os.path.lexists(month_folder(results, node, name) / f"{name}{end}")


def require_own(partial: Path, again: str = "harness run") -> None:
    """Raise UsageError unless the caller began this run or sweep, and nobody else can have changed it.

    The steps come from a plan that is made anew, but numbers and logs are used as they are. `again` is the command that
    begins another one.
    """
    name, fresh = _id(partial), f"{again}  # starts a new one"
    for path, status in _walk(partial):
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            kind = "a link" if stat.S_ISLNK(status.st_mode) else "neither a file nor a folder"
            raise UsageError(f"{name} cannot be resumed: {path} is {kind}", hint=fresh)
        if not is_own(status, partial.parent):
            raise UsageError(f"{name} was started by {_name_user(status.st_uid)}, not by you", hint=fresh)
        if status.st_mode & _OTHERS_WRITE and not _probe(partial.parent)[1]:
            raise UsageError(
                f"{name} may have been changed by others, who can write to {path}",
                hint=f"chmod -R go-w {shlex.quote(str(partial))}  # if you trust everybody who could; else: {again}",
            )


def is_own(status: os.stat_result, folder: Path) -> bool:
    """Return whether something in `folder` was made by the caller, as far as its file system can tell."""
    return status.st_uid == os.geteuid() or status.st_uid == _probe(folder)[0]


def _id(path: Path) -> str:
    return path.name.removesuffix(PARTIAL)


def _final(path: Path) -> Path:
    return path.with_name(_id(path))


def _name_removal(results: Path, partial: Path) -> str:
    """Return the command that removes an unfinished run."""
    return f"harness list --unfinished --remove {_id(partial)} --yes --results {shlex.quote(str(results))}"


def _load_own(results: Path, path: Path, sweep: str) -> Run:
    require_own(path, f"harness {'sweep' if sweep else 'run'}")
    run = load_run(path)
    if run.trial:
        search = run.trial.bisection
        hint = f"harness bisect --resume {search}" if search else "harness ab"
        raise UsageError(f"{run.id} is one side of a live comparison, and cannot be resumed", hint=hint)
    if run.sweep != sweep:
        what = f"{run.id} belongs to the sweep or search {run.sweep}, and is not a run of its own"
        if run.sweep and SEARCH not in run.sweep and not is_file_there(results, run.node.name, run.sweep):
            cause = f"{run.sweep}{SWEEP} no longer exists, so the sweep cannot be resumed"
            raise UsageError(what, cause=cause, hint=_name_removal(results, path))
        raise UsageError(
            what,
            hint=f"harness sweep --resume {run.sweep}  # or harness tune for a new search",
        )
    return run


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield everything in a folder without following links; what cannot be read is not the caller's, or fails soon."""
    yield folder, folder.lstat()
    if not folder.is_symlink():
        for parent, folders, files in os.walk(folder):
            for name in sorted((*folders, *files)):
                path = Path(parent) / name
                yield path, path.lstat()


def _probe(folder: Path) -> tuple[int, bool]:
    """Return the owner of files that the caller makes in `folder`, and whether everybody can write to them.

    This matters on the file systems of Windows, and with NFS exports that give everything to nobody.
    """
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix=".mode-", dir=folder) as made:
        file = Path(made) / "file"
        create_file(file, mode=0o600).close()
        found = (Path(made).stat(), file.stat())
        return found[1].st_uid, any(one.st_mode & _OTHERS_WRITE for one in found)
    return os.geteuid(), False


def _name_user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
