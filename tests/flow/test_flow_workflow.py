"""The workflow of a night: jobs from a fleet.toml, runners that measure, one collection on a branch, pages."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.flow.kit import Kit
from tests.flow.test_flow_action import make_environment
from tests.flow.test_flow_secret import CANARY
from tests.job import ROOT, Job, StepFailedError, Values, expand, load_yaml, make_environ

NIGHTLY = load_yaml(ROOT / ".github" / "workflows" / "benchmark-nightly.yml")
FLEET = """\
name = "lab"

[class.zen4]
scheduler = "github"
labels = ["self-hosted", "bench"]
nodes = ["a", "b"]
results = "{folder}/results-{{node}}"
cache = "{folder}/cache"

[[class.zen4.job]]
verb = "run"
source = "{tree}"
model = ["tiny"]
weights = "{weights}"
bench = ["whisper"]
tests = false
repetitions = 1
threads = [2]
"""
JOB = {"class": "x", "node": "a", "job": "j", "command": "run", "labels": ["l"]}


class Night:
    """The workflow with made-up runners; artifacts and the repository outlive its jobs."""

    def __init__(self, kit: Kit, name: str = "night") -> None:
        self.kit, self.name = kit, name
        self.artifacts: dict[str, bytes] = {}
        self.server = kit.folder / "server"
        self.repository = self.server / "somebody" / "something"
        if not self.repository.exists():
            subprocess.run(["git", "init", "--quiet", "--bare", str(self.repository)], check=True)
        self.caller = kit.folder / "caller"
        self.caller.mkdir(exist_ok=True)
        fleet = FLEET.format(folder=kit.folder, tree=kit.tree, weights=kit.weights)
        (self.caller / "fleet.toml").write_text(fleet)
        environment = kit.folder / "environment"
        ours = {name: value for name, value in kit.environ.items() if name.startswith("HARNESS_")}
        for variable in ("HARNESS_AS_NODE", "HARNESS_RESULTS", "HARNESS_CACHE"):
            del ours[variable]
        self.environ = make_environ(
            kit.folder,
            TMPDIR=str(kit.temporary),
            PYTHON=sys.executable,
            GITHUB_SERVER_URL=self.server.as_uri(),
            HARNESS_VENV=str(environment if environment.exists() else make_environment(environment)),
            **ours,
        )
        self.inputs = {name: one["default"] for name, one in NIGHTLY["on"]["workflow_call"]["inputs"].items()}
        self.github = {"repository": "somebody/something", "token": CANARY, "run_attempt": "1"}
        self.jobs: list[Values] = []
        self.logs = self.summary = ""
        self.site: Path | None = None

    def plan(self) -> None:
        self.jobs = json.loads(self.play("plan", {})["outputs"]["jobs"])

    def measure(self, job: Values) -> str:
        """Let a runner do a job, and return how that ended."""
        assert self.jobs, "if: needs.plan.outputs.jobs != '[]'"
        return str(self.play("measure", {"matrix": job})["result"])

    def collect(self) -> Values:
        return self.play(
            "collect", {"needs": {"plan": {"result": "success", "outputs": {"jobs": json.dumps(self.jobs)}}}}
        )

    def play(self, name: str, contexts: Values) -> Values:
        """Run a job of the workflow in a folder of its own."""
        described = NIGHTLY["jobs"][name]
        folder = self.kit.folder / self.name / f"{name}-{contexts.get('matrix', {}).get('node', '')}"
        shutil.rmtree(folder, ignore_errors=True)
        job = Job(folder, self.environ)
        job.actions = {
            "actions/checkout": lambda given: self._check_out(job, given),
            "actions/cache/restore": lambda _: {},
            "actions/cache/save": lambda _: {},
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": lambda given: self._download(job, given),
            "actions/upload-pages-artifact": lambda given: self._keep_site(job, given),
        }
        done = job.play(described["steps"], {"inputs": self.inputs, "github": self.github, **contexts})
        self.logs += job.log
        self.summary += job.summary
        outputs = {key: expand(value, done) for key, value in described.get("outputs", {}).items()}
        return {"result": "failure" if done["failed"] else "success", "outputs": outputs, "steps": done["steps"]}

    def branch(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *(words or ("ls-tree", "-r", "--name-only", "benchmark-results"))],
            cwd=self.repository,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def runs(self) -> list[str]:
        return [path.split("/")[1] for path in self.branch().splitlines() if path.endswith("/run.json")]

    def _check_out(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        assert given["persist-credentials"] == "False"
        target = job.workspace / given["path"]
        if given["path"] == "harness":
            target.symlink_to(ROOT)
        else:
            shutil.copytree(self.caller, target)
        return {}

    def _upload(self, given: Mapping[str, str]) -> Mapping[str, str]:
        if given["name"] in self.artifacts:
            raise StepFailedError({})
        self.artifacts[given["name"]] = Path(given["path"]).read_bytes()
        return {}

    def _download(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        assert (given["pattern"], given["merge-multiple"]) == ("benchmark-*", "True")
        folder = job.workspace / given["path"]
        folder.mkdir()
        for name, content in self.artifacts.items():
            (folder / f"{name}.tar.gz").write_bytes(content)
        return {}

    def _keep_site(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        self.site = job.workspace / given["path"]
        return {}


@pytest.fixture
def night(kit: Kit) -> Night:
    found = Night(kit)
    found.plan()
    return found


def test_a_night_over_two_nodes(night: Night) -> None:
    assert [(job["node"], job["labels"]) for job in night.jobs] == [
        ("a", ["self-hosted", "bench", "a"]),
        ("b", ["self-hosted", "bench", "b"]),
    ]
    assert expand(NIGHTLY["jobs"]["measure"]["runs-on"], {"matrix": night.jobs[0]}) == night.jobs[0]["labels"]
    assert [night.measure(job) for job in night.jobs] == ["success", "success"], night.logs
    assert sorted(night.artifacts) == ["benchmark-zen4-a-run-1", "benchmark-zen4-b-run-1"]
    done = night.collect()
    assert done == done | {"result": "success", "outputs": {"pages": "success"}}, night.logs
    assert night.runs() == ["a", "b"]
    assert night.branch("log", "--format=%s", "benchmark-results") == "Results of run 4711: 2 of 2 jobs\n"
    assert night.site
    assert "nodes/b/index.html" in (night.site / "index.html").read_text()
    assert {path.name for path in (night.site / "nodes").iterdir()} >= {"a", "b"}
    assert "2 of 2 jobs left results." in night.summary
    assert CANARY not in night.logs + night.summary
    again = night.collect()
    assert again["result"] == "success"
    assert night.branch("rev-list", "--count", "benchmark-results") == "1\n", "all of it was there"


def test_a_node_without_a_runner_is_named_and_the_pages_are_made_all_the_same(night: Night) -> None:
    night.measure(night.jobs[0])
    done = night.collect()
    assert done["result"] == "failure"
    assert done["steps"]["collect"]["outputs"]["exit-code"] == "12"
    assert done["outputs"] == {"pages": "success"}
    assert night.runs() == ["a"]
    assert "1 of 2 jobs left results." in night.summary
    assert (
        "`benchmark-zen4-b-run`: nothing arrived. Is there a runner with the labels `self-hosted bench b`?"
        in night.summary
    )
    assert "::error::nothing arrived of benchmark-zen4-b-run" in night.logs.splitlines()


def test_a_job_that_failed_has_its_bundle_on_the_branch(night: Night, kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 3}})
    assert night.measure(night.jobs[0]) == "failure"
    kit.break_tools({})
    assert night.measure(night.jobs[1]) == "success"
    done = night.collect()
    assert done["result"] == "success", "it failed in its own job"
    assert night.runs() == ["a", "b"]


def test_the_next_night_adds_to_the_branch_and_a_second_attempt_to_the_first(night: Night, kit: Kit) -> None:
    night.measure(night.jobs[0])
    night.collect()
    night.github["run_attempt"] = "2"
    night.measure(night.jobs[1])
    assert night.collect()["result"] == "success", "the first attempt has left the one, the second the other"
    later = Night(kit, "later")
    later.plan()
    later.jobs = [{**job, "command": job["command"].replace("--job lab/", "--job lab2/")} for job in later.jobs]
    assert [later.measure(job) for job in later.jobs] == ["success"] * 2, later.logs
    assert later.collect()["result"] == "success", later.logs
    assert sorted(later.runs()) == ["a", "a", "b", "b"]
    assert later.branch("rev-list", "--count", "benchmark-results") == "3\n"


def test_two_collections_at_once_lose_nothing(night: Night, kit: Kit) -> None:
    other = Night(kit, "other")
    other.jobs = [night.jobs[1]]
    night.jobs = [night.jobs[0]]
    for one in (night, other):
        assert one.measure(one.jobs[0]) == "success"
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda one: one.collect(), (night, other)))
    assert [one["result"] for one in done] == ["success"] * 2, night.logs + other.logs
    assert sorted(night.runs()) == ["a", "b"]


def test_a_branch_that_moves_while_results_are_imported_is_fetched_again(night: Night, kit: Kit) -> None:
    """The repository refuses the first push, as it does where somebody was faster."""
    night.measure(night.jobs[0])
    hook = night.repository / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\ntest -e {kit.folder}/refused && exit 0\ntouch {kit.folder}/refused\nexit 1\n")
    hook.chmod(0o755)
    night.collect()
    assert "somebody else has pushed to benchmark-results; attempt 1 of 5" in night.logs
    assert night.runs() == ["a"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00" + bytes(100)])
def test_a_hostile_artifact_does_not_stop_the_others(night: Night, content: bytes) -> None:
    night.measure(night.jobs[0])
    night.artifacts["benchmark-zen4-b-run-1"] = content
    done = night.collect()
    assert done["result"] == "failure"
    assert done["steps"]["collect"]["outputs"]["exit-code"] == "5"
    assert night.runs() == ["a"]
    assert "could not be read" in night.summary
    assert done["outputs"] == {"pages": "success"}


def test_a_run_that_was_not_finished_is_missing(night: Night) -> None:
    """What a cancelled job uploads is for people."""
    night.measure(night.jobs[0])
    night.artifacts["benchmark-zen4-b-run-1.unfinished"] = night.artifacts["benchmark-zen4-a-run-1"]
    done = night.collect()
    assert done["steps"]["collect"]["outputs"]["exit-code"] == "12"
    assert night.runs() == ["a"]


def test_nobody_arrives(night: Night) -> None:
    done = night.collect()
    assert done["steps"]["collect"]["outputs"]["exit-code"] == "12"
    assert "0 of 2 jobs left results." in night.summary


@pytest.mark.parametrize(
    ("jobs", "about"),
    [
        ("{", "the jobs are not JSON"),
        ("{}", "each job needs class, node, job, command and labels"),
        ('[{"class": "x"}]', "each job needs class"),
        ('[{"class": "x", "node": "a", "job": "j", "command": "run", "labels": "bench"}]', "each job needs class"),
        (json.dumps([JOB] * 2), "the same artifact"),
        (json.dumps([{**JOB, "node": str(number)} for number in range(257)]), "257 jobs"),
    ],
)
def test_jobs_that_cannot_be_a_matrix(kit: Kit, jobs: str, about: str) -> None:
    night = Night(kit)
    night.inputs["jobs"] = jobs
    assert night.play("plan", {})["result"] == "failure"
    assert about in night.logs
    assert "Traceback" not in night.logs


def test_a_fleet_that_cannot_be_read(kit: Kit) -> None:
    night = Night(kit)
    (night.caller / "fleet.toml").write_text("name = 1\n")
    assert night.play("plan", {})["result"] == "failure"
    assert "Traceback" not in night.logs


def test_hostile_words_in_jobs_are_words(night: Night, kit: Kit) -> None:
    hostile: dict[str, Any] = {
        "class": 'x"; touch pwned; "',
        "node": "$(touch pwned)",
        "job": "`touch pwned`",
        "command": "run --model $(touch pwned) `touch pwned`; touch pwned",
        "labels": ["l"],
    }
    night.inputs["jobs"] = json.dumps([hostile])
    night.plan()
    assert night.measure(night.jobs[0]) == "failure"
    night.collect()
    assert not list(kit.folder.rglob("pwned*"))
