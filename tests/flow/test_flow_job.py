"""A job of a fleet is known by its key: what it left is not measured again, and what it did not end goes on."""

import json
import signal
from pathlib import Path

import msgspec
import pytest

from harness.records.run import Run
from harness.store.bundle import load_run
from harness.store.job_trace import find_traces
from tests.answer import result_of
from tests.flow.kit import Kit, wait_for

KEY = "lab/2026-05-29/zen4/node-1/run"
ONE = ("--repetitions", "1", "--no-tests", "--bench", "whisper")


def begin(kit: Kit, *words: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Begin a job, and end it in the middle of a measurement."""
    before = len(kit.calls("whisper-bench"))
    kit.break_tools({"whisper-bench": {"sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*words)
    wait_for(lambda: len(kit.calls("whisper-bench")) > before)
    child.send_signal(number)
    child.communicate(timeout=60)


def test_a_job_that_is_done_is_named_and_not_measured_again(kit: Kit) -> None:
    first = kit.run(*ONE, "--job", KEY)
    assert first.returncode == 0, first.stderr
    assert kit.only_run().job == KEY
    calls = len(kit.calls())
    again = kit.run(*ONE, "--job", KEY)
    assert (again.returncode, len(kit.calls())) == (0, calls)
    assert f"{KEY} is done already: PASSED" in again.stdout
    assert str(kit.bundles()[0]) in again.stdout
    as_json = kit.run(*ONE, "--job", KEY, "--json")
    assert msgspec.convert(result_of(as_json.stdout)["run"], Run) == kit.only_run()
    other = kit.run(*ONE, "--job", KEY.replace("/run", "/other"))
    assert other.returncode == 0
    assert len(kit.bundles()) == 2


def test_a_job_that_failed_is_done_with_its_exit_code(kit: Kit) -> None:
    kit.break_tools({"cmake --build Release": {"exit": 1}})
    assert kit.run(*ONE, "--job", KEY).returncode == 10
    kit.break_tools({})
    again = kit.run(*ONE, "--job", KEY)
    assert again.returncode == 10
    assert "is done already: FAILED" in again.stdout
    assert len(kit.bundles()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_job_that_was_stopped_goes_on(kit: Kit, number: signal.Signals) -> None:
    begin(kit, *kit.words(*ONE, "--job", KEY), number=number)
    (partial,) = kit.partials()
    (trace,) = find_traces(kit.results, "lab/2026-05-29/")
    assert (trace.key, trace.node, trace.runs, trace.finished) == (KEY, "node-1", (partial.stem,), False)
    configured = len([call for call in kit.calls("cmake") if "-G" in call])
    done = kit.run(*ONE, "--job", KEY)
    assert done.returncode == 0, done.stderr
    assert f"resuming {partial.stem}" in done.stderr
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == configured
    assert (kit.only_run().id, kit.only_run().job, kit.partials()) == (partial.stem, KEY, [])


def test_the_run_of_another_job_does_not_go_on(kit: Kit) -> None:
    begin(kit, *kit.words(*ONE, "--job", KEY))
    done = kit.run(*ONE, "--job", KEY.replace("05-29", "05-30"))
    assert done.returncode == 0, done.stderr
    assert (len(kit.bundles()), len(kit.partials())) == (1, 1)
    plain = kit.run(*ONE)
    assert plain.returncode == 0
    assert (len(kit.bundles()), len(kit.partials())) == (2, 1)


def test_a_job_whose_run_cannot_go_on_begins_anew(kit: Kit) -> None:
    begin(kit, *kit.words(*ONE, "--job", KEY))
    (partial,) = kit.partials()
    (kit.tools / "data" / "gcc-version.txt").write_text("gcc 13.1.0\n")
    done = kit.run(*ONE, "--job", KEY)
    assert done.returncode == 0, done.stderr
    assert f"{partial.stem} does not go on: " in done.stderr
    assert (kit.only_run().job, kit.partials()) == (KEY, [partial])
    assert "is done already" in kit.run(*ONE, "--job", KEY).stdout


def test_two_processes_with_one_key_leave_one_run(kit: Kit) -> None:
    children = [kit.start(*kit.words(*ONE, "--job", KEY)) for _ in range(2)]
    answers = [child.communicate(timeout=120)[0] for child in children]
    assert [child.wait() for child in children] == [0, 0]
    assert sorted("is done already" in answer for answer in answers) == [False, True]
    assert kit.only_run().job == KEY


def test_a_job_of_any_node_is_done_where_another_node_did_it(kit: Kit) -> None:
    anywhere = "lab/2026-05-29/zen4/*/run"
    assert kit.run(*ONE, "--job", anywhere).returncode == 0
    again = kit.run(*ONE, "--job", anywhere, "--as-node", "node-2")
    assert "is done already" in again.stdout
    assert kit.run(*ONE, "--job", KEY, "--as-node", "node-2").returncode == 0
    assert len(kit.bundles()) == 2


def sweep_words(kit: Kit) -> list[str]:
    return ["sweep", *kit.words("--repetitions", "1", "--threads", "1,2", "--job", KEY)[1:]]


def test_a_sweep_that_was_killed_goes_on_and_is_done_once(kit: Kit) -> None:
    begin(kit, *sweep_words(kit))
    done = kit.harness(*sweep_words(kit))
    assert done.returncode == 0, done.stderr
    (path,) = kit.results.glob("*/*/*.sweep.json")
    stored = json.loads(path.read_text())
    assert (stored["job"], bool(stored["end"])) == (KEY, True)
    assert {load_run(bundle).job for bundle in kit.bundles()} == {KEY}
    assert kit.partials() == []
    calls = len(kit.calls())
    again = kit.harness(*sweep_words(kit))
    assert (again.returncode, len(kit.calls())) == (0, calls)
    assert f"{KEY} is done already: sweep {stored['id']}" in again.stdout
    (trace,) = find_traces(kit.results, "lab/")
    assert (trace.finished, trace.exit_code) == (True, 0)
    assert set(trace.runs) == {bundle.name for bundle in kit.bundles()}


@pytest.mark.parametrize(
    "key", ["lab", "lab/x/y/z/run/more", "lab/../zen4/a/run", "lab/x//a/run", f"{'a' * 400}/x/y/z/run"]
)
def test_what_is_no_key_is_refused(kit: Kit, key: str) -> None:
    refused = kit.run(*ONE, "--job", key)
    assert refused.returncode == 2
    assert "is not the key of a job" in refused.stderr
    assert not Path(kit.results).exists()
