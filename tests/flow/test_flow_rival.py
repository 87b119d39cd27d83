"""Runs with one cache, and a folder for temporary files each: they do not see each other's lock of the node."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.system.lock import hold
from tests.flow.kit import Kit

QUICK = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2")


def nobody() -> None:
    raise AssertionError("somebody has it")


@pytest.mark.parametrize("words", [(), ("--rebuild",)])
def test_a_build_that_another_makes_is_waited_for(kit: Kit, words: tuple[str, ...]) -> None:
    assert kit.run(*QUICK).returncode == 0
    (folder,) = [path for path in (kit.cache / "builds").iterdir() if path.is_dir()]
    (kit.tools / "calls.jsonl").unlink()
    with hold(folder.with_name(f"{folder.name}.lock"), busy=nobody):
        second = kit.start(*kit.words(*QUICK, *words))
        assert second.stderr
        told = next(line for line in second.stderr if "waiting for another process" in line)
        assert f"which is making {folder.name}" in told
        assert f"(process {os.getpid()})" in told or not Path("/proc/locks").exists()
        assert folder.is_dir()
        assert [call for call in kit.calls("cmake") if {"-G", "--build"} & set(call)] == []
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    assert len([call for call in kit.calls("cmake") if "--build" in call]) == 1
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == len(words), (
        "configured anew by --rebuild alone"
    )


def test_a_run_with_the_same_cache_is_not_measured_meanwhile(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True, "times": 1}})
    elsewhere = kit.folder / "elsewhere"
    elsewhere.mkdir()
    first = kit.start(*kit.words(*QUICK, "--results", str(kit.folder / "other-results")))
    kit.wait_for_model()
    refused = kit.run(*QUICK, "--no-wait", environ={"TMPDIR": str(elsewhere)})
    second = kit.start(*kit.words(*QUICK), environ={"TMPDIR": str(elsewhere)})
    assert second.stderr
    assert "waiting for another run on this node to end" in second.stderr.readline()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    _, stderr = second.communicate(timeout=60)
    assert refused.returncode == 3
    assert "another run is in progress on this node" in refused.stderr
    assert second.returncode == 0, stderr


def test_what_all_builds_include_is_written_by_one_at_a_time(kit: Kit) -> None:
    assert kit.run(*QUICK).returncode == 0
    (include,) = (kit.cache / "cmake").glob("*.cmake")
    include.unlink()
    with hold(include.with_name(f"{include.name}.lock"), busy=nobody):
        second = kit.start(*kit.words(*QUICK))
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=2)
        assert not include.exists()
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    assert include.exists()
