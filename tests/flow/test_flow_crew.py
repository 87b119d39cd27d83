"""Work shared among processes that are killed, that raise, and that outlive nobody."""

import multiprocessing.process
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.system.process.crew import share
from tests.flow.kit import ROOT

COUNT = 260


class Work:
    """Doubles a number; some of them kill the process that they come to, the first time or every time."""

    def __init__(self, folder: Path, *, once: tuple[int, ...] = (), ever: tuple[int, ...] = ()) -> None:
        self.folder, self.once, self.ever = folder, once, ever

    def __call__(self, number: int) -> int:
        mark = self.folder / str(number)
        if number in self.ever or (number in self.once and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if number < 0:
            raise ValueError(number)
        return 2 * number


def children() -> list[psutil.Process]:
    """Return who was started; not the tracker that Python starts where processes cannot be forked, nor our player.

    Nor the program that drives a browser for the tests of pages.
    """
    found = psutil.Process().children()
    others = ("resource_tracker", "tests.player", "playwright")
    return [one for one in found if not any(other in word for word in one.cmdline() for other in others)]


def doubled(work: Work, numbers: list[int]) -> tuple[list[int], list[str]]:
    notes: list[str] = []
    return list(share(work, numbers, fallen=lambda number: -number, note=notes.append)), notes


def test_the_answers_come_in_order(tmp_path: Path) -> None:
    assert doubled(Work(tmp_path), list(range(COUNT))) == ([2 * number for number in range(COUNT)], [])
    assert doubled(Work(tmp_path), []) == ([], [])
    assert children() == []


def test_what_a_killed_process_had_is_done_again_and_what_kills_is_answered_for(tmp_path: Path) -> None:
    answers, notes = doubled(Work(tmp_path, once=(3, 4, 120), ever=(77,)), list(range(COUNT)))
    assert answers == [-77 if number == 77 else 2 * number for number in range(COUNT)]
    assert len(notes) == 4
    assert "killed" in notes[0]


def test_what_the_work_raises_is_raised_and_nobody_is_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="-1"):
        doubled(Work(tmp_path), [*range(120), -1, *range(100)])
    assert children() == []


def test_where_no_process_may_be_started_it_is_done_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    assert doubled(Work(tmp_path), list(range(COUNT)))[0] == [2 * number for number in range(COUNT)]


ENDLESS = """
import os, sys, time
from harness.system.process.crew import share
def work(number):
    print(os.getpid(), flush=True)
    time.sleep(0.1)
if __name__ == "__main__":
    list(share(work, range(1000), fallen=print, note=print))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_they_end_with_the_process_that_they_work_for(number: int, tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    words, environ = [sys.executable, "endless.py"], {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with psutil.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path, env=environ) as parent:
        parent.stdout.readline()
        children = parent.children()
        parent.send_signal(number)
        parent.stdout.close()
        parent.wait()
    assert children
    deadline = time.monotonic() + 30
    while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children):
        assert time.monotonic() < deadline, "a process works for nobody"
        time.sleep(0.05)
