"""The command line with fake tools: a made-up tree, and programs that log their argv and replay real output."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from harness.records.run import Run
from harness.store.bundle import load_run
from tests.answer import check_answer
from tests.hint import check_stderr
from tests.player import Player, Started, the_player

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "tests" / "data" / "logs"
FAKE = ROOT / "tests" / "tools" / "fake.py"
RECORDED = {
    "listing.log": "ctest-4.4-verbose-unbuilt.log",
    "junit.xml": "ctest-4.4-passed.xml",
    "targets.txt": "ninja-targets.txt",
    "help.log": "v1.8.5-help.log",
    "memcpy.log": "v1.8.5-memcpy-t2.log",
    "mul_mat.log": "v1.8.5-mul_mat-t2.log",
    "cache.txt": "cmake-3.25-CMakeCache.txt",
    "cli.log": "v1.8.5-cli-jfk.log",
}
VERSIONS = {
    "cmake": "cmake version 4.4.4",
    "ctest": "ctest version 4.4.4",
    "ninja": "1.13.2",
    "make": "GNU Make 4.3",
    "gcc": "gcc (Debian 12.2.0-14+deb12u1) 12.2.0",
    "g++": "gcc (Debian 12.2.0-14+deb12u1) 12.2.0",
}
# Every run asks every tool for its version, so that is answered without Python where nothing is to go wrong.
TOOL = """\
#!/bin/sh
if [ "$*" = --version ] && [ ! -e {home}/script.json ]; then
    echo '["{tool}", "--version"]' >> {home}/calls.jsonl
    read -r version < {home}/data/{tool}-version.txt
    echo "$version"
    exit
fi
exec {python} -ISE {fake} {home} {tool} "$@"
"""


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds; raises AssertionError where it does not in that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def drop_seed(words: list[str]) -> list[str]:
    """Return the words of a kit as a user writes them, who gives no seed."""
    place = words.index("--seed")
    return words[:place] + words[place + 2 :]


class Kit:
    """Folders of one test, and the ways to run the harness in them."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self.folder = folder
        self.tools = folder / "tools"
        self.tree = folder / "whisper.cpp"
        self.results = folder / "results"
        self.cache = folder / "cache"
        self.temporary = folder / "tmp"
        self.weights = weights
        # Whether the harness is a process that was started, and not a fork of one that has imported it.
        self.fresh = False
        (self.tools / "data").mkdir(parents=True)
        self.temporary.mkdir()
        self.system = self.tools / "system"
        self.set_others(0.0)
        for name, recorded in RECORDED.items():
            shutil.copyfile(LOGS / recorded, self.tools / "data" / name)
        for tool, version in VERSIONS.items():
            (self.tools / "data" / f"{tool}-version.txt").write_text(f"{version}\n")
            program = self.tools / tool
            program.write_text(TOOL.format(home=self.tools, tool=tool, python=sys.executable, fake=FAKE))
            program.chmod(0o755)
        (self.tree / "include").mkdir(parents=True)
        (self.tree / "include" / "whisper.h").write_text("#define WHISPER_H\n")
        (self.tree / "CMakeLists.txt").write_text('project("whisper.cpp" C CXX)\n')

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            "HARNESS_CACHE": str(self.cache),
            "HARNESS_RESULTS": str(self.results),
            "HARNESS_TOOLS": str(self.tools),
            "HARNESS_COMPILER": str(self.tools / "gcc"),
            "HARNESS_AS_NODE": "node-1",
            # Two CPUs on which nobody else does anything, whatever goes on here.
            "HARNESS_SYSROOT": str(self.system),
            # Two steps more that only the tests of the roofline want; they ask for it with an empty value.
            "HARNESS_ROOFLINE": "0",
            # Likewise: the programs of the made-up tree compute nothing that could be right or wrong.
            "HARNESS_CHECK": "0",
            # Tests ask for two threads, whatever the machine has.
            "HARNESS_FORCE_THREADS": "1",
        }

    def set_others(self, used_s: float) -> None:
        """Write what all others, which are one process, have used of the made-up node's CPUs."""
        for path, text in {
            "proc/stat": f"cpu {round(100 * used_s)} 0 0 0 0 0 0 0 0 0\ncpu0 0\ncpu1 0\n",
            "proc/4711/stat": f"4711 (yes) R {' '.join(['0'] * 10)} {round(100 * used_s)} {' '.join(['0'] * 12)}\n",
        }.items():
            file = self.system / path
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(".new")  # somebody may be reading it: as a whole, or not yet
            fresh.write_text(text)
            fresh.replace(file)

    def commit_tree(self) -> None:
        """Make the tree a git repository with one commit."""
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "first"]):
            subprocess.run(["git", "-C", str(self.tree), *words], check=True, env=self.environ)

    def words(self, *words: str) -> list[str]:
        """Return a `run` of the made-up tree with tiny weights, and with the same orders every time."""
        tree = ["run", "--source", str(self.tree), "--model", "tiny", "--weights", str(self.weights)]
        return [*tree, "--seed", "1", *words]

    def start(self, *words: str, environ: dict[str, str] | None = None) -> Started:
        whole = {**self.environ, **(environ or {})}
        if not self.fresh and Player.can_play(whole):
            return the_player().start(words, whole, self.folder)
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "harness", *words],
            cwd=self.folder,
            env=whole,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def harness(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run any command to its end; nobody may ever see a traceback."""
        child = self.start(*words, environ=environ)
        stdout, stderr = child.communicate(timeout=120)
        assert "Traceback" not in stderr, stderr
        code = child.wait()
        check_answer(words, {**self.environ, **(environ or {})}, stdout, code)
        check_stderr(stderr)
        return subprocess.CompletedProcess(words, code, stdout, stderr)

    def run(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.harness(*self.words(*words), environ=environ)

    def ab(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a live comparison of the made-up tree with tiny weights."""
        return self.harness(*self.trial_words("ab", *words), environ=environ)

    def trial_words(self, verb: str, *words: str) -> list[str]:
        return [verb, *self.words(*words)[1:], "--threads", "2", "--metric", "encode"]

    def set_speed(self, noise: float, **factors: float) -> None:
        """Let encode times scatter, and be longer by these factors where a word is given; see tests/tools/fake.py."""
        (self.tools / "speed.json").write_text(json.dumps({"noise": noise, "factors": factors}))

    def let_say(self, **texts: str) -> None:
        """Let whisper-cli print these texts with weights in whose name the word is, `tiny` for all."""
        (self.tools / "says.json").write_text(json.dumps(texts))

    def offer_library(self, library: Path) -> None:
        """Let builds leave this library behind."""
        shutil.copyfile(library, self.tools / "libwhisper.so")

    def offer_objects(self, **objects: bytes) -> None:
        """Let builds leave an object file behind: that of a word with which they were configured, else `any`."""
        folder = self.tools / "objects"
        folder.mkdir()
        for word, content in objects.items():
            (folder / f"{word}.o").write_bytes(content)

    def break_tools(self, faults: dict[str, dict[str, Any]]) -> None:
        """Write what goes wrong (see tests/tools/fake.py)."""
        # A tool may be reading it at this moment: as a whole, or not yet.
        fresh = self.tools / "script.json.new"
        fresh.write_text(json.dumps(faults))
        fresh.replace(self.tools / "script.json")

    def calls(self, tool: str = "") -> list[list[str]]:
        log = self.tools / "calls.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        return [call for call in map(json.loads, lines) if not tool or call[0] == tool]

    def wait_for_model(self) -> None:
        """Wait until a bench program has been given a model."""
        deadline = time.monotonic() + 60
        while not any("-m" in call and "no-weights" not in call for call in self.calls("whisper-bench")):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def running(self) -> list[int]:
        """Return the fake tools and the workers of this kit that are still alive."""
        mine = (str(self.tools), str(self.cache))
        return [
            process.pid
            for process in psutil.process_iter(["cmdline", "status"])
            if {"harness.worker", str(FAKE)} & set(process.info["cmdline"] or [])
            and any(word.startswith(mine) for word in process.info["cmdline"])
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]

    def bundles(self) -> list[Path]:
        return sorted(path for path in self.results.glob("*/*/*") if path.is_dir() and path.suffix != ".partial")

    def partials(self) -> list[Path]:
        return sorted(self.results.glob("*/*/*.partial"))

    def only_run(self) -> Run:
        (bundle,) = self.bundles()
        return load_run(bundle)

    def report(self) -> str:
        (bundle,) = self.bundles()
        return (bundle / "README.md").read_text(encoding="utf-8")


class Busy:
    """Others that use a whole CPU of the made-up node until they are told to stop."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Busy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        used_s = 0.0
        while not self._over.wait(0.1):
            used_s += 0.1
            self._kit.set_others(used_s)
