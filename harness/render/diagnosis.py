"""The findings of `harness doctor` for people."""

import textwrap
from collections.abc import Iterator, Sequence

from harness.records.condition import Diagnosis, Finding, FindingStatus, NextStep
from harness.render.plain import align, printable

_WIDTH = 100
_INDENT = "    "


def render_doctor(diagnosis: Diagnosis) -> str:
    """Return a table of all points, then for each unfit one its meaning and what would fix it, then what to do next."""
    rows = [[finding.topic, finding.fitness, finding.found] for finding in diagnosis.findings]
    unfit = diagnosis.unfit
    unknown = [finding.topic for finding in diagnosis.findings if finding.fitness is FindingStatus.UNKNOWN]
    verdict = f"{len(unfit)} unfit" if unfit else "fit to measure on"
    blocks = [
        [f"{diagnosis.node}: {verdict}{f', {len(unknown)} not known' if unknown else ''}"],
        list(align(rows, left=3, indent="  ")),
        *(list(_explain(finding)) for finding in unfit),
        list(_admit(unknown)),
        list(_list_next(diagnosis.next)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _explain(finding: Finding) -> Iterator[str]:
    yield f"  {finding.topic}: {printable(finding.found)}"
    yield from textwrap.wrap(finding.means, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    if finding.fix:
        yield f"{_INDENT}fix: {printable(finding.fix)}"  # on one line, to be copied


def _admit(topics: Sequence[str]) -> Iterator[str]:
    if topics:
        text = f"not known: {', '.join(topics)}"
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent=_INDENT)
        yield f"{_INDENT}{FindingStatus.UNKNOWN.meaning}"


def _list_next(steps: Sequence[NextStep]) -> Iterator[str]:
    """Yield a heading and the steps: the command on a line of its own, to be copied, and the reason below it."""
    if steps:
        yield "next:"
    for step in steps:
        yield f"  {printable(step.command)}"
        yield from textwrap.wrap(step.why, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
