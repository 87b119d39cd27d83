"""`harness nightly` over small real repositories, with fake tools: quiet nights, slow commits, and bad luck."""

import errno
import json
import random
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.records.purpose import RunPurpose
from harness.records.run import Run
from harness.store.bundle import Bundle, load_run
from tests.answer import result_of
from tests.elf import make_object
from tests.flow.kit import Busy, Kit
from tests.flow.test_flow_bisect import History
from tests.flow.test_flow_resume import settle_in
from tests.player import Started

_ITEM = re.compile(r"^((?:confirm|bisect|head|anchor|cells|gap|audit) [0-9a-f]{8}(?: : [0-9a-f]{8})?):", re.M)


class Branch(History):
    """A branch that is watched, from one tagged release on."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.repository.git("tag", "v1.0.0")
        self.url = str(self.repository.path)

    def options(self, *words: str) -> list[str]:
        given = ["--repo", self.url, "--model", "tiny", "--weights", str(self.kit.weights)]
        return [*given, "--threads", "2", "--engine", "bench", "--repetitions", "1", "--no-tests", *words]

    def words(self, *words: str) -> list[str]:
        return ["nightly", *self.options("--no-relink", *words)]

    def night(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.kit.harness(*self.words(*words), environ=environ)

    def start(self, *words: str) -> Started:
        return self.kit.start(*self.words(*words))

    def measure(self, sha: str) -> Run:
        """Measure a commit by hand."""
        done = self.kit.harness("run", *self.options("--ref", sha, "--seed", "1"))
        assert done.returncode == 0, done.stderr
        return load_run(self.kit.bundles()[-1])

    def remember(self, shas: list[str], slow: float = 1.2, since: int = 10**6) -> None:
        """Make a past: a run of each commit, one a day, of which those from number `since` on are slower."""
        config = self.measure(shas[0]).config.id
        pattern, chance = self.kit.bundles()[-1], random.Random(1)
        record = json.loads((pattern / "run.json").read_text())
        begun = datetime.now(UTC) - timedelta(days=len(shas))
        for number, sha in enumerate(shas[1:], 1):
            day = begun + timedelta(days=number)
            factor = (slow if number >= since else 1.0) * (1 + 0.004 * chance.gauss(0, 1))
            name = f"{day:%Y%m%dT%H%M%SZ}-{sha[:8]}-{config}"
            self.write(pattern, name, self.alter(record, name, sha, day, factor))

    def alter(self, record: dict[str, Any], name: str, sha: str, day: datetime, factor: float = 1.0) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(json.dumps(record))
        made["id"], made["start"] = name, day.isoformat(timespec="seconds")
        made["end"] = (day + timedelta(minutes=1)).isoformat(timespec="seconds")
        made["source"]["commit"] |= {"sha": sha, "release": "", "date": made["start"]}
        made["source"]["id"] = f"git-{sha[:12]}"
        for result in made["results"]:
            for one in result["measurements"]:
                one["value"] *= factor if one["metric"] == "encode" else 1.0
        return made

    def write(self, pattern: Path, name: str, record: dict[str, Any], node: str = "node-1") -> None:
        folder = self.kit.results / node / f"{name[:4]}-{name[4:6]}" / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "README.md").write_bytes((pattern / "README.md").read_bytes())

    def runs(self, *purposes: RunPurpose) -> Iterator[Run]:
        """Yield the stored runs with one of these purposes."""
        yield from (run for run in map(load_run, self.kit.bundles()) if run.purpose in purposes)


@pytest.fixture
def branch(kit: Kit) -> Branch:
    return Branch(kit)


def announced(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what a night did: the kind of each item that it announced, and its commits."""
    return _ITEM.findall(done.stderr)


def test_a_quiet_night_and_when_nothing_is_left(branch: Branch, kit: Kit) -> None:
    branch.add("one", "two")
    first, head = branch.shas[0][:8], branch.shas[-1][:8]
    done = branch.night()
    assert done.returncode == 0, done.stderr
    assert announced(done) == [f"head {head}", f"anchor {first} : {head}"]
    (run,) = branch.runs(RunPurpose.NIGHT)
    assert (run.source.commit.sha, run.asked_by, run.trial) == (branch.shas[-1], branch.shas[-1], None)
    sides = list(branch.runs(RunPurpose.ANCHOR))
    assert {one.source.commit.sha for one in sides} == {branch.shas[0], branch.shas[-1]}
    assert all(len(one.results) == 4 for one in sides), "four blocks of the only case"
    assert announced(branch.night()) == [f"anchor {first} : {head}"], "as many blocks again are enough"
    count = len(kit.bundles())
    done = branch.night("--json")
    assert (done.returncode, announced(done), len(kit.bundles())) == (0, [], count)
    report = result_of(done.stdout)
    assert (report["head"]["sha"], report["anchor"]["sha"]) == (branch.shas[-1], branch.shas[0])
    assert kit.partials() == []


def test_a_slow_commit_is_confirmed_and_found(branch: Branch, kit: Kit) -> None:
    branch.add(*(f"c{number}" for number in range(1, 24)))
    branch.slow_from(18)
    branch.remember(branch.shas[:22], since=18)
    done = branch.night()
    assert done.returncode == 20, done.stderr
    shown = " ".join(done.stdout.split())
    for part in ("1 regression confirmed", branch.shas[18][:8], "encode", f"harness ab {branch.shas[17][:12]}"):
        assert part in shown
    kinds = [one.partition(" ")[0] for one in announced(done)]
    assert kinds == ["confirm", "bisect", "head", "anchor"], "what is urgent comes first, also on a new clone"
    confirmed = list(branch.runs(RunPurpose.CONFIRMATION))
    assert len({one.asked_by for one in confirmed}) == 1
    events = result_of(kit.harness("events", "--json").stdout)["events"]
    code = [one for one in events if one["kind"] == "CODE"]
    assert [one["id"] for one in code] == [confirmed[0].asked_by]
    shown = kit.harness("events", "show", code[0]["id"]).stdout
    assert f"the search for its commit: harness show {code[0]['bisection']}\n" in shown
    assert "to find the commit" not in shown
    found = result_of(kit.harness("show", "bisect", "--json").stdout)
    assert found["verdict"] == "FOUND"
    assert found["culprits"][0]["suspects"][0]["commit"] == branch.shas[18]
    again = branch.night()
    assert not {"confirm", "bisect"} & {one.partition(" ")[0] for one in announced(again)}, "it was answered"
    assert again.returncode == 20, "the same night goes on"


def test_a_night_that_was_killed_goes_on_the_next_time(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True}})
    child = branch.start()
    kit.wait_for_model()
    child.kill()
    child.communicate()
    (partial,) = kit.partials()
    kit.break_tools({})
    done = branch.night()
    assert done.returncode == 0, done.stderr
    assert f"resuming {partial.stem}" in done.stderr
    (run,) = branch.runs(RunPurpose.NIGHT)
    assert run.id == partial.stem
    assert kit.partials() == []


def test_a_night_that_is_interrupted_says_so_and_goes_on(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True}})
    child = branch.start()
    kit.wait_for_model()
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=60)
    assert child.returncode == 130
    assert stdout.startswith(f"node-1: not measured: {branch.shas[-1][:8]}: interrupted\n")
    assert stderr.endswith("  try:   harness nightly  # goes on with it\n")
    kit.break_tools({})
    assert branch.night().returncode == 0
    assert [one.source.commit.sha for one in branch.runs(RunPurpose.NIGHT)] == [branch.shas[-1]]


def test_two_nights_exclude_each_other(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True}})
    child = branch.start()
    kit.wait_for_model()
    second = branch.night()
    child.kill()
    child.communicate()
    assert second.returncode == 3
    assert f"another night is in progress on this node (process {child.pid})" in second.stderr


def test_a_night_that_is_a_job_waits_for_another_one(branch: Branch, kit: Kit) -> None:
    """Slurm may start a job again while what it started before still goes on; the job must not be lost by that."""
    branch.add("one")
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True, "times": 1}})
    job = ("--job", "lab/2026-05-29/zen4/node-1/nightly")
    child = branch.start(*job)
    kit.wait_for_model()
    refused = branch.night(*job, "--no-wait")
    assert refused.returncode == 3
    assert f"another night is in progress on this node (process {child.pid})" in refused.stderr
    second = branch.start(*job)
    assert second.stderr
    line = second.stderr.readline()
    assert line == f"waiting for another night on this node to end (process {child.pid})\n"
    child.kill()
    child.communicate()
    _, stderr = second.communicate(timeout=120)
    assert second.returncode == 0, stderr
    assert "resuming " in stderr
    assert [one.job for one in branch.runs(RunPurpose.NIGHT)] == [job[1]]


def test_a_dry_night_only_shows_its_plan(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    done = branch.night("--dry-run")
    assert done.returncode == 0, done.stderr
    assert f"the newest commit is {branch.shas[-1][:8]} " in done.stdout
    assert "anchor" in done.stdout
    assert kit.bundles() == kit.partials() == []
    plan = result_of(branch.night("--dry-run", "--json").stdout)
    assert [one["kind"] for one in plan["items"]] == ["head", "anchor"]


def test_the_table_of_the_file_is_for_the_night_alone(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    (kit.folder / "harness.toml").write_text('quiet = true\n[nightly]\nanchor = "v7"\n')
    done = branch.night("--dry-run")
    assert done.returncode == 2
    assert "has no tag, branch or commit 'v7'" in done.stderr
    assert kit.harness("list").returncode == 0


def test_a_repository_that_is_away_leaves_the_last_known_head(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    branch.url = f"file://{branch.repository.path}"
    assert branch.night().returncode == 0
    branch.repository.path.rename(kit.folder / "away")
    done = branch.night()
    assert done.returncode == 0, done.stderr
    assert announced(done) == [f"anchor {branch.shas[0][:8]} : {branch.shas[-1][:8]}"]
    assert "could not be reached" in done.stdout + done.stderr


def test_a_force_push_is_told_and_does_no_harm(branch: Branch) -> None:
    branch.add("one", "lost")
    assert branch.night().returncode == 0
    branch.repository.git("reset", "--quiet", "--hard", "HEAD~1")
    branch.shas.pop()
    branch.add("other")
    done = branch.night()
    assert done.returncode == 0, done.stderr
    assert announced(done)[0] == f"head {branch.shas[-1][:8]}"
    assert "force-pushed" in done.stdout + done.stderr


def test_a_head_that_does_not_build_is_kept_as_a_failed_run(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    kit.break_tools({"cmake --build": {"exit": 1, "print": "src/whisper.cpp:1:1: error: nonsense"}})
    done = branch.night()
    assert done.returncode == 10, done.stderr
    (run,) = branch.runs(RunPurpose.NIGHT)
    assert run.exit_code == 10
    kit.break_tools({})
    assert announced(branch.night()) == [], "not twice in one night"


def test_an_anchor_that_does_not_build_fails_alone(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    assert branch.measure(branch.shas[1]).exit_code == 0
    kit.break_tools({"cmake --build": {"exit": 1, "print": "src/whisper.cpp:1:1: error: nonsense"}})
    done = branch.night()
    assert done.returncode == 0, done.stderr
    assert announced(done) == [f"anchor {branch.shas[0][:8]} : {branch.shas[1][:8]}"]
    (kept,) = branch.runs(RunPurpose.ANCHOR)
    assert (kept.source.commit.sha, kept.exit_code, kept.trial) == (branch.shas[0], 10, None)
    kit.break_tools({})
    assert announced(branch.night()) == [], "not twice in one night"


def test_a_full_disk_ends_the_night_and_loses_nothing(
    branch: Branch, kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    branch.add("one")
    settle_in(kit, monkeypatch)
    save, saved = Bundle.save_run, []

    def full(self: Bundle, run: Run) -> None:
        saved.append(run)
        if len(saved) > 5:
            raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
        save(self, run)

    monkeypatch.setattr(Bundle, "save_run", full)
    assert main(branch.words()) == 3
    assert "No space left on device" in capsys.readouterr().err
    (partial,) = kit.partials()
    monkeypatch.undo()
    done = branch.night()
    assert f"resuming {partial.stem}" in done.stderr
    assert (done.returncode, kit.partials()) == (0, [])


def test_the_cache_stays_below_its_limit(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    old = branch.measure(branch.shas[0]).source.commit.sha
    branch.repository.git("tag", "-d", "v1.0.0")
    branch.repository.git("tag", "v1.1.0")
    done = branch.night("--cache-limit", "1k")
    assert done.returncode == 0, done.stderr
    builds = [path.name for path in (kit.cache / "builds").iterdir() if path.is_dir()]
    assert not [name for name in builds if old[:12] in name]
    assert [name for name in builds if branch.shas[-1][:12] in name]
    assert "more than --cache-limit" in done.stdout + done.stderr


def test_a_head_that_has_not_built_for_three_nights_is_broken(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    kit.break_tools({"cmake --build": {"exit": 1, "print": "src/whisper.cpp:1:1: error: nonsense"}})
    assert branch.night().returncode == 10
    (pattern,) = kit.bundles()
    record = json.loads((pattern / "run.json").read_text())
    for days in (1, 2):
        day = datetime.now(UTC) - timedelta(days=days)
        name = f"{day:%Y%m%dT%H%M%SZ}{record['id'][16:]}"
        branch.write(pattern, name, branch.alter(record, name, branch.shas[-1], day))
    done = branch.night("--json")
    (event,) = [one for one in result_of(done.stdout)["new"] if one["kind"] == "BROKEN"]
    assert "error: nonsense" in event["subject"]


def test_a_head_whose_code_was_measured_is_built_and_not_measured_again(branch: Branch, kit: Kit) -> None:
    kit.offer_objects(any=make_object(b"code" * 16, (b"text",)))
    branch.add("one")
    assert branch.night().returncode == 0
    branch.add("two")
    count = len(kit.bundles())
    done = branch.night()
    head, former = branch.shas[-1][:8], branch.shas[-2][:8]
    assert (done.returncode, announced(done)) == (0, [f"head {head}"]), done.stderr
    assert len(kit.bundles()) == count
    assert "its code is that of a commit that was" in done.stdout
    assert f"its code is that of {former}, which was measured" in done.stdout


def test_a_node_that_shares_the_results_and_is_silent_is_missed_once(branch: Branch, kit: Kit) -> None:
    branch.add("one")
    assert branch.night("--silent-after", "2").returncode == 0
    run = next(branch.runs(RunPurpose.NIGHT))
    pattern = next(path for path in kit.bundles() if path.name == run.id)
    record = json.loads((pattern / "run.json").read_text())
    day = datetime.now(UTC) - timedelta(days=4)
    name = f"{day:%Y%m%dT%H%M%SZ}{run.id[16:]}"
    made = branch.alter(record, name, branch.shas[0], day)
    made["node"]["name"] = "node-2"
    branch.write(pattern, name, made, node="node-2")
    (kit.results / "node-2" / f"{day:%Y-%m}" / f"{day:%Y%m%dT%H%M%SZ}-night.json").touch()
    for silent, expected in (("9", []), ("2", ["node-2"])):
        report = result_of(branch.night("--silent-after", silent, "--json").stdout)
        assert [one["node"] for one in report["new"]] == expected
    report = result_of(branch.night("--silent-after", "2", "--json").stdout)
    assert report["new"] == []
    assert [one["node"] for one in report["open"]] == ["node-2"]


def test_a_night_that_is_a_job_is_done_once(branch: Branch) -> None:
    key = ("--job", "lab/2026-05-29/zen4/node-1/nightly")
    first = branch.night(*key)
    assert first.returncode == 0, first.stderr
    assert {run.job for run in map(load_run, branch.kit.bundles())} == {key[1]}
    (path,) = branch.kit.results.glob("*/*/*-night.json")
    assert json.loads(path.read_text())["job"] == key[1]
    calls = len(branch.kit.calls())
    again = branch.night(*key)
    assert (again.returncode, len(branch.kit.calls())) == (0, calls)
    assert f"{key[1]} is done already: nothing new" in again.stdout
    other = branch.night("--job", "lab/2026-05-30/zen4/node-1/nightly")
    assert other.returncode == 0, other.stderr
    assert len(list(branch.kit.results.glob("*/*/*-night.json"))) == 2


def test_a_night_that_was_interrupted_is_not_done(branch: Branch) -> None:
    key = ("--job", "lab/2026-05-29/zen4/node-1/nightly")
    branch.kit.break_tools({"whisper-bench -m": {"sleep": 300, "silent": True, "times": 1}})
    child = branch.start(*key)
    branch.kit.wait_for_model()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    done = branch.night(*key)
    assert done.returncode == 0, done.stderr
    assert "resuming" in done.stderr
    assert len(branch.kit.bundles()) == 1
    assert "is done already" in branch.night(*key).stdout


def test_a_night_refuses_a_noisy_node_before_its_first_item_only(branch: Branch) -> None:
    with Busy(branch.kit):
        refused = branch.night("--refuse-noise")
    assert refused.returncode == 75, refused.stderr
    assert "the node is too noisy: nothing is measured" in refused.stderr
    assert branch.kit.calls("whisper-bench") == []
    assert list(branch.kit.results.glob("*/*/*-night.json")) == []
    branch.kit.break_tools({"whisper-bench -m": {"sleep": 1}})
    child = branch.start("--refuse-noise", "--retries", "0")
    branch.kit.wait_for_model()
    with Busy(branch.kit):
        _, said = child.communicate(timeout=120)
    assert child.returncode == 0, said
    with Busy(branch.kit):
        idle = branch.night("--refuse-noise")
    assert idle.returncode == 0, "where there is nothing to measure, nothing is refused"
