"""Nodes of one kind side by side: only what is the same is compared, and only where enough nodes have it."""

import pytest

from harness.judge.site_kind import rate_all, rate_nodes, sort_kinds
from harness.records.history import SeriesKey
from harness.records.measurement import Case
from harness.records.site import SITE_SCHEMA, SiteNode, SiteSeries, SiteState


def series(
    node: str, metric: str, value: float, *, state: SiteState = SiteState.STEADY, config: str = "c"
) -> SiteSeries:
    case = Case.of("memcpy", threads=4) if metric == "copy_rate" else Case.of("whisper", model="tiny")
    key = SeriesKey(node=node, config=config, case=case, metric=metric, yardstick=f"of {node}")
    return SiteSeries(
        key=key, page=f"{node}.html", state=state, day="2026-01-01", commit="c", value=value, change=None, visible=None
    )


def node(name: str, *own: SiteSeries, machine: str = "zen4") -> SiteNode:
    return SiteNode(
        schema=SITE_SCHEMA, digest="", node=name, slug=name, title="A CPU", series=own, events=(), notes=(),
        commits=(), runs=(), machine=machine,
    )  # fmt: skip


def test_a_node_is_fast_or_slow_for_its_kind_in_the_direction_of_the_metric() -> None:
    nodes = [
        node(name, series(name, "encode", 100.0 * slow), series(name, "copy_rate", 10.0 / slow))
        for name, slow in (("a", 1.0), ("b", 1.0), ("c", 1.25))
    ]
    rated = rate_nodes(nodes)
    assert rated["a"].ratio == 1.0
    assert rated["c"].ratio == pytest.approx(0.8), "slower in both, though one number is larger and one smaller"
    assert (rated["c"].series, rated["c"].nodes) == (2, 3)


def test_what_is_not_the_same_is_not_compared() -> None:
    same = [node(name, series(name, "encode", 100.0)) for name in "ab"]
    others = {
        "another config": series("x", "encode", 1.0, config="d"),
        "missing": series("x", "encode", 1.0, state=SiteState.MISSING),
        "no number": series("x", "encode", float("nan")),
        "zero": series("x", "encode", 0.0),
        "no metric": series("x", "unheard_of", 1.0),
    }
    for why, one in others.items():
        assert rate_nodes([*same, node("x", one)]) == {}, why
    assert set(rate_nodes([*same, node("x", series("x", "encode", 1.0))])) == {"a", "b", "x"}


def test_kinds_are_the_microarchitecture_or_else_the_processor() -> None:
    own = [series("n", "encode", 1.0)]
    nodes = [node("a"), node("b", machine=""), node("c"), node("d").replace(title="", machine="")]
    assert {kind: [one.node for one in it] for kind, it in sort_kinds(nodes).items()} == {
        "zen4": ["a", "c"], "A CPU": ["b"], "": ["d"],
    }  # fmt: skip
    assert [*sort_kinds(nodes)][-1] == "", "those of no known kind come last"
    unknown = [node(name, *own, machine="").replace(title="") for name in "abc"]
    assert rate_all(sort_kinds(unknown)) == {}, "and nobody knows whether they are of one kind"
