"""What a search looks for, and the binaries that it measures."""

from collections.abc import Callable
from typing import NamedTuple

from harness.records.plan import Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.sweep import Values
from harness.records.tune import Goal, TextGuard
from harness.run.session import Session
from harness.store.bundle import Bundle

# Returns the run and the plan of a binary with everything that may be measured with it.
Prepare = Callable[[Values], tuple[Run, Plan]]


class SearchDesign(Record):
    """What to search for: the best settings of a model for a goal, within a budget of seconds.

    The search begins with `start`. Its runs name its `id`; all orders are drawn from the seed. `guard` has limits for
    what settings may cost in text. Axes in `named` were asked for by name.
    """

    id: str
    goal: Goal
    model: str
    budget_s: float
    seed: int
    start: Values
    guard: TextGuard = TextGuard()
    named: tuple[str, ...] = ()


class PreparedBinary(NamedTuple):
    """A binary that is ready to be measured, or the reason why it cannot be."""

    session: Session | None
    bundle: Bundle | None
    reason: str = ""
