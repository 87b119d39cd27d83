"""Counts of real workers and a real library (tests/tools/stub.c), by what the kernel counts in software everywhere.

Page faults stand in the place of instructions: the stub has as many as it is asked for, on every computer and under any
load.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from harness.plan.block import ROLES, plan_block
from harness.plan.worker import choose_worker_argv
from harness.records.trial import Role
from harness.trial import library_engine
from harness.trial.library_engine import LibraryEngine
from harness.trial.side_case import BlockResult
from harness.worker.counter import CallCounter
from tests import factory
from tests.stub import build_stub

# linux/perf_event.h: PERF_TYPE_SOFTWARE, _PAGE_FAULTS_MIN.
FAULTS = {"instructions": (1, 5)}
# Another program than the worker's own only in the events that it opens.
COUNTING_FAULTS = f"""
import sys
from harness.worker import __main__ as worker
from harness.worker.counter import CallCounter
worker.CallCounter = lambda: CallCounter({FAULTS!r})
sys.exit(worker.main(sys.argv[1:]))
"""
PAGES = 2000


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LibraryEngine:
    found = CallCounter(FAULTS)
    found.close()
    if found.absent:
        pytest.skip(f"this kernel does not let programs count: {found.absent}")

    def choose(python: str, library: str, *, gpu: bool, plant: float = 0.0) -> Sequence[str]:
        argv = choose_worker_argv(python, library, gpu=gpu, plant=plant)
        at = argv.index("-m")
        return (*argv[:at], "-c", COUNTING_FAULTS, *argv[at + 2 :])

    monkeypatch.setattr(library_engine, "choose_worker_argv", choose)
    logs = {role: tmp_path / "month" / role / "logs" for role in ROLES}
    for folder in logs.values():
        folder.mkdir(parents=True)
    return LibraryEngine(logs, timeout_s=60, retries=0)


def measure(engine: LibraryEngine, tmp_path: Path, *, plant: float = 0.0, slow: float = 0.0) -> tuple[float, float]:
    """Return by what factor the contender takes longer, and by what factor it has more faults."""
    weights = factory.weights().replace(path=str(tmp_path / "weights.bin"))
    Path(weights.path).write_bytes(b"x")
    environment = {
        "PATH": os.environ["PATH"],
        "GGML_STUB_MS": "5",
        "GGML_STUB_PAGES": str(PAGES),
        "GGML_STUB_SLOW": str(slow),
    }
    sides = {
        role: factory.side_case(
            role,
            weights=weights,
            flash_attn=ROLES.index(role),
            environment=tuple(environment.items()),
            library=str(build_stub(tmp_path)),
            plant=plant if role is Role.CONTENDER else 0.0,
        )
        for role in ROLES
    }
    outcome = engine.measure_block(plan_block(1, 1, ("encode",), pairs=3), sides)
    assert isinstance(outcome, BlockResult), outcome
    baseline, contender = outcome.results
    for result in outcome.results:
        assert [(one.metric, one.repetition, one.place) for one in result.counts] == [
            ("encode_instructions", one.repetition, one.place) for one in result.measurements
        ]
    faults = [median(one.value for one in result.counts) for result in (baseline, contender)]
    assert PAGES <= faults[0] <= 1.1 * PAGES
    times = [min(one.value for one in result.measurements) for result in (baseline, contender)]
    return times[1] / times[0], faults[1] / faults[0]


def test_a_slower_side_with_equal_work_has_equal_counts(engine: LibraryEngine, tmp_path: Path) -> None:
    slower, more = measure(engine, tmp_path, plant=20.0)
    assert slower > 1, "21 times the time, whatever else the computer does"
    assert more == pytest.approx(1, abs=0.05)


def test_a_side_with_more_work_has_more_counts(engine: LibraryEngine, tmp_path: Path) -> None:
    _, more = measure(engine, tmp_path, slow=1.0)
    assert more == pytest.approx(2, abs=0.1)
