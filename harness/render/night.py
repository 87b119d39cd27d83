"""A night for people: its plan as a table, and the morning report as text or as Markdown for a job summary."""

import itertools
import textwrap
from collections.abc import Iterator

from harness.records.night import NightPlan, NightView
from harness.records.night_report import NightReport
from harness.records.wording import format_count
from harness.render.format.text import markdown
from harness.render.night_headline import sum_up_night
from harness.render.night_part import (
    NightEntry,
    NightPart,
    Rows,
    describe_audit,
    group_passed,
    list_parts,
    name_commit,
    tabulate_items,
)
from harness.render.plain import align, align_within, continue_command, cut, format_seconds, printable

_INDENT = "  "
_WIDTH = 100


def render_night_plan(view: NightView, plan: NightPlan, *, width: int = 0) -> str:
    """Return the work of a night in its order, each item with its reason, against what is left of the budget.

    Lines have at most `width` columns, as far as that is possible; 0 means no limit.
    """
    head = view.commits[-1] if view.commits else None
    fitting = [item for item in plan.items if item.fits]
    left = format_seconds(view.left_s)
    first = f"{view.node}: {f'the newest commit is {name_commit(head)}' if head else 'no commit is known'}"
    lines = [cut(first, width) if width else first]
    if plan.items:
        lines += lay_out(tabulate_items(plan.items), 2, width, _INDENT)
        needed = format_seconds(sum(item.seconds for item in fitting))
        rest = len(plan.items) - len(fitting)
        over = f"; {format_count(rest, 'more')} do not fit" if rest > 1 else "; 1 more does not fit" if rest else ""
        lines.append(f"{_INDENT}{format_count(len(fitting), 'item')}: about {needed} of {left}{over}")
    else:
        lines.append(f"{_INDENT}nothing to do ({left} left)")
    for text in group_passed(plan.passed):
        lines += wrap_line(f"passed over: {text}", width)
    return "".join(f"{line}\n" for line in lines)


def render_night(report: NightReport, *, width: int = 0) -> str:
    """Return the morning report as text; lines have at most `width` columns if possible; 0 means no limit."""
    blocks = [list(_list_head(report))]
    blocks += [[f"{part.title}:", *_render_part(part, width)] for part in list_parts(report)]
    if audit := describe_audit(report.audit):
        blocks.append([audit])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def render_night_markdown(report: NightReport) -> str:
    """Return the morning report as Markdown, such as for the summary of a job."""
    lines = [f"## {markdown(report.node)}: {markdown(sum_up_night(report))}", ""]
    lines += [f"- {markdown(line.strip())}" for line in itertools.islice(_list_head(report), 1, None)]
    for part in list_parts(report):
        lines += ["", f"### {part.title}"]
        lines += itertools.chain.from_iterable(_mark_entry(entry) for entry in part.entries)
    if audit := describe_audit(report.audit):
        lines += ["", markdown(audit)]
    return "\n".join(lines) + "\n"


def _list_head(report: NightReport) -> Iterator[str]:
    yield f"{printable(report.node)}: {sum_up_night(report)}"
    yield f"{_INDENT}head    {name_commit(report.head)}"
    if report.anchor:
        yield f"{_INDENT}anchor  {name_commit(report.anchor)}"
    yield f"{_INDENT}branch  {printable(report.branch)} of {printable(report.repo)}"
    spent = format_seconds(sum(one.seconds for one in report.done))
    began, ended = (time[:16].replace("T", " ") for time in (report.began, report.ended))
    ended = ended.removeprefix(began[:11])  # of the same day
    yield f"{_INDENT}night   {began} to {ended} UTC; {spent} of {format_seconds(report.budget_s)} used"
    if report.stopped:
        yield f"{_INDENT}ended   early: {printable(report.stopped)}"


def _render_part(part: NightPart, width: int) -> Iterator[str]:
    for number, entry in enumerate(part.entries):
        if number and entry.head and part.entries[number - 1].head:
            yield ""
        yield from _render_entry(entry, width)


def _render_entry(entry: NightEntry, width: int) -> Iterator[str]:
    inner = _INDENT
    if entry.head:
        yield f"{_INDENT}{printable(entry.head)}"
        inner = 2 * _INDENT
    if entry.rows and entry.ends:
        yield from lay_out(entry.rows, entry.left, width, inner)
    elif entry.rows:
        yield from align_within(entry.rows, width, left=entry.left, indent=inner)
    for line in entry.lines:
        yield from wrap_line(printable(line), width, indent=inner)
    for lead, command in entry.commands:
        yield from continue_command(printable(command), lead=f"{inner}{lead}: ", width=width)


def lay_out(rows: Rows, left: int, width: int, indent: str) -> Iterator[str]:
    """Yield the lines of a table whose last column has sentences: a long one stands below its row."""
    lines = list(align([row[:-1] for row in rows], left=left, indent=indent))
    edge = max(map(len, lines))
    for line, row in zip(lines, rows, strict=True):
        sentence = printable(row[-1])
        if not width or edge + 2 + len(sentence) <= width:
            yield f"{line:{edge}}  {sentence}"
        else:
            yield line
            yield from wrap_line(sentence, width, indent=f"{indent}{2 * _INDENT}")


def wrap_line(text: str, width: int, *, indent: str = _INDENT) -> list[str]:
    """Return the lines of a sentence, of at most `width` columns, and never wider than is read well."""
    return textwrap.wrap(
        text,
        min(width or _WIDTH, _WIDTH),
        initial_indent=indent,
        subsequent_indent=f"{indent}{_INDENT}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _mark_entry(entry: NightEntry) -> Iterator[str]:
    yield ""
    if entry.head:
        yield f"**{markdown(entry.head)}**"
        yield ""
    if entry.rows:
        header, *rows = entry.rows
        yield f"| {' | '.join(map(markdown, header))} |"
        yield f"|{'|'.join('---' for _ in header)}|"
        yield from (f"| {' | '.join(map(markdown, row))} |" for row in rows)
    if entry.rows and entry.lines:
        yield ""
    yield from (f"- {markdown(line)}" for line in entry.lines)
    for lead, command in entry.commands:
        yield from ("", f"{lead.capitalize()}:", "", "```sh", printable(command).replace("```", "` ` `"), "```")
