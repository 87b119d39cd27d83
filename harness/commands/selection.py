"""The runs that the words of a command line name, with a word about what is left out."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.errors import UnreadableError
from harness.store.find import StoredRun, find_runs


def select_runs(results: Path, output: Output, words: Sequence[str]) -> tuple[tuple[StoredRun, ...], int]:
    """Return the runs that `words` name, and the exit code for the rest: 0, or that of unreadable input.

    One run of `all` that cannot be read is complained about and does not keep the others back. Raises what `find_runs`
    raises.
    """
    unread: list[UnreadableError] = []
    stored = find_runs(results, words, output.console.warn, unread)
    for error in unread:
        output.console.warn(f"harness: {error}")
    return stored, UnreadableError.exit_code if unread else 0
