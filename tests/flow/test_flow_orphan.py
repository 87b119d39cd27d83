"""What a killed harness leaves running is known by its environment."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from harness.system.process.orphan import mark_child, stop_orphans

SLEEP = f"import time; time.sleep(300)  # {os.getpid()}"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)"


def start(program: str, bundle: Path) -> subprocess.Popen[bytes]:
    environ = {"PATH": os.environ["PATH"], **mark_child(bundle)}
    return subprocess.Popen([sys.executable, "-c", program], env=environ, start_new_session=True)


def test_all_of_one_run_are_ended_and_no_other(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.partial", tmp_path / "b.partial"
    own, other = start(SLEEP, ours), start(SLEEP, theirs)
    parent = start(PARENT, ours)
    parent.wait(timeout=60)
    # The grandchild lives on, in a session of its own; only its environment tells whose it is.
    assert len(stop_orphans(ours)) == 1, "one name, for all three are called alike"
    assert own.wait(timeout=60) != 0
    assert stop_orphans(ours) == ()
    assert other.poll() is None
    other.kill()
    other.wait(timeout=60)
    assert not [one for one in psutil.process_iter() if SLEEP in " ".join(_cmdline(one))]


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
