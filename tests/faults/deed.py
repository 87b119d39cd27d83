"""What can be done to a run from outside: tools, files, limits, signals."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.faults.fault import Deed
from tests.faults.stage import Done, Stage, limit
from tests.player import Started


class Tools(Deed):
    """Fake tools go wrong: pairs of a key and what strikes there, both as tests/tools/fake.py has them."""

    script: tuple[tuple[str, dict[str, Any]], ...]

    def strike(self, stage: Stage) -> None:
        stage.kit.break_tools(dict(self.script))


def tool(key: str, **what: object) -> Tools:
    """Return that the tool goes wrong in the call that `key` names."""
    return Tools(script=((key, dict(what)),))


class Library(Deed):
    """The build leaves a library behind."""

    def strike(self, stage: Stage) -> None:
        (stage.kit.tools / "libwhisper.so").write_text("built\n")


class Program(Deed):
    """A tool is another program; empty text: there is none. `@` is the folder of the kit."""

    name: str
    text: str
    mode: int = 0o755

    def strike(self, stage: Stage) -> None:
        path = stage.kit.tools / self.name
        kept = path.read_text()
        path.unlink()
        if self.text:
            path.write_text(self.text.replace("@", str(stage.kit.folder)))
            path.chmod(self.mode)

        def mend() -> None:
            path.unlink(missing_ok=True)
            path.write_text(kept)
            path.chmod(0o755)

        stage.menders.append(mend)


class Data(Deed):
    """A tool answers with another text; None cuts `lines` off its end instead."""

    name: str
    text: str | None = None
    lines: int = 0

    def strike(self, stage: Stage) -> None:
        path = stage.kit.tools / "data" / self.name
        kept = path.read_text()
        cut = "".join(kept.splitlines(keepends=True)[: -self.lines or None])
        path.write_text(cut if self.text is None else self.text, errors="surrogateescape")

        def mend() -> None:
            path.write_text(kept)

        stage.menders.append(mend)


class Environment(Deed):
    """Variables of the harness's own environment; `@` is the folder of the kit."""

    values: tuple[tuple[str, str], ...]

    def strike(self, stage: Stage) -> None:
        stage.environ.update({name: value.replace("@", str(stage.kit.folder)) for name, value in self.values})


class Limit(Deed):
    """A limit of the system, for the harness and all that it starts."""

    name: str
    value: int

    def strike(self, stage: Stage) -> None:
        stage.limits.append(limit(self.name, self.value))


class Prelude(Deed):
    """Statements for the process that becomes the harness."""

    statements: str

    def strike(self, stage: Stage) -> None:
        stage.limits.append(self.statements)


class Write(Deed):
    """A file stands where the harness wants to read or write; a name that ends with / is a folder."""

    path: str
    text: str = ""
    mode: int = 0o644
    mended: bool = True

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.endswith("/"):
            path.mkdir(parents=True)
            stage.menders.append(lambda: shutil.rmtree(path, ignore_errors=True))
            return
        path.write_text(self.text, errors="surrogateescape")
        path.chmod(self.mode)
        if self.mended:
            stage.menders.append(lambda: path.unlink(missing_ok=True))


class Link(Deed):
    """A symbolic link stands where the harness wants to read or write."""

    path: str
    target: str

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(self.target.replace("@", str(stage.kit.folder)))
        stage.menders.append(lambda: path.unlink(missing_ok=True))


class Begun(Deed):
    """A run was begun and interrupted before its benchmark; then the files of its bundle are edited.

    Every edit is a name in the bundle (`*` for all logs), and new content; None removes the file.
    """

    edits: tuple[tuple[str, str | None], ...] = ()
    changes: tuple[tuple[str, Any], ...] = ()
    twice: bool = False

    def strike(self, stage: Stage) -> None:
        for _ in range(2 if self.twice else 1):
            interrupt_benchmark(stage)
        for bundle in stage.begun():
            for name, text in self.edits:
                for path in bundle.glob(name):
                    path.unlink() if text is None else path.write_text(text, errors="surrogateescape")
            if self.changes:
                state = json.loads((bundle / "run.json").read_text())
                (bundle / "run.json").write_text(json.dumps({**state, **dict(self.changes)}))


def interrupt_benchmark(stage: Stage) -> Done:
    """Begin a run and interrupt it in its benchmark."""
    stage.kit.break_tools({"whisper-bench -m": {"sleep": 300, "silent": True}})
    stage.during.append(lambda child: _signal_at(stage, child, "-nfa", signal.SIGINT))
    done = stage.call(("run", "--no-tests", "--bench", "whisper", "--repetitions", "1"))
    stage.mend()
    assert done.code == 130, done.text
    return done


def _signal_at(stage: Stage, child: Started, word: str, number: int) -> None:
    seen = sum(word in call for call in stage.kit.calls())
    deadline = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < deadline:
        if sum(word in call for call in stage.kit.calls()) > seen:
            child.send_signal(number)
            return
        time.sleep(0.01)


class Signalled(Deed):
    """The harness gets signals: when a tool was called with `word`, or so many seconds after its start."""

    number: int
    word: str = ""
    after_s: float = 0.0
    again_s: float = 0.0

    def strike(self, stage: Stage) -> None:
        def act(child: Started) -> None:
            if self.word:
                _signal_at(stage, child, self.word, self.number)
            else:
                time.sleep(self.after_s)
                child.send_signal(self.number)
            if self.again_s:
                time.sleep(self.again_s)
                child.send_signal(self.number)

        stage.during.append(act)


class Edit(Deed):
    """Somebody edits the run that was finished before: the witness of what such a command says is another copy."""

    name: str = "run.json"
    text: str | None = None
    changes: tuple[tuple[str, Any], ...] = ()
    value: Any = None
    repeats: int = 0

    def strike(self, stage: Stage) -> None:
        copy = stage.witness.with_name(f"{stage.witness.name}-edited")
        if not copy.exists():
            shutil.copytree(stage.witness, copy)
        path = copy / self.name
        if self.text is not None:
            path.write_text(self.text * (self.repeats or 1), errors="surrogateescape")
            return
        if not (self.changes or self.value is not None):
            path.unlink() if path.is_file() else shutil.rmtree(path)
            return
        state = json.loads(path.read_text())
        state.update(dict(self.changes))
        text = json.dumps({**state, "id": copy.name})
        if self.value is not None:
            for result in state["results"]:
                for one in result.get("measurements", []):
                    one["value"] = "VALUE"
            text = json.dumps({**state, "id": copy.name}).replace('"VALUE"', self.value)
        path.write_text(text)


class Rival(Deed):
    """Another process holds the lock file for some seconds, or has left it behind."""

    path: str
    seconds: float

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        code = "import fcntl, os, sys, time; f = open(os.environ['LOCK'], 'a'); fcntl.flock(f, fcntl.LOCK_EX); "
        code += "print('held', flush=True); time.sleep(float(sys.argv[1]))"
        rival = subprocess.Popen(
            [sys.executable, "-c", code, str(self.seconds)], stdout=subprocess.PIPE, text=True, env={"LOCK": str(path)}
        )
        assert rival.stdout
        rival.stdout.readline()

        def mend() -> None:
            rival.kill()
            rival.wait()

        stage.menders.append(mend)
        if not self.seconds:
            rival.wait()


class Also(Deed):
    """A second harness is started at the same time, with other variables."""

    values: tuple[tuple[str, str], ...] = ()

    def strike(self, stage: Stage) -> None:
        for _, value in self.values:
            Path(value.replace("@", str(stage.kit.folder))).mkdir(parents=True, exist_ok=True)
        environ = {name: value.replace("@", str(stage.kit.folder)) for name, value in self.values}

        def act(_: Started) -> None:
            words = stage.kit.words("--no-tests", "--bench", "whisper", "--repetitions", "1")
            other = stage.kit.start(*words, environ=environ)
            stage.others.append(lambda: _expect_well(other))

        stage.during.append(act)


def _expect_well(other: Started) -> None:
    stdout, stderr = other.communicate(timeout=120)
    assert other.returncode == 0, f"the other one: {other.returncode}: {stdout}{stderr}"
