"""The findings of `harness doctor` for people."""

import textwrap
from collections.abc import Iterator

from harness.records.condition import Diagnosis, Finding, FindingStatus
from harness.render.plain import align, printable

_WIDTH = 100
_INDENT = "    "


def render_doctor(diagnosis: Diagnosis) -> str:
    """Return a table of all points, then for each unfit one its meaning and the command that would fix it."""
    rows = [[finding.topic, finding.fitness, finding.found] for finding in diagnosis.findings]
    unfit = diagnosis.unfit
    unknown = sum(finding.fitness is FindingStatus.UNKNOWN for finding in diagnosis.findings)
    verdict = f"{len(unfit)} unfit" if unfit else "fit to measure on"
    blocks = [
        [f"{diagnosis.node}: {verdict}{f', {unknown} not known' if unknown else ''}"],
        list(align(rows, left=3, indent="  ")),
        *(list(_explain(finding)) for finding in unfit),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _explain(finding: Finding) -> Iterator[str]:
    yield f"  {finding.topic}: {printable(finding.found)}"
    yield from textwrap.wrap(finding.means, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    if finding.fix:
        yield f"{_INDENT}fix: {printable(finding.fix)}"  # on one line, to be copied
