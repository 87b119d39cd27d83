"""The harness is stopped: the state is kept, nothing is left running, and `run --resume` goes on."""

import errno
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.records.outcome import Status
from harness.records.run import SCHEMA, Run
from harness.store.bundle import Bundle, load_run
from tests.answer import check_answer
from tests.flow.kit import Kit, drop_seed, wait_for


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_the_state_and_resume_goes_on(kit: Kit, number: signal.Signals) -> None:
    kit.break_tools({"whisper-bench -w 2": {"sleep": 300, "silent": True, "times": 1}})
    words = kit.words("--repetitions", "1", "--json")
    child = kit.start(*words)
    wait_for(lambda: ["whisper-bench", "-w", "2"] in [call[:3] for call in kit.calls() if len(call) > 2])
    child.send_signal(number)
    stdout, stderr = child.communicate(timeout=60)
    assert child.returncode == 130
    check_answer(words, kit.environ, stdout, 130)
    assert str(kit.results) in json.loads(stdout)["error"]["hint"], "where it goes on"
    assert f"--results {kit.results}" in stderr
    assert "Traceback" not in stderr
    assert kit.running() == [], "the children are gone"
    assert kit.bundles() == []
    before = len([call for call in kit.calls("cmake") if "-G" in call])

    resumed = kit.harness("run", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == before, "finished steps are not repeated"
    assert len([call for call in kit.calls("ctest") if "--output-junit" in call]) == 2
    assert len([call for call in kit.calls("whisper-bench") if call[1:3] == ["-w", "1"]]) == 1
    assert len([call for call in kit.calls("whisper-bench") if call[1:3] == ["-w", "2"]]) == 2
    assert kit.only_run().status is Status.PASSED
    assert kit.partials() == []


def test_a_killed_harness_can_be_resumed(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -w 2": {"sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*drop_seed(kit.words("--repetitions", "1")))
    wait_for(lambda: ["whisper-bench", "-w", "2"] in [call[:3] for call in kit.calls() if len(call) > 2])
    child.kill()
    child.communicate()
    (partial,) = kit.partials()
    begun = json.loads((partial / "run.json").read_text())
    assert begun["results"]
    (partial / "run.json").write_text(json.dumps({**begun, "schema": 4}))  # an older harness began it
    assert kit.running() != []
    resumed = kit.harness("run", "--resume", partial.name[:10])
    assert resumed.returncode == 0, resumed.stderr
    assert "left running by" in resumed.stderr
    assert kit.running() == [], "what the killed harness left behind is ended"
    assert (kit.only_run().status, kit.only_run().schema) == (Status.PASSED, SCHEMA)
    assert kit.only_run().suite.seed == begun["suite"]["seed"] > 1, "drawn once, and kept"


def interrupted(kit: Kit) -> Path:
    kit.break_tools({"whisper-bench -w 2": {"sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.words("--repetitions", "1"))
    wait_for(lambda: ["whisper-bench", "-w", "2"] in [call[:3] for call in kit.calls() if len(call) > 2])
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    (partial,) = kit.partials()
    return partial


def test_resume_refuses_weights_that_have_changed(kit: Kit) -> None:
    mine = kit.folder / "mine.bin"
    shutil.copyfile(kit.weights, mine)
    kit.weights = mine
    interrupted(kit)
    with mine.open("r+b") as file:
        file.truncate(5)
    done = kit.harness("run", "--resume")
    assert done.returncode == 4
    assert "have changed" in done.stderr
    mine.unlink()
    assert "no longer exist" in kit.harness("run", "--resume").stderr
    assert len(kit.partials()) == 1


def test_resume_refuses_a_tree_that_has_changed(kit: Kit) -> None:
    interrupted(kit)
    (kit.tree / "include" / "whisper.h").write_text("changed\n")
    done = kit.harness("run", "--resume")
    assert done.returncode == 2
    assert "has changed since" in done.stderr
    shutil.rmtree(kit.tree)
    assert kit.harness("run", "--resume").returncode == 4
    assert not kit.tree.exists()


def test_resume_builds_again_what_was_removed(kit: Kit) -> None:
    interrupted(kit)
    shutil.rmtree(kit.cache / "builds")
    done = kit.harness("run", "--resume")
    assert done.returncode == 0, done.stderr
    assert kit.only_run().status is Status.PASSED


def test_another_node_does_not_take_it_up(kit: Kit) -> None:
    interrupted(kit)
    done = kit.harness("run", "--resume", environ={"HARNESS_AS_NODE": "node-2"})
    assert done.returncode == 2
    assert len(kit.partials()) == 1


def settle_in(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `main` run in this process as if the kit had started it."""
    for name in [name for name in os.environ if name.startswith("HARNESS_")]:
        monkeypatch.delenv(name)
    for name, value in kit.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(kit.temporary))
    monkeypatch.chdir(kit.folder)


def test_a_model_that_does_not_fit_is_skipped_and_not_started(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle_in(kit, monkeypatch)
    monkeypatch.setattr("harness.run.session.available_bytes", lambda: 300_000_000)
    words = ("--repetitions", "1", "--bench", "whisper", "--no-tests", "--flash-attn", "0,1", "--threads", "2")
    assert main(kit.words(*words, "-v")) == 0
    skipped, measured = sorted((one for one in kit.only_run().results if one.case), key=lambda one: str(one.case))
    assert (skipped.status, measured.status) == (Status.SKIPPED, Status.PASSED)
    assert skipped.reason == "needs 0.33 GB of memory, but only 0.30 GB are free"
    shown = capsys.readouterr()
    assert "a process of tiny takes about 327 MB with fa 0, 258 MB with fa 1" in shown.err
    assert "whisper/fa=0/model=tiny/threads=2: needs 0.33 GB of memory" in " ".join(shown.out.split())


def test_a_full_disk_in_the_middle_keeps_the_state_and_says_how_to_go_on(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle_in(kit, monkeypatch)
    save, saved = Bundle.save_run, []

    def full(self: Bundle, run: Run) -> None:
        saved.append(run)
        if len(saved) > 5:
            raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
        save(self, run)

    monkeypatch.setattr(Bundle, "save_run", full)
    assert main(kit.words("--repetitions", "1")) == 3
    assert "No space left on device" in capsys.readouterr().err
    (partial,) = kit.partials()
    assert len(load_run(partial).results) == 4
    monkeypatch.undo()
    assert kit.harness("run", "--resume").returncode == 0


def test_the_exit_code_survives_a_reader_that_has_gone(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 4}})
    child = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    child.stderr.close()
    assert child.wait(timeout=60) == 12
    assert kit.only_run().exit_code == 12


def test_resume_without_anything_unfinished(kit: Kit) -> None:
    done = kit.harness("run", "--resume")
    assert done.returncode == 2
    assert "no unfinished run" in done.stderr
    done = kit.harness("run", "--resume", "--dry-run")
    assert done.returncode == 2
    assert "--resume cannot be combined with --dry-run" in done.stderr
    done = kit.harness("run", "--resume", "--model", "base", "--no-tests")
    assert done.returncode == 2
    assert "--resume cannot be combined with --model or --no-tests" in done.stderr


def test_a_second_harness_does_not_measure_at_the_same_time(kit: Kit) -> None:
    over = kit.folder / "over"
    kit.break_tools({"whisper-bench -m": {"until": str(over), "times": 1}})
    first = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    wait_for(lambda: any("-nfa" in call for call in kit.calls()))
    refused = kit.run("--no-wait", "--repetitions", "1", "--bench", "whisper")
    assert refused.returncode == 3
    assert "another run is in progress on this node" in refused.stderr
    second = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    assert second.stderr
    said = ""
    while "waiting for another run" not in said:
        line = second.stderr.readline()
        assert line, said
        said += line
    assert first.poll() is None
    over.touch()
    first.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)


def test_the_partial_state_of_a_newer_schema_is_refused(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 300, "silent": True}})
    child = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    wait_for(lambda: any("-nfa" in call for call in kit.calls()))
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    (partial,) = kit.partials()
    state = json.loads((partial / "run.json").read_text())
    (partial / "run.json").write_text(json.dumps({**state, "schema": 99}))
    done = kit.harness("run", "--resume", partial.stem)
    assert done.returncode == 5
    assert "schema" in done.stderr
    done = kit.harness("run", "--resume")
    assert done.returncode == 2, "passed over"
    assert f"harness list --unfinished --remove {partial.stem} --yes" in done.stderr
