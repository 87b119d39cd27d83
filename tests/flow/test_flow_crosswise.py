"""Several nodes of one results folder: a change of the code is one event, and each node says what it knows of it."""

import json
import shutil
from typing import Any

import pytest

from tests.answer import result_of
from tests.flow.kit import Kit
from tests.flow.test_flow_nightly import Branch

NODES = ("node-1", "node-2", "node-3")
# Commits of the branch, and the first slow one.
COUNT, SLOW = 22, 18


@pytest.fixture
def branch(kit: Kit) -> Branch:
    """A branch with a slow commit, which three nodes have measured: one with the first of them, one only before it."""
    branch = Branch(kit)
    branch.add(*(f"c{number}" for number in range(1, COUNT)))
    branch.slow_from(SLOW)
    branch.remember(branch.shas, since=SLOW)
    for path in (kit.results / "node-1").glob("*/*/run.json"):
        record = json.loads(path.read_text())
        sha = record["source"]["commit"]["sha"]
        if sha == branch.shas[0]:  # it was made today
            shutil.rmtree(path.parent)
            continue
        for node in NODES[1:]:
            if node == NODES[1] or branch.shas.index(sha) < SLOW:
                record["node"]["name"] = node
                branch.write(path.parent, path.parent.name, record, node)
    return branch


def paint(kit: Kit, **machines: str) -> None:
    """Give the runs of nodes another microarchitecture."""
    for node, name in machines.items():
        for path in (kit.results / node.replace("_", "-")).glob("*/*/run.json"):
            record = json.loads(path.read_text())
            record["node"]["cpu"]["microarchitecture"] = name
            path.with_suffix(".new").write_text(json.dumps(record))
            path.with_suffix(".new").rename(path)
            path.parent.rename(path.parent.with_suffix(".x"))  # as a bundle arrives: its month has changed
            path.parent.with_suffix(".x").rename(path.parent)


def begin_at_once(kit: Kit, node: str, other: str) -> None:
    """Give the live comparison of a node the ids of that of another one, as if both had begun in one second."""
    known = {one["source"]["commit"]["sha"]: one for one in map(json.loads, read_trials(kit, other))}
    for path in list((kit.results / node).glob("*/*/run.json")):
        record = json.loads(path.read_text())
        if record["trial"]:
            like = known[record["source"]["commit"]["sha"]]
            record["id"], record["trial"]["id"] = like["id"], like["trial"]["id"]
            path.write_text(json.dumps(record))
            path.parent.rename(path.parent.with_name(like["id"]))


def read_trials(kit: Kit, node: str) -> list[str]:
    texts = [path.read_text() for path in (kit.results / node).glob("*/*/run.json")]
    return [text for text in texts if json.loads(text)["trial"]]


def read_code(kit: Kit) -> list[dict[str, Any]]:
    events = result_of(kit.harness("events", "--json").stdout)["events"]
    return [one for one in events if one["kind"] == "CODE"]


def test_a_change_that_several_nodes_show_is_one_event(branch: Branch, kit: Kit) -> None:
    (event,) = result_of(kit.harness("events", "--json").stdout)["events"]
    assert (event["kind"], event["node"]) == ("SUSPICION", "node-1")
    assert [one["node"] for one in event["others"]] == ["node-2"]
    ends = (event["old"], event["new"])
    assert branch.shas.index(ends[0]) < SLOW <= branch.shas.index(ends[1])
    given = ["--repo", branch.url, "--model", "tiny", "--weights", str(kit.weights), "--threads", "2"]
    compare = ["ab", *ends, *given, "--engine", "bench", "--metric", "encode", "--no-relink", "--seed", "3"]
    done = kit.harness(*compare, "--as-node", "node-1")
    assert done.returncode == 20, done.stderr
    (code,) = read_code(kit)
    stances = {one["node"]: one["stance"] for one in code["witnesses"]}
    assert stances == {"node-1": "agrees", "node-2": "suspects it", "node-3": "did not look"}
    paint(kit, node_1="zen8", node_2="zen8", node_3="zen9")
    text = kit.harness("events").stdout
    assert "seen on zen8 (1 node) alone so far; it is not known whether other nodes are concerned" in text
    assert f"to find out, on node-3: harness ab {ends[0][:12]} {ends[1][:12]}" in text
    for node, slow in (("node-2", SLOW), ("node-3", COUNT)):
        branch.slow_from(slow)
        done = kit.harness(*compare, "--as-node", node)
        assert done.returncode == (20 if slow == SLOW else 0), done.stderr
    begin_at_once(kit, "node-3", "node-2")
    paint(kit, node_1="zen8", node_2="zen8", node_3="zen9")
    (code,) = read_code(kit)
    assert [one["node"] for one in (code, *code["others"])] == ["node-1", "node-2"]
    (third,) = (one for one in code["witnesses"] if one["node"] == "node-3")
    assert third["stance"] == "disagrees", third
    other = code["others"][0]["id"]
    shown = kit.harness("events", "show", other).stdout
    assert shown.startswith(f"{other}  ")
    assert "it measured" in shown
    for text in (shown, kit.harness("events").stdout):
        assert "seen on zen8 (2 nodes) alone; zen9 (1 node) measured commits before and after it in turns" in text
    history = kit.harness("history").stdout
    assert "CODE  node-1 and node-2: between" in history
    assert f"on node-2 it is {other}" in history
    alone = kit.harness("events", "--node", "node-1").stdout
    assert "CODE  node-1: between" in alone
    assert "nodes:" not in alone, "nothing is known of nodes that were not asked for"
    shutil.rmtree(kit.results / "node-2")
    shutil.rmtree(kit.results / "node-3")
    assert "nodes:" not in kit.harness("events").stdout
