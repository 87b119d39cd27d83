"""action.yml and the workflows: they are what GitHub's published schemas describe, and keep secrets apart from code."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.job import ROOT, load_yaml

ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NIGHTLY, GATE, COMMENT = (
    ROOT / ".github" / "workflows" / f"benchmark-{name}.yml" for name in ("nightly", "pull-request", "comment")
)


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in load_yaml(path)["jobs"].items():
            for step in job.get("steps", []):
                yield f"{path.name}:{name}", step
    for step in load_yaml(ACTION)["runs"]["steps"]:
        yield ACTION.name, step


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_the_published_schema_describes_it(path: Path) -> None:
    schema = "vendor.github-actions" if path == ACTION else "vendor.github-workflows"
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_would_find_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "action.yml"
    path.write_text(ACTION.read_text().replace("using: composite", "using: composed"))
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", str(path)]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 1


def test_no_text_of_others_becomes_part_of_a_script() -> None:
    found = [(where, step["run"]) for where, step in steps() if "run" in step]
    assert len(found) > 6
    assert not [one for one in found if "${{" in one[1]]


def test_the_token_is_left_in_no_checkout_and_reaches_no_job_that_measures() -> None:
    text = NIGHTLY.read_text(encoding="utf-8")
    jobs = load_yaml(NIGHTLY)["jobs"]
    assert load_yaml(NIGHTLY)["permissions"] == {"contents": "read"}
    assert {name: job.get("permissions", {}) for name, job in jobs.items()} == {
        "plan": {},
        "measure": {},
        "collect": {"contents": "write"},
        "publish": {"pages": "write", "id-token": "write"},
    }
    checkouts = [step for _, step in steps() if step.get("uses", "").startswith("actions/checkout") and "with" in step]
    assert len(checkouts) == 7
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert [step.get("uses") for step in jobs["publish"]["steps"]] == ["actions/deploy-pages@v4"], "no code at all"
    assert "secrets" not in re.sub(r"#.*", "", text)
    assert text.count("github.token") == 1
    assert "github.token" in str(jobs["collect"])
    assert "token" not in ACTION.read_text(encoding="utf-8").replace("# No token", "")


def test_the_gate_of_a_pull_request_has_no_token_and_the_comment_runs_nothing_of_it() -> None:
    for path, wanted in ((GATE, {}), (COMMENT, {"actions": "read", "contents": "read", "pull-requests": "write"})):
        described = load_yaml(path)
        (job,) = described["jobs"].values()
        assert described["permissions"] == {"contents": "read"}
        assert job.get("permissions", {}) == wanted
        assert "secrets" not in re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        assert set(described["on"]) == {"workflow_call"}, "who calls them decides when"
        inputs = set(described["on"]["workflow_call"]["inputs"])
        assert set(re.findall(r"inputs\.([\w-]+)", path.read_text(encoding="utf-8"))) == inputs
    assert "token" not in str(load_yaml(GATE)["jobs"]).lower()
    checkout, comment = load_yaml(COMMENT)["jobs"]["comment"]["steps"]
    assert set(checkout["with"]) == {"repository", "ref", "path", "persist-credentials"}
    assert "event" not in str(checkout), "nothing of the pull request is checked out"
    assert comment["run"] == "exec harness/scripts/action comment"
    assert {name for name, value in comment["env"].items() if "token" in value} == {"ACTION_TOKEN"}
    ours = [load_yaml(path)["on"]["workflow_call"]["inputs"]["answer"]["default"] for path in (GATE, COMMENT)]
    assert ours[0] == ours[1]
    given = load_yaml(GATE)["jobs"]["gate"]["steps"][-1]["with"]
    assert set(given) <= set(load_yaml(ACTION)["inputs"])


def test_jobs_of_one_node_do_not_cancel_each_other() -> None:
    """Of the jobs that wait in a group, GitHub keeps the last one alone."""
    job = load_yaml(NIGHTLY)["jobs"]["measure"]
    assert job["concurrency"]["cancel-in-progress"] is False
    assert {"matrix.class", "matrix.node", "matrix.job"} <= set(re.findall(r"matrix\.\w+", job["concurrency"]["group"]))
    assert job["strategy"]["fail-fast"] is False


def test_outputs_and_inputs_that_are_named_are_there() -> None:
    described = load_yaml(ACTION)
    own = described["runs"]["steps"]
    named = set(re.findall(r"steps\.(\w+)\.out", ACTION.read_text(encoding="utf-8")))
    assert named == {step["id"] for step in own if "id" in step}
    assert set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text(encoding="utf-8"))) == set(described["inputs"])
    given = next(step for step in load_yaml(NIGHTLY)["jobs"]["measure"]["steps"] if step["uses"] == "./harness")
    assert set(given["with"]) <= set(described["inputs"])
    workflow = load_yaml(NIGHTLY)["on"]["workflow_call"]["inputs"]
    assert set(re.findall(r"inputs\.([\w-]+)", NIGHTLY.read_text(encoding="utf-8"))) == set(workflow)
