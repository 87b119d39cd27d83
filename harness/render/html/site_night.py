"""The page of a node's newest night: what it found, what it measured, and what the next one is going to do, and why."""

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from harness.judge.site_address import event_page
from harness.records.night_report import NightReport
from harness.render.html.report_night import mark_night
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable
from harness.render.night_headline import sum_up_night
from harness.render.night_part import NightEntry, describe_audit, list_parts, name_commit, tabulate_items
from harness.render.plain import format_seconds

# The part with the newest items of the plan is shown as a table of its own, with minutes and bits.
_NEXT = "Next"


class NightBlock(NamedTuple):
    """One thing in a part of the report, as `NightEntry`, with its rows as a table."""

    head: str
    table: PageTable | None
    lines: tuple[str, ...]
    commands: tuple[tuple[str, str], ...]


def show_night(
    report: NightReport, earlier: Sequence[NightReport], root: str, known: Container[str] = ()
) -> dict[str, Any]:
    """Return the values of the page of a night; `earlier` are reports of nights before.

    Events that are `known` have pages; others are not found in the numbers of today.
    """
    headline = sum_up_night(report)
    fits = [item for item in report.plan if item.fits]
    return {
        "report": report,
        "headline": f"{headline[:1].upper()}{headline[1:]}.",
        "mark": mark_night(report),
        "facts": _list_facts(report),
        "parts": [
            (part.title, [_lay_out(entry, part.title) for entry in part.entries])
            for part in list_parts(report)
            if part.title != _NEXT
        ],
        "plan": read_rows(tabulate_items(report.plan), 2, "In this order, if nothing changes until then"),
        "planned": len(report.plan),
        "needed": format_seconds(sum(item.seconds for item in fits)),
        "budget": format_seconds(report.budget_s),
        "audit": describe_audit(report.audit),
        "events": [
            (event.id, root + event_page(event.id) if event.id in known else "")
            for event in (*report.new, *report.open)
        ],
        "earlier": [(one.began[:10], sum_up_night(one)) for one in earlier],
    }


def _list_facts(report: NightReport) -> list[tuple[str, PageCell]]:
    spent = format_seconds(sum(one.seconds for one in report.done))
    began, ended = (time[:16].replace("T", " ") for time in (report.began, report.ended))
    facts = [
        ("Newest commit", PageCell(text=name_commit(report.head))),
        ("Branch", PageCell(text=report.branch, note=report.repo)),
        ("Began", PageCell(text=began, note="UTC")),
        ("Ended", PageCell(text=ended, note="UTC")),
        ("Used", PageCell(text=spent, note=f"of {format_seconds(report.budget_s)}")),
    ]
    if report.anchor:
        facts.insert(1, ("Anchor", PageCell(text=name_commit(report.anchor))))
    if report.stopped:
        facts.append(("Ended early", PageCell(text=report.stopped)))
    return facts


def _lay_out(entry: NightEntry, title: str) -> NightBlock:
    table = read_rows(entry.rows, entry.left, entry.head or title, ends=entry.ends) if entry.rows else None
    return NightBlock(entry.head, table, entry.lines, entry.commands)


def read_rows(rows: Sequence[Sequence[str]], left: int, caption: str, *, ends: bool = True) -> PageTable:
    """Return rows, header first, as a table: the first `left` columns are words, and so is the last with `ends`."""
    head, *body = rows
    last = len(head) - 1 if ends else len(head)
    columns = tuple(PageColumn(name=name, number=left <= place < last) for place, name in enumerate(head))
    return PageTable(
        caption=caption,
        columns=columns,
        rows=tuple(PageRow(cells=tuple(PageCell(text=text) for text in row)) for row in body),
    )
