"""The pages of events: all of them as lists, and one with its evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.judge.event_group import EventGroup, SeriesShift, list_keys, list_shifts
from harness.judge.site_address import commit_page, series_page
from harness.judge.site_event import collect_notes, group_site
from harness.judge.site_line import SiteLine
from harness.records.history import Event, EventKind, HistoryCommit, Series, SeriesChange, SeriesKey, Suspicion
from harness.records.measurement import METRICS
from harness.records.night_report import EventNote
from harness.records.site import SiteNode, SiteState
from harness.records.wording import format_count
from harness.render.html.site_entry import (
    EventCommit,
    EventLore,
    describe_standing,
    describe_triage,
    list_entries,
    list_suspects,
)
from harness.render.html.site_sentence import URGENCY, begin, describe_certainty, describe_group
from harness.render.html.table import (
    PageCell,
    PageColumn,
    PageRow,
    PageTable,
    brief,
    cell_change,
    cell_number,
    cell_verdict,
    drop_empty,
)

# So many entries of one list are shown, the newest; the command lists all.
MOST_ENTRIES = 300
_CODE = (EventKind.CODE,)
_MACHINE = (EventKind.NODE, EventKind.YARDSTICK)
_ALARM = (EventKind.MISSING, EventKind.BROKEN)


def show_events(
    nodes: Sequence[SiteNode], groups: Sequence[EventGroup], line: SiteLine, lore: EventLore
) -> dict[str, Any]:
    """Return the values of the page of all events: changes of the code first, suspicions last."""
    parts = []
    for name, title, about, kinds in (
        ("code", "Changes of the code", "Confirmed by live comparisons of both commits on the node.", _CODE),
        ("alarms", "Missing or broken", "What was measured before and is not any more.", _ALARM),
        ("machine", "Changes of the node or the benchmark", "The code did not make these.", _MACHINE),
        (
            "suspicions",
            "Suspicions",
            "Stored numbers that look unlike their past. They may be chance, and are no regressions.",
            (EventKind.SUSPICION,),
        ),
    ):
        found = [group for group in groups if group.kind in kinds]
        found.sort(key=lambda group: not group.stands)  # what stands comes first, else the order is kept
        entries = list_entries(found[:MOST_ENTRIES], line, root="", lore=lore)
        more = f"{format_count(len(found) - len(entries), 'older one')}: harness events --all"
        parts.append((name, title, about, entries, more if len(found) > len(entries) else ""))
    return {
        "sentence": _sum_up(groups, nodes),
        "mark": min(
            (group.state for group in groups if (group.stands or group.is_lost) and group.kind in _CODE),
            key=URGENCY.index,
            default=SiteState.STEADY,
        ),
        "parts": parts,
        "states": [state for state in URGENCY if any(group.state is state for group in groups)],
    }


def _sum_up(groups: Sequence[EventGroup], nodes: Sequence[SiteNode]) -> str:
    code = [group for group in groups if group.kind is EventKind.CODE]
    slower = sum(group.state is SiteState.SLOWER for group in code)
    standing = sum(group.state is SiteState.SLOWER and group.stands for group in code)
    suspected = sum(group.kind is EventKind.SUSPICION and group.stands for group in groups)
    lost = sum(group.is_lost for group in groups)
    known = [format_count(slower, "regression")] if slower else []
    known += [format_count(len(code) - slower, "improvement")] if len(code) > slower else []
    where = "" if len(nodes) == 1 else f"On {len(nodes)} nodes: "
    said = f"{where}{' and '.join(known) or 'no change of the code'} confirmed"
    if slower:
        said += f"; {standing} of the regressions {'is' if standing == 1 else 'are'} open" if slower > 1 else ""
        said += "; it is open" if slower == 1 == len(code) and standing else ""
    if lost:
        said += f"; {lost} not decided before the node changed"
    said = f"{said[:1].upper()}{said[1:]}"
    return f"{said}. {format_count(suspected, 'suspicion')} not sorted yet." if suspected else f"{said}."


def show_event(
    node: SiteNode, event: Event, series: Mapping[SeriesKey, Series], line: SiteLine, root: str
) -> dict[str, Any]:
    """Return the values of the page of one event; `series` and commits are those of the node."""
    (group,) = group_site([node.replace(events=(event,))], line)
    notes = collect_notes([node])
    note = notes.get(event.id, EventNote(event=event.id))
    sentence = describe_group(group, line)
    suspects, how = list_suspects(group, line, root, notes)
    pages = {run.id: run.page for run in node.runs if run.page}
    return {
        "id": event.id,
        "state": group.state,
        "sentence": f"{begin(sentence)}.",
        "certainty": describe_certainty(event),
        "facts": _list_facts(event, group, node, line, root),
        "subject": event.subject.splitlines(),
        "suspects": suspects,
        "suspects_note": how,
        "suspects_title": "The commit that did it" if _is_found(suspects, note) else "Commits that may have done it",
        "search_verdict": "" if note.verdict is None else f"{note.verdict}: {note.why}",
        "node_facts": note.facts,
        "found": _tabulate_found(event),
        "shifts": _tabulate_shifts(event, node, series, line, root),
        "trials": [(run, root + pages[run] if run in pages else "") for run in event.trials],
        "commits": _tabulate_commits(event, line, root),
        "bisection": event.bisection or note.bisection,
        "figure_page": _find_page(event, node, root),
        "commands": [*_list_commands(event, note)],
        "title": f"Event {event.id}",
        "witnesses_page": f"{root}events.html#event-{event.id}" if event.kind is EventKind.CODE else "",
    }


def _is_found(suspects: Sequence[EventCommit], note: EventNote) -> bool:
    return len(suspects) == 1 and bool(note.suspects)


def _find_page(event: Event, node: SiteNode, root: str) -> str:
    key = find_strongest(event)
    return next((root + one.page for one in node.series if one.key == key), "")


def find_strongest(event: Event) -> SeriesKey | None:
    """Return the series that shows an event best; None where none is known to."""
    keys = list_keys(event)
    shifts = list_shifts(event)
    if shifts and keys:
        best = shifts[0]
        return next((key for key in keys if (key.case, key.metric) == (best.case, best.metric)), keys[0])
    return keys[0] if keys else None


def _list_facts(
    event: Event, group: EventGroup, node: SiteNode, line: SiteLine, root: str
) -> list[tuple[str, PageCell]]:
    def commit(name: str) -> PageCell:
        known = line.places.get(name)
        subject = brief(line.commits[known].subject) if known is not None else ""
        link = root + commit_page(name) if known is not None else ""
        return PageCell(text=line.name(name) or "the beginning", link=link, note=subject)

    pages = {run.id: run.page for run in node.runs}
    facts = [
        ("Node", PageCell(text=node.node or "not known", link=f"{root}nodes/{node.slug}/index.html")),
        ("First seen", PageCell(text=event.day)),
    ]
    if event.old == event.new:
        facts.append(("Commit", commit(event.new)))
    else:
        facts += [("Last without it", commit(event.old)), ("First with it", commit(event.new))]
    if event.run:
        page = pages.get(event.run, "")
        facts.append(("In run", PageCell(text=event.run, link=root + page if page else "")))
    facts.append(("Today", PageCell(text=describe_standing(group), note=_say_back(event))))
    if triage := describe_triage(event):
        facts.append(("Decided", PageCell(text=triage)))
    return facts


def _say_back(event: Event) -> str:
    return f"back since {event.returned}" if event.returned else ""


def _tabulate_found(event: Event) -> PageTable | None:
    """Return what live comparisons came to; None without any."""
    if not event.found:
        return None
    columns = (
        PageColumn(name="Case"),
        PageColumn(name="Metric"),
        PageColumn(name="Before", number=True),
        PageColumn(name="After", number=True),
        PageColumn(name="Change", number=True, hint="relative, with its interval"),
        PageColumn(name="Pairs", number=True),
        PageColumn(name="Visible", unit="%", number=True, hint="the smallest change that would have been seen"),
        PageColumn(name="Verdict"),
    )
    rows = tuple(
        PageRow(
            cells=(
                PageCell(text=str(one.case)),
                PageCell(text=one.metric, note=METRICS[one.metric].unit if one.metric in METRICS else ""),
                cell_number(one.baseline.median),
                cell_number(one.contender.median),
                cell_change(one.change, one.low, one.high),
                PageCell(text=str(one.n), value=one.n),
                PageCell(text="" if one.mde is None else f"{100 * one.mde:.1f}", value=one.mde),
                cell_verdict(one.verdict),
            ),
            state="",
        )
        for one in sorted(event.found, key=lambda it: -abs(it.change))
    )
    return PageTable(caption="Both commits measured in turns on this node", columns=columns, rows=rows)


def _tabulate_shifts(
    event: Event, node: SiteNode, series: Mapping[SeriesKey, Series], line: SiteLine, root: str
) -> PageTable | None:
    """Return all series that show an event in stored numbers; None where none does."""
    shifts: Sequence[Suspicion | SeriesChange] = (*event.suspicions, *event.changes)
    if not shifts:
        return None
    columns = (
        PageColumn(name="Series"),
        PageColumn(name="Metric"),
        PageColumn(name="Before", number=True),
        PageColumn(name="After", number=True),
        PageColumn(name="Change", number=True, hint="of the level, with its 95 % interval"),
        PageColumn(name="Direction"),
        PageColumn(name="Since"),
        PageColumn(name="Strength", number=True, hint="score, relative to what it takes to be noticed"),
    )
    known = {one.key for one in node.series}
    rows = tuple(_row(one, known, series, line, root) for one in shifts)
    caption = "Levels before and after in the stored numbers of this node, measured on different days"
    return drop_empty(PageTable(caption=caption, columns=columns, rows=rows))


def _row(
    one: Suspicion | SeriesChange,
    known: set[SeriesKey],
    series: Mapping[SeriesKey, Series],
    line: SiteLine,
    root: str,
) -> PageRow:
    key = one.key
    place = one.place.since if isinstance(one, Suspicion) else one.point
    points = series[key].points if key in series else ()
    since = line.name(points[place].commit) if place < len(points) else ""
    strength = one.score / one.threshold if isinstance(one, Suspicion) and one.threshold else None
    looks = SeriesShift(key.case, key.metric, one.change, one.low, one.high, measured=False).direction
    return PageRow(
        cells=(
            PageCell(text=str(key.case), link=root + series_page(key) if key in known else ""),
            PageCell(text=key.metric, note=METRICS[key.metric].unit if key.metric in METRICS else ""),
            cell_number(one.before),
            cell_number(one.after),
            cell_change(one.change, one.low, one.high),
            PageCell(text=looks),
            PageCell(text=since),
            PageCell(text="" if strength is None else f"{strength:.1f}", value=strength),
        )
    )


def _tabulate_commits(event: Event, line: SiteLine, root: str) -> PageTable | None:
    old, new = line.places.get(event.old, -1), line.places.get(event.new, -1)
    between = line.commits[old + 1 : new + 1]
    if not between or event.kind in _ALARM:
        return None
    columns = (PageColumn(name="Commit"), PageColumn(name="Date"), PageColumn(name="Subject"))
    rows = tuple(_row_commit(one, root) for one in between[-MOST_ENTRIES:])
    caption = f"Commits that were measured after {line.name(event.old) or 'the beginning'}, up to the first one after"
    return PageTable(caption=caption, columns=columns, rows=rows)


def _row_commit(one: HistoryCommit, root: str) -> PageRow:
    return PageRow(
        cells=(
            PageCell(text=one.short, link=root + commit_page(one.name)),
            PageCell(text=one.date[:10]),
            PageCell(text=brief(one.subject)),
        )
    )


def _list_commands(event: Event, note: EventNote) -> list[tuple[str, str]]:
    commands = [("All that is known of it", f"harness events show {event.id}")]
    if event.command or note.command:
        what = "To find out what did it" if event.kind is EventKind.SUSPICION else "To measure it again"
        commands.append((what, event.command or note.command))
    commands += [
        ("What was found", f"harness compare {one} {two}")
        for one, two in zip(event.trials[::2], event.trials[1::2], strict=False)
    ][-1:]
    if event.bisection or note.bisection:
        commands.append(("The search for its commit", f"harness show {event.bisection or note.bisection}"))
    elif event.search and not event.returned:
        commands.append(("To find its commit", event.search))
    return commands
