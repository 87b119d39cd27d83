"""Limits of the system that the harness itself meets, in whatever it does: as an error that names them."""

import os
from pathlib import Path

from harness.errors import HarnessError, LimitError, UnfitError
from harness.parse.shortage import CPU_TIME, MEMORY, LimitComplaint, find_shortage, read_shortage


class CpuTimeError(KeyboardInterrupt):
    """The system says that this process has used up its CPU time: it ends as if it were interrupted (SIGXCPU)."""


def limit_of(error: BaseException | None) -> LimitError | None:
    """Return what to say of an error that a limit of the system is behind; None where it is none of those.

    A complaint about a file that could not be read for such a reason is one of them, too, and so is what a library
    made of it.
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
        told = read_shortage(str(error))
        shortage = told.shortage if told else None
    if shortage is None:
        return None
    name = getattr(error, "filename", None)
    what = f"{shortage.means}: {name}" if isinstance(name, str) else shortage.means
    return LimitError(
        what, cause=getattr(error, "strerror", None) or str(error) or type(error).__name__, hint=shortage.remedy
    )


def limit_of_read(error: OSError, path: str) -> LimitError | None:
    """Return what to say where a limit kept a file from being opened or read, which says nothing of the file."""
    error.filename = path  # as a person knows it: it may have been opened by its name in an open folder
    return None if isinstance(error, BlockingIOError) else limit_of(error)


def _behind(error: BaseException) -> LimitError | None:
    """Return the limit in whose handling an error was raised; a lock that somebody holds is none."""
    first = error.__cause__ or error.__context__
    return None if isinstance(first, BlockingIOError) else limit_of(first)


def limit_of_start(program: str, error: OSError) -> LimitError | None:
    """Return what to say where the system did not let a program start; None where it is the program's own fault."""
    cause = error.strerror or str(error)
    if shortage := find_shortage(error.errno):
        return LimitError(f"{program} cannot be started: {shortage.means}", cause=cause, hint=shortage.remedy)
    if error.filename == os.devnull:
        what = f"{program} cannot be started: {os.devnull} cannot be opened"
        return LimitError(what, cause=cause, hint=f"ls -l {os.devnull}  # /dev is not usable on this system")
    return None


def refuse_program(program: str, told: LimitComplaint) -> LimitError:
    """Return what to say of a program that is there, and met a limit: whether it works is not known."""
    return LimitError(f"{program} cannot run: {told.shortage.means}", cause=told.line, hint=told.shortage.remedy)


def explain_stop(
    what: str, error: HarnessError | OSError | MemoryError, kept: str, again: str, place: Path
) -> HarnessError:
    """Return the error to raise where something ends a run, a sweep or a comparison in the middle.

    `kept` says what is there, `again` is the command to go on with, `place` where it happened if the system does not
    say. What is already explained stays as it is.
    """
    limit = limit_of(error)
    if limit:
        cause = f"{limit.cause}; {kept}" if limit.cause else kept
        return LimitError(f"the {what} stopped: {limit.what}", cause=cause, hint=f"{limit.hint}; then {again}")
    if isinstance(error, HarnessError):
        return error
    told = f"{getattr(error, 'strerror', None) or error} ({getattr(error, 'filename', None) or place})"
    return UnfitError(f"the {what} stopped: {told}; {kept}", hint=f"fix this, then {again}")
