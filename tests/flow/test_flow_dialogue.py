"""A child that is asked line by line, also one that does not behave."""

import sys
from pathlib import Path

import pytest

from harness.records.outcome import FLOODED, MOST_LOG_BYTES
from harness.system.process.dialogue import LATE, Dialogue
from harness.system.process.pulse import Pulse

ECHO = "import sys\nfor line in sys.stdin:\n    print('so', line.strip(), flush=True)"


def ask(folder: Path, program: str, timeout_s: float = 30.0) -> tuple[Dialogue, str | None]:
    dialogue = Dialogue([sys.executable, "-c", program], cwd=folder, env={}, log=folder / "log")
    return dialogue, dialogue.ask("what", timeout_s)


def test_question_and_answer_stand_in_the_log(tmp_path: Path) -> None:
    dialogue, answer = ask(tmp_path, ECHO)
    assert answer == "so what"
    completed = dialogue.close()
    assert (completed.exit_code, completed.timed_out, dialogue.stopped) == (0, False, "")
    assert dialogue.read_log().endswith("\n> what\nso what\n")


def test_a_child_that_is_late_is_stopped(tmp_path: Path) -> None:
    dialogue, answer = ask(tmp_path, "import time; time.sleep(60)", timeout_s=0.3)
    assert (answer, dialogue.stopped) == (None, LATE)
    assert dialogue.close().timed_out


def test_a_stop_is_no_time_of_a_child_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pulse, "stopped_s", 6.0)
    dialogue, answer = ask(tmp_path, "input()")
    assert (answer, dialogue.halted_s) == (None, 6.0)


@pytest.mark.parametrize("stream", [1, 2])
def test_a_child_that_prints_without_end_is_stopped_and_fills_no_disk(tmp_path: Path, stream: int) -> None:
    dialogue, answer = ask(tmp_path, f"import os\nwhile True: os.write({stream}, b'x' * 65536)", timeout_s=120.0)
    assert answer is None
    assert not dialogue.close().timed_out
    size = (tmp_path / "log").stat().st_size
    if stream == 1:
        assert dialogue.stopped.startswith("an answer of more than")
        assert size < 1000
    else:
        assert dialogue.stopped == FLOODED
        assert MOST_LOG_BYTES < size < MOST_LOG_BYTES + 1000
        assert (tmp_path / "log").read_bytes().endswith(f"\n{FLOODED}\n".encode())


@pytest.mark.skipif(sys.platform != "linux", reason="it looks at /proc")
def test_a_child_that_was_stopped_before_it_answered_is_known(tmp_path: Path) -> None:
    stop = (
        "import os, signal, sys\n"
        "for line in sys.stdin:\n"
        "    helper = os.fork()\n"
        "    if not helper:\n"
        "        while 'T' not in open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2]: pass\n"
        "        os.kill(os.getppid(), signal.SIGCONT)\n"
        "        os._exit(0)\n"
        "    os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    print('so', flush=True)"
    )
    dialogue, answer = ask(tmp_path, stop)
    assert answer == "so"
    assert dialogue.asked_still_s > 0
    assert dialogue.halted_s == pytest.approx(dialogue.asked_still_s, abs=0.01)
    dialogue.close()
    calm, _ = ask(tmp_path, ECHO)
    assert (calm.asked_still_s, calm.halted_s) == (0.0, 0.0)
    calm.close()
