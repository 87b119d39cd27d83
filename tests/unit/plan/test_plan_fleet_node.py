"""Which nodes a class has, and what is wrong with them."""

import pytest

from harness.plan.fleet_node import choose_nodes, list_flaws, meets
from harness.records.fleet import ClusterNode, ClusterView, Fleet, FleetJob, NodeChoice, NodeClass, Scheduler

A = ClusterNode(name="a", states=("idle",), features=("zen3", "avx2"), cpus=2)
B = ClusterNode(name="b", states=("idle",), features=("zen4", "avx2", "avx512"), cpus=2)
CLUSTER = ClusterView(version="22.05.8", nodes=(A, B), jobs=(), requeued=(75,))
NIGHTLY = FleetJob(name="nightly", verb="nightly")


def zen(**fields: object) -> NodeClass:
    known: dict[str, object] = {"name": "zen", "scheduler": Scheduler.SLURM, "jobs": (NIGHTLY,)}
    return NodeClass(**(known | fields))  # type: ignore[arg-type]


def flaws(one: NodeClass, cluster: ClusterView | None = CLUSTER) -> list[str]:
    return list(list_flaws(Fleet(name="lab", classes=(one,)), cluster))


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("", ("a", "b")),
        ("avx2", ("a", "b")),
        ("zen4", ("b",)),
        ("zen4&avx512", ("b",)),
        ("zen3&avx512", ()),
        ("zen3|avx512", ("a", "b")),
        ("zen5 | zen4", ("b",)),
        ("[zen3|zen4]", ()),
        ("zen3*2", ()),
        ("zen3&avx2|zen4", ()),
    ],
)
def test_the_nodes_of_a_class_have_its_features(features: str, expected: tuple[str, ...]) -> None:
    assert choose_nodes(zen(features=features), CLUSTER) == expected


def test_only_slurm_can_tell_what_is_deeper() -> None:
    assert meets("[a|b]", ("a",)) is None
    assert meets("a&b|c", ("a",)) is None
    (said,) = flaws(zen(features="[zen3|zen4]"))
    assert "only Slurm understands the features '[zen3|zen4]'; write the names of its nodes" in said
    (said,) = flaws(zen(features="[zen3|zen4]", jobs=(NIGHTLY.replace(on=NodeChoice.ANY),)))
    assert "write the names" not in said


def test_named_nodes_are_those_of_the_class_and_nothing_is_known_without_a_cluster() -> None:
    assert choose_nodes(zen(nodes=("x",), features="zen4"), CLUSTER) == ("x",)
    assert choose_nodes(zen(features="zen4"), None) == ()
    assert choose_nodes(zen(scheduler=Scheduler.GITHUB, labels=("bench",)), CLUSTER) == ()
    assert flaws(zen(features="zen9"), None) == []


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (zen(features="zen9"), "class zen: no node has the features 'zen9' (sinfo -N"),
        (zen(nodes=("x",)), "class zen: Slurm knows no node x (sinfo -N"),
        (zen(nodes=("a",), features="zen4"), "class zen: a lacks the features 'zen4' (scontrol show node a)"),
    ],
)
def test_what_slurm_does_not_have_is_named_with_the_command_that_shows_it(one: NodeClass, said: str) -> None:
    assert [text for text in flaws(one) if said in text]


def test_a_node_that_is_away_is_named_with_its_reason() -> None:
    away = CLUSTER.replace(nodes=(A, B.replace(states=("idle", "drain"), reason="fan")))
    assert flaws(zen(features="zen4"), away) == ["class zen: b is idle and drain: fan (sinfo -R)"]
    assert flaws(zen(features="zen3"), away) == []


def test_a_cluster_that_does_not_start_noisy_jobs_again_is_named() -> None:
    refusing = zen(nodes=("a",), jobs=(NIGHTLY.replace(settings=(("refuse_noise", ("true",)),)),))
    assert flaws(refusing) == []
    (said,) = flaws(refusing, CLUSTER.replace(requeued=()))
    assert said.startswith("zen/nightly: on a node that is too noisy it ends with exit code 75")
    assert flaws(zen(nodes=("a",)), CLUSTER.replace(requeued=())) == []
    assert flaws(refusing, None) == [], "nothing is known of the cluster"
