"""The page of a node: how healthy it is, what changed on it, all its series, and its runs."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from harness.judge.site_address import commit_page
from harness.judge.site_event import collect_notes, group_site
from harness.judge.site_line import SiteLine, merge_commits
from harness.records.caveat import DISTURBED, CaveatCode
from harness.records.history import CutKind, EventKind, History
from harness.records.purpose import RunPurpose
from harness.records.raw_history import MachineFacts
from harness.records.site import SiteNode, SiteRun, SiteState
from harness.records.suite import OF_MODELS
from harness.records.wording import format_count
from harness.render.html.site_entry import EventLore, list_entries
from harness.render.html.site_grid import make_grids
from harness.render.html.site_sentence import count_states, describe_counts, find_worst
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, brief

# So many runs are listed, so many of the newest say how quiet the node is, so many stretches that it missed are named.
MOST_RUNS, _NEWEST, _MISSED, _CAVEATS = 200, 30, 40, 4
_MEANINGS = {str(code): code.meaning for code in CaveatCode}
# What says that a node was not quiet, or not as fast as it can be.
_OF_QUIET = DISTURBED | {
    CaveatCode.RETRIED,
    CaveatCode.NODE_CHANGED,
    CaveatCode.ROOF_DISTURBED,
    CaveatCode.ROOF_MOVED,
}


class NodeChange(NamedTuple):
    """Something that became another one on a node: the run with which it was first seen, and what it was."""

    day: str
    run: str
    kind: CutKind
    subject: str


def show_node(node: SiteNode, history: History, machine: MachineFacts, root: str) -> dict[str, Any]:
    """Return the values of the page of a node."""
    line = merge_commits([node])
    groups = [group for group in group_site([node], line) if group.stands or group.kind is not EventKind.SUSPICION]
    entries = list_entries(groups[:12], line, root=root, lore=EventLore(notes=collect_notes([node])))
    models = [one for one in node.series if one.key.case.benchmark in OF_MODELS]
    others = [one for one in node.series if one.key.case.benchmark not in OF_MODELS]
    return {
        "node": node,
        "sentence": _sum_up(node),
        "state": find_worst(node),
        "facts": [*_list_facts(node, line, root), *_list_machine(machine, node.title)],
        "features": dict(machine).get("features", ""),
        "entries": entries,
        "more_events": max(0, len(groups) - len(entries)),
        "grids_of": make_grids(models, root),
        "others": make_grids(others, root),
        "states": list(count_states(node)),
        "quiet": _tabulate_quiet(node),
        "changes": _tabulate_changes(find_changes(history), node, root),
        "missed": list_missed(node),
        "runs": _tabulate_runs(node, line, root),
        "run_command": "harness report RUN --format html -o run.html",
        "list_command": f"harness list {shlex.join(['--node', node.node])}" if node.node else "harness list",
        "more_runs": max(0, len(node.runs) - MOST_RUNS),
    }


def _sum_up(node: SiteNode) -> str:
    counts = count_states(node)
    total = format_count(len(node.series), "series", plural="series")
    if not counts:
        return "No numbers of this node are stored."
    if list(counts) == [SiteState.STEADY]:
        return f"All {total} are steady."
    alarm = next((one.subject for one in node.events if one.kind is EventKind.MISSING and one.open), "")
    lead = f"{brief(alarm)}: " if alarm else ""
    sentence = f"{lead}{total}: {describe_counts(counts)}."
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _list_facts(node: SiteNode, line: SiteLine, root: str) -> Iterator[tuple[str, PageCell]]:
    days = sorted(run.start[:10] for run in node.runs if run.start)
    yield "Processor", PageCell(text=node.title or "not known")
    yield "Runs", PageCell(text=str(len(node.runs)), note=f"{days[0]} to {days[-1]}" if days else "")
    if node.commits:
        last = node.commits[-1]
        yield (
            "Newest commit",
            PageCell(text=last.short, link=root + commit_page(last.name), note=brief(last.subject)),
        )
    if node.anchor:
        link = root + commit_page(node.anchor) if node.anchor in line.places else ""
        yield "Anchor", PageCell(text=line.name(node.anchor), link=link, note="every night is compared with it")
    if node.night:
        yield "Newest night", PageCell(text=f"{node.night[:4]}-{node.night[4:6]}-{node.night[6:8]}", link="night.html")


def _list_machine(machine: MachineFacts, title: str) -> Iterator[tuple[str, PageCell]]:
    for name, value in machine:
        if name != "features" and value != title:
            yield f"{name[:1].upper()}{name[1:]}", PageCell(text=value)


def find_changes(history: History) -> tuple[NodeChange, ...]:
    """Return what changed on a node or in its benchmarks, oldest first, once for each run that showed it."""
    found: dict[tuple[str, str], NodeChange] = {}
    for series in history.series:
        for point in series.points:
            for cut in point.cuts:
                if cut.kind is not CutKind.EVENT:
                    change = NodeChange(point.day, point.run, cut.kind, cut.subject)
                    known = found.get((cut.kind, cut.subject))
                    # The same change is seen in each series when it is next measured.
                    if known is None or change.day < known.day:
                        found[cut.kind, cut.subject] = change
    return tuple(sorted(found.values(), key=lambda one: (one.day, one.run, one.subject)))


def list_missed(node: SiteNode) -> tuple[str, ...]:
    """Return the stretches of days without a run between the first and the newest night, the newest first.

    At most so many are returned: `2026-08-13 to 2026-11-26 (106)`, or a single day.
    """
    nights = {run.start[:10] for run in node.runs if run.purpose == RunPurpose.NIGHT and run.start}
    days = {run.start[:10] for run in node.runs if run.start}
    try:
        dates = sorted(date.fromisoformat(day) for day in nights)
    except ValueError:
        return ()
    if not dates:
        return ()
    between = (dates[0] + timedelta(days=number) for number in range((dates[-1] - dates[0]).days))
    stretches: list[list[date]] = []
    for one in between:
        if one.isoformat() not in days:
            if stretches and stretches[-1][-1] == one - timedelta(days=1):
                stretches[-1].append(one)
            else:
                stretches.append([one])
    return tuple(map(_name_stretch, reversed(stretches[-_MISSED:])))


def _name_stretch(days: Sequence[date]) -> str:
    return f"{days[0]} to {days[-1]} ({len(days)})" if len(days) > 1 else days[0].isoformat()


def _tabulate_quiet(node: SiteNode) -> PageTable | None:
    """Return what disturbed the newest runs, most often first; None where nothing did."""
    newest = sorted(node.runs, key=lambda run: (run.start, run.id))[-_NEWEST:]
    counts = Counter(code for run in newest for code in dict.fromkeys(run.caveats) if code in _OF_QUIET)
    if not counts:
        return None
    columns = (
        PageColumn(name="Caveat"),
        PageColumn(name="Runs", number=True),
        PageColumn(name="Newest"),
        PageColumn(name="What it means"),
    )
    rows = tuple(
        PageRow(
            cells=(
                PageCell(text=code),
                PageCell(text=str(count), value=count),
                PageCell(text=max(run.start[:10] for run in newest if code in run.caveats)),
                PageCell(text=_MEANINGS[code]),
            )
        )
        for code, count in counts.most_common()
    )
    return PageTable(caption=f"What disturbed the newest {len(newest)} runs", columns=columns, rows=rows)


def _tabulate_changes(changes: Sequence[NodeChange], node: SiteNode, root: str) -> PageTable | None:
    if not changes:
        return None
    pages = {run.id: root + run.page for run in node.runs if run.page}
    words = {CutKind.NODE: "the node", CutKind.YARDSTICK: "the benchmark"}
    columns = (
        PageColumn(name="Day"),
        PageColumn(name="Changed"),
        PageColumn(name="What"),
        PageColumn(name="First run"),
    )
    rows = tuple(
        PageRow(
            cells=(
                PageCell(text=one.day),
                PageCell(text=words.get(one.kind, one.kind), mark=SiteState.NODE),
                PageCell(text=brief(one.subject)),
                PageCell(text=one.run, link=pages.get(one.run, "")),
            )
        )
        for one in reversed(changes)
    )
    caption = "Each of these begins a new epoch: numbers across it are not compared"
    return PageTable(caption=caption, columns=columns, rows=rows)


def _tabulate_runs(node: SiteNode, line: SiteLine, root: str) -> PageTable:
    columns = (
        PageColumn(name="Start", unit="UTC"),
        PageColumn(name="Commit"),
        PageColumn(name="For"),
        PageColumn(name="Status"),
        PageColumn(name="Caveats"),
        PageColumn(name="Run"),
    )
    newest = sorted(node.runs, key=lambda run: (run.start, run.id), reverse=True)[:MOST_RUNS]
    rows = tuple(PageRow(cells=tuple(_list_cells(run, line, root)), words=_find_words(run, line)) for run in newest)
    return PageTable(caption=f"The newest {len(newest)} of {len(node.runs)} runs", columns=columns, rows=rows)


def _find_words(run: SiteRun, line: SiteLine) -> str:
    return " ".join((run.id, run.start, line.name(run.commit), run.purpose, run.status, *run.caveats)).lower()


def _list_cells(run: SiteRun, line: SiteLine, root: str) -> Iterator[PageCell]:
    known = run.commit in line.places
    yield PageCell(text=run.start[:16].replace("T", " ") or "not known")
    yield PageCell(text=line.name(run.commit), link=root + commit_page(run.commit) if known else "")
    yield PageCell(text=run.purpose)
    bad = run.status not in ("", "PASSED")
    yield PageCell(text=run.status.lower(), mark=SiteState.MISSING if bad else None)
    more = len(run.caveats) - _CAVEATS
    yield PageCell(text=", ".join(run.caveats[:_CAVEATS]), note=f"and {more} more" if more > 0 else "")
    yield PageCell(text=run.id, link=root + run.page if run.page else "")
