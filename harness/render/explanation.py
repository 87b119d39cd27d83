"""What the words that the harness prints mean: for a terminal, and as the page docs/reference/caveats.md."""

import itertools
import textwrap
from collections.abc import Iterable, Sequence

from harness.records.explanation import Explanation, WordCount, WordKind
from harness.render.dictionary import list_explanations

_LEAD = "  "
# More words of one kind than this are a list.
_MOST = 4
_WIDTH = 80
_ABOUT = {
    WordKind.CAVEATS: (
        "A caveat is what you must know before you trust a number. Every caveat has a code, which stands in brackets\n"
        "after its sentence and, in JSON, as `code` beside `message`. `harness explain CODE` prints the line below\n"
        "and what to do about it."
    ),
    WordKind.CAUSES: (
        "Where a step failed and the cause is known, its `cause` in `run.json` is one of these codes, beside the\n"
        "sentence in `reason`. `harness explain CODE` knows them, too."
    ),
}
_TITLES = {WordKind.CAVEATS: "Caveats", WordKind.CAUSES: "Causes of failure"}


def render_explanations(found: Sequence[Explanation]) -> str:
    """Return words and meanings for a terminal of 80 columns: of each kind a few with all that is known, or a list."""
    groups = [list(group) for _, group in itertools.groupby(found, key=lambda one: one.kind)]
    return "\n\n".join(_render_list(group) if len(group) > _MOST else _render_group(group) for group in groups)


def render_kinds(kinds: Sequence[WordCount]) -> str:
    """Return the kinds of words, how many words each has, and how to see them."""
    rows = [f"{_LEAD}{one.kind:<12}{one.words:>4}  {one.meaning}" for one in kinds]
    rows = [textwrap.fill(row, _WIDTH, subsequent_indent=" " * 20, break_on_hyphens=False) for row in rows]
    end = [
        "",
        "harness explain WORD   what a word means, and what to do about it",
        "harness explain KIND   all of a kind",
    ]
    return "\n".join(["The harness can explain:", *rows, *end])


def render_page() -> str:
    """Return the page docs/reference/caveats.md."""
    parts = ["# Caveats and causes of failure\n"]
    for kind, title in _TITLES.items():
        rows = [f"| `{one.word}` | {one.meaning} |\n" for one in list_explanations() if one.kind is kind]
        heading = f"\n## {title}\n" if kind is not WordKind.CAVEATS else ""
        parts.append(f"{heading}\n{_ABOUT[kind]}\n\n| code | meaning |\n|---|---|\n{''.join(rows)}")
    return "".join(parts)


def _render_group(found: Sequence[Explanation]) -> str:
    return "\n\n".join("\n".join(_render_entry(one)) for one in found)


def _render_list(found: Sequence[Explanation]) -> str:
    """Return the words of one kind, each with its meaning on a line or two."""
    width = min(max(len(one.word) for one in found), _WIDTH // 3) + 4
    lines = (_render_line(one, width) for one in found)
    return "\n".join([f"{found[0].kind}: {found[0].kind.meaning}", *lines])


def _render_entry(one: Explanation) -> Iterable[str]:
    yield f"{one.word} - {one.label}"
    yield textwrap.fill(
        one.meaning,
        _WIDTH,
        initial_indent=_LEAD,
        subsequent_indent=_LEAD,
        break_on_hyphens=False,
        break_long_words=False,
    )
    if one.advice:
        yield f"{_LEAD}try:  {one.advice}"
    if one.page:
        yield f"{_LEAD}page: {one.page}"


def _render_line(one: Explanation, width: int) -> str:
    first = f"{_LEAD}{one.word}".ljust(width - 1) + " "
    return textwrap.fill(
        one.meaning, _WIDTH, initial_indent=first, subsequent_indent=" " * width, break_on_hyphens=False
    )
