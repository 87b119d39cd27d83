"""Comparisons as Markdown, for a job's summary and a pull request: foreign text has no effect in it."""

from collections.abc import Iterable, Sequence

from harness.records.comparison import Comparison, Family
from harness.render.comparison import (
    HEADER,
    LEFT,
    ComparedSides,
    conclude_family,
    list_caveats,
    list_cells,
    list_facts,
    list_legend,
)
from harness.render.format.text import code_block, code_span, markdown
from harness.render.plain import fold_line, printable

# More lines than that are folded away.
_FEW = 3
_WIDTH = 110


def render_comparison_markdown(family: Family, sides: ComparedSides) -> str:
    """Return verdicts as Markdown, with every line."""
    unlike = [_row(["differs", "baseline", "contender"]), _row(["---"] * 3)]
    unlike += [_row(map(code_span, (one.subject, one.baseline, one.contender))) for one in sides.differences]
    blocks = (
        list_sides(sides.baseline, sides.contender),
        tabulate_markdown(family.comparisons),
        code_block(list_method(family)),
        unlike if sides.differences else [],
        fold_caveats(family),
        [f"**{markdown(conclude_family(family))}**"],
    )
    return join_blocks(blocks)


def join_blocks(blocks: Iterable[Sequence[str]]) -> str:
    """Return blocks of lines as one text; those without lines are left out."""
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def list_sides(baseline: str, contender: str) -> list[str]:
    """Return the names of both sides as a table."""
    return [
        _row(["baseline", "contender"]),
        _row(["---"] * 2),
        _row([code_span(baseline), code_span(contender)]),
    ]


def tabulate_markdown(comparisons: Sequence[Comparison]) -> list[str]:
    """Return a line for each comparison, as a table; nothing if there are none."""
    if not comparisons:
        return []
    header = [*HEADER[:5], "change, interval", *HEADER[7:]]
    lines = [_row(header), _row([*["---"] * LEFT, *["---:"] * (len(header) - LEFT)])]
    for case, metric, verdict, *rest in list_cells(comparisons):
        change = f"{rest[2]} {rest[3]}".strip()
        lines.append(_row([code_span(case), metric, verdict, *rest[:2], change, *map(markdown, rest[4:])]))
    return lines


def list_method(family: Family) -> list[str]:
    """Return what the cases have in common, and how the verdicts came about."""
    return [line.strip() for line in (*list_legend(family.comparisons), *list_facts(family))]


def fold_caveats(family: Family) -> list[str]:
    """Return the caveats as a list; many are folded away behind their number."""
    texts = [f"- {printable(text)}" for text in list_caveats(family)]
    # A block of code has no line breaks of its own.
    block = code_block(line for text in texts for line in fold_line(text, _WIDTH))
    if len(texts) > _FEW:
        return fold_away(f"{len(texts)} caveats", block)
    return block if texts else []


def fold_away(title: str, lines: Sequence[str]) -> list[str]:
    """Return lines that a reader unfolds by their title."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
