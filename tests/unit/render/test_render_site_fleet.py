"""The page of all nodes: each with the verdict that the verb has for it."""

from datetime import timedelta

from harness.judge.node_health import HealthFacts, describe_nodes, judge_health, measure_nodes
from harness.judge.site_line import SiteLine
from harness.records.node_health import NodeVerdict
from harness.records.site import SITE_SCHEMA, SiteNode
from harness.render.html.site_fleet import show_nodes
from harness.render.html.table import PageTable
from tests.anchored import FIRST, MadeNode, make_nodes

TODAY = FIRST.date() + timedelta(days=60)
NODES = (
    *(MadeNode(name=name) for name in "abcde"),
    MadeNode(name="slow", slower=0.09),
    MadeNode(name="loud", scatter=0.06),
    MadeNode(name="gone", nights=50),
    MadeNode(name="few", nights=3, every=29),
)


def store(made: MadeNode) -> SiteNode:
    raw = make_nodes([made])
    facts = HealthFacts(raw, {}, TODAY)
    (described,) = describe_nodes(facts)
    return SiteNode(
        schema=SITE_SCHEMA,
        digest="",
        node=made.name,
        slug=made.name,
        title="",
        series=(),
        events=(),
        notes=(),
        commits=(),
        runs=(),
        machine=made.machine,
        health=described,
        measure=measure_nodes(facts).get(made.name),
    )


def read(table: PageTable) -> dict[str, dict[str, str]]:
    """Return the texts and notes of each node by the names of the columns."""
    names = [one.name for one in table.columns]
    rows = [dict(zip(names, (f"{it.text} {it.note}".strip() for it in row.cells), strict=True)) for row in table.rows]
    return {row["Node"]: row for row in rows}


def test_every_node_has_the_verdict_of_the_verb() -> None:
    values = show_nodes([store(one) for one in NODES], SiteLine((), {}))
    rows = read(values["nodes"])
    health = judge_health(HealthFacts(make_nodes(NODES), {}, TODAY))
    for one in health.nodes:
        # Nothing is said of a node with too few nights.
        assert rows[one.node]["Health"] == (one.verdict if one.gauge else "\N{EN DASH}")
        if one.noise:
            assert rows[one.node]["Noise"].startswith(f"{100 * one.noise.value:.1f} [")
    assert rows["slow"]["Slower than equals"].startswith("+")
    ill = read(values["ill"])
    quiet = (NodeVerdict.HEALTHY, NodeVerdict.NOT_KNOWN)
    assert {name: row["Why"] for name, row in ill.items()} == {
        one.node: one.why for one in health.nodes if one.verdict not in quiet
    }
    assert ill["gone"]["Why"] == "no report since 2026-04-19"
    assert {name for name, row in ill.items() if row["What to do"]} == {one.node for one in health.nodes if one.drain}
    assert any(one.drain for one in health.nodes)


def test_nodes_without_an_anchor_have_no_columns_for_it() -> None:
    bare = [store(one).replace(health=None, measure=None) for one in NODES]
    values = show_nodes(bare, SiteLine((), {}))
    assert not {"Health", "Noise", "Slower than equals"} & {one.name for one in values["nodes"].columns}
    assert values["ill"] is None
