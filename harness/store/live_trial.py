"""Stored live comparisons, read from their bundles as evidence."""

from collections.abc import Iterable
from pathlib import Path

from harness.errors import UnreadableError
from harness.judge.trial_answer import LiveTrial, StoredTrial, read_trial
from harness.store.bundle import load_run


def load_live_trials(stored: Iterable[StoredTrial]) -> tuple[list[LiveTrial], list[UnreadableError]]:
    """Return the blocks of live comparisons, and the errors of those that cannot be read.

    What is not a pair of runs of one config is left out.
    """
    trials: list[LiveTrial] = []
    errors: list[UnreadableError] = []
    for one in stored:
        try:
            runs = [load_run(Path(side.path)) for side in one.sides]
        except UnreadableError as error:
            errors.append(error)
            continue
        if found := read_trial(one, runs):
            trials.append(found)
    return trials, errors
