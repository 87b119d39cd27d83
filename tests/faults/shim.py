"""The shim that lets system calls fail (shim.c), built for a test."""

import errno
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.records.record import Record
from tests.faults.fault import Deed
from tests.faults.stage import Stage

KILL = -9


_BUILDING = threading.Lock()


def build_shim(folder: Path) -> Path:
    """Return the shim as a shared library in `folder`; skips where it cannot be built."""
    library = folder / "shim.so"
    with _BUILDING:
        if not library.exists():
            compiler = shutil.which("cc")
            if compiler is None or sys.platform != "linux":
                pytest.skip("no shim: it needs Linux and a C compiler")
            options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
            source = Path(__file__).with_name("shim.c")
            subprocess.run([compiler, *options, "-o", str(library), str(source), "-ldl"], check=True)
    return library


class Rule(Record):
    """One kind of call that fails from the `nth` on, `count` times (0: for ever), below a folder of the kit."""

    call: str
    nth: int
    error: int
    below: str
    count: int = 0

    def line(self, stage: Stage) -> str:
        """Return the rule as the shim reads it."""
        return f"{self.call} {self.nth} {self.count} {self.error} {stage.kit.folder / self.below}"


class Shimmed(Deed):
    """Calls of the harness itself fail, or kill it."""

    rules: tuple[Rule, ...] = ()
    clock: str = ""
    slept: str = ""

    def strike(self, stage: Stage) -> None:
        stage.environ["LD_PRELOAD"] = str(build_shim(stage.workshop))
        stage.environ["SHIM_LOG"] = str(stage.shim_log)
        if self.rules:
            stage.must_strike = True
            stage.environ["SHIM_RULES"] = "\n".join(rule.line(stage) for rule in self.rules)
        if self.clock:
            stage.environ["SHIM_CLOCK"] = self.clock
        if self.slept:
            stage.environ["SHIM_SLEEP"] = f"3600 {stage.kit.folder / self.slept}"


def failing(call: str, nth: int, error: int, below: str, count: int = 0) -> tuple[Deed, ...]:
    """Return the deed of one rule."""
    return (Shimmed(rules=(Rule(call=call, nth=nth, error=error, below=below, count=count),)),)


def error_name(error: int) -> str:
    """Return `ENOSPC`."""
    return errno.errorcode.get(error, "KILL")
