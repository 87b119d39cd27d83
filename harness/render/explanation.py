"""What the codes in results mean: for a terminal, and as the page docs/reference/caveats.md."""

import textwrap
from collections.abc import Sequence

from harness.records.caveat import CaveatCode, Explanation
from harness.records.outcome import Cause

CAVEAT, CAUSE = "caveat", "cause"
_TITLES = {CAVEAT: "Caveats", CAUSE: "Causes of failure"}
_ABOUT = {
    CAVEAT: (
        "A caveat is what you must know before you trust a number. Every caveat has a code, which stands in brackets\n"
        "after its sentence and, in JSON, as `code` beside `message`. `harness explain CODE` prints the line below."
    ),
    CAUSE: (
        "Where a step failed and the cause is known, its `cause` in `run.json` is one of these codes, beside the\n"
        "sentence in `reason`. `harness explain CODE` knows them, too."
    ),
}
_WIDTH = 80


def list_explanations() -> tuple[Explanation, ...]:
    """Return what every code means, by kind and alphabetically within each."""
    caveats = (Explanation(code=code.value, kind=CAVEAT, meaning=code.meaning) for code in sorted(CaveatCode))
    causes = (Explanation(code=cause.value, kind=CAUSE, meaning=cause.meaning) for cause in sorted(Cause))
    return (*caveats, *causes)


def render_explanations(found: Sequence[Explanation]) -> str:
    """Return codes and meanings for a terminal of 80 columns, under a title for each kind."""
    parts = []
    for kind, title in _TITLES.items():
        mine = [one for one in found if one.kind == kind]
        width = max((len(one.code) for one in mine), default=0) + 4
        if mine:
            parts.append("\n".join([f"{title}:", *(_render_line(one, width) for one in mine)]))
    return "\n\n".join(parts)


def render_page() -> str:
    """Return the page docs/reference/caveats.md."""
    parts = ["# Caveats and causes of failure\n"]
    for kind, title in _TITLES.items():
        rows = [f"| `{one.code}` | {one.meaning} |\n" for one in list_explanations() if one.kind == kind]
        heading = f"\n## {title}\n" if kind != CAVEAT else ""
        parts.append(f"{heading}\n{_ABOUT[kind]}\n\n| code | meaning |\n|---|---|\n{''.join(rows)}")
    return "".join(parts)


def _render_line(one: Explanation, width: int) -> str:
    first = f"  {one.code}".ljust(width)
    return textwrap.fill(one.meaning, _WIDTH, initial_indent=first, subsequent_indent=" " * width)
