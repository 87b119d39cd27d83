"""A small sweep with made-up numbers: two thread counts, flash attention off and on."""

import random
from collections.abc import Callable

from harness.plan.grid import lay_grid
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import SCHEMA, Run
from harness.records.sweep import Axis, Sweep
from tests import factory

AXES = (
    Axis(name="model", values=("tiny",)),
    Axis(name="quant", values=("f16",)),
    Axis(name="threads", values=("1", "2")),
    Axis(name="fa", values=("0", "1")),
)
METRICS = ("encode", "decode", "batchd", "prompt")


def sweep(axes: tuple[Axis, ...] = AXES) -> Sweep:
    entries, cells = lay_grid(axes, ())
    entries = tuple(entry.replace(run=f"run-{number}") for number, entry in enumerate(entries))
    return Sweep(
        schema=SCHEMA,
        id="20260101T000000Z-abcdef01",
        node="node-1",
        start="2026-01-01T00:00:00+00:00",
        seed=1,
        repetitions=3,
        axes=axes,
        entries=entries,
        cells=cells,
    )


def runs(made: Sweep, cost: Callable[[dict[str, str]], float], *, rounds: int, noise: float = 0.01) -> dict[str, Run]:
    """Return the runs of a sweep: every metric of a cell costs `cost` of its values, with noise."""
    draw = random.Random(7)
    found: dict[str, list[StepResult]] = {entry.run: [] for entry in made.entries}
    for repetition in range(1, rounds + 1):
        for cell in made.cells:
            values = [
                (cell.case, metric, cost(dict(cell.values)) * draw.lognormvariate(0, noise)) for metric in METRICS
            ]
            result = factory.result(f"{cell.case}-{repetition}", Phase.BENCHMARK, Status.PASSED, *values)
            found[made.entries[cell.entry].run].append(result.replace(case=cell.case, repetition=repetition))
    return {name: factory.run(*results).replace(id=name) for name, results in found.items()}
