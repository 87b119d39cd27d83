"""Runs with one cache, and a folder for temporary files each: they do not see each other's lock of the node."""

import os
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
        assert f"that makes {folder.name}" in told
        assert f"(process {os.getpid()})" in told or not Path("/proc/locks").exists()
        assert folder.is_dir()
        assert [call for call in kit.calls("cmake") if {"-G", "--build"} & set(call)] == []
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    assert len([call for call in kit.calls("cmake") if "--build" in call]) == 1
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == len(words), (
        "configured anew by --rebuild alone"
    )


def test_what_all_builds_include_is_written_by_one_at_a_time(kit: Kit) -> None:
    assert kit.run(*QUICK).returncode == 0
    (include,) = (kit.cache / "cmake").glob("*.cmake")
    include.unlink()
    with hold(include.with_name(f"{include.name}.lock"), busy=nobody):
        second = kit.start(*kit.words(*QUICK))
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=4)
        assert not include.exists()
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    assert include.exists()
