"""The runs that a command line names, with warnings about those that cannot be read."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.errors import UnreadableError
from harness.store.find import StoredRun, find_runs


def select_runs(results: Path, output: Output, words: Sequence[str]) -> tuple[tuple[StoredRun, ...], int]:
    """Return the runs that `words` name, and an exit code: 0, or the code for unreadable input.

    With `all`, a run that cannot be read causes a warning and is left out. Raises what `find_runs` raises.
    """
    found = find_runs(results, words, output.console.warn)
    for error in found.unread:
        output.console.warn(f"harness: {error}")
    return found.stored, UnreadableError.exit_code if found.unread else 0
