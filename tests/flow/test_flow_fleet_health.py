"""`harness fleet health`: nodes by the anchor's absolute numbers, with a fleet's file and without one."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.records.measurement import Case
from harness.records.purpose import RunPurpose
from harness.records.trial import Role, Trial
from harness.store.bundle import create_bundle
from tests import factory
from tests.answer import result_of
from tests.flow.kit import Kit
from tests.unit.judge.test_judge_comparison import timing

BASE = Case.of("whisper", model="base", threads=4, fa=0)
NIGHTS = 12
NODES = {"a": 0.01, "b": 0.01, "c": 0.01, "loud": 0.2}
FLEET = """\
name = "lab"
results = "results"
[class.zen4]
scheduler = "slurm"
nodes = ["a", "b", "c", "loud", "absent"]
[[class.zen4.job]]
verb = "nightly"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Kit:
    """Nodes that measured an anchor every night, one of which scatters."""
    kit = Kit(tmp_path_factory.mktemp("health"), tiny_weights)
    for node, scatter in NODES.items():
        for night in range(NIGHTS):
            for role in Role:
                _store(kit, node, night, role, scatter)
    (kit.folder / "fleet.toml").write_text(FLEET)
    return kit


def _store(kit: Kit, node: str, night: int, role: Role, scatter: float) -> None:
    draw = random.Random(f"{node} {night}")
    level = 700 * draw.lognormvariate(0, scatter)
    run = factory.run(*(timing(BASE, "encode", level, 1, block).replace(log="") for block in range(4)))
    start = datetime.now(UTC) - timedelta(days=NIGHTS - night)
    head = f"{random.Random(night).getrandbits(160):040x}"
    sha = "ab" * 20 if role is Role.BASELINE else head
    run = run.replace(
        id=f"{start:%Y%m%dT%H%M%SZ}-{sha[:8]}-11111111",
        start=start.isoformat(timespec="seconds"),
        node=run.node.replace(name=node),
        source=run.source.replace(commit=run.source.commit.replace(sha=sha, release="")),
        trial=Trial(id=f"t{night}", role=role, seed=night, pairs=1),
        purpose=RunPurpose.ANCHOR,
        asked_by=head,
    )
    create_bundle(kit.results, run)[1].seal(run, "the report\n")


def test_all_nodes_of_the_results(results: Kit) -> None:
    done = results.harness("fleet", "health", "--file", "nothing.toml")
    assert (done.returncode, done.stdout) == (2, "")
    (results.folder / "fleet.toml").rename(results.folder / "away.toml")
    try:
        done = results.harness("fleet", "health")
    finally:
        (results.folder / "away.toml").rename(results.folder / "fleet.toml")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["node", "loud", "a", "b", "c"]
    assert "class" not in lines[0]
    assert any(line.startswith("loud: noisy: its nights scatter by ") for line in lines)
    assert "  loud: let it measure no more" in lines
    assert "; by 12 nights with the anchor abababab" in done.stdout


def test_the_nodes_of_a_fleet_have_their_class_and_the_command_that_drains_them(results: Kit) -> None:
    done = results.harness("fleet", "health")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].split()[:4] == ["absent", "zen4", "not", "known"]
    assert "absent: not known: it has no run here" in lines
    (drain,) = [line for line in lines if "scontrol" in line]
    assert drain.startswith("  loud: scontrol update nodename=loud state=drain 'reason=harness: its nights scatter by ")
    answer = result_of(results.harness("fleet", "health", "--node", "loud", "--json").stdout)
    (loud,) = answer["nodes"]
    assert (loud["verdict"], loud["node_class"], loud["peers"], loud["nights"]) == ("noisy", "zen4", 3, NIGHTS)
    assert loud["noise"]["low"] < loud["noise"]["value"] < loud["noise"]["high"]
    assert (loud["drift"], loud["missed"]) == (None, 0)


def test_what_cannot_be_is_refused(results: Kit) -> None:
    done = results.harness("fleet", "health", "--node", "lout")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean loud?" in done.stderr
    done = results.harness("fleet", "health", "--script")
    assert done.returncode == 2
    text = FLEET.replace('nodes = ["a", "b", "c", "loud", "absent"]', 'features = "zen4"')
    (results.folder / "features.toml").write_text(text)
    done = results.harness("fleet", "health", "--file", "features.toml", environ={"PATH": str(results.folder)})
    assert done.returncode == 0, done.stderr
    assert "the nodes of zen4 are not known" in done.stdout
    assert "let it measure no more" in done.stdout
