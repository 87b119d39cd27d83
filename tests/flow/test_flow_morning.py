"""What comes out of a night: the report in its forms, its file, its exit code, and whom it notifies."""

import json
import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.records.purpose import RunPurpose
from harness.store.night_file import load_night, save_night
from tests.answer import result_of
from tests.flow.kit import Kit
from tests.flow.test_flow_nightly import Branch
from tests.unit.render.test_render_night import report as quiet_report


@pytest.fixture
def branch(kit: Kit) -> Branch:
    return Branch(kit)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_quiet_night_is_reported_stored_and_summed_up(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    summary = kit.folder / "summary.md"
    done = branch.night(environ={"GITHUB_STEP_SUMMARY": str(summary)})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "node-1: nothing new"
    assert lines[1].startswith(f"  head    {branch.shas[-1][:8]}")
    assert "Measured:" in lines
    (path,) = (kit.results / "node-1").glob("*/*-night.json")
    report = load_night(path)
    assert [one.item.kind for one in report.done] == ["head", "anchor"]
    assert report.head.sha == branch.shas[-1]
    assert kit.harness("show", "night").stdout == done.stdout
    assert summary.read_text().startswith("## node-1: nothing new\n")
    again = branch.night("--json")
    assert result_of(again.stdout)["exit_code"] == 0
    marked = branch.night("--format", "markdown")
    assert marked.stdout.startswith("## node-1: nothing new\n")
    assert len(kit.harness("list").stdout.splitlines()) == 1 + len(kit.bundles()), "a night is no run"


def test_a_regression_is_reported_once_and_people_are_notified_once(branch: Branch, kit: Kit) -> None:
    branch.add(*(f"c{number}" for number in range(1, 24)))
    branch.slow_from(18)
    branch.remember(branch.shas[:22], since=18)
    heard = kit.folder / "heard"
    program = f"import json, sys; open({str(heard)!r}, 'a').write(json.dumps(json.load(sys.stdin)) + chr(10))"
    notify = ["--notify", shlex.join([sys.executable, "-c", program])]
    done = branch.night(*notify)
    assert done.returncode == 20, done.stderr
    assert done.stdout.startswith("node-1: 1 regression confirmed"), done.stdout
    (confirmed,) = {one.asked_by for one in branch.runs(RunPurpose.CONFIRMATION)}
    assert f"  {confirmed} CODE: slower between " in done.stdout
    assert f"commit {branch.shas[18][:8]} " in done.stdout
    assert "harness ab " in done.stdout
    (notice,) = read_lines(heard)
    assert (notice["event"]["id"], notice["event"]["kind"]) == (confirmed, "CODE")
    assert notice["about"]["suspects"][0]["sha"] == branch.shas[18]
    again = branch.night(*notify)
    assert again.returncode == 20, "within the same night"
    assert len(read_lines(heard)) == 1


def test_a_head_that_does_not_build_is_no_silence(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    kit.break_tools({"cmake --build": {"exit": 1, "print": "src/whisper.cpp:1:1: error: nonsense"}})
    done = branch.night()
    assert done.returncode == 10, done.stderr
    assert done.stdout.startswith(f"node-1: {branch.shas[-1][:8]} does not build: ")
    assert "build_release" in done.stdout


def put_old_night(kit: Kit, node: str, days: int) -> None:
    """Store the report of another node's night, so many days ago."""
    began = datetime.now(UTC) - timedelta(days=days)
    save_night(kit.results, quiet_report(node=node, began=began.isoformat(timespec="seconds")))


def test_a_node_that_died_is_an_alarm_of_every_other_one(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    put_old_night(kit, "far", 9)
    put_old_night(kit, "near", 1)
    heard = kit.folder / "heard"
    program = f"import sys; open({str(heard)!r}, 'a').write(' '.join(sys.stdin.read().split()) + chr(10))"
    words = ["--notify", shlex.join([sys.executable, "-c", program]), "--silent-after", "4"]
    done = branch.night(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("node-1: 1 alarm for what is not measured any more\n")
    (notice,) = read_lines(heard)
    assert (notice["event"]["kind"], notice["event"]["node"]) == ("MISSING", "far")
    assert notice["event"]["subject"].startswith("no report since ")
    again = branch.night(*words)
    assert again.stdout.startswith("node-1: nothing new\n")
    assert "Still open:" in again.stdout
    assert len(read_lines(heard)) == 1
    listed = result_of(kit.harness("events", "--json").stdout)["events"]
    (silent,) = [one for one in listed if one["kind"] == "MISSING"]
    assert silent["id"] == notice["event"]["id"]
    assert f"{silent['id']}  " in kit.harness("history").stdout
    (kit.results / "triage.toml").write_text(f'[{silent["id"]}]\nstate = "acknowledged"\nnote = "it was sold"\n')
    settled = branch.night(*words)
    assert "Still open:" in settled.stdout
    assert "1 event that people decided about" in settled.stdout
    put_old_night(kit, "far", 0)
    back = branch.night(*words)
    assert back.stdout.startswith("node-1: 1 event is over\n")


def test_a_case_that_vanished_is_missing(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    night = branch.night()
    assert night.returncode == 0, night.stderr
    (path,) = [one / "run.json" for one in kit.bundles() if '"purpose": "night"' in (one / "run.json").read_text()]
    record = json.loads(path.read_text())
    day = datetime.now(UTC) - timedelta(days=1)
    name = f"{day:%Y%m%dT%H%M%SZ}-{path.parent.name[17:]}"
    record["id"], record["start"] = name, day.isoformat(timespec="seconds")
    kept = [one for one in record["results"] if one.get("case")]
    other = json.loads(json.dumps(kept[-1]["measurements"][0]))
    other["case"]["params"] = [[key, "9" if key == "threads" else value] for key, value in other["case"]["params"]]
    kept[-1]["measurements"].append(other)
    folder = kit.results / "node-1" / f"{day:%Y-%m}" / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(record))
    listed = result_of(kit.harness("events", "--json").stdout)["events"]
    (event,) = [one for one in listed if one["kind"] == "MISSING"]
    assert event["subject"].startswith("1 case without a number: ")
    assert event["subject"].endswith("threads=9")


def test_audits_are_counted_in_the_last_line(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    sha = branch.shas[0]
    options = ["--repo", branch.url, "--model", "tiny", "--weights", str(kit.weights), "--threads", "2"]
    done = kit.harness("ab", sha, sha, *options, "--engine", "bench", "--no-relink", "--max-time", "20")
    assert done.returncode == 0, done.stderr
    for folder in kit.bundles():
        record = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps(record | {"purpose": "audit"}))
    last = branch.night().stdout.splitlines()[-1]
    assert last.startswith("1 audit, 0 false verdicts")
    assert "98 %" in last
