"""The gate of a pull request, both workflows end to end: the slow commit of a fork, and one comment about it."""

import io
import json
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.flow.kit import Kit
from tests.flow.test_flow_action import make_environment
from tests.flow.test_flow_secret import CANARY
from tests.github import GitHub, serve_github
from tests.job import ROOT, Job, Values, expand, load_yaml, make_environ

WORKFLOWS = ROOT / ".github" / "workflows"
MEASURE, COMMENT = (load_yaml(WORKFLOWS / f"benchmark-{name}.yml") for name in ("pull-request", "comment"))
NUMBER = 12
_GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


class Gate:
    """Both workflows on made-up runners, beside a GitHub and a fork whose commits are measured with fake tools."""

    def __init__(self, kit: Kit, github: GitHub) -> None:
        self.kit, self.github = kit, github
        kit.commit_tree()
        self.base = self._git("rev-parse", "HEAD")
        ours = {name: value for name, value in kit.environ.items() if name.startswith("HARNESS_")}
        for variable in ("HARNESS_AS_NODE", "HARNESS_RESULTS", "HARNESS_CACHE"):
            del ours[variable]
        ours["HARNESS_VENV"] = str(make_environment(kit.folder / "environment"))
        self.environ = make_environ(kit.folder, TMPDIR=str(kit.temporary), PYTHON=sys.executable, **ours)
        self.runs = 0
        self.log = self.summary = ""

    def push(self, text: str) -> str:
        """Push a commit to the pull request, and return its sha."""
        (self.kit.tree / "CMakeLists.txt").write_text(f'project("whisper.cpp" C CXX)\n# {text}\n')
        self._git("commit", "-qam", text)
        sha = self._git("rev-parse", "HEAD")
        self.github.open_pull(NUMBER, sha)
        return sha

    def measure(self, sha: str, max_time: str = "20s") -> str:
        """Play the workflow that measures, and return how it ended."""
        self.runs += 1
        words = ["--model", "tiny", "--weights", str(self.kit.weights), "--engine", "bench"]
        words += ["--threads", "2", "--metric", "encode", "--no-relink", "--max-time", max_time, "--seed", "1"]
        inputs = _defaults(MEASURE) | {"options": shlex.join(words), "node": "bench-1"}
        inputs["cache"] = str(self.kit.folder / "cache")
        pull = {"number": NUMBER, "base": {"sha": self.base}, "head": {"sha": sha}}
        github = {"repository": "somebody/something", "token": CANARY, "run_attempt": "1"}
        return self._play(MEASURE, "gate", {"inputs": inputs, "github": {**github, "event": {"pull_request": pull}}})

    def comment(self, sha: str, **inputs: object) -> str:
        """Play the workflow that comments after the last run, and return how it ended."""
        run = {
            "id": self.runs,
            "run_number": self.runs,
            "run_attempt": 1,
            "event": "pull_request",
            "html_url": f"https://example.org/runs/{self.runs}",
            "head_sha": sha,
            "head_branch": "topic",
            "head_repository": {"owner": {"login": "stranger"}},
        }
        event = self.kit.folder / "event.json"
        event.write_text(json.dumps({"workflow_run": run}))
        github = {"repository": "somebody/something", "token": CANARY, "event": {"workflow_run": run}}
        contexts = {"inputs": _defaults(COMMENT) | inputs, "github": github}
        assert expand(f"${{{{ {COMMENT['jobs']['comment']['if']} }}}}", contexts) is True
        return self._play(COMMENT, "comment", contexts)

    def _play(self, workflow: Values, name: str, contexts: Values) -> str:
        folder = self.kit.folder / f"{name}-{self.runs}"
        shutil.rmtree(folder, ignore_errors=True)
        known = {"GITHUB_API_URL": self.github.url, "GITHUB_EVENT_PATH": str(self.kit.folder / "event.json")}
        job = Job(folder, {**self.environ, **known})
        job.actions = {
            "actions/checkout": lambda given: self._check_out(job, given),
            "actions/upload-artifact": self._upload,
        }
        done = job.play(workflow["jobs"][name]["steps"], contexts)
        self.log, self.summary = job.log, job.summary
        return "failure" if done["failed"] else "success"

    def _check_out(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        assert given["persist-credentials"] == "False"
        if given["path"] == "harness":
            (job.workspace / "harness").symlink_to(ROOT)
            return {}
        assert (given["path"], given["fetch-depth"]) == ("tree", "0")
        subprocess.run(["git", "clone", "-q", str(self.kit.tree), str(job.workspace / "tree")], check=True)
        subprocess.run(["git", "-C", str(job.workspace / "tree"), "checkout", "-q", given["ref"]], check=True)
        return {}

    def _upload(self, given: Mapping[str, str]) -> Mapping[str, str]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(given["path"], Path(given["path"]).name)
        self.github.upload(self.runs, given["name"], packed.getvalue())
        return {}

    def _git(self, *words: str) -> str:
        done = subprocess.run([*_GIT, "-C", str(self.kit.tree), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def _defaults(workflow: Values) -> Values:
    return {name: one["default"] for name, one in workflow["on"]["workflow_call"]["inputs"].items()}


@pytest.fixture
def gate(kit: Kit) -> Iterator[Gate]:
    with serve_github() as github:
        yield Gate(kit, github)


def test_a_slow_commit_of_a_fork_gets_one_comment_and_the_next_push_updates_it(gate: Gate) -> None:
    slow = gate.push("slower")
    gate.kit.set_speed(0.002, **{f"git-{slow[:12]}": 1.2})
    assert gate.measure(slow) == "failure", "a regression is red"
    assert "REGRESSED" in gate.log, "the log shows it to people"
    assert "Encoding of `tiny` got" in gate.summary
    assert CANARY not in gate.log + gate.summary
    assert gate.comment(slow) == "success", gate.log
    (body,) = gate.github.said(NUMBER)
    assert body.startswith("<!-- whisper-harness gate run=1 attempt=1 -->\n### ")
    assert "Encoding of `tiny` got" in body
    assert f"gh pr checkout {NUMBER}\nharness ab {gate.base[:12]} {slow[:12]} " in body
    assert str(gate.kit.folder) not in body, "no paths of the runner"
    assert "[the run that measured it](https://example.org/runs/1)" in body
    calm = gate.push("as before")
    gate.kit.set_speed(0.002)
    assert gate.measure(calm) == "success", gate.log
    assert gate.comment(slow) == "success"
    assert f"no open pull request has {slow[:12]} as its newest commit" in gate.summary
    assert gate.comment(calm) == "success", gate.log
    (body,) = gate.github.said(NUMBER)
    assert body.startswith("<!-- whisper-harness gate run=2 attempt=1 -->\n### ")
    assert "Nothing changed" in body
    assert calm[:12] in body
    assert gate.github.written() == ["POST", "PATCH"]


def test_what_is_not_resolved_is_green_and_says_so_and_is_written_only_if_asked(gate: Gate) -> None:
    """The answer of another commit than the newest one is refused, whoever has written it."""
    sha = gate.push("unclear")
    gate.kit.set_speed(0.2)
    measured = gate.measure(sha, "0.5s")
    assert measured == "success", gate.log
    assert "Not resolved" in gate.summary
    assert gate.comment(sha) == "success", gate.log
    assert gate.github.said(NUMBER) == []
    assert "nothing to write" in gate.summary
    assert gate.comment(sha, always=True) == "success", gate.log
    assert "Not resolved" in gate.github.said(NUMBER)[0]
    other = gate.push("never measured")
    assert gate.comment(other) == "failure"
    assert "is about another commit" in gate.log
    assert CANARY not in gate.log
