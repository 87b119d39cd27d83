"""`harness show`: runs for people."""

from collections.abc import Sequence

from harness.commands.output import Output
from harness.plan.ceiling import list_shares
from harness.plan.layer import Settings
from harness.premises import results_folder
from harness.render.display import render_display
from harness.store.shelf import find_runs


def show(settings: Settings, output: Output, words: Sequence[str]) -> int:
    """Print the runs that `words` name, caveats first; return the exit code."""
    stored = find_runs(results_folder(settings), words, output.console.note)
    runs = tuple(one.run for one in stored)
    output.show(render_display(runs, [one.path for one in stored], [list_shares(run) for run in runs]), runs)
    return 0
