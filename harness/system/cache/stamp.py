"""The mark that the work of a step is complete: a small file with the key of its inputs."""

import contextlib
from pathlib import Path

from harness.errors import UnreadableError
from harness.records.plan import Phase, Step
from harness.system.cache.entry import Note, locked
from harness.system.foreign import read_text
from harness.system.fresh import write_atomic


def is_done(step: Step) -> bool:
    """Return whether an earlier run has done the work of this step, and its products still exist."""
    try:
        stamped = bool(step.stamp) and read_text(Path(step.stamp)) == step.key
    except UnreadableError:
        return False
    return stamped and all(Path(product).exists() for product in step.products)


def stamped_s(step: Step) -> float | None:
    """Return when the work of a step was marked as done, in seconds since the epoch, or None."""
    try:
        return Path(step.stamp).lstat().st_mtime if step.stamp else None
    except OSError:
        return None


def lift_stamp(step: Step) -> None:
    """Remove the mark before the work begins, so that a killed process leaves nothing that looks complete."""
    if step.stamp:
        Path(step.stamp).unlink(missing_ok=True)


def put_stamp(step: Step) -> None:
    """Mark the work as done."""
    if step.stamp:
        write_atomic(Path(step.stamp), step.key.encode())


def claim(step: Step, *, note: Note) -> contextlib.AbstractContextManager[None]:
    """Hold the lock of what a step changes in the cache, if anything, for the duration of the block.

    The node's lock is not enough: two runs with different temporary folders, or in two containers, do not see each
    other's lock, but may share a cache. Raises UnfitError if the lock cannot be made.
    """
    if _is_building(step):
        return locked(Path(step.wipe or step.cwd), note=note)
    if step.phase in (Phase.QUANTISE, Phase.REFERENCE):
        return locked(Path(step.products[0]), note=note)
    return contextlib.nullcontext()


def _is_building(step: Step) -> bool:
    """Return whether a step changes the folder of a build."""
    if step.wipe or step.phase in (Phase.BUILD, Phase.TEST):
        return True
    if step.phase is Phase.REFERENCE:  # the program is built, or writes a file elsewhere
        return Path(step.products[0]).is_relative_to(step.cwd)
    return step.phase is Phase.ROOFLINE and bool(step.stamp)
