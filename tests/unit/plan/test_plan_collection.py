"""Where the results of a fleet's nodes lie."""

import pytest

from harness.plan.collection import ResultSource, list_sources, match_node
from harness.records.fleet import Fleet, NodeClass, Scheduler


def of_class(name: str, results: str, *nodes: str) -> NodeClass:
    return NodeClass(name=name, scheduler=Scheduler.SLURM, jobs=(), nodes=nodes, results=results)


def sources(*classes: NodeClass, found: dict[str, list[str]] | None = None) -> tuple[ResultSource, ...]:
    return list_sources(Fleet(name="lab", classes=classes), found or {})


def test_a_folder_is_looked_into_once_for_all_of_its_classes() -> None:
    zen3, zen4 = of_class("zen3", "/in", "a"), of_class("zen4", "/in", "b", "a")
    (source,) = sources(zen3, zen4)
    assert source == ResultSource("/in", (zen3, zen4), ("a", "b"))
    assert [source.find_class(node) for node in ("a", "b", "c")] == ["zen3", "zen4", ""]


def test_a_class_that_names_no_nodes_takes_any() -> None:
    zen3, zen4 = of_class("zen3", "/in", "a"), of_class("zen4", "/in")
    (source,) = sources(zen3, zen4)
    assert source.nodes == ()
    assert [source.find_class(node) for node in ("a", "x")] == ["zen3", "zen4"]


def test_each_node_may_have_a_folder_of_its_own() -> None:
    zen4 = of_class("zen4", "/from/{node}/x", "a", "b")
    assert [(one.where, one.nodes) for one in sources(zen4)] == [("/from/a/x", ("a",)), ("/from/b/x", ("b",))]
    elsewhere = of_class("zen4", "{node}:/srv")
    found = {"{node}:/srv": ["n1", "n2"]}
    assert [(one.where, one.nodes) for one in sources(elsewhere, found=found)] == [
        ("n1:/srv", ("n1",)),
        ("n2:/srv", ("n2",)),
    ]
    assert sources(elsewhere) == ()


@pytest.mark.parametrize(
    ("pattern", "path", "node"),
    [
        ("/from/{node}/x", "/from/a/x", "a"),
        ("/from/{node}/x", "/from/a/b/x", ""),
        ("/from-{node}", "/from-a.b", "a.b"),
        ("/{node}/of-{node}", "/a/of-a", "a"),
        ("/{node}/of-{node}", "/a/of-b", ""),
    ],
)
def test_a_folder_names_its_node(pattern: str, path: str, node: str) -> None:
    assert match_node(pattern, path) == node
