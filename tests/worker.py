"""The worker as a program: started, asked, and read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def start(*words: object, **demands: object) -> subprocess.Popen[str]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    environ |= {f"GGML_STUB_{name}": str(value) for name, value in demands.items()}
    return subprocess.Popen(
        [sys.executable, "-s", "-P", "-m", "harness.worker", *map(str, words)],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Talk:
    """A worker that has greeted."""

    def __init__(self, library: Path, *options: object, **demands: object) -> None:
        self.child = start(*options, library, **demands)
        self.hello = self._hear()

    def ask(self, line: str) -> dict[str, Any]:
        assert self.child.stdin
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return self._hear()

    def refuse(self, line: str) -> str:
        answer = self.ask(line)
        assert (answer["ok"], answer["command"]) == (False, line.split(maxsplit=1)[0])
        return str(answer["error"])

    def end(self, words: str = "") -> tuple[int, str, str]:
        stdout, stderr = self.child.communicate(words, timeout=20)
        return self.child.returncode, stdout, stderr

    def _hear(self) -> dict[str, Any]:
        assert self.child.stdout
        answer: dict[str, Any] = json.loads(self.child.stdout.readline())
        return answer


def say(*words: object, **demands: object) -> tuple[int, list[dict[str, Any]], str]:
    """Return exit code, answers and standard error of a worker that is asked by its arguments alone."""
    stdout, stderr = (child := start(*words, **demands)).communicate(timeout=20)
    assert "Traceback" not in stderr, stderr
    return child.returncode, [json.loads(line) for line in stdout.splitlines()], stderr
