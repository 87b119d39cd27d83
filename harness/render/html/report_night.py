"""What a page says of a night: the headline first, then each part of the morning report."""

from collections.abc import Iterator

from harness.judge.night_change import is_over, is_slower
from harness.records.history import EventKind
from harness.records.night_report import NightReport
from harness.records.site import SiteState
from harness.render.html.block import Block, CommandBlock, FactBlock, PageContent, TableBlock, TextBlock
from harness.render.html.report_run import make_section
from harness.render.html.report_trial import capital
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, shorten
from harness.render.night_headline import sum_up_night
from harness.render.night_part import NightEntry, Rows, describe_audit, list_parts, name_commit
from harness.render.plain import format_seconds


def view_night(report: NightReport) -> PageContent:
    """Return the page of a night."""
    sections = [
        section
        for part in list_parts(report)
        for section in make_section(
            part.title, [block for entry in part.entries for block in list_entry(part.title, entry)]
        )
    ]
    sections += make_section("The night", [FactBlock(facts=tuple(_list_facts(report)))])
    again = CommandBlock(line=f"harness show {report.id}", what="Prints this report")
    sections += make_section("How to repeat it", [again])
    return PageContent(
        title=f"The night of {report.began[:10]} on {report.node}",
        lead=capital(f"{sum_up_night(report)}."),
        mark=mark_night(report),
        more=describe_audit(report.audit),
        sections=tuple(sections),
    )


def mark_night(report: NightReport) -> SiteState:
    """Return the state that stands for a night: the worst of what is new."""
    new = [event for event in report.new if not is_over(event)]
    kinds = {event.kind for event in new}
    if any(map(is_slower, new)):
        return SiteState.SLOWER
    if report.stopped or kinds & {EventKind.MISSING, EventKind.BROKEN}:
        return SiteState.MISSING
    if EventKind.CODE in kinds:
        return SiteState.FASTER
    if kinds & {EventKind.NODE, EventKind.YARDSTICK}:
        return SiteState.NODE
    return SiteState.SUSPICION if report.suspicions else SiteState.STEADY


def list_entry(part: str, entry: NightEntry) -> Iterator[Block]:
    """Yield one thing in a part of the report as blocks of a page."""
    if entry.head:
        yield TextBlock(lines=(), heading=capital(entry.head))
    if entry.rows:
        yield TableBlock(
            table=_tabulate(entry.rows, entry.left, capital(entry.head or part), ends=entry.ends), bare=True
        )
    if entry.lines:
        yield TextBlock(lines=tuple(capital(line) for line in entry.lines))
    for lead, command in entry.commands:
        yield CommandBlock(line=command, what=capital(lead))


def _tabulate(rows: Rows, left: int, caption: str, *, ends: bool) -> PageTable:
    """Return rows whose first is the header: the first `left` columns are words, and the last one if it `ends` them."""
    header, *rest = rows
    last = len(header) - 1
    columns = [
        PageColumn(name=capital(name), number=place >= left and not (ends and place == last))
        for place, name in enumerate(header)
    ]
    cells = (tuple(PageCell(text=shorten(text, 400)) for text in row) for row in rest)
    return PageTable(caption=caption, columns=tuple(columns), rows=tuple(PageRow(cells=row) for row in cells))


def _list_facts(report: NightReport) -> Iterator[tuple[str, PageCell]]:
    spent = format_seconds(sum(one.seconds for one in report.done))
    began, ended = (time[:16].replace("T", " ") for time in (report.began, report.ended))
    facts = (
        ("Node", report.node),
        ("Newest commit", name_commit(report.head)),
        ("Anchor", name_commit(report.anchor) if report.anchor else ""),
        ("Branch", f"{report.branch} of {report.repo}"),
        ("From", f"{began} UTC"),
        ("To", f"{ended} UTC"),
        ("Used", f"{spent} of {format_seconds(report.budget_s)}"),
        ("Ended early", report.stopped),
    )
    yield from ((name, PageCell(text=shorten(text, 400))) for name, text in facts if text)
