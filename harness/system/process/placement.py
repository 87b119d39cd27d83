"""Pins children to CPUs and sets their priority, and checks beforehand whether that is allowed."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from harness.errors import UnfitError
from harness.records.plan import Placement
from harness.settings.request import PlacementRequest


def place_child(pid: int, placement: Placement) -> None:
    """Pin a child and all its threads, and set its priority; threads that it starts later inherit both.

    A child that has already ended is ignored. Raises UnfitError if the system refuses.
    """
    for thread in _list_threads(pid):
        with contextlib.suppress(ProcessLookupError):
            _place(thread, placement)


def require_placement(request: PlacementRequest) -> None:
    """Raise UnfitError if the system or the rights of this user do not allow the request."""
    if request.pin and not hasattr(os, "sched_setaffinity"):
        raise UnfitError(f"--pin: {sys.platform} cannot pin processes to CPUs", hint="leave out --pin")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    if request.nice is not None and request.nice < own:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, request.nice)
        except PermissionError:
            hint = "--nice 0  # to 19; less needs sudo, or a higher limit (ulimit -e)"
            raise UnfitError(
                f"--nice {request.nice}: this user is not allowed to raise priorities", hint=hint
            ) from None
        os.setpriority(os.PRIO_PROCESS, 0, own)


def _place(thread: int, placement: Placement) -> None:
    if placement.cpus:
        pin: Callable[[int, tuple[int, ...]], None] | None = getattr(os, "sched_setaffinity", None)
        if pin is None:
            raise UnfitError(f"{sys.platform} cannot pin processes to CPUs", hint="leave out --pin")
        try:
            pin(thread, placement.cpus)
        except (OSError, ValueError) as error:
            if isinstance(error, ProcessLookupError):
                raise
            shown = ",".join(str(cpu) for cpu in placement.cpus)
            raise UnfitError(f"cannot pin a benchmark to CPUs {shown}", cause=str(error)) from None
    if placement.nice is not None:
        try:
            os.setpriority(os.PRIO_PROCESS, thread, placement.nice)
        except PermissionError as error:
            cause = error.strerror or str(error)
            raise UnfitError(f"cannot give a benchmark the priority {placement.nice}", cause=cause) from None


def _list_threads(pid: int) -> list[int]:
    try:
        return [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # no /proc, or the child has ended
        return [pid]
