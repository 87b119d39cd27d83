"""The results of nodes on other computers, copied here with rsync, or with scp where there is no rsync.

What is copied waits in a folder of the cache until it was collected. A copy that broke off is never looked into: the
next one goes on with it. No password is ever asked for, and nothing waits for ever.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import UnfitError
from harness.parse.tool.remote_copy import (
    RemoteFolder,
    explain_failure,
    is_remote,
    lacks_rsync,
    parse_remote,
    read_extent,
)
from harness.records.record import short_hash
from harness.system.disk import make_empty, make_folder, require_free
from harness.system.lock import hold
from harness.system.process.child import capture
from harness.system.process.listener import CapturedOutput

# A first collection of years of nights over a slow line takes hours; a line that is dead is known much sooner.
_COPY_S, _SILENT_S, _CONNECT_S = 6 * 3600, 300, 30
_SSH = f"ssh -o BatchMode=yes -o ConnectTimeout={_CONNECT_S} -o ServerAliveInterval=60 -o ServerAliveCountMax=3"
# What rsync exits with where a file went away while it was read: on a node that measures, they do.
_VANISHED = 24
_ATTEMPTS = 3
# More than a fleet of a hundred nodes writes in years.
MOST_FILES = 5_000_000
# ssh needs these, and nothing else of what the harness was started with.
_PASSED = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "KRB5CCNAME")


class FetchPlace(NamedTuple):
    """Where things are copied to, and for whom: the cache, the results that need not be copied again, and the shell."""

    cache: Path
    results: Path
    environ: Mapping[str, str]
    note: Callable[[str], None]


@contextlib.contextmanager
def fetch(where: str, place: FetchPlace) -> Iterator[Path]:
    """Yield the folder `where`, or for one on another computer a copy of what the results do not hold.

    The copy is removed when everything went well, and waits for the next time otherwise. Raises UnfitError, with the
    cause, for what cannot be copied, and UsageError for what is no such folder.
    """
    if not is_remote(where):
        yield Path(where)
        return
    remote = parse_remote(where)
    folder = place.cache / "fleet" / short_hash(where, str(place.results))
    make_folder(folder.parent)
    with hold(folder.with_suffix(".lock"), busy=lambda: place.note(f"waiting for another command that copies {where}")):
        yield _copy(remote, folder, place)
        shutil.rmtree(folder, ignore_errors=True)


def _copy(remote: RemoteFolder, folder: Path, place: FetchPlace) -> Path:
    make_folder(folder)
    if shutil.which("rsync", path=place.environ.get("PATH")) is None:
        return _copy_whole(remote, folder, place, "there is no rsync here")
    planned = _ask(_spell_rsync(remote, folder, place, "--dry-run", "--stats", "--no-human-readable"), place)
    if not planned.ok and lacks_rsync(planned.stderr):
        return _copy_whole(remote, folder, place, f"there is no rsync on {remote.host}")
    if planned.exit_code not in (0, _VANISHED):
        raise _refuse(remote, planned)
    if extent := read_extent(planned.stdout):
        count, size = extent
        if count > MOST_FILES:
            raise UnfitError(
                f"{remote} is not copied",
                cause=f"it has {count} files that are not here; at most {MOST_FILES} are copied",
                hint=f"ssh {remote.host} du -s --inodes {remote.folder}",
            )
        require_free(folder, size, what=f"a copy of {remote}")
        if count:
            place.note(f"copying {count} files, {size / 1e6:.1f} MB, from {remote}")
    for _ in range(_ATTEMPTS):
        done = _ask(_spell_rsync(remote, folder, place), place)
        if done.exit_code != _VANISHED:
            break
    if not done.ok:
        raise _refuse(remote, done)
    return folder


def _spell_rsync(remote: RemoteFolder, folder: Path, place: FetchPlace, *words: str) -> list[str]:
    """Return the command that copies finished bundles which the results do not hold: no links, devices or owners."""
    return [
        *("rsync", "-rt", "-s", "--no-links", "--chmod=D755,F644", "-p", "--size-only", f"--timeout={_SILENT_S}"),
        *("--exclude=*.partial", "--exclude=.*", "--exclude=*.tmp"),
        f"--compare-dest={place.results}",
        *("-e", _SSH, *words, "--", f"{remote}/", f"{folder}/"),
    ]


def _copy_whole(remote: RemoteFolder, folder: Path, place: FetchPlace, why: str) -> Path:
    """Copy everything with scp, which knows nothing of what is here."""
    place.note(f"{why}: scp copies all of {remote} each time")
    whole = folder / "whole"
    done = CapturedOutput(exit_code=1, stdout="", stderr="")
    for _ in range(_ATTEMPTS):
        make_empty(whole)
        done = _ask(["scp", "-r", "-p", "-q", *_SSH.split()[1:], "--", f"{remote}/.", str(whole)], place)
        if done.ok:
            return whole
    shutil.rmtree(whole, ignore_errors=True)
    raise _refuse(remote, done)


def _ask(words: list[str], place: FetchPlace) -> CapturedOutput:
    env = {name: place.environ[name] for name in _PASSED if name in place.environ}
    return capture(words, env={**env, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}, timeout_s=_COPY_S, trusted=True)


def _refuse(remote: RemoteFolder, output: CapturedOutput) -> UnfitError:
    if output.is_absent:
        return UnfitError(
            f"{remote} cannot be copied",
            cause=output.stderr,
            hint="sudo apt install openssh-client rsync  # or your system's way",
        )
    cause, command = explain_failure(output.stderr, remote)
    return UnfitError(f"{remote} cannot be copied", cause=cause, hint=command)
