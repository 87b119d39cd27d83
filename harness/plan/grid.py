"""The cells of a sweep: the cross product of its axes, grouped by the builds that they share."""

import itertools
import random
from collections.abc import Iterator, Sequence

from harness.errors import UsageError
from harness.plan.axis import name_binary
from harness.plan.side import SideRequest
from harness.records.measurement import Case
from harness.records.outcome import is_timed
from harness.records.plan import Phase, Plan, Step
from harness.records.suite import Benchmark
from harness.records.sweep import Axis, Cell, SweepEntry, Values
from harness.settings.value import name_option
from harness.whisper.quantisation import name_quantised, require_blocks

MOST_CELLS = 10_000


def lay_grid(axes: Sequence[Axis], excludes: Sequence[Values]) -> tuple[tuple[SweepEntry, ...], tuple[Cell, ...]]:
    """Return the configs of a sweep and its cells, the last axis varying fastest.

    A cell that cannot be measured, such as a type of weights that does not fit a model, is included with the reason.
    Raises UsageError for a grid that is empty or too large.
    """
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MOST_CELLS:
        raise UsageError(f"{count} cells are too many; the limit is {MOST_CELLS}", hint="give the axes fewer values")
    entries: dict[Values, int] = {}
    cells = []
    for choice in itertools.product(*(axis.values for axis in axes)):
        values = tuple(zip((axis.name for axis in axes), choice, strict=True))
        if any(set(exclude) <= set(values) for exclude in excludes):
            continue
        binary = name_binary(values)
        number = entries.setdefault(binary, len(entries))
        cells.append(make_cell(values, number))
    if not cells:
        raise UsageError("nothing is left to measure: [[exclude]] excludes every cell", hint="remove an [[exclude]]")
    return tuple(SweepEntry(values=values) for values in entries), tuple(cells)


def make_side_request(values: Values) -> SideRequest:
    """Return the changes that one config makes to the shared settings."""
    defines = tuple(f"{name}={value}" for name, value in values if name_option(name))
    named = tuple((name, value) for name, value in values if not name_option(name))
    return SideRequest.of(" ".join(f"{name}={value}" for name, value in values), named, defines)


def interleave(plans: Sequence[Plan], seed: int) -> Iterator[tuple[int, Step]]:
    """Yield all steps, each with the number of its plan.

    First all configure steps, which reveal options that a tree does not know; then everything else before the models,
    plan by plan; then the models round by round. The order of each round is drawn from the seed over all plans
    together, so that drift and disturbances affect all cells alike.
    """
    for configures in (True, False):
        for number, plan in enumerate(plans):
            preparing = (step for step in plan.steps if not is_timed(step))
            yield from ((number, step) for step in preparing if (step.phase is Phase.CONFIGURE) is configures)
    timed = [(number, step) for number, plan in enumerate(plans) for step in plan.steps if is_timed(step)]
    for repetition in sorted({step.repetition for _, step in timed}):
        turn = [(number, step) for number, step in timed if step.repetition == repetition]
        draw = random.Random(f"{seed}/sweep/{repetition}")  # noqa: S311 - an order to be reproduced, not a secret
        yield from draw.sample(turn, len(turn))


def make_cell(values: Values, entry: int) -> Cell:
    """Return one cell, with the reason if it cannot be measured."""
    by_name = dict(values)
    model, kind = by_name["model"], by_name["quant"]
    reason = ""
    try:
        require_blocks(model, kind)
    except UsageError as error:
        reason = error.line
    case = Case.of(
        Benchmark.WHISPER.value, model=name_quantised(model, kind), threads=by_name["threads"], fa=by_name["fa"]
    )
    return Cell(values=values, entry=entry, case=case, reason=reason)
