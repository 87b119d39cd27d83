"""The mark that a step's work is done and whole: a small file with the key of what it was made of."""

import contextlib
from pathlib import Path

from harness.errors import UnreadableError
from harness.records.plan import Phase, Step
from harness.system.cache.entry import Note, locked
from harness.system.foreign import read_text
from harness.system.fresh import write_atomic


def is_done(step: Step) -> bool:
    """Return whether an earlier run has done this step's work, and what it made is still there."""
    try:
        stamped = bool(step.stamp) and read_text(Path(step.stamp)) == step.key
    except UnreadableError:
        return False
    return stamped and all(Path(product).exists() for product in step.products)


def stamped_s(step: Step) -> float | None:
    """Return when a step's work was marked as done, in seconds since the epoch, None where it is not marked."""
    try:
        return Path(step.stamp).lstat().st_mtime if step.stamp else None
    except OSError:
        return None


def lift_stamp(step: Step) -> None:
    """Take the mark away before the work begins: a killed process leaves nothing that looks whole."""
    if step.stamp:
        Path(step.stamp).unlink(missing_ok=True)


def put_stamp(step: Step) -> None:
    """Mark the work as done."""
    if step.stamp:
        write_atomic(Path(step.stamp), step.key.encode())


def claim(step: Step, *, note: Note) -> contextlib.AbstractContextManager[None]:
    """Hold the lock of what a step changes for the length of the block; nothing where it changes nothing in the cache.

    The node's lock alone would not do: two runs with a folder for temporary files each, or in two containers, do not
    see each other's, and share a cache all the same. Raises UnfitError where the lock cannot be made.
    """
    if step.phase is Phase.QUANTISE:
        return locked(Path(step.products[0]), note=note)
    if step.wipe or step.phase in (Phase.BUILD, Phase.TEST) or (step.phase is Phase.ROOFLINE and step.stamp):
        return locked(Path(step.wipe or step.cwd), note=note)
    return contextlib.nullcontext()
