"""Limits of the system that the harness itself reaches, as errors that name them."""

import os
from pathlib import Path

from harness.errors import HarnessError, LimitError, UnfitError
from harness.parse.shortage import CPU_TIME, MEMORY, LimitComplaint, find_shortage, read_shortage


class CpuTimeError(KeyboardInterrupt):
    """The limit of CPU time is reached (SIGXCPU): the process ends as if it were interrupted."""


def limit_of(error: BaseException | None) -> LimitError | None:
    """Return the error for an exception that a limit of the system caused, or None for any other.

    This includes an error about a file that could not be read for such a reason, and exceptions of libraries that were
    caused by one.
    """
    if isinstance(error, LimitError):
        return error
    if isinstance(error, HarnessError):
        behind = _behind(error)
        hint = "; ".join(filter(None, [behind.hint, error.hint])) if behind else ""
        return behind and LimitError(error.what, cause=f"{behind.what} ({behind.cause})", hint=hint)
    if isinstance(error, Exception) and not isinstance(error, (OSError, MemoryError, RuntimeError)):
        return _behind(error)
    shortage = find_shortage(error.errno) if isinstance(error, OSError) else None
    if isinstance(error, MemoryError):
        shortage = MEMORY
    elif isinstance(error, CpuTimeError):
        shortage = CPU_TIME
    elif isinstance(error, RuntimeError):  # of a thread that cannot be started
        complaint = read_shortage(str(error))
        shortage = complaint.shortage if complaint else None
    if shortage is None:
        return None
    name = getattr(error, "filename", None)
    what = f"{shortage.means}: {name}" if isinstance(name, str) else shortage.means
    return LimitError(
        what, cause=getattr(error, "strerror", None) or str(error) or type(error).__name__, hint=shortage.remedy
    )


def limit_of_read(error: OSError, path: str) -> LimitError | None:
    """Return the error for a limit that prevented opening or reading a file, or None; the file may be good."""
    error.filename = path  # as a person knows it: it may have been opened by its name in an open folder
    return None if isinstance(error, BlockingIOError) else limit_of(error)


def _behind(error: BaseException) -> LimitError | None:
    """Return the limit error that an exception was raised from; a lock held by another process is not one."""
    first = error.__cause__ or error.__context__
    return None if isinstance(first, BlockingIOError) else limit_of(first)


def limit_of_start(program: str, error: OSError) -> LimitError | None:
    """Return the error for a limit that kept a program from starting, or None if the program itself is at fault."""
    cause = error.strerror or str(error)
    if shortage := find_shortage(error.errno):
        return LimitError(f"{program} cannot be started: {shortage.means}", cause=cause, hint=shortage.remedy)
    if error.filename == os.devnull:
        what = f"{program} cannot be started: {os.devnull} cannot be opened"
        return LimitError(what, cause=cause, hint=f"ls -l {os.devnull}  # /dev is not usable on this system")
    return None


def refuse_program(program: str, complaint: LimitComplaint) -> LimitError:
    """Return the error for an existing program that reached a limit; whether it works is not known."""
    return LimitError(
        f"{program} cannot run: {complaint.shortage.means}", cause=complaint.line, hint=complaint.shortage.remedy
    )


def explain_stop(
    what: str, error: HarnessError | OSError | MemoryError, kept: str, again: str, place: Path
) -> HarnessError:
    """Return the error to raise where something ends a run, a sweep or a comparison in the middle.

    `kept` says what is there, `again` is the command that resumes it, `place` where it happened if the system does not
    say. What is already explained stays as it is.
    """
    limit = limit_of(error)
    if limit:
        cause = f"{limit.cause}; {kept}" if limit.cause else kept
        return LimitError(f"the {what} stopped: {limit.what}", cause=cause, hint=f"{limit.hint}; then {again}")
    if isinstance(error, HarnessError):
        return error
    problem = f"{getattr(error, 'strerror', None) or error} ({getattr(error, 'filename', None) or place})"
    return UnfitError(f"the {what} stopped: {problem}; {kept}", hint=f"fix this, then {again}")
