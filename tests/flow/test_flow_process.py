"""Processes: what is left behind, and what is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.errors import UnfitError
from harness.records.outcome import Completed
from harness.system import process
from harness.system.process import capture, execute

ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C"}


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_S", 0.3)


def run(tmp_path: Path, script: str, timeout_s: float = 20) -> Completed:
    return execute(["sh", "-c", script], cwd=tmp_path, env=ENV, log=tmp_path / "log", timeout_s=timeout_s)


def log(tmp_path: Path) -> str:
    return (tmp_path / "log").read_text()


def test_output_and_errors_go_to_the_log_behind_the_command(tmp_path: Path) -> None:
    completed = run(tmp_path, "echo out; echo err >&2; exit 3")
    assert completed.exit_code == 3
    assert log(tmp_path) == "+ sh -c 'echo out; echo err >&2; exit 3'\nout\nerr\n"


def test_a_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    assert run(tmp_path, "kill -SEGV $$").exit_code == -signal.SIGSEGV


def test_memory_and_cpu_time_are_the_childs_own(tmp_path: Path) -> None:
    script = "b = bytearray(300_000_000); b[::4096] = b'x' * len(b[::4096])"
    completed = execute([sys.executable, "-c", script], cwd=tmp_path, env=ENV, log=tmp_path / "log", timeout_s=60)
    assert 300e6 < completed.max_rss_bytes < 500e6
    assert 0 < completed.user_s + completed.system_s <= completed.wall_s * (os.cpu_count() or 1)
    small = run(tmp_path, "true")
    assert small.max_rss_bytes < 300e6, "the earlier child's memory is not remembered"


def test_standard_input_is_closed(tmp_path: Path) -> None:
    assert run(tmp_path, "cat; echo done").exit_code == 0
    assert log(tmp_path).endswith("done\n")


def test_only_the_given_environment_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    run(tmp_path, "env")
    assert "SECRET" not in log(tmp_path)


def test_a_time_out_stops_the_whole_group_and_keeps_what_was_printed(tmp_path: Path) -> None:
    script = "echo partial; trap '' INT TERM; sleep 300 & echo $! > child; sleep 300"
    completed = run(tmp_path, script, timeout_s=0.5)
    assert completed.timed_out
    assert completed.exit_code == -signal.SIGKILL
    assert "partial" in log(tmp_path)
    assert_gone(int((tmp_path / "child").read_text()))


def test_what_a_child_leaves_running_is_ended_with_it(tmp_path: Path) -> None:
    run(tmp_path, "sleep 300 >/dev/null 2>&1 & echo $! > child")
    assert_gone(int((tmp_path / "child").read_text()))


def test_an_interrupt_stops_the_child_and_is_raised_again(tmp_path: Path) -> None:
    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(
            ["sh", "-c", "echo $$ > child; sleep 300"],
            cwd=tmp_path,
            env=ENV,
            log=tmp_path / "log",
            timeout_s=60,
            watch=interrupt,
        )
    assert_gone(int((tmp_path / "child").read_text()))


def test_a_watcher_sees_everything_once(tmp_path: Path) -> None:
    seen: list[bytes] = []
    execute(
        ["sh", "-c", "echo one; sleep 0.6; echo two"],
        cwd=tmp_path,
        env=ENV,
        log=tmp_path / "log",
        timeout_s=20,
        watch=seen.append,
    )
    assert b"".join(seen) == b"+ sh -c 'echo one; sleep 0.6; echo two'\none\ntwo\n"


def test_a_program_that_does_not_exist_is_an_unfit_environment(tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="cannot start no-such-program"):
        execute(["no-such-program"], cwd=tmp_path, env=ENV, log=tmp_path / "log", timeout_s=1)


def test_capture_answers_whatever_happens(tmp_path: Path) -> None:
    assert capture(["sh", "-c", "echo hi"], env=ENV).stdout == "hi\n"
    assert capture(["no-such-program"], env=ENV).exit_code == 127
    began = time.monotonic()
    assert capture(["sh", "-c", "sleep 300"], env=ENV, timeout_s=0.2).exit_code == 124
    assert time.monotonic() - began < 60


def test_nothing_is_left_for_the_interpreter_to_reap(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    run(tmp_path, "true")
    assert {child.pid for child in psutil.Process().children()} <= before
    subprocess._cleanup()  # type: ignore[attr-defined]  # would warn about a child that is still running


def assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")
