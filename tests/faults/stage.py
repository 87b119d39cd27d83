"""Where a fault is played: a kit of fake tools, a finished run that must not suffer, and a constrained harness."""

import contextlib
import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import psutil

from harness.records.record import Record
from harness.records.run import Run
from harness.store.bundle import PLAN, RUN, load_run
from tests.flow.kit import Kit
from tests.player import Player, Started, the_player

# The shortest run that measures something, and one of everything.
SHORT = ("--no-tests", "--bench", "whisper", "--repetitions", "1")
FULL = ("--repetitions", "1")
MONTH = "2025-01"
LOCKS = ("whisper-harness-node.lock", "whisper-harness-night.lock")
_TIMEOUT_S = 240
# What the harness, git or the standard library call a file that is not to stay.
_PASSING = ("*.tmp", "*.part", "*.part.etag", ".*.partial-*", ".import-*", ".block-*", "tmp????????")
_TRIED = re.compile(r"[a-z0-9_]{8}")
_OURS = re.compile(r"/harness/|^harness: ", re.MULTILINE)
_LIMITED = "import os, resource, sys; exec(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"


class Done(Record):
    """What a command left behind; `killed` is the signal that ended it."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Everything that it said."""
        return f"{self.stdout}\n{self.stderr}"


class Template:
    """Runs made once, without a fault: what every other run must look like, and the run that must not suffer."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self.workshop = folder
        self.weights = weights
        kit = Kit(folder / "template", weights)
        self.runs: dict[tuple[str, ...], Run] = {}
        for words in (SHORT, FULL):
            done = kit.run(*words)
            assert done.returncode == 0, done.stderr
            self.runs[words] = load_run(kit.bundles()[-1])
        self.bundle = kit.bundles()[0]
        self.sums = kit.cache / "weights" / "sums"
        self.logs = {path.name for path in (self.bundle / "logs").iterdir()}
        self.known = {result.step: result for run in self.runs.values() for result in run.results}


class Stage:
    """One fault's own folder; `environ` and `limits` constrain the harness until `mend`."""

    def __init__(self, folder: Path, template: Template) -> None:
        self.kit = Kit(folder, template.weights)
        self.template = template
        self.workshop = template.workshop
        # Where TMPDIR cannot be used, the next folder is not the machine's own: somebody else may hold the lock there.
        self.spare = folder / "spare"
        self.spare.mkdir()
        self.environ: dict[str, str] = {}
        self.limits: list[str] = []
        self.during: list[Callable[[Started], None]] = []
        self.others: list[Callable[[], None]] = []
        self.menders: list[Callable[[], None]] = []
        self.checks: list[Callable[[], str]] = []
        self.unmount: list[Path] = []
        self.full = ""
        self.shim_log = folder / "shim.log"
        self.must_strike = False
        self.witness = self.kit.results / "node-1" / MONTH / template.bundle.name
        shutil.copytree(template.bundle, self.witness)
        shutil.copytree(template.sums, self.kit.cache / "weights" / "sums")
        self._witnessed = self._sum_up()

    def call(self, words: tuple[str, ...]) -> Done:
        """Run the harness to its end; `run` without a source is the kit's."""
        words = tuple(str(self.kit.weights) if word == "@W" else word for word in words)
        named = {word.partition("=")[0] for word in words}
        if words[:1] == ("run",) and not {"--resume", "--source", "--ref"} & named:
            words = tuple(self.kit.words(*words[1:]))
        elif words[:1] == ("ab",):
            words = tuple(self.kit.trial_words(*words))
        words = tuple(word.replace("@", str(self.kit.folder)) for word in words)
        child = self._start(words)
        try:
            for act in self.during:
                act(child)
            stdout, stderr = child.communicate(timeout=_TIMEOUT_S)
            while self.others:  # what they leave behind is only theirs to answer for when they have ended
                self.others.pop()()
        except subprocess.TimeoutExpired:
            child.kill()
            stdout, stderr = child.communicate()
            return Done(code=124, stdout=stdout or "", stderr=f"{stderr}\nno end within {_TIMEOUT_S} s")
        if stderr and "KeyboardInterrupt" in stderr and not stdout and not _OURS.search(stderr):
            # Python itself was interrupted, before it had read the first line of the harness: nobody can be quiet then.
            return Done(code=-signal.SIGINT, stdout="", stderr="")
        return Done(code=child.wait(), stdout=stdout or "", stderr=stderr or "")

    def _start(self, words: tuple[str, ...]) -> Started:
        environ = {**self.kit.environ, "TEMP": str(self.spare), **self.environ}
        # Limits hold, and signals come, while Python starts, too.
        if not (self.limits or self.during or self.full) and Player.can_play(environ):
            return the_player().start(words, environ, self.kit.folder, errors="replace")
        argv = [sys.executable, "-P", "-m", "harness", *words]
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if self.full:
            streams[self.full] = os.open("/dev/full", os.O_WRONLY)
        if self.limits:
            argv = [sys.executable, "-c", _LIMITED, "\n".join(self.limits), *argv]
        child = subprocess.Popen(
            argv,
            cwd=self.kit.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            **streams,
        )
        if self.full:
            os.close(streams[self.full])
        return child

    def mend(self) -> None:
        """Remove the cause."""
        for mender in reversed(self.menders):
            mender()
        self.menders.clear()
        self.environ.clear()
        self.limits.clear()
        self.during.clear()
        self.full = ""
        self.kit.break_tools({})

    def close(self) -> None:
        """Take down what the operating system keeps for this stage."""
        for path in self.unmount:
            subprocess.run(["umount", "-l", str(path)], check=False)
        self.unmount.clear()

    @property
    def struck(self) -> bool:
        """Whether the shim met the call that it was to let fail."""
        return self.shim_log.exists() and "STRUCK " in self.shim_log.read_text(errors="replace")

    def sealed(self) -> list[Path]:
        """Return the bundles that are new."""
        return [path for path in self.kit.bundles() if path.parent != self.witness.parent]

    def begun(self) -> list[Path]:
        """Return the unfinished runs that can be gone on with."""
        return [path for path in self.kit.partials() if (path / PLAN).is_file() and (path / RUN).is_file()]

    def is_witness_whole(self) -> bool:
        """Whether the run that was finished before is still there, byte for byte."""
        return self._sum_up() == self._witnessed

    def _sum_up(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.witness)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.witness.rglob("*")
            if path.is_file()
        }

    def processes(self) -> list[str]:
        """Return the processes that have this folder in their command line or environment, or work in it."""
        mine = str(self.kit.folder)
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "status"]):
            if process.pid == os.getpid() or process.info["status"] == psutil.STATUS_ZOMBIE:
                continue
            words = [word for word in process.info["cmdline"] or [] if mine in word]
            with contextlib.suppress(psutil.Error):
                # Whatever it is called and wherever it went: it was given this folder as HOME.
                words = words or ([f"HOME={mine}"] if process.environ().get("HOME") == mine else [])
            with contextlib.suppress(psutil.Error):
                # A fork (tests/player.py) shows the environment and the command line of what it was forked from.
                words = words or ([mine] if Path(process.cwd()).is_relative_to(mine) else [])
            if words:
                found.append(f"{process.pid} {' '.join(process.info['cmdline'] or [])[:100]}")
        return found

    def wait_for_processes(self, seconds: float = 2.0) -> list[str]:
        """Return the processes that are still there a moment later."""
        deadline = time.monotonic() + seconds
        while (found := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def end_processes(self) -> None:
        """End what a fault has left behind, so that the next one is not disturbed."""
        for line in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)

    def litter(self, keeps: tuple[str, ...]) -> Iterator[str]:
        """Yield files that nobody will want again, and bundles' folders that nobody can go on with."""
        unbegun = set(self.kit.partials()) - set(self.begun())
        for top in (self.kit.cache, self.kit.results):
            for path in top.rglob("*"):
                name = path.name
                if path.parent in unbegun:
                    continue  # killed before there was anything to go on with
                if any(fnmatch(name, form) for form in _PASSING) and not any(fnmatch(name, form) for form in keeps):
                    yield str(path.relative_to(self.kit.folder))
        for path in (*self.kit.temporary.iterdir(), *self.spare.iterdir()):
            if path.name not in LOCKS and not _is_of_python(path):
                yield str(path.relative_to(self.kit.folder))
        for path in self.kit.partials():
            kept = any(fnmatch(path.name, form) for form in keeps)
            if any((path / "logs").glob("*")) and path not in self.begun() and not kept:
                yield str(path.relative_to(self.kit.folder))


def _is_of_python(path: Path) -> bool:
    """Whether it is what Python's `tempfile` tries a folder with; a kill can come before it is removed."""
    return bool(_TRIED.fullmatch(path.name)) and path.is_file() and path.read_bytes() in (b"", b"blat")


def limit(name: str, value: int) -> str:
    """Return the statement that limits a process."""
    number = int(getattr(resource, name))
    return f"resource.setrlimit({number}, ({value}, {value}))"
