"""`harness fleet plan`: the nights of all nodes from what is stored of them, and what a person can do wrong."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.answer import result_of
from tests.flow.kit import Kit
from tests.flow.test_flow_nightly import Branch


class FleetFile:
    """A fleet.toml beside a kit, for runners: their nodes need no cluster to be known."""

    def __init__(self, kit: Kit) -> None:
        self.kit, self.path = kit, kit.folder / "fleet.toml"

    def write(self, *nodes: str, job: str = "", more: str = "") -> None:
        self.path.write_text(
            f'name = "lab"\nresults = {json.dumps(str(self.kit.results))}\n'
            f'[class.desk]\nscheduler = "github"\nlabels = ["bench"]\nnodes = {json.dumps(nodes)}\n'
            f'[[class.desk.job]]\nverb = "nightly"\n{job}\n{more}\n'
        )

    def plan(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.kit.harness("fleet", "plan", "--file", str(self.path), *words)

    def jobs(self, *words: str) -> list[dict[str, Any]]:
        done = self.plan("--json", *words)
        assert done.returncode == 0, done.stderr
        return result_of(done.stdout)["jobs"]  # type: ignore[no-any-return]


@pytest.fixture
def fleet(kit: Kit) -> FleetFile:
    return FleetFile(kit)


def tell(items: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [(one["kind"], one.get("baseline", ""), one["commit"], one["reason"]) for one in items]


def test_the_night_of_a_node_is_planned_elsewhere_as_it_plans_it_itself(kit: Kit, fleet: FleetFile) -> None:
    branch = Branch(kit)
    branch.add(*(f"c{number}" for number in range(1, 18)))
    branch.remember(branch.shas[:17], slow=1.3, since=12)
    assert branch.night("--budget", "1m").returncode in (0, 20)
    branch.add("newest")
    own = result_of(branch.night("--dry-run", "--json", "--budget", "2h").stdout)
    fleet.write("node-1", job=f'repo = "{branch.url}"\nbudget = "2h"')
    (job,) = fleet.jobs()
    assert tell(job["items"]) == tell(own["items"])
    assert len(job["items"]) > 1
    assert job["expected_s"] > 0
    assert job["limit_s"] > 7200

    text = fleet.plan().stdout
    assert "lab, round " in text
    assert f"head     {branch.shas[-1][:8]}" in text
    assert "Who measures what:" in text


def test_two_nodes_are_planned_at_once_and_a_new_one_begins_with_the_head(kit: Kit, fleet: FleetFile) -> None:
    branch = Branch(kit)
    branch.add("one")
    assert branch.night("--budget", "10m").returncode == 0
    fleet.write("node-1", "node-2", job=f'repo = "{branch.url}"')
    done = fleet.plan("--json")
    one, two = result_of(done.stdout)["jobs"]
    assert done.stderr.count("fetching") == 1, "once for both"
    assert two["why"] == f"nothing is known of it: it begins with the newest commit, {branch.shas[-1][:8]}"
    assert "expected_s" not in two or two["expected_s"] is None
    assert tell(two["items"])[0][0] == "head"
    assert one["why"] != two["why"]
    assert [job["key"]["node"] for job in fleet.jobs("--node", "node-2")] == ["node-2"]


def test_a_branch_that_is_not_known_here_is_a_note(kit: Kit, fleet: FleetFile) -> None:
    fleet.write("node-1", job=f'repo = "{kit.folder / "nowhere"}"')
    done = fleet.plan()
    assert done.returncode == 0
    assert "the branch of desk/nightly is not known" in done.stdout


def test_the_matrix_is_what_a_workflow_takes(kit: Kit, fleet: FleetFile) -> None:
    fleet.write("m1", job='model = ["tiny", "base"]\ntests = false')
    done = fleet.plan("--matrix", "--round", "r1")
    assert json.loads(done.stdout) == [
        {
            "class": "desk",
            "node": "m1",
            "job": "nightly",
            "labels": ["bench", "m1"],
            "command": "nightly --model tiny,base --no-tests --job lab/r1/desk/m1/nightly",
            "results": "",
            "cache": "",
        }
    ]


def test_a_missing_file_teaches_how_to_write_one(kit: Kit) -> None:
    done = kit.harness("fleet", "plan", "--file", str(kit.folder / "none.toml"))
    assert done.returncode == 2
    assert "there is no" in done.stderr
    example = "\n".join(line.strip() for line in done.stderr.partition("does something is:\n")[2].splitlines())
    path = kit.folder / "mine.toml"
    path.write_text(example.replace('features = "zen4"', 'nodes = ["n1"]\nfeatures = "zen4"'))
    assert "command not found" not in kit.harness("fleet", "plan", "--file", str(path), "--class", "zen4").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the action is missing"),
        (("plam",), "plam"),
        (("plan", "--class", "desc"), "has no such class\n  try:   did you mean desk?"),
        (("plan", "--node", "node-2"), "did you mean node-1?"),
        (("plan", "--round", "a/b"), "cannot be the name of a round"),
        (("plan", "--round", "2099-12-24"), "is a day to come"),
        (("plan", "--script", "--json"), "--script prints text, not JSON"),
        (("plan", "--config", "none.toml"), "none.toml"),
    ],
)
def test_what_a_person_can_do_wrong(kit: Kit, fleet: FleetFile, words: tuple[str, ...], said: str) -> None:
    fleet.write("node-1", job=f'repo = "{kit.folder / "nowhere"}"')
    done = kit.harness("fleet", *words, "--file", str(fleet.path))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_wrong_is_named_with_its_line(kit: Kit, fleet: FleetFile) -> None:
    fleet.write("node-1", job='budgt = "2h"')
    done = fleet.plan()
    assert (done.returncode, "line 9: unknown setting 'budgt'" in done.stderr) == (2, True), done.stderr
    fleet.path.write_text("name = ")
    assert fleet.plan().returncode == 5


def test_folders_begin_at_the_file(kit: Kit, fleet: FleetFile, tmp_path: Path) -> None:
    fleet.write("node-1", job='weights = "./w"\nrepo = "../up"\nmodel = "tiny"')
    text = fleet.path.read_text().replace(json.dumps(str(kit.results)), '"results"')
    fleet.path.write_text(text.replace("[[class", 'results = "inbox"\n[[class'))
    (job,) = fleet.jobs()
    words = job["words"]
    assert words[words.index("--results") + 1] == str(kit.folder / "inbox")
    assert words[words.index("--weights") + 1] == str(kit.folder / "w")
    assert shutil.which("git")
