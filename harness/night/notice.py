"""A command of the user's is started once for each event that a night has found, and never twice.

A mark on the disk says so: a file with what the command reads. It is there, whole and safe from a power loss, before
the command is started. Whoever is killed between the two leaves a mark of which nobody heard; the next night says so.
"""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from harness.errors import HarnessError
from harness.judge.night_change import is_over
from harness.plan.run import is_plain
from harness.records.history import Event, EventKind
from harness.records.night_report import EventNote, NightReport, Notice
from harness.records.record import short_hash
from harness.records.secret import redact
from harness.render.night_headline import sum_up_night
from harness.render.plain import printable
from harness.system.fresh import TEMPORARY, create_file, make_folders, remove_dead, sync_file
from harness.system.process.handover import hand_over

# Beside the months of a node; what begins with a point is none of them.
NOTICES = ".notices"
# So long a command may take; it is killed then.
LIMIT_S = 60.0
_HEARD = ".done"
_ID = re.compile(r"[0-9a-f]{8,64}")
_ALWAYS = (EventKind.CODE, EventKind.MISSING, EventKind.BROKEN)
_SHOWN = 200


def notify(report: NightReport, command: Sequence[str], results: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Start the command for each event of a night that nobody was notified of; return what went wrong, if anything.

    These are the new ones, and those that still stand: the night that found them may have been kept from it. The
    command gets a `Notice` as JSON on its standard input.
    """
    events = [event for event in (*report.new, *report.open) if is_worth_it(event)]
    flaw = find_flaw(command, environ)
    if flaw and any(not mark_path(results, event).exists() for event in events):
        return (f"nobody was notified: {flaw}; the next night will",)
    return tuple(text for event in events if (text := _notify(_make_notice(report, event), command, results, environ)))


def find_flaw(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return why a command cannot be started; empty if it can, and for no command."""
    if not command or shutil.which(command[0], path=environ.get("PATH")):
        return ""
    return f"there is no program {command[0]!r} that can be started"


def is_worth_it(event: Event) -> bool:
    """Return whether people want to be woken up for an event: never for a suspicion, or for what a record names."""
    if is_over(event):
        return False
    return event.kind in _ALWAYS or (event.kind is EventKind.NODE and bool(event.trials))


def _make_notice(report: NightReport, event: Event) -> Notice:
    return Notice(
        schema=report.schema,
        node=report.node,
        repo=report.repo,
        branch=report.branch,
        head=report.head,
        ended=report.ended,
        headline=sum_up_night(report),
        event=event,
        about=next((one for one in report.about if one.event == event.id), EventNote(event=event.id)),
    )


def _notify(notice: Notice, command: Sequence[str], results: Path, environ: Mapping[str, str]) -> str:
    """Set the mark of an event and start the command; return what went wrong, empty if nothing did."""
    path = mark_path(results, notice.event)
    name = f"{notice.event.kind} {notice.event.id}"
    try:
        if path.exists():
            return (
                "" if _is_heard(path) else f"{name}: the harness was killed as it started --notify, which may have run"
            )
        with _set_mark(results, path, notice) as handle:
            done = hand_over(command, handle, env=environ, timeout_s=LIMIT_S)
        with contextlib.suppress(OSError):
            _say_heard(path)
    except FileExistsError:
        return ""  # another night of this node was faster
    except OSError as error:
        return f"{name}: nobody was notified, {path} cannot be written ({error.strerror or error}); the next night will"
    except HarnessError as error:
        return f"{name}: --notify was not started: {error.line}"
    if done.ok:
        return ""
    # Of the command only its program: what follows may be secret, and reports are published.
    said = redact(printable(done.stderr or done.stdout)[:_SHOWN])
    return f"{name}: --notify failed (exit code {done.exit_code}): {command[0]}{f': {said}' if said else ''}"


def mark_path(results: Path, event: Event) -> Path:
    """Return the mark of an event: the nodes that share a results folder share it."""
    node = event.node if is_plain(event.node) else short_hash(event.node)
    name = event.id if _ID.fullmatch(event.id) else short_hash(event.id)
    return results / node / NOTICES / f"{name}.json"


@contextlib.contextmanager
def _set_mark(results: Path, path: Path, notice: Notice) -> Iterator[BinaryIO]:
    """Write a mark that survives a power loss, and yield it for reading; raises FileExistsError if there is one."""
    make_folders(path.parent, within=results)
    for left in path.parent.glob(f"{path.name}.*{TEMPORARY}"):
        remove_dead(left)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    with create_file(new) as file:
        try:
            file.write(msgspec.json.format(msgspec.json.encode(notice), indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            _take_name(new, path)
        finally:
            new.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            sync_file(folder)
        file.seek(0)
        yield file


def _take_name(new: Path, path: Path) -> None:
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        new.rename(path)


def _say_heard(path: Path) -> None:
    """Write down that the command has ended, whatever came of it."""
    with create_file(path.with_suffix(_HEARD)) as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n".encode())


def _is_heard(path: Path) -> bool:
    return path.with_suffix(_HEARD).exists()
