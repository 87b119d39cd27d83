"""The design of a sweep, before anything is measured."""

from datetime import UTC, datetime

from harness.judge.sweep_check import sum_up
from harness.plan.grid import lay_grid
from harness.records.run import SCHEMA
from harness.records.sweep import Sweep
from harness.settings.request import GridRequest


def design_sweep(asked: GridRequest, node: str) -> Sweep:
    """Return the sweep of a grid on a node; raises UsageError for a grid that is empty or too large."""
    entries, cells = lay_grid(asked.axes, asked.excludes)
    begun = datetime.now(UTC)
    return Sweep(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{sum_up(asked.axes, cells)}",
        node=node,
        start=begun.isoformat(timespec="seconds"),
        seed=asked.suite.seed,
        repetitions=asked.suite.repetitions,
        axes=asked.axes,
        entries=entries,
        cells=cells,
        settings=asked.kept,
    )
