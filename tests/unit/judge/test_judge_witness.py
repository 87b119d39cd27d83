"""What nodes say about a change that others show: only live comparisons deny it, and nobody says more than is known."""

import random
from collections.abc import Sequence

import pytest

from harness.judge.event_group import EventGroup, group_events, share_event
from harness.judge.judged_history import judge_history
from harness.judge.site_line import SiteLine
from harness.judge.trial_answer import answer_pool, pool_by_commits
from harness.judge.witness import WitnessNode, find_witness, find_witnesses
from harness.judge.witness_track import Track, sort_tracks
from harness.records.comparison import Verdict
from harness.records.history import Event, EventKind, HistoryCommit, SeriesKey
from harness.records.measurement import Case
from harness.records.witness import LiveFinding, Stance
from harness.render.witness import choose_witness, describe_reach, describe_witnesses, tabulate_witnesses
from tests.live_trial import draw_trial
from tests.past import NIGHTS, confirm, make_past, name_order, name_sha

OLD, NEW = name_sha(39), name_sha(40)


def make_line(nights: int = NIGHTS) -> SiteLine:
    """Return the commits of all nights."""
    names = [name_sha(number) for number in range(nights)]
    commits = [
        HistoryCommit(position=number, name=name, sha=name, release="", date="", subject="")
        for number, name in enumerate(names)
    ]
    return SiteLine(tuple(commits), {name: number for number, name in enumerate(names)})


LINE = make_line()


def make_witness(
    node: str, change: float = 0.0, *, machine: str = "zen4", scatter: float = 0.004, places: Sequence[int] = ()
) -> WitnessNode:
    """Return a node whose encoder changes by a share with night 40, and that has no event of it."""
    draw = random.Random(node)
    places = places or range(NIGHTS)
    values = [100 * (1 + change * (place >= 40)) * draw.lognormvariate(0, scatter) for place in places]
    key = _make_key(node)
    return WitnessNode(node, machine, sort_tracks([Track(key, [*places], values)]), options="--isa native")


def _make_key(node: str, threads: int = 16) -> SeriesKey:
    return SeriesKey(
        node=node, config="c", case=Case.of("whisper", fa=0, model="tiny", threads=threads), metric="encode"
    )


def make_found(node: str, change: float, ends: tuple[str, str] = (OLD, NEW), **words: float) -> LiveFinding:
    """Return what a live comparison of two commits came to."""
    case = Case.of("whisper", fa=0, model="tiny", threads=16)
    trial = draw_trial(ends, change, cases=(case,), node=node, scatter=words.get("scatter", 0.002))
    (pool,) = pool_by_commits([trial])
    answer = answer_pool(pool)
    return LiveFinding(old=ends[0], new=ends[1], runs=answer.runs, found=answer.family.comparisons)


def make_events(*nodes: str, change: float = 0.05) -> tuple[Event, ...]:
    """Return the confirmed change of each of some nodes, between the nights 39 and 40."""
    found = []
    for name in nodes:
        raw = make_past(name, {"encode": change})
        history = confirm(judge_history(raw, name_order(raw)), "encode")
        event = next(one for one in history.events if one.kind is EventKind.CODE)
        found.append(event.replace(old=OLD, new=NEW))
    return tuple(found)


@pytest.fixture(scope="module")
def group() -> EventGroup:
    """A change of 5 % that a node called epyc has confirmed."""
    (found,) = group_events(make_events("epyc"), LINE)
    return found


def test_a_change_that_three_nodes_confirmed_is_one_event_of_three_nodes() -> None:
    events = make_events("epyc", "genoa", "siena")
    (found,) = group_events(events, LINE)
    assert found.nodes == ("epyc", "genoa", "siena")
    shared = share_event(found, events[1].id)
    assert (shared.id, shared.node) == (events[1].id, "genoa")
    assert {one.id for one in shared.others} == {events[0].id, events[2].id}
    nodes = [WitnessNode(name, "zen4") for name in found.nodes]
    told = find_witnesses(found, nodes, LINE)
    assert {(one.stance, one.about) for one in told} == {(Stance.AGREES, "a live comparison confirmed it")}


def test_events_of_other_commits_metrics_and_directions_stay_apart() -> None:
    epyc, genoa, siena = make_events("epyc", "genoa", "siena")
    for other in (
        genoa.replace(old=NEW, new=name_sha(41)),  # it begins where the other one ends
        genoa.replace(old=name_sha(30), new=OLD),
        genoa.replace(found=tuple(one.replace(metric="decode") for one in genoa.found)),
        make_events("genoa", change=-0.05)[0],
        epyc.replace(id="again"),  # one node has no event twice
    ):
        assert len(group_events((epyc, other), LINE)) == 2
    # A wide one joins the first that it fits, and narrows nothing.
    wide = siena.replace(old=name_sha(20), new=name_sha(45))
    (found,) = group_events((epyc, genoa, wide), LINE)
    assert (found.old, found.new) == (OLD, NEW)


@pytest.mark.parametrize(
    ("node", "stance", "words"),
    [
        (make_witness("a"), Stance.NO_STEP, "no proof"),
        (make_witness("a", 0.05), Stance.SUSPECTS, "step there"),
        (make_witness("a", scatter=0.2), Stance.NOT_LOOKED, "scatter"),
        (make_witness("a", places=range(40, 60)), Stance.NOT_LOOKED, "no number up to"),
        (make_witness("a", places=range(20, 40)), Stance.NOT_LOOKED, "no number since"),
        (make_witness("a", places=range(30, 42)), Stance.NOT_LOOKED, "too few numbers: 10 before and 2 after"),
        (WitnessNode("a"), Stance.NOT_LOOKED, "does not measure encode of tiny"),
    ],
)
def test_stored_numbers_never_deny(group: EventGroup, node: WitnessNode, stance: Stance, words: str) -> None:
    told = find_witness(group, node, LINE)
    assert (told.stance, told.node) == (stance, "a")
    assert words in told.about
    assert told.command.startswith(f"harness ab {OLD[:12]} {NEW[:12]} --model tiny")
    if node.tracks:
        assert "--threads 16" in told.command, "as that node measures it"
        assert told.command.endswith("--isa native")


def test_an_event_of_a_node_that_is_in_no_group_with_the_others_counts_as_well(group: EventGroup) -> None:
    (own,) = make_events("genoa")
    (slower,) = make_events("genoa", change=-0.05)
    told = find_witness(group, WitnessNode("genoa", events=[own]), LINE)
    assert (told.stance, told.event, told.what) == (Stance.AGREES, own.id, "encode of tiny")
    assert told.low is not None
    assert told.high is not None
    assert told.change is not None
    assert told.low < told.change < told.high
    assert told.change == pytest.approx(0.05, abs=0.02)
    for other in (slower, own.replace(old=NEW, new=name_sha(45)), own.replace(old=name_sha(30), new=OLD)):
        assert find_witness(group, WitnessNode("genoa", events=[other]), LINE).stance is Stance.NOT_LOOKED


def test_of_several_series_that_measure_the_same_the_surest_is_told(group: EventGroup) -> None:
    sure, unsure = (make_witness("a", scatter=scatter) for scatter in (0.004, 0.2))
    (known,), (other,) = sure.tracks.values(), unsure.tracks.values()
    for tracks in ([*known, *other], [*other, *known]):
        told = find_witness(group, sure._replace(tracks=sort_tracks(tracks)), LINE)
        assert told.stance is Stance.NO_STEP


def test_a_live_comparison_without_a_verdict_does_not_agree(group: EventGroup) -> None:
    finding = make_found("a", 0.05)
    assert find_witness(group, WitnessNode("a", findings=[finding]), LINE).stance is Stance.AGREES
    found = tuple(one.replace(verdict=Verdict.UNRESOLVED) for one in finding.found)
    told = find_witness(group, WitnessNode("a", findings=[finding.replace(found=found)]), LINE)
    assert told.stance is Stance.NOT_LOOKED


def test_one_of_two_configs_that_steps_is_enough(group: EventGroup) -> None:
    ((still,),) = make_witness("a", scatter=0.001).tracks.values()
    ((moved,),) = make_witness("a", 0.05, scatter=0.01).tracks.values()
    moved = moved._replace(key=moved.key.replace(config="d"))
    for tracks in ((still, moved), (moved, still)):
        told = find_witness(group, WitnessNode("a", tracks=sort_tracks(tracks)), LINE)
        assert told.stance is Stance.SUSPECTS


def test_numbers_on_both_sides_of_another_machine_say_nothing(group: EventGroup) -> None:
    node = make_witness("a")
    (tracks,) = node.tracks.values()
    for cut, stance in ((40, Stance.NOT_LOOKED), (20, Stance.NO_STEP), (50, Stance.NO_STEP)):
        cutting = node._replace(tracks=sort_tracks([tracks[0]._replace(cuts=[cut])]))
        assert find_witness(group, cutting, LINE).stance is stance, cut


@pytest.mark.parametrize(
    ("finding", "stance"),
    [
        (make_found("a", 0.0), Stance.DISAGREES),
        (make_found("a", 0.0, (NEW, OLD)), Stance.DISAGREES),
        (make_found("a", 0.0, (name_sha(30), name_sha(50))), Stance.DISAGREES),
        (make_found("a", -0.05), Stance.DISAGREES),
        (make_found("a", 0.05), Stance.AGREES),
        (make_found("a", -0.0476, (NEW, OLD)), Stance.AGREES),
        (make_found("a", 0.0, scatter=0.2), Stance.NO_STEP),
        # Commits on one side of it alone say nothing.
        (make_found("a", 0.0, (NEW, name_sha(50))), Stance.NO_STEP),
        (make_found("a", 0.0, (name_sha(30), OLD)), Stance.NO_STEP),
        (make_found("a", 0.0, ("unknown", NEW)), Stance.NO_STEP),
    ],
)
def test_a_live_comparison_denies_or_agrees(group: EventGroup, finding: LiveFinding, stance: Stance) -> None:
    told = find_witness(group, make_witness("a")._replace(findings=(finding,)), LINE)
    assert told.stance is stance
    assert bool(told.runs) is (stance in (Stance.AGREES, Stance.DISAGREES))


def test_a_live_comparison_that_does_not_tell_is_said_where_nothing_else_is_known(group: EventGroup) -> None:
    coarse = make_found("a", 0.0, scatter=0.2)
    told = find_witness(group, WitnessNode("a", findings=(coarse,)), LINE)
    assert (told.stance, told.about) == (
        Stance.NOT_LOOKED,
        f"it measured {OLD[:8]} and {NEW[:8]} in turns, which does not tell",
    )
    assert told.low is not None
    assert told.runs
    wide = make_found("a", 0.0, (name_sha(30), name_sha(50)))
    told = find_witness(group, WitnessNode("a", findings=(coarse, wide)), LINE)
    assert told.stance is Stance.DISAGREES, "a wider one that tells comes before one that does not"


def test_another_change_between_distant_commits_could_hide_this_one(group: EventGroup) -> None:
    wide = make_found("a", 0.0, (name_sha(30), name_sha(50)))
    other = make_events("a", change=-0.05)[0].replace(old=name_sha(45), new=name_sha(46))
    node = make_witness("a")._replace(findings=(wide,), events=(other,))
    assert find_witness(group, node, LINE).stance is Stance.NO_STEP
    node = node._replace(findings=(wide, make_found("a", 0.0)))
    assert find_witness(group, node, LINE).stance is Stance.DISAGREES


def test_changes_beside_this_one_neither_hide_it_nor_pass_for_it(group: EventGroup) -> None:
    """Another node knows of a second change between commits that this node compared, or measured night by night."""
    (other,) = group_events([make_events("genoa")[0].replace(old=name_sha(44), new=name_sha(45), id="later")], LINE)
    groups, ends = (group, other), (name_sha(30), name_sha(50))
    nodes = [make_witness("a"), WitnessNode("epyc")]
    for change in (0.05, 0.0):
        told = find_witnesses(group, [nodes[0]._replace(findings=(make_found("a", change, ends),)), nodes[1]], LINE)
        assert {one.node: one.stance for one in told}["a"] is (Stance.AGREES if change else Stance.DISAGREES)
        told = find_witnesses(
            group, [nodes[0]._replace(findings=(make_found("a", change, ends),)), nodes[1]], LINE, groups
        )
        assert {one.node: one.stance for one in told}["a"] is Stance.NO_STEP, "it may be of either"
    of_decode = other._replace(
        events=tuple(one.replace(found=tuple(it.replace(metric="decode") for it in one.found)) for one in other.events)
    )
    found = nodes[0]._replace(findings=(make_found("a", 0.0, ends),))
    told = find_witnesses(group, [found, nodes[1]], LINE, (group, of_decode))
    assert {one.node: one.stance for one in told}["a"] is Stance.DISAGREES, "a change of something else hides nothing"
    sparse = make_witness("a", 0.05, places=[*range(30), *range(45, 60)])
    told = find_witnesses(group, [sparse, nodes[1]], LINE, groups)
    assert "another change of the code lies between" in {one.node: one.about for one in told}["a"]


def test_a_step_that_another_change_explains_is_not_suspected(group: EventGroup) -> None:
    (early,) = make_events("genoa")
    (other,) = group_events([early.replace(old=name_sha(34), new=name_sha(35), id="early")], LINE)
    draw = random.Random(7)
    values = [100 * (1.05 if place >= 35 else 1.0) * draw.lognormvariate(0, 0.004) for place in range(NIGHTS)]
    node = WitnessNode("a", "zen4", sort_tracks([Track(_make_key("a"), [*range(NIGHTS)], values)]))
    told = find_witnesses(group, [node, WitnessNode("epyc")], LINE, (group, other))
    assert {one.node: one.stance for one in told}["a"] is Stance.NO_STEP


def test_of_several_numbers_of_threads_one_that_shows_it_is_enough(group: EventGroup) -> None:
    many, few = make_found("a", 0.05), make_found("a", 0.0)
    fewer = tuple(one.replace(case=Case.of("whisper", fa=0, model="tiny", threads=2)) for one in few.found)
    for found in ((*many.found, *fewer), (*fewer, *many.found)):
        node = make_witness("a")._replace(findings=(many.replace(found=found),))
        assert find_witness(group, node, LINE).stance is Stance.AGREES


def test_one_thread_denies_nothing_of_several(group: EventGroup) -> None:
    single = Case.of("whisper", fa=0, model="tiny", threads=1)
    found = make_found("a", 0.0)
    found = found.replace(found=tuple(one.replace(case=single) for one in found.found))
    assert find_witness(group, WitnessNode("a", findings=(found,)), LINE).stance is Stance.NOT_LOOKED
    key = _make_key("a", threads=1)
    ((track,),) = make_witness("a").tracks.values()
    told = find_witness(group, WitnessNode("a", tracks=sort_tracks([track._replace(key=key)])), LINE)
    assert told.stance is Stance.NOT_LOOKED
    assert "one thread" in told.about


def test_half_of_the_smallest_change_has_to_be_excluded() -> None:
    strong, weak = make_events("epyc", "genoa")
    weak = weak.replace(found=tuple(one.replace(change=0.02) for one in weak.found))
    strong = strong.replace(found=tuple(one.replace(change=0.40) for one in strong.found))
    node = make_witness("a")._replace(findings=(make_found("a", 0.06, scatter=0.05),))
    (alone,) = group_events((strong,), LINE)
    (both,) = group_events((strong, weak), LINE)
    assert find_witness(alone, node, LINE).stance is Stance.DISAGREES
    assert find_witness(both, node, LINE).stance is not Stance.DISAGREES


def test_a_suspicion_at_the_same_place_is_no_confirmation(group: EventGroup) -> None:
    raw = make_past("a", {"encode": 0.05})
    events = judge_history(raw, name_order(raw)).events
    node = make_witness("a")._replace(events=events)
    told = find_witness(group, node, LINE)
    assert told.stance is Stance.SUSPECTS
    assert told.event in {one.id for one in events}
    assert told.command


def _reach(group: EventGroup, *others: WitnessNode) -> str:
    nodes = [WitnessNode("epyc", "zen4"), *others]
    return describe_reach(share_event(group, witnesses=find_witnesses(group, nodes, LINE)))


def test_a_change_of_one_microarchitecture_alone_says_so(group: EventGroup) -> None:
    denying = [make_witness(name, machine="icelake")._replace(findings=(make_found(name, 0.0),)) for name in "ab"]
    assert _reach(group, *denying) == (
        "seen on zen4 (1 node) alone; icelake (2 nodes) measured commits before and after it in turns and shows no "
        "such change"
    )
    assert _reach(group, denying[0], make_witness("c", machine="neoverse")).endswith(
        "; 1 node shows no step, which is no proof"
    )
    same = denying[0]._replace(machine="zen4")
    assert _reach(group, same).startswith("not on every node of zen4; ")
    unknown = WitnessNode("epyc")
    witnesses = find_witnesses(group, [unknown, denying[0]], LINE)
    assert " alone" not in describe_reach(share_event(group, witnesses=witnesses))
    witnesses = find_witnesses(group, [unknown, denying[0]._replace(machine="")], LINE)
    reach = describe_reach(share_event(group, witnesses=witnesses))
    assert "not on every node" not in reach, "two processors that are not known need not be alike"


def test_of_nodes_that_did_not_look_nothing_is_said(group: EventGroup) -> None:
    reach = _reach(group, make_witness("a", machine="icelake"), WitnessNode("b", "icelake"))
    assert reach == (
        "seen on zen4 (1 node) alone so far; it is not known whether other nodes are concerned: 1 node shows no step, "
        "which is no proof, 1 node did not look"
    )
    nodes = [WitnessNode("epyc", "zen4"), make_witness("b"), make_witness("z", machine="icelake")]
    event = share_event(group, witnesses=find_witnesses(group, nodes, LINE))
    assert (best := choose_witness(event))
    assert best.node == "z", "a kind that nobody has asked tells most"
    lines = [*describe_witnesses(event)]
    assert lines[0] == "  nodes: agrees: epyc (zen4); shows no step: z (icelake), b (zen4)"
    assert lines[-1].startswith(f"  to find out, on z: harness ab {OLD[:12]} {NEW[:12]}")
    table = [*tabulate_witnesses(event.witnesses)]
    assert table[1].split()[:3] == ["epyc", "zen4", "agrees"]


def test_nobody_is_asked_about_one_node_or_what_the_code_did_not_do(group: EventGroup) -> None:
    assert find_witnesses(group, [WitnessNode("epyc")], LINE) == ()
    missing = group._replace(kind=EventKind.MISSING)
    assert find_witnesses(missing, [WitnessNode("epyc"), WitnessNode("a")], LINE) == ()
    assert [*describe_witnesses(share_event(group))] == []
