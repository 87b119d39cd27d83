"""Plays commands of the harness, each in a child of this process whose streams are arranged first.

A line of JSON on standard input is a call, and one on standard output what it ended with. This is a process of its own
because it has one thread: whoever runs the tests may have several, and must not fork.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import harness.cli.main
import harness.environment.dependency  # noqa: F401 - so that no child has to import them

ROOT = Path(__file__).parents[1]


class Played(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


class Player:
    """The other end: starts the process, and asks it."""

    def __init__(self) -> None:
        words = [sys.executable, "-P", "-m", "tests.player"]
        self._child = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def play(self, words: tuple[str, ...], environ: Mapping[str, str], folder: Path, statements: str = "") -> Played:
        """Run a command in a folder to its end, and to that of what its statements have started."""
        assert self._child.stdin
        assert self._child.stdout
        call = {"words": words, "environ": environ, "folder": str(folder), "statements": statements}
        self._child.stdin.write(f"{json.dumps(call)}\n")
        self._child.stdin.flush()
        return Played(*json.loads(self._child.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._child.communicate()


def _play(call: Mapping[str, Any]) -> Played:
    files = [Path(call["folder"]) / name for name in ("stdout", "stderr")]
    for path in files:
        path.unlink(missing_ok=True)
    ended, lives = os.pipe()
    pid = os.fork()
    if not pid:
        os._exit(_be_the_harness(call, files))
    os.close(lives)
    _, status = os.waitpid(pid, 0)
    os.read(ended, 1)  # until nobody has the other end any more
    os.close(ended)
    return Played(os.waitstatus_to_exitcode(status), *(path.read_text("utf-8", errors="replace") for path in files))


def _be_the_harness(call: Mapping[str, Any], files: list[Path]) -> int:
    try:
        for number, path in enumerate((Path(os.devnull), *files)):
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        os.chdir(call["folder"])
        os.environ.clear()
        os.environ.update(call["environ"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["harness", *call["words"]]
        for name in ("stdin", "stdout", "stderr"):
            setattr(sys, name, None)
        exec(call["statements"], {"os": os, "signal": signal})
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python does at its start
        from harness.__main__ import main

        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        # What the interpreter does at its very end.
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        files[1].write_text(traceback.format_exc())
        return 99
    return code


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(_play(json.loads(line)))}\n")
        sys.stdout.flush()
