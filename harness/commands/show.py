"""`harness show`: runs for people."""

from collections.abc import Sequence

from harness.commands.output import Output
from harness.commands.selection import select_runs
from harness.judge.roofline import list_shares
from harness.render.display import render_display
from harness.settings.layer import Settings


def show(settings: Settings, output: Output, words: Sequence[str]) -> int:
    """Print the runs that `words` name, caveats first; return the exit code."""
    stored, code = select_runs(settings, output, words)
    runs = tuple(one.run for one in stored)
    output.show(render_display(runs, [one.path for one in stored], [list_shares(run) for run in runs]), runs)
    return code
