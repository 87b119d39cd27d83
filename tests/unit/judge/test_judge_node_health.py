"""The health of nodes: what is wrong with one is found, what is not known is not said, and equals are not accused."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from harness.judge.node_gauge import LEAST, gauge_nodes
from harness.judge.node_health import HealthFacts, compare_nodes, describe_nodes, judge_health, measure_nodes
from harness.records.node_health import FleetHealth, NodeHealth, NodeMeasure, NodeVerdict
from harness.records.raw_history import RawHistory
from harness.render.node_health import render_health
from tests.anchored import FIRST, MadeNode, make_nodes

EQUALS = [MadeNode(name=name) for name in "abcde"]


def judge(*nodes: MadeNode, after: int = 0, **facts: Any) -> FleetHealth:
    """Return the health of nodes on the day after the last night, or so many days later."""
    raw = make_nodes(nodes)
    last = max((one.start for one in raw.details.values()), default=FIRST.isoformat())
    today = date.fromisoformat(last[:10]) + timedelta(days=after)
    return judge_health(HealthFacts(raw, facts.pop("reports", {}), today, **facts))


def find(health: FleetHealth, node: str) -> NodeHealth:
    return next(one for one in health.nodes if one.node == node)


def test_nodes_like_their_equals_are_healthy() -> None:
    health = judge(*EQUALS)
    assert {one.verdict for one in health.nodes} == {NodeVerdict.HEALTHY}
    for one in health.nodes:
        assert one.noise
        assert one.noise.low < one.noise.value < one.noise.high
        assert 0.005 < one.noise.value < 0.015
        assert (one.gauge, one.nights, one.peers, one.missed, one.drain) == ("anchor v1.8.6", 60, 4, 0, "")
        assert one.drift
        assert one.drift.low < 0 < one.drift.high
        assert one.why.endswith(", as its equals do")
    assert "to drain" not in render_health(health)


@pytest.mark.parametrize(
    ("words", "verdict", "why"),
    [
        ({"scatter": 0.06}, NodeVerdict.NOISY, "times as much as its equals"),
        ({"slower": 0.09}, NodeVerdict.SLOW, "slower than 5 equal nodes"),
        ({"drift": 0.02}, NodeVerdict.DRIFTING, "slower each month"),
        ({"drift": -0.02}, NodeVerdict.DRIFTING, "faster each month"),
        ({"nights": LEAST - 1}, NodeVerdict.NOT_KNOWN, f"fewer than {LEAST} nights"),
        ({"slower": -0.09}, NodeVerdict.HEALTHY, "its nights scatter"),
        ({"nights": LEAST + 2}, NodeVerdict.HEALTHY, f"{LEAST + 2} nights are too few to see a drift"),
    ],
)
def test_what_is_wrong_with_a_node_is_found(words: Mapping[str, Any], verdict: NodeVerdict, why: str) -> None:
    health = judge(*EQUALS, MadeNode(name="odd", **words), silent_nights=1000, slurm=frozenset({"odd"}))
    odd = find(health, "odd")
    assert odd.verdict is verdict
    assert why in odd.why
    assert {one.verdict for one in health.nodes if one is not odd} == {NodeVerdict.HEALTHY}
    drained = verdict in (NodeVerdict.NOISY, NodeVerdict.SLOW)
    assert odd.drain.startswith("scontrol update nodename=odd state=drain 'reason=harness: ") is drained
    assert (f"nodes to drain:\n  odd: {odd.drain}\n" in render_health(health)) is drained


def test_a_step_is_no_drift_and_only_what_is_behind_it_counts() -> None:
    odd = find(judge(*EQUALS, MadeNode(name="odd", step=0.03, lottery=0.0)), "odd")
    assert odd.verdict is NodeVerdict.HEALTHY
    assert 15 <= odd.nights <= 25
    assert "% slower since 2026-04-" in odd.step
    assert odd.noise
    assert odd.noise.value < 0.02, "the step is no noise"
    late = find(judge(*EQUALS, MadeNode(name="odd", step=0.2, at=55)), "odd")
    assert (late.verdict, late.noise) == (NodeVerdict.NOT_KNOWN, None)
    assert "since a step: " in late.why


def test_what_ails_most_nodes_of_a_kind_drains_none_of_them() -> None:
    noisy = [MadeNode(name=f"n{number}", scatter=0.05) for number in range(3)]
    health = judge(*noisy)
    assert not any(one.drain for one in health.nodes)
    mixed = judge(*EQUALS[:4], *(MadeNode(name=f"s{number}", slower=0.3) for number in range(2)), slurm=frozenset())
    drained = [one for one in mixed.nodes if one.drain]
    assert len(drained) <= 2
    assert all(one.drain == "let it measure no more" for one in drained)


def test_other_machines_are_no_equals() -> None:
    health = judge(*EQUALS, MadeNode(name="old", slower=0.8, machine="zen2"))
    old = find(health, "old")
    assert (old.verdict, old.speed, old.peers) == (NodeVerdict.HEALTHY, None, 0)
    assert "anchor v1.8.6 on zen2, CPU zen2, 4 CPUs: 1 node, 1 healthy" in render_health(health)


def test_machines_that_are_not_known_are_no_equals() -> None:
    raw = make_nodes([*EQUALS, MadeNode(name="odd", slower=0.3), MadeNode(name="loud", scatter=0.1)])
    unknown: RawHistory = raw._replace(machines=dict.fromkeys(raw.machines, (("usable CPUs", "4"),)))
    health = judge_health(HealthFacts(unknown, {}, FIRST.date() + timedelta(days=60)))
    assert {(one.kind, one.peers, one.speed, one.drain) for one in health.nodes} == {("", 0, None, "")}
    assert (find(health, "odd").verdict, find(health, "loud").verdict) == (NodeVerdict.HEALTHY, NodeVerdict.NOISY)
    assert "on a machine that is not known: 7 nodes" in render_health(health)


def test_a_few_nights_behind_a_step_are_no_measure_for_others() -> None:
    health = judge(MadeNode(name="odd"), *(MadeNode(name=name, step=-0.3, at=55) for name in "ab"))
    odd = find(health, "odd")
    assert (odd.verdict, odd.peers, odd.speed) == (NodeVerdict.HEALTHY, 0, None)


def test_no_more_than_a_third_of_those_that_are_compared_is_drained() -> None:
    """Six nodes of one machine, of which three measure another config."""
    wrong = [MadeNode(name="s1", slower=0.2), MadeNode(name="s2", slower=0.5, scatter=0.05)]
    raw = make_nodes([*(MadeNode(name=f"o{number}") for number in range(3)), MadeNode(name="fair"), *wrong])
    other = {"o0", "o1", "o2"}
    details = {n: one.replace(config="other") if one.node in other else one for n, one in raw.details.items()}
    series = {key._replace(config="other") if key.node in other else key: own for key, own in raw.series.items()}
    health = judge_health(HealthFacts(raw._replace(details=details, series=series), {}, FIRST.date() + timedelta(60)))
    assert [one.node for one in health.nodes if one.drain] == ["s2"]


def test_a_new_anchor_counts_as_soon_as_there_is_enough_of_it() -> None:
    raw = make_nodes([MadeNode(name="a")])

    def change(nights: int) -> RawHistory:
        newer = {
            number: one.replace(sha="ef" * 20, release="v1.9.0") if one.release and number >= 2 * (60 - nights) else one
            for number, one in raw.details.items()
        }
        return raw._replace(details=newer)

    few, enough = (gauge_nodes(change(nights))["a"] for nights in (LEAST - 1, LEAST))
    assert (few.name, len(few.days)) == ("anchor v1.8.6", 60 - LEAST + 1)
    assert (enough.name, len(enough.days)) == ("anchor v1.9.0", LEAST)


def test_without_an_anchor_the_roofline_serves_and_without_both_nothing_is_known() -> None:
    roofs = [MadeNode(name=f"r{number}", roof=True) for number in range(4)]
    health = judge(*roofs, MadeNode(name="slow", roof=True, slower=0.1))
    assert {one.gauge for one in health.nodes} == {"roofline"}
    assert find(health, "slow").verdict is NodeVerdict.SLOW, "a lower rate is slower"
    raw = make_nodes(roofs[:1])
    bare = judge_health(HealthFacts(raw._replace(series={}), {}, FIRST.date() + timedelta(days=60)))
    (one,) = bare.nodes
    assert (one.verdict, one.noise, one.speed, one.drift) == (NodeVerdict.NOT_KNOWN, None, None, None)


def test_silence_comes_before_all_else_and_what_a_clock_ahead_says_hides_none() -> None:
    health = judge(*EQUALS, MadeNode(name="gone", nights=50, scatter=0.06), after=0)
    assert health.nodes[0].node == "gone"
    assert (health.nodes[0].verdict, health.nodes[0].last) == (NodeVerdict.SILENT, "2026-04-19")
    assert health.nodes[0].missed == 9
    reports = {"gone": ["2031-01-01T00:00:00+00:00", "rubbish"], "never": ["2026-04-01T00:00:00+00:00"]}
    again = judge(*EQUALS, MadeNode(name="gone", nights=50), reports=reports, classes={"absent": "zen4"})
    assert find(again, "gone").last == "2026-04-19"
    assert find(again, "never").verdict is NodeVerdict.SILENT
    absent = find(again, "absent")
    assert (absent.verdict, absent.why, absent.node_class) == (NodeVerdict.NOT_KNOWN, "it has no run here", "zen4")


def test_a_night_of_a_clock_that_was_ahead_is_not_the_newest() -> None:
    raw = make_nodes([MadeNode(name="a")])
    wrong = {
        number: one.replace(start="2031-01-01T02:00:00+00:00", machine="old") for number, one in raw.details.items()
    }
    machines = {**raw.machines, "old": (("CPU", "another"), ("microarchitecture", "zen1"), ("usable CPUs", "4"))}
    ahead = raw._replace(details=raw.details | {number: wrong[number] for number in (0, 1)}, machines=machines)
    (one,) = judge_health(HealthFacts(ahead, {}, FIRST.date() + timedelta(days=60))).nodes
    assert (one.verdict, one.nights, one.kind) == (NodeVerdict.HEALTHY, 59, "zen4, CPU zen4, 4 CPUs")


def test_nights_are_missed_by_how_often_a_node_mostly_reports() -> None:
    weekly = judge(MadeNode(name="weekly", every=7, nights=30), silent_nights=9)
    assert weekly.nodes[0].missed == 0


def test_a_machine_that_was_replaced_begins_anew() -> None:
    raw = make_nodes([MadeNode(name="a", slower=0.5)])
    newer = {number: one.replace(machine="b") if number >= 60 else one for number, one in raw.details.items()}
    machines = {**raw.machines, "b": (("CPU", "another"), ("microarchitecture", "zen5"), ("usable CPUs", "4"))}
    gauge = gauge_nodes(RawHistory(raw.series, newer, machines))["a"]
    assert len(gauge.days) == 30
    kernel = {**raw.machines, "b": (*raw.machines["zen4"], ("kernel", "6.12"))}
    assert len(gauge_nodes(RawHistory(raw.series, newer, kernel))["a"].days) == 60, "a kernel makes a step at most"


def test_numbers_that_measure_nothing_do_not_count() -> None:
    raw = make_nodes([MadeNode(name="a")])
    broken = {0: 0.0, 2: math.inf, 4: math.nan}
    series = {
        key: [point._replace(median=broken.get(point.run, point.median)) for point in points]
        for key, points in raw.series.items()
    }
    gauge = gauge_nodes(raw._replace(series=series))["a"]
    assert len(gauge.days) == 57
    assert all(one is not None and math.isfinite(one) for values in gauge.values.values() for one in values)


def test_troubles_are_shares_of_runs() -> None:
    health = judge(MadeNode(name="a", roof=True, caveats=("steal", "dirty")))
    assert health.nodes[0].troubles == (("steal", 1.0),)
    assert "steal 100%" in render_health(health, 300)


def test_nodes_that_are_stored_apart_are_judged_as_all_together() -> None:
    nodes = (
        *EQUALS,
        MadeNode(name="odd", slower=0.09),
        MadeNode(name="gone", nights=50),
        MadeNode(name="few", nights=3, every=29),
    )
    described: list[NodeHealth] = []
    measured: dict[str, NodeMeasure] = {}
    for one in nodes:
        facts = HealthFacts(make_nodes([one]), {}, FIRST.date() + timedelta(days=60))
        described += describe_nodes(facts)
        stored = msgspec.json.encode(measure_nodes(facts))
        measured |= msgspec.json.decode(stored, type=dict[str, NodeMeasure])
    together = judge(*nodes, after=1)
    assert compare_nodes(described, measured) == together
    verdicts = (NodeVerdict.SLOW, NodeVerdict.SILENT, NodeVerdict.NOT_KNOWN)
    assert tuple(find(together, name).verdict for name in ("odd", "gone", "few")) == verdicts


def test_no_nodes_are_said_so() -> None:
    assert render_health(judge_health(HealthFacts(RawHistory({}, {}, {}), {}, FIRST.date()))) == (
        "no node has reported anything\n"
    )
