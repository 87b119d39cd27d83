"""Which hardware counters the kernel gives to programs: asked by a program that opens them, as the worker does."""

import sys
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.bench.worker import parse_counters
from harness.plan.worker import COUNTER_MODULE
from harness.records.condition import CounterAccess
from harness.system.process.child import capture

_PACKAGE = str(Path(__file__).resolve().parents[2])
_TIMEOUT_S = 10.0


def probe_counters(environ: Mapping[str, str]) -> CounterAccess | None:
    """Return the counters that there are, and why there are no others; None if that cannot be found out."""
    argv = (sys.executable, "-s", "-P", "-m", COUNTER_MODULE)
    answer = capture(argv, env={**environ, "PYTHONPATH": _PACKAGE}, timeout_s=_TIMEOUT_S)
    try:
        return parse_counters(answer.stdout) if answer.ok else None
    except UnreadableError:
        return None
