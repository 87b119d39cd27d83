"""The pages of a site: sentences, groups and grids, and that every page is whole, escaped, and leads somewhere."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from typing import Any

import pytest

from harness.judge.event_group import find_state, list_shifts
from harness.judge.judged_history import judge_history
from harness.judge.site_address import commit_page, event_page
from harness.judge.site_commit import MOST_VALUES, read_lines, store_node
from harness.judge.site_event import MOST_ASKED, choose_asked, group_site, link_groups
from harness.judge.site_line import SiteLine, merge_commits
from harness.records.history import EventKind, HistoryCommit, SeriesStatus
from harness.records.measurement import Case
from harness.records.night import BranchCommit
from harness.records.night_report import EventNote, NightReport, SuspectCommit
from harness.records.site import NodeCommit, SiteNode, SiteState, StoredNode
from harness.records.triage import Triage, TriageState
from harness.render.html.site import NodeMaterial, Page, SitePlan, render_node_pages, render_shared_pages
from harness.render.html.site_commit import gather_commit, show_commit, show_commits, stamp_commits
from harness.render.html.site_commit_book import CommitBook, CommitReader
from harness.render.html.site_data import write_json, write_node_data
from harness.render.html.site_entry import EventLore, describe_standing, list_entries
from harness.render.html.site_event import show_events
from harness.render.html.site_grid import make_grids
from harness.render.html.site_node import find_changes, list_missed
from harness.render.html.site_overview import MOST_CELLS, MOST_NODES, show_overview
from harness.render.html.site_sentence import describe_certainty, describe_group, describe_series, sum_up_site
from harness.system.asset import load_page_kit
from tests.past import NIGHTS, confirm, list_days, make_node, make_past, name_order, name_sha

_VOID = frozenset({"meta", "link", "br", "input"})


class Outline(HTMLParser):
    """The tags of a page, checked for their nesting, with its links and the elements that links can lead to."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self._open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element in."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.links += [values[name] or "" for name in ("href", "src") if name in values]
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element without contents in."""
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the newest element, which must be this one."""
        assert self._open
        assert self._open.pop() == tag


def make_nodes() -> list[NodeMaterial]:
    """Return two nodes on which encoding got slower with one commit, and one that changed its kernel."""
    slower = [make_past(name, {"encode": 0.05}) for name in ("epyc", "zen & <co>")]
    found = [_load(raw, "encode") for raw in slower]
    found[0] = found[0]._replace(nights=[_report_night(found[0].node)])
    return [*found, _load(make_past("quiet", {}, kernel=30), "")]


def _report_night(node: SiteNode) -> NightReport:
    """Return the report of a night that knew an event, and one more that the numbers of today do not show."""
    commits = [BranchCommit(sha=one.name, date=one.date, subject=one.subject) for one in node.commits]
    open_events = (node.events[0], node.events[0].replace(id="0123456789ab"))
    return NightReport(
        schema=7,
        node=node.node,
        began="2026-05-29T00:00:04+00:00",
        ended="2026-05-29T00:48:10+00:00",
        repo="https://github.com/ggml-org/whisper.cpp",
        branch="master",
        head=commits[-1],
        anchor=commits[0],
        budget_s=3600.0,
        open=open_events,
    )


def _load(raw: Any, metric: str, *, anchor: str = "") -> NodeMaterial:
    history = judge_history(raw, name_order(raw))
    history = confirm(history, metric) if metric else history
    details = {one.run_id: one for one in raw.details.values()}
    node = make_node(raw, history).replace(anchor=anchor)
    return NodeMaterial(node, history, details, raw.machines, (), (), lambda _: None)


def _store(materials: Iterable[NodeMaterial]) -> tuple[list[SiteNode], CommitReader]:
    """Return nodes as they are stored, and what reads their lines."""
    stored = [store_node(one.node, one.history.series) for one in materials]
    lines = {one.node.slug: one.lines for one in stored}

    def read(node: SiteNode, places: Sequence[int]) -> dict[int, NodeCommit]:
        return read_lines(StoredNode(node, lines[node.slug]), places)

    return [one.node for one in stored], read


def _render_shared(
    materials: Iterable[NodeMaterial], unreadable: Sequence[str] = (), plan: SitePlan | None = None
) -> Iterator[Page]:
    nodes, read = _store(materials)
    yield from render_shared_pages(load_page_kit(), plan or SitePlan(), nodes, unreadable, read)


def _open_book(materials: Iterable[NodeMaterial]) -> tuple[CommitBook, SiteLine]:
    nodes, read = _store(materials)
    line = merge_commits(nodes)
    return CommitBook(nodes, line, read), line


@pytest.fixture(scope="module")
def materials() -> list[NodeMaterial]:
    return make_nodes()


@pytest.fixture(scope="module")
def pages(materials: list[NodeMaterial]) -> dict[str, bytes]:
    """Every page of a site by its path, and the files beside them."""
    kit, plan = load_page_kit(), SitePlan()

    def all_pages() -> Iterator[Page]:
        for one in materials:
            yield from render_node_pages(kit, plan, one)
        yield from _render_shared(materials, ["run <1> & co: not readable"])

    made = {one.path: one.make() for one in all_pages()}
    return made | {"site.css": b"", "site.js": b"", "icon.svg": b""}


def test_every_page_is_whole_and_leads_to_pages_that_exist(pages: dict[str, bytes]) -> None:
    known = {path: Outline(page).ids for path, page in pages.items() if path.endswith(".html")}
    wanted = {"index.html", "events.html", "nodes.html", "compare.html", "unreadable.html", "commits/index.html"}
    assert wanted <= set(known)
    assert len(known) > NIGHTS + 12
    for path, ids in known.items():
        assert len(set(ids)) == len(ids), path
        for link in Outline(pages[path]).links:
            address, _, fragment = link.partition("#")
            target = normpath(join(dirname(path), address)) if address else path
            if "/runs/" not in target:  # made from stored runs, of which there are none here
                assert target in pages, (path, link)
                assert not fragment or fragment in known[target], (path, link)


def test_a_night_names_events_that_have_no_page_any_more(
    pages: dict[str, bytes], materials: list[NodeMaterial]
) -> None:
    (night,) = (page.decode() for path, page in pages.items() if path.endswith("night.html"))
    (known, gone) = materials[0].nights[0].open
    assert f'{event_page(known.id)}">{known.id}</a>' in night
    assert f"{gone.id}." in night
    assert event_page(gone.id) not in night


def test_no_page_has_a_script_or_a_style_of_its_own(pages: dict[str, bytes]) -> None:
    for path, page in pages.items():
        if path.endswith(".html"):
            outline = Outline(page)
            assert not {name for name in outline.attributes if name == "style" or name.startswith("on")}, path
            assert "style" not in outline.tags
            assert "b" not in outline.tags or "/events/" in f"/{path}"
            for block in re.findall(rb"<script[^>]*>", page):
                assert b'src="' in block or b"application/json" in block
            assert len(page) < 1_000_000


def test_foreign_words_are_escaped(pages: dict[str, bytes]) -> None:
    everything = b"".join(page for path, page in pages.items() if path.endswith(".html"))
    assert b"<co>" not in everything
    assert b"EPYC <9>" not in everything
    assert b"zen &amp; &lt;co&gt;" in everything
    assert b"<b>&amp;" not in everything
    assert b"run &lt;1&gt; &amp; co" in pages["unreadable.html"]


def test_one_change_on_two_nodes_is_one_entry(materials: list[NodeMaterial]) -> None:
    nodes = [one.node for one in materials]
    line = merge_commits(nodes)
    code = [group for group in group_site(nodes, line) if group.kind is EventKind.CODE]
    assert [group.nodes for group in code] == [("epyc", "zen & <co>")]
    assert code[0].state is SiteState.SLOWER
    assert code[0].stands
    sentence, mark = sum_up_site(nodes, group_site(nodes, line), line)
    words = r"Encode of tiny got \d\.\d % slower on epyc and zen & <co> since [0-9a-f]{8}\. 3 nodes: 1 steady, .*"
    assert re.fullmatch(words, sentence)
    assert mark is SiteState.SLOWER


def test_the_list_of_changes_says_what_every_node_says(pages: dict[str, bytes], materials: list[NodeMaterial]) -> None:
    changes = pages["events.html"].decode()
    assert "<strong>agrees</strong>: <bdi>epyc and zen &amp; &lt;co&gt; (EPYC &lt;9&gt;)</bdi>" in changes
    assert "<strong>shows no step</strong>: <bdi>quiet (EPYC &lt;9&gt;)</bdi>" in changes
    assert "not known whether other nodes are concerned" in changes
    assert "agrees" in pages["index.html"].decode()
    own = [event for one in materials for event in one.node.events if event.kind is EventKind.CODE]
    assert len(own) == 2
    for event in own:
        assert f"../events.html#event-{event.id}" in pages[event_page(event.id)].decode()
        assert changes.count(f'id="event-{event.id}"') == 1
    alone = {one.path: one.make() for one in _render_shared(materials[:1])}
    assert b"<strong>agrees</strong>" not in alone["events.html"], "where there is one node, others say nothing"


def test_only_so_many_changes_are_asked_about(materials: list[NodeMaterial]) -> None:
    nodes = [one.node for one in materials]
    groups = group_site(nodes, merge_commits(nodes))
    (code,) = (group for group in groups if group.kind is EventKind.CODE)
    suspicion = code._replace(kind=EventKind.SUSPICION)
    settled = suspicion._replace(events=tuple(event.replace(open=False) for event in code.events))
    assert choose_asked([settled, suspicion, code]) == [code, suspicion]
    assert choose_asked([suspicion] * 200 + [code]) == [code] + [suspicion] * (MOST_ASKED - 1)


def test_nodes_narrow_each_other_down(materials: list[NodeMaterial]) -> None:
    nodes = [one.node for one in materials[:2]]
    line = merge_commits(nodes)
    wide, narrow = (next(one for one in node.events if one.kind is EventKind.CODE) for node in nodes)
    wide = wide.replace(old=name_sha(30), new=name_sha(45))
    narrow = narrow.replace(old=name_sha(39), new=name_sha(41))
    both = [node.replace(events=(event,)) for node, event in zip(nodes, (wide, narrow), strict=True)]
    (group,) = group_site(both, line)
    assert (group.old, group.new) == (name_sha(39), name_sha(41))
    assert set(link_groups([group], line, {})) == {name_sha(40), name_sha(41)}
    note = EventNote(
        event=wide.id, suspects=(SuspectCommit(sha=name_sha(40), subject="s", author="a", probability=0.97),)
    )
    assert set(link_groups([group], line, {wide.id: note})) == {name_sha(40)}
    apart = [both[0].replace(events=(wide.replace(new=name_sha(38)),)), both[1]]
    assert len(group_site(apart, line)) == 2


def test_what_people_decided_does_not_stand(materials: list[NodeMaterial]) -> None:
    node = materials[0].node
    event = next(one for one in node.events if one.kind is EventKind.CODE)
    settled = event.replace(triage=Triage(event=event.id, state=TriageState.WONTFIX, note="known"))
    line = merge_commits([node])
    groups = group_site([node.replace(events=(settled,))], line)
    assert not groups[0].stands
    assert sum_up_site([node.replace(events=(settled,))], groups, line)[0].startswith("No change of the code is open. ")


def test_what_was_decided_on_one_node_stands_on_the_other(materials: list[NodeMaterial]) -> None:
    nodes = [material.node for material in materials]
    line = merge_commits(nodes)
    group = next(one for one in group_site(nodes, line) if one.kind is EventKind.CODE and len(one.events) > 1)
    first, *others = group.events
    decided = Triage(event=others[-1].id, state=TriageState.WONTFIX, note="too old")
    half = group._replace(events=(first, *others[:-1], others[-1].replace(triage=decided)))
    assert describe_standing(half) == "open"
    assert "too old" in list_entries([half], line, root="")[0].triage
    whole = half._replace(events=tuple(one.replace(triage=decided) for one in half.events))
    assert describe_standing(whole) == "decided"


def test_a_regression_before_an_epoch_is_not_forgotten(materials: list[NodeMaterial]) -> None:
    node = materials[0].node
    event = next(one for one in node.events if one.kind is EventKind.CODE)
    lost = node.replace(events=(event.replace(open=False),))
    line = merge_commits([node])
    groups = group_site([lost], line)
    assert groups[0].is_lost
    assert not groups[0].stands
    sentence, mark = sum_up_site([lost], groups, line)
    assert re.match(
        r"Encode of tiny got .* slower on epyc .*; the node has changed since, and nobody has decided about it\. ",
        sentence,
    )
    both = groups[0]._replace(events=(groups[0].events[0], groups[0].events[0].replace(node="desk")))
    assert "; these nodes have changed since, and nobody" in sum_up_site([lost], [both], line)[0]
    assert mark is SiteState.SLOWER
    assert [one.standing for one in show_overview([lost], groups, line)["changes"]] == [
        "not known since the node changed"
    ]
    assert "; 1 not decided before the node changed" in show_events([lost], groups, line, EventLore())["sentence"]
    for known in (event.replace(open=False, returned="2026-05-01"), event):
        assert not group_site([node.replace(events=(known,))], line)[0].is_lost


def test_a_silent_node_says_nothing_about_a_commit(materials: list[NodeMaterial]) -> None:
    node = materials[0].node
    event = next(one for one in node.events if one.kind is EventKind.CODE)
    silent = event.replace(id="silent", kind=EventKind.MISSING, run="", suspicions=(), changes=(), found=())
    line = merge_commits([node])
    for events, marks in (((silent, event), [SiteState.SLOWER]), ((silent,), [])):
        groups = group_site([node.replace(events=events)], line)
        table = show_commits(line, [1] * len(line.commits), groups)["table"]
        assert [row.cells[3].mark for row in table.rows if row.cells[3].mark] == marks


def test_counts_of_nodes_contradict_no_mark(materials: list[NodeMaterial]) -> None:
    node = materials[0].node.replace(events=())
    states = (SiteState.STEADY, SiteState.NODE, SiteState.TOO_FEW)
    nodes = [
        node.replace(node=state, series=tuple(one.replace(state=state) for one in node.series)) for state in states
    ]
    line = merge_commits(nodes)
    assert sum_up_site(nodes, (), line) == (
        "No change of the code is known. 3 nodes: 1 steady, 1 with too few points, 1 with a change of the node.",
        SiteState.NODE,
    )
    assert sum_up_site(nodes[:1] * 2, (), line)[0].endswith(" All 2 nodes are steady.")
    assert sum_up_site(nodes[:1], (), line)[0].endswith(" The node is steady.")
    assert sum_up_site(nodes[1:2], (), line)[0].endswith(" 4 series: 4 changed, not by the code.")


def test_a_series_with_few_points_says_its_state_as_well(materials: list[NodeMaterial]) -> None:
    material = materials[0]
    one = material.node.series[0]
    judged = material.history.judgements[0].replace(status=SeriesStatus.TOO_FEW, missing=3)
    assert judged.epochs
    two = judged.replace(epochs=(judged.epochs[0], judged.epochs[0]))
    few = "Too few points since to say anything: it takes 3 more points to see a step."
    assert describe_series(two, one.replace(state=SiteState.TOO_FEW)) == few
    told = describe_series(two, one.replace(state=SiteState.NODE))
    assert told == f"It changed with the node or the benchmark, not with the code. {few}"


def test_a_suspicion_is_never_called_a_regression(materials: list[NodeMaterial]) -> None:
    raw = make_past("epyc", {"encode": 0.05})
    node = make_node(raw)
    line = merge_commits([node])
    groups = [group for group in group_site([node], line) if group.kind is EventKind.SUSPICION]
    assert groups
    sentence = describe_group(groups[-1], line)
    assert " looks " in sentence
    whole, mark = sum_up_site([node], groups, line)
    assert "got" not in whole
    assert "regression" not in whole
    assert mark is SiteState.SUSPICION
    assert find_state(groups[-1].events[0]) is SiteState.SUSPICION


def test_too_few_runs_are_not_called_steady() -> None:
    few = make_node(make_past("new", {}, nights=3))
    line = merge_commits([few])
    assert sum_up_site([few], (), line) == (
        "There are too few runs yet to say what is steady.",
        SiteState.TOO_FEW,
    )
    both = [few, make_node(make_past("quiet", {}))]
    assert sum_up_site(both, (), line)[0].endswith(" 2 nodes: 1 steady, 1 with too few points.")
    assert "The node is steady." in sum_up_site(both[1:], (), line)[0]


def test_directions_follow_the_metric() -> None:
    raw = make_past("epyc", {"copy_rate": -0.06, "decode": -0.06})
    history = judge_history(raw, name_order(raw))
    shifts = {one.metric: one.direction for event in history.events for one in list_shifts(event)}
    assert shifts["copy_rate"] == "slower"
    assert shifts["decode"] == "faster"


def test_commits_keep_the_order_of_every_node() -> None:
    def make(name: str, shas: str, dates: str) -> SiteNode:
        commits = tuple(
            HistoryCommit(position=place, name=sha, sha=sha, release="", date=f"2026-01-0{day}", subject="")
            for place, (sha, day) in enumerate(zip(shas, dates, strict=True))
        )
        return make_node(make_past(name, {})).replace(commits=commits)

    both = merge_commits([make("a", "ace", "139"), make("b", "bcd", "221")])
    assert [one.name for one in both.commits] == ["a", "b", "c", "d", "e"]
    assert [one.position for one in both.commits] == list(range(5))
    circle = merge_commits([make("a", "ab", "12"), make("b", "ba", "21")])
    assert [one.name for one in circle.commits] == ["a", "b"]


def test_a_commit_is_compared_with_the_one_measured_before(materials: list[NodeMaterial]) -> None:
    book, line = _open_book([one._replace(node=one.node.replace(anchor=name_sha(0))) for one in materials])
    facts = gather_commit(line.commits[40], book, line)
    assert {one.known.before for one in facts.nodes} == {name_sha(39)}
    assert [one.node.node for one in facts.nodes] == ["epyc", "zen & <co>", "quiet"]
    assert {(row.series.key.metric, row.node.node) for row in facts.rows[:2]} == {
        ("encode", "zen & <co>"),
        ("encode", "epyc"),
    }
    best = next(row for row in facts.rows if row.node.node == "epyc")
    points = next(one.points for one in materials[0].history.series if one.key.metric == "encode")
    assert (best.known.value, best.known.before) == (points[40].value, points[39].value)
    assert best.known.anchor == points[0].value
    assert best.change == pytest.approx(0.05, abs=0.02)
    assert gather_commit(line.commits[0], book, line).rows[0].change is None
    measured = [one._replace(known=one.known.replace(options="--weights synthetic")) for one in facts.nodes]
    (lead, again), (_, command) = show_commit(facts._replace(nodes=measured), (), line, "")["commands"][-2:]
    assert lead == f"Measures it again as {facts.rows[0].node.node} did"
    assert again.startswith(f"harness run --ref {name_sha(40)[:12]} --bench ")
    assert again.endswith(" --weights synthetic") and command.endswith(" --weights synthetic")
    models = {one.key.case.get("model") for it in materials for one in it.node.series if one.key.is_live}
    assert command.startswith(f"harness ab {name_sha(39)[:12]} {name_sha(40)[:12]} --model ")
    assert command.split("--model ")[1].split()[0] in models


def test_a_series_that_was_left_out_names_the_commit_of_its_value_before(materials: list[NodeMaterial]) -> None:
    history = materials[0].history
    gaps = (
        one.replace(points=tuple(point for point in one.points if point.position != 39 or one.key.metric != "encode"))
        for one in history.series
    )
    book, line = _open_book([materials[0]._replace(history=history.replace(series=tuple(gaps)))])
    facts = gather_commit(line.commits[40], book, line)
    assert {row.known.older for row in facts.rows if row.series.key.metric == "encode"} == {name_sha(38)}
    assert {row.known.older for row in facts.rows if row.series.key.metric != "encode"} == {""}
    table = show_commit(facts, (), line, "")["table"]
    notes = {row.cells[1].text: row.cells[4].note for row in table.rows}
    assert notes["encode"] == f"at {line.name(name_sha(38))}"
    assert notes["decode"] == ""
    assert {row.known.older for row in gather_commit(line.commits[0], book, line).rows} == {""}


def test_the_page_of_a_commit_is_made_again_if_it_calls_another_one_differently(materials: list[NodeMaterial]) -> None:
    book, line = _open_book(materials)
    tagged = [one.replace(release="v2") if one.name == name_sha(38) else one for one in line.commits]
    before, after = ([*stamp_commits(book, it)] for it in (line, line._replace(commits=tuple(tagged))))
    changed = [place for place in range(NIGHTS) if before[place] != after[place]]
    assert changed == [*range(37, NIGHTS)], "those after it, and the one that it follows"
    nodes, read = _store(materials)
    anchored = CommitBook(
        [one.replace(anchor=name_sha(38)) for one in nodes], line._replace(commits=tuple(tagged)), read
    )
    assert "v2" in str(anchored.stamp(2))


def test_what_one_night_adds_leaves_the_pages_of_older_commits_alone() -> None:
    whole = make_past("epyc", {"encode": 0.05})

    def stamp(nights: int) -> list[tuple[object, ...]]:
        series = {key: points[:nights] for key, points in whole.series.items()}
        details = {number: whole.details[number] for number in range(nights)}
        raw = whole._replace(series=series, details=details)
        book, line = _open_book([_load(raw, "", anchor=name_sha(3))])
        return [*stamp_commits(book, line)]

    before, after = stamp(50), stamp(51)
    assert [place for place in range(50) if before[place] != after[place]] == [20, 49], "its run has no page any more"


def test_each_node_shows_what_changed_most_on_it(materials: list[NodeMaterial]) -> None:
    (one, *_) = materials
    many = [
        series.replace(key=series.key.replace(case=Case.of("mul_mat", n=number)))
        for number in range(2 * MOST_VALUES)
        for series in one.history.series
        if series.key.metric == "flop_rate"
    ]
    series = (*(it for it in one.history.series if it.key.metric == "encode"), *many)
    known = {it.key.metric: it for it in one.node.series}
    node = one.node.replace(series=tuple(known[it.key.metric].replace(key=it.key) for it in series))
    book, line = _open_book([one._replace(node=node, history=one.history.replace(series=series))])
    (found,) = book.list_nodes(40)
    assert len(found.known.values) == MOST_VALUES
    assert found.known.values[0].series == 0, "what people use is kept whatever the noise did"
    facts = gather_commit(line.commits[40], book, line)
    assert facts.left_out == len(series) - MOST_VALUES


def test_lines_of_another_node_are_refused(materials: list[NodeMaterial]) -> None:
    stored = store_node(materials[0].node, materials[0].history.series)
    assert set(read_lines(stored, (3, 5))) == {3, 5}
    for lines in (b"", b"{}\n" * NIGHTS, stored.lines[:-1], b"".join(reversed(stored.lines.splitlines(keepends=True)))):
        with pytest.raises(ValueError, match="epyc"):
            read_lines(stored._replace(lines=lines), (3, 5))


def test_what_is_back_is_not_called_missing(materials: list[NodeMaterial]) -> None:
    event = materials[0].node.events[0].replace(kind=EventKind.MISSING, returned="")
    assert "not measured any more" in describe_certainty(event)
    assert "any more" not in describe_certainty(event.replace(returned="2026-03-01"))
    broken = event.replace(kind=EventKind.BROKEN)
    assert "newest commits do not build" in describe_certainty(broken)
    assert "newest" not in describe_certainty(broken.replace(returned="2026-03-01"))


def test_grids_have_a_column_for_each_metric_or_size(materials: list[NodeMaterial]) -> None:
    whisper, memcpy, mul_mat = make_grids(materials[0].node.series, "../../")
    assert [column.name for column in whisper.columns] == ["encode", "decode"]
    assert [row.name for row in whisper.rows] == ["tiny"]
    assert [column.name for column in memcpy.columns] == ["threads=4"]
    assert [(column.name, column.unit) for column in mul_mat.columns] == [("n=512", "GFLOP/s")]
    assert "lower is better" in whisper.notes
    assert "higher is better" in mul_mat.notes
    cell = whisper.rows[0].cells[0]
    assert cell is not None
    assert cell.href.startswith("../../nodes/epyc/series/")
    assert cell.state is SiteState.SLOWER


def test_a_fleet_has_a_small_overview(materials: list[NodeMaterial]) -> None:
    node = materials[0].node
    series = tuple(one.replace(key=one.key.replace(config=f"c{number}")) for number in range(15) for one in node.series)
    fleet = [node.replace(node=f"n{number}", series=series) for number in range(100)]
    line = merge_commits(fleet)
    values = show_overview(fleet, group_site(fleet, line), line)
    cells = [cell for grid in values["models"] for row in grid.rows for cell in row.cells if cell]
    assert 0 < len(cells) <= MOST_CELLS
    assert {cell.state for cell in cells} == {SiteState.SLOWER}, "what is steady is left out first"
    assert len(values["nodes"].rows) == MOST_NODES, "of those that need a look; all are on a page of their own"
    assert [row.cells[0].text for row in values["kinds"].rows] == ["EPYC <9>"]
    assert all(one.left_out for one in values["others"])


def test_the_pages_of_a_hundred_nodes_are_small(materials: list[NodeMaterial]) -> None:
    stored = [store_node(one.node, one.history.series) for one in materials]
    nodes, lines = [], {}
    for number in range(100):
        one, name = stored[number % 3], f"a-node-with-a-rather-long-name-{number}"
        series = tuple(
            it.replace(key=it.key.replace(node=name, config=f"config-{copy}"))
            for copy in range(15)
            for it in one.node.series
        )
        events = tuple(event.replace(id=f"{number:04x}{event.id}", node=name) for event in one.node.events)
        nodes.append(one.node.replace(node=name, slug=name, machine=f"kind-{number % 4}", series=series, events=events))
        lines[name] = one.lines

    def read(node: SiteNode, places: Sequence[int]) -> dict[int, NodeCommit]:
        return read_lines(StoredNode(node, lines[node.slug]), places)

    made = {one.path: one.make() for one in render_shared_pages(load_page_kit(), SitePlan(), nodes, (), read)}
    assert {path: len(page) for path, page in made.items() if len(page) > 1_000_000} == {}
    fleet = made["nodes.html"].decode()
    assert fleet.count('href="nodes/a-node-with-a-rather-long-name-') >= 100
    assert all(f"kind-{number}" in fleet for number in range(4))
    assert b"All 100 nodes side by side" in made["index.html"]
    assert b"and 55 more" in made["events.html"], "of 67 nodes with one change some are named"
    assert made[commit_page(name_sha(40))].count(b"<tr") < 350


def test_numbers_for_the_script_cannot_end_their_block(materials: list[NodeMaterial]) -> None:
    written = write_json({"a": "</script><!--\u2028\u2029\x7f", "b": float("nan"), "c": float("inf")})
    assert not set(written) & set("<>&\u2028\u2029\x7f")
    assert '"b":null,"c":null' in written
    data = write_node_data(materials[1].node, materials[1].history.series)
    assert data.startswith(b'(window.siteData = window.siteData || {})["')
    assert b"<" not in data


def test_health_of_a_node(materials: list[NodeMaterial]) -> None:
    quiet = materials[2]
    assert [one.subject for one in find_changes(quiet.history)] == ["kernel: 6.1 -> 6.12"]
    assert list_missed(quiet.node) == ()
    days = list_days()
    some = quiet.node.replace(runs=tuple(run for run in quiet.node.runs if run.start[:10] not in days[20:22]))
    assert list_missed(some) == (f"{days[20]} to {days[21]} (2)",)
    apart = quiet.node.replace(runs=tuple(run for run in some.runs if run.start[:10] != days[30]))
    assert list_missed(apart) == (days[30], f"{days[20]} to {days[21]} (2)")


def test_names_of_any_kind_make_whole_pages() -> None:
    name = "\u202egnp.exe </script><b>\x1b[31m {{ 7 * 7 }} \u2028" + 4000 * "x"
    raw = make_past(name, {"encode": 0.05}, nights=50)
    details = {number: one.replace(subject=name, caveats=(name,)) for number, one in raw.details.items()}
    material = _load(raw._replace(details=details, machines={"a": ((name, name),)}), "encode")
    kit, plan = load_page_kit(), SitePlan(base_url="https://example.org/bench/")
    titled = material._replace(node=material.node.replace(title=name))
    for one in (*render_node_pages(kit, plan, material), *_render_shared([titled], [name], plan)):
        page = one.make()
        assert len(page) < 1_000_000, one.path
        if one.path.endswith(".html"):
            Outline(page)
            text = page.decode()
            assert not re.search("[\x00-\x08\x1b\u202e]", text), one.path
            assert "<b>" not in text
            assert ">49" not in text
            assert f'<link rel="canonical" href="https://example.org/bench/{one.path}">' in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, 0.0, -1.0])
def test_numbers_of_any_kind_make_whole_pages(value: float) -> None:
    raw = make_past("odd", {}, nights=20)
    broken = {
        key: [one._replace(median=value if one.run % 2 else one.median, low=None, high=None) for one in points]
        for key, points in raw.series.items()
    }
    material = _load(raw._replace(series=broken), "")
    kit = load_page_kit()
    for one in (*render_node_pages(kit, SitePlan(), material), *_render_shared([material])):
        if one.path.endswith(".html"):
            Outline(one.make())
        else:
            assert b"NaN" not in one.make()


def test_event_and_commit_lead_to_each_other(pages: dict[str, bytes], materials: list[NodeMaterial]) -> None:
    event = next(one for one in materials[0].node.events if one.kind is EventKind.CODE)
    page = pages[event_page(event.id)]
    assert f"../{commit_page(event.new)}".encode() in page
    assert event_page(event.id).encode() in pages[commit_page(event.new)]
    assert b"REGRESSED" in page


def test_no_runs_at_all() -> None:
    made = {one.path: one.make() for one in _render_shared(())}
    assert b"No numbers are stored yet." in made["index.html"]
    assert b"harness run" in made["index.html"]
    assert b"Everything that is stored can be read." in made["unreadable.html"]
    for page in made.values():
        Outline(page)


def test_without_runs_there_is_nothing_to_choose() -> None:
    shown = {one.path: one.make() for one in _render_shared(())}
    assert b"No runs are stored yet." in shown["compare.html"]
    assert b"data-compare" not in shown["compare.html"]
