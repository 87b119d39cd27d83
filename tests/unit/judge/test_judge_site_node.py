"""A node for the pages about all nodes: its series, runs and events, with what nights and searches know of these."""

import math
from typing import Any

import msgspec

from harness.judge.site_node import PAGES, NodeFacts, make_site_node
from harness.records.history import Epoch, Event, EventKind, History, HistoryCommit, Level, Point
from harness.records.night import BranchCommit
from harness.records.night_report import EventNote, NightReport
from harness.records.raw_history import RunDetail
from harness.records.site import SiteNode, SiteState
from tests.unit.judge.test_judge_site_state import ENCODE, event, judgement, series, suspicion

HEAD = BranchCommit(sha="c39", date="2026-02-12", subject="the newest")
ANCHOR = HEAD.replace(sha="a" * 40)


def detail(number: int, **more: Any) -> RunDetail:
    made = RunDetail(
        path=f"/results/desk/2026-01/r{number}", run_id=f"r{number}", start=f"2026-01-01T00:00:{number:02d}",
        earliest="", node="desk", sha=f"c{number}", release="", changes="", commit_date="", subject="s", repo="",
        origin="ours", engine="bench", purpose="night", caveats=("not-quiet",), machine="m",
    )  # fmt: skip
    return made.replace(**more)


def night(began: str, *about: EventNote) -> NightReport:
    return NightReport(
        schema=1, node="desk", began=began, ended=began, repo="", branch="", head=HEAD, anchor=ANCHOR, budget_s=1.0,
        about=about,
    )  # fmt: skip


def facts(*events: Event, count: int = 40, **more: Any) -> NodeFacts:
    whole = series(count=count)
    commits = tuple(
        HistoryCommit(position=point.position, name=point.commit, sha=point.commit, release="", date="", subject="")
        for point in whole.points
    )
    history = History(series=(whole,), judgements=(judgement(),), events=events, commits=commits)
    runs = [detail(number) for number in range(count)]
    given = NodeFacts("desk", "digest", "/results", history, runs, {"r1": "FAILED"}, (("CPU", "A CPU"),))
    return given._replace(**more)


def test_a_series_stands_with_all_its_points() -> None:
    node = make_site_node(facts(event(EventKind.CODE, suspicion(0.1))))
    assert (node.node, node.slug, node.title, node.digest) == ("desk", "desk", "A CPU", "digest")
    (one,) = node.series
    assert one.key == ENCODE
    assert one.page.startswith("nodes/desk/series/")
    assert (one.state, one.value, one.commit, one.events) == (SiteState.SLOWER, 100.0, "c39", ("1",))
    assert (len(one.trend), node.run_count) == (40, 40)
    assert msgspec.json.decode(msgspec.json.encode(node), type=SiteNode) == node


def test_a_level_of_too_few_points_says_nothing_about_scatter() -> None:
    level = Level(n=1, middle=100.0, spread=0.0, memory=0.0)
    known = level.replace(n=20, spread=0.02, low=99.0, high=101.0)

    def look(*levels: Level) -> float | None:
        judged = [judgement().replace(epochs=(Epoch(first=0, last=1, cuts=(), level=one),)) for one in levels]
        given = facts()
        return make_site_node(
            given._replace(history=given.history.replace(series=given.history.series * len(levels), judgements=judged))
        ).scatter

    assert look(level) is None
    assert look(level, known) == 0.02


def test_the_newest_runs_have_a_page_and_those_of_events() -> None:
    seen = event(EventKind.CODE, suspicion(0.1), run="r2", trials=("r4",))
    node = make_site_node(facts(seen))
    assert [one.id for one in node.runs if one.page] == [
        "r2",
        "r4",
        *(f"r{number}" for number in range(40 - PAGES, 40)),
    ]
    assert all(one.page for one in make_site_node(facts(every_run=True)).runs)
    assert (node.runs[1].status, node.runs[0].status, node.runs[0].path) == ("FAILED", "", "desk/2026-01/r0")
    assert node.runs[3].position == 3


def test_a_side_of_a_comparison_is_no_point() -> None:
    runs = [detail(0), detail(1, trial="t"), detail(2, changes="x"), detail(3, purpose="tune"), detail(99)]
    node = make_site_node(facts(runs=runs))
    assert [one.position for one in node.runs] == [0, -1, -1, -1, -1]


def test_the_newest_night_says_what_is_known_of_an_event() -> None:
    seen = event(EventKind.CODE, suspicion(0.1))
    old, new = EventNote(event="1", command="old"), EventNote(event="1", command="new")
    nights = [
        night("2026-01-03"),
        night("2026-01-02", new),
        night("2026-01-01", old, EventNote(event="9", command="x")),
    ]
    node = make_site_node(facts(seen, nights=nights))
    assert node.notes == (new,)
    assert (node.anchor, node.night) == (ANCHOR.sha, nights[0].id)


def test_a_node_without_anything() -> None:
    history = History(series=(), judgements=(), events=(), commits=())
    node = make_site_node(NodeFacts("desk", "d", "/results", history, [], {}))
    assert (node.series, node.runs, node.title, node.anchor) == ((), (), "", "")


def test_values_that_are_no_numbers_survive_the_disk() -> None:
    whole = series(count=3)
    odd = [
        Point(position=i, commit="c", run=f"r{i}", day="2026-01-01", value=v) for i, v in enumerate((1e300, 0.0, -1.0))
    ]
    given = facts(count=3)
    node = make_site_node(given._replace(history=given.history.replace(series=(whole.replace(points=tuple(odd)),))))
    assert msgspec.json.decode(msgspec.json.encode(node), type=SiteNode).series[0].trend == (1e300, 0.0, -1.0)


def test_a_change_beyond_all_numbers_is_none_on_disk_and_before() -> None:
    given = facts(count=3)
    beyond = given.history.replace(judgements=(judgement().replace(change=math.inf),))
    node = make_site_node(given._replace(history=beyond))
    assert node.series[0].change is None
    assert msgspec.json.decode(msgspec.json.encode(node), type=SiteNode) == node
