"""The summary of a job of GitHub Actions, which takes Markdown."""

from collections.abc import Mapping

from harness.system.console import Console
from harness.system.stream import append_text

_VARIABLE = "GITHUB_STEP_SUMMARY"


def publish(report: str, environ: Mapping[str, str], console: Console) -> None:
    """Append a report to the job summary of GitHub Actions, if there is one; warn if that fails."""
    summary = environ.get(_VARIABLE)
    why = append_text(summary, report) if summary else ""
    if why:
        console.warn(f"could not add the report to the job summary {summary} ({_VARIABLE}): {why}")
