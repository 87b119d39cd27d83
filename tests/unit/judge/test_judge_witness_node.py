"""Nodes as a site keeps them say the same as their histories do."""

from harness.judge.judged_history import judge_history
from harness.judge.site_event import group_site
from harness.judge.site_line import merge_commits
from harness.judge.witness_node import gather_witnesses, make_track, name_machine, read_site_node
from harness.judge.witness_track import sort_tracks
from harness.records.history import EventKind
from harness.records.site import SiteNode
from harness.records.witness import Stance
from tests.past import confirm, make_node, make_past, name_order


def _make(name: str, step: float, *, nights: int = 60) -> SiteNode:
    raw = make_past(name, {"encode": step} if step else {}, nights=nights)
    history = judge_history(raw, name_order(raw))
    return make_node(raw, confirm(history, "encode") if step else history)


def test_each_node_of_a_site_is_a_witness() -> None:
    nodes = [_make("epyc", 0.05), _make("genoa", 0.05), _make("quiet", 0.0), _make("new", 0.0, nights=30)]
    line = merge_commits(nodes)
    groups = group_site(nodes, line)
    (code,) = [group for group in groups if group.kind is EventKind.CODE]
    told = gather_witnesses(groups, nodes, line)[code.id]
    assert {one.node: one.stance for one in told} == {
        "epyc": Stance.AGREES,
        "genoa": Stance.AGREES,
        "quiet": Stance.NO_STEP,
        "new": Stance.NOT_LOOKED,
    }
    assert {one.machine for one in told} == {"EPYC <9>"}, "the processor, where no microarchitecture is known"
    assert gather_witnesses(group_site(nodes[:1], line), nodes[:1], line) == {}


def test_a_node_of_a_site_has_the_series_of_its_history() -> None:
    raw = make_past("b", {"encode": 0.05}, kernel=30)
    history = judge_history(raw, name_order(raw))
    nodes = [_make("a", 0.0, nights=45), make_node(raw, history)]
    line = merge_commits(nodes)
    own = read_site_node(nodes[1], line).tracks
    places = {one.position: line.places[one.name] for one in history.commits}
    known = [make_track(one) for one in history.series if one.key.is_live]
    moved = [one._replace(places=[places[position] for position in one.places]) for one in known]
    assert {
        key: [(list(one.places), list(one.values), list(one.cuts)) for one in each] for key, each in own.items()
    } == {
        key: [(list(one.places), list(one.values), list(one.cuts)) for one in each]
        for key, each in sort_tracks(moved).items()
    }
    assert {tuple(one.cuts) for one in known} == {(30,)}


def test_a_site_says_where_it_keeps_no_numbers_of_that_time() -> None:
    nodes = [_make("epyc", 0.05), _make("quiet", 0.0)]
    (short,) = [one for one in nodes[1].tracks if nodes[1].series[one.series].key.metric == "encode"]
    cut = short.replace(positions=short.positions[-10:], values=short.values[-10:], whole=False)
    nodes[1] = nodes[1].replace(tracks=(cut,))
    line = merge_commits(nodes)
    (code,) = [group for group in group_site(nodes, line) if group.kind is EventKind.CODE]
    told = gather_witnesses([code], nodes, line)[code.id]
    assert [one.about for one in told if one.node == "quiet"] == ["its numbers of that time are not kept here"]


def test_a_machine_is_its_microarchitecture_or_else_its_cpu() -> None:
    assert name_machine((("CPU", "EPYC"), ("microarchitecture", "zen4"))) == "zen4"
    assert name_machine((("CPU", "EPYC"), ("kernel", "6"))) == "EPYC"
    assert name_machine(()) == ""
