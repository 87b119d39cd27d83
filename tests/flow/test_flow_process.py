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
from harness.records.outcome import FLOODED, MOST_LOG_BYTES, CompletedProcess
from harness.system.process import child as process
from harness.system.process.child import capture, execute
from harness.system.process.memory import own_peak_bytes
from harness.system.process.pulse import Pulse

ROOT = Path(__file__).parents[2]
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C"}


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_S", 0.3)


def run(tmp_path: Path, script: str, timeout_s: float = 20) -> CompletedProcess:
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
    size = own_peak_bytes() + 300_000_000
    script = f"b = bytearray({size}); b[::4096] = b'x' * len(b[::4096])"
    completed = execute([sys.executable, "-c", script], cwd=tmp_path, env=ENV, log=tmp_path / "log", timeout_s=60)
    assert size < completed.max_rss_bytes < size + 200e6
    assert 0 < completed.user_s + completed.system_s <= completed.wall_s * (os.cpu_count() or 1)
    small = run(tmp_path, "true")
    assert small.max_rss_bytes == 0, "neither the earlier child's nor the harness's memory is taken for its own"


def test_the_memory_of_whoever_started_the_harness_is_not_its_own(tmp_path: Path) -> None:
    """A runner may be large: what it held must not hide what the harness's own children hold."""
    large = f"b'x' * {own_peak_bytes() + 200_000_000}"
    child = (
        "from pathlib import Path; import os, sys; from harness.system.process.child import execute; here = Path('.'); "
        "argv = [sys.executable, '-c', 'b = bytes([1]) * 90_000_000']; "
        "done = execute(argv, cwd=here, env=dict(os.environ), log=here / 'log', timeout_s=60); "
        "print(done.max_rss_bytes)"
    )
    parent = f"import subprocess, sys; held = {large}; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    done = subprocess.run([sys.executable, "-c", parent], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert 90e6 < int(done.stdout) < 190e6


@pytest.mark.parametrize("error", ["MemoryError()", "SystemError('error return without exception set')"])
def test_a_start_without_memory_is_no_defect_however_python_says_it(tmp_path: Path, error: str) -> None:
    start = (
        "import builtins, runpy\n"
        "import_module = builtins.__import__\n"
        "def fail(name, *words, **more):\n"
        "    if name == 'harness.cli.main':\n"
        f"        raise {error}\n"
        "    return import_module(name, *words, **more)\n"
        "builtins.__import__ = fail\n"
        "runpy.run_module('harness', run_name='__main__')\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", start], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 3
    assert "cannot start: out of memory" in done.stderr
    assert "Traceback" not in done.stderr


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


@pytest.mark.parametrize("script", ["exec yes on and on", "yes on and on | head -c 70000000", "trap '' INT TERM; yes"])
def test_what_is_printed_without_end_is_cut_off(tmp_path: Path, script: str) -> None:
    began = time.monotonic()
    run(tmp_path, script, timeout_s=300)
    assert time.monotonic() - began < 60
    told = log(tmp_path)
    assert told.endswith(f"\n{FLOODED}\n")
    assert len(told) == MOST_LOG_BYTES + len(FLOODED) + 2


def test_an_answer_without_end_is_none(tmp_path: Path) -> None:
    for stream in ("", " >&2"):
        answer = capture(["sh", "-c", f"exec yes on and on{stream}"], env=ENV, timeout_s=300)
        assert (answer.exit_code, answer.stdout, answer.stderr) == (124, "", "it printed more than 64 MB")


def test_an_answer_is_taken_from_both_streams_until_the_child_itself_has_ended(tmp_path: Path) -> None:
    script = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exec >&- 2>&-; sleep 0.3; exit 7"
    answer = capture(["sh", "-c", script], env=ENV)
    assert (answer.exit_code, len(answer.stdout), len(answer.stderr)) == (7, 300_000, 300_000)
    daemon = capture(["sh", "-c", "echo hi; sleep 30 & exit 3"], env=ENV)
    assert (daemon.exit_code, daemon.stdout) == (3, "hi\n")
    chatty = capture(["sh", "-c", "(while sleep 0.1; do echo on; done) & exit 4"], env=ENV)
    assert chatty.exit_code == 4


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


def test_a_stop_between_two_ticks_is_known_and_so_is_its_absence(tmp_path: Path) -> None:
    quiet = run(tmp_path, "true")
    assert (quiet.stopped_s, quiet.suspended_s) == (0.0, 0.0)
    ticks: list[bytes] = []

    def watch(_: bytes) -> None:
        """Let the child end two ticks after it went on: the first may have looked just before."""
        ticks.extend([b"tick"] if (tmp_path / "on").exists() else [])
        if len(ticks) == 2:
            (tmp_path / "seen").touch()

    # The child stops itself, and a helper lets it go on.
    script = (
        "(until grep -q '^State:.T' /proc/$$/status; do :; done; kill -CONT $$) & kill -STOP $$; touch on; "
        "until [ -e seen ]; do sleep 0.02; done"
    )
    argv = ["sh", "-c", script]
    completed = execute(argv, cwd=tmp_path, env=ENV, log=tmp_path / "log", timeout_s=60, watch=watch)
    assert completed.exit_code == 0
    assert completed.stopped_s


def test_a_harness_that_stands_still_does_not_kill_its_child_for_being_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child takes longer than it may, but nobody was there for a minute: no test stops whoever runs it."""

    class Absent(Pulse):
        def __init__(self, pid: int = 0, *, fresh: bool = False) -> None:
            super().__init__(pid, fresh=fresh)
            self.absent_s = 60.0

    monkeypatch.setattr(process, "Pulse", Absent)
    completed = run(tmp_path, "sleep 0.3; true", timeout_s=0.1)
    assert (completed.exit_code, completed.timed_out) == (0, False)
    assert capture(["sh", "-c", "sleep 0.3; echo hi"], env=ENV, timeout_s=0.1).stdout == "hi\n"
