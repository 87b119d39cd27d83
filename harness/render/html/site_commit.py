"""The page of a commit: all nodes, each of its series against the commit measured before it and against the anchor."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.judge.event import suggest_comparison, suggest_run
from harness.judge.event_group import EventGroup
from harness.judge.site_address import commit_page
from harness.judge.site_line import SiteLine
from harness.records.history import EventKind, HistoryCommit
from harness.records.measurement import METRICS
from harness.records.record import short_hash
from harness.records.site import SiteState
from harness.records.suite import OF_MODELS
from harness.records.wording import format_count, were
from harness.render.html.row import name_class
from harness.render.html.site_commit_book import CommitBook, CommitNode, CommitRow
from harness.render.html.site_entry import EventEntry
from harness.render.html.site_sentence import URGENCY
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, brief, cell_change, cell_number

# So many series are shown on the page of a commit, those that changed most: at most, for one node, for each other one.
MOST_ROWS, _LEAST_ROWS, _A_NODE = 200, 30, 10
# So many commits are in the list.
MOST_COMMITS = 2000


class CommitFacts(NamedTuple):
    """All that the page of a commit is made of."""

    commit: HistoryCommit
    former: HistoryCommit | None
    later: HistoryCommit | None
    nodes: Sequence[CommitNode]
    rows: tuple[CommitRow, ...]
    left_out: int


def stamp_commits(book: CommitBook, line: SiteLine) -> Iterator[tuple[object, ...]]:
    """Yield for each commit what identifies all that `gather_commit` returns, without reading any of it."""
    called = ""
    for place, commit in enumerate(line.commits):
        # A page calls other commits by their names, and those before it may get another one.
        called = short_hash(called, commit.name, commit.short) if commit.release and commit.sha else called
        near = (line.commits[at] for at in (place - 1, place + 1) if 0 <= at < len(line.commits))
        names = [(one.name, one.short, one.subject) for one in near]
        yield (commit.replace(position=0), names, called, book.stamp(place))


def gather_commit(commit: HistoryCommit, book: CommitBook, line: SiteLine) -> CommitFacts:
    """Return what is known of a commit on all nodes."""
    near = commit.position
    nodes = book.list_nodes(near)
    most = min(MOST_ROWS, _LEAST_ROWS + _A_NODE * (len(nodes) - 1))
    # What people use is shown before what explains it, whatever the noise did.
    shown = sorted(book.list_rows(near), key=lambda row: (row.series.key.case.benchmark not in OF_MODELS, *_rank(row)))
    shown = sorted(shown[:most], key=_rank)
    return CommitFacts(
        commit,
        line.commits[near - 1] if near else None,
        line.commits[near + 1] if near + 1 < len(line.commits) else None,
        nodes,
        tuple(shown),
        sum(one.known.count for one in nodes) - len(shown),
    )


def _rank(row: CommitRow) -> tuple[float, str, str]:
    return -row.known.size, row.node.node, row.series.page


def show_commit(facts: CommitFacts, entries: Sequence[EventEntry], line: SiteLine, root: str) -> dict[str, Any]:
    """Return the values of the page of a commit; `entries` are the events that it may have made."""
    commit = facts.commit
    anchored = any(row.known.anchor is not None for row in facts.rows)
    return {
        "commit": commit,
        "subject": brief(commit.subject),
        "sentence": _sum_up(facts, entries),
        "mark": entries[0].state if entries else SiteState.STEADY if facts.rows else SiteState.TOO_FEW,
        "entries": entries,
        "former": _link(facts.former, root),
        "later": _link(facts.later, root),
        "nodes": _tabulate_nodes(facts, line, root),
        "table": _tabulate(facts.rows, line, root, anchored=anchored) if facts.rows else None,
        "left_out": facts.left_out,
        "commands": _list_commands(facts),
    }


def _sum_up(facts: CommitFacts, entries: Sequence[EventEntry]) -> str:
    where = f"measured on {format_count(len(facts.nodes), 'node')}"
    if entries:
        return f"{entries[0].sentence}. This commit was {where}."
    return f"No change is known that this commit made. It was {where}."


def _list_commands(facts: CommitFacts) -> list[tuple[str, str]]:
    commit, former = facts.commit, facts.former
    name = commit.sha[:12] or commit.release
    commands = [("All its runs", f"harness list --commit {name}")]
    known = {one.node.node: one.known.options for one in facts.nodes}
    if name and facts.rows:
        first = facts.rows[0]
        again = suggest_run(first.series.key, name, known.get(first.node.node, ""))
        commands.append((f"Measures it again as {first.node.node or 'the node without a name'} did", again))
    compare = next(filter(None, (_suggest(row, known.get(row.node.node, "")) for row in facts.rows)), "")
    if former and commit.sha and former.sha and compare:
        lead = "A verdict about this commit and the one before it: both measured in turns"
        commands.append((lead, compare.replace("{old}", former.sha[:12]).replace("{new}", name)))
    return commands


def _suggest(row: CommitRow, options: str) -> str:
    """Return the command that compares two commits in what a row shows; empty where nothing can."""
    return suggest_comparison(row.series.key.replace(config="", yardstick=""), options)


def _link(commit: HistoryCommit | None, root: str) -> tuple[str, str] | None:
    return (f"{commit.short} {brief(commit.subject)}".strip(), root + commit_page(commit.name)) if commit else None


def _tabulate_nodes(facts: CommitFacts, line: SiteLine, root: str) -> PageTable:
    columns = (
        PageColumn(name="Node"),
        PageColumn(name="Measured before"),
        PageColumn(name="Anchor"),
        PageColumn(name="Newest run of it"),
        PageColumn(name="Runs", number=True),
    )
    rows = []
    for one in facts.nodes:
        node, known = one.node, one.known
        cells = [PageCell(text=node.node or "not known", link=f"{root}nodes/{node.slug}/index.html")]
        for name in (known.before, node.anchor):
            link = root + commit_page(name) if name in line.places else ""
            cells.append(PageCell(text=line.name(name) or "\N{EN DASH}", link=link))
        cells.append(PageCell(text=known.newest, link=root + known.page if known.page else ""))
        cells.append(PageCell(text=str(known.runs), value=known.runs))
        rows.append(PageRow(cells=tuple(cells)))
    return PageTable(caption="Nodes that measured this commit", columns=columns, rows=tuple(rows))


def _tabulate(rows: Sequence[CommitRow], line: SiteLine, root: str, *, anchored: bool) -> PageTable:
    columns = [
        PageColumn(name="Series"),
        PageColumn(name="Metric"),
        PageColumn(name="Node"),
        PageColumn(name="Here", number=True),
        PageColumn(name="Before", number=True),
        PageColumn(name="Change", number=True, hint="against the commit measured before on that node"),
        PageColumn(name="Direction"),
    ]
    if anchored:
        columns.append(
            PageColumn(name="Since anchor", number=True, hint="against the anchor as it was measured last before")
        )
    body = []
    for row in rows:
        key, known = row.series.key, row.known
        metric = METRICS.get(key.metric)
        change = row.change
        looks = "" if not change or metric is None else "slower" if (change > 0) is metric.lower_is_better else "faster"
        cells = [
            PageCell(text=str(key.case), link=root + row.series.page),
            PageCell(text=key.metric, note=metric.unit if metric else ""),
            PageCell(text=row.node.node or "not known"),
            cell_number(known.value),
            cell_number(known.before, note=f"at {line.name(known.older)}" if known.older else ""),
            cell_change(change),
            PageCell(text=looks),
        ]
        if anchored:
            cells.append(cell_change(row.since_anchor))
        body.append(PageRow(cells=tuple(cells)))
    caption = "Medians of stored runs of different days: no verdict. First what changed most for its noise"
    return PageTable(caption=caption, columns=tuple(columns), rows=tuple(body))


def _is_of_commit(group: EventGroup) -> bool:
    """Return whether an event says something about the commit that first shows it: a node that was silent does not."""
    if group.kind is EventKind.SUSPICION:
        return group.stands
    return group.kind in (EventKind.CODE, EventKind.BROKEN)


def show_commits(line: SiteLine, counts: Sequence[int], groups: Sequence[EventGroup]) -> dict[str, Any]:
    """Return the values of the list of commits; `counts` has the number of nodes that measured each."""
    marks: dict[str, EventGroup] = {}
    for group in groups:
        if not _is_of_commit(group):
            continue
        known = marks.get(group.new)
        if known is None or URGENCY.index(group.state) < URGENCY.index(known.state):
            marks[group.new] = group
    columns = (
        PageColumn(name="Commit"),
        PageColumn(name="Date"),
        PageColumn(name="Nodes", number=True),
        PageColumn(name="First seen with it"),
        PageColumn(name="Subject"),
    )
    rows = []
    for one in reversed(line.commits[-MOST_COMMITS:]):
        found = marks.get(one.name)
        mark = PageCell(text=found.state.value, mark=found.state) if found else PageCell(text="")
        rows.append(
            PageRow(
                cells=(
                    PageCell(text=one.short, link="../" + commit_page(one.name)),
                    PageCell(text=one.date[:10]),
                    PageCell(text=str(counts[one.position]), value=counts[one.position]),
                    mark,
                    PageCell(text=brief(one.subject)),
                ),
                words=f"{one.name} {one.short} {one.date[:10]} {brief(one.subject)}".lower(),
                state=name_class(found.state) if found else "",
            )
        )
    return {
        "table": PageTable(caption="Commits that were measured, newest first", columns=columns, rows=tuple(rows)),
        "sentence": f"{were(len(line.commits), 'commit')} measured.",
        "left_out": max(0, len(line.commits) - MOST_COMMITS),
    }
