"""Whether a stored sweep matches its axes, and whether a stored run is the one that it names."""

import re
from collections.abc import Sequence

from harness.plan.axis import BINARY_AXES, name_binary
from harness.plan.grid import MOST_CELLS, make_cell
from harness.plan.run import is_plain
from harness.records.measurement import Case
from harness.records.record import short_hash
from harness.records.run import Run
from harness.records.secret import redact
from harness.records.sweep import Axis, Cell, Sweep
from harness.settings.value import name_option

_SUM_DIGITS = 8
_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-.+")
_MOST_REPETITIONS = 1_000_000


def sum_up(axes: Sequence[Axis], cells: Sequence[Cell]) -> str:
    """Return the checksum of what a sweep measures, the last part of its id."""
    return short_hash(tuple(axes), tuple(cells), length=_SUM_DIGITS)


def find_sweep_flaw(sweep: Sweep) -> str:
    """Return why a stored sweep cannot be used, or an empty string if it can; somebody may have edited it."""
    names = [sweep.id, *(entry.run for entry in sweep.entries if entry.run)]
    strange = next((name for name in names if not (is_plain(name) and _ID.fullmatch(name))), None)
    if strange is not None:
        return f"{strange!r} is not the id of a run or a sweep"
    if not is_plain(sweep.node):
        return f"{sweep.node!r} is not the name of a folder"
    if not 0 < len(sweep.cells) <= MOST_CELLS or not 1 <= sweep.repetitions <= _MOST_REPETITIONS:
        return f"it has {len(sweep.cells)} cells and {sweep.repetitions} repetitions"
    if not sweep.id.endswith(f"-{sum_up(sweep.axes, sweep.cells)}"):
        return "its axes and cells do not match its id"
    wrong = next((cell for cell in sweep.cells if not _is_made_so(sweep, cell)), None)
    return f"the cell {sweep.label(wrong.values)!r} does not fit the axes and the configs" if wrong else ""


def _is_made_so(sweep: Sweep, cell: Cell) -> bool:
    if not 0 <= cell.entry < len(sweep.entries) or name_binary(cell.values) != sweep.entries[cell.entry].values:
        return False
    if len(cell.values) != len(sweep.axes):
        return False
    pairs = zip(cell.values, sweep.axes, strict=True)
    if not all(name == axis.name and value in axis.values for (name, value), axis in pairs):
        return False
    try:
        made = make_cell(cell.values, cell.entry)
        # Another version may have had other words for the same reason.
        return bool(made.reason) == bool(cell.reason) and made.replace(reason=cell.reason) == cell
    except (KeyError, ValueError):  # an axis that every sweep has is not there, or a value that no case can have
        return False


def list_entry_cases(sweep: Sweep, number: int) -> tuple[Case, ...]:
    """Return the cases that the run of a config measures; empty if none of its cells can be measured."""
    return tuple(dict.fromkeys(cell.case for cell in sweep.cells if cell.entry == number and not cell.reason))


def find_stranger(sweep: Sweep, number: int, run: Run) -> str:
    """Return why a run does not belong to a config of a sweep, or an empty string if it does."""
    entry = sweep.entries[number]
    settings = {one.name: one.value for one in run.settings}
    options = f",{settings.get('define', '')},"
    unlike = {
        f"its record has the id {run.id}": run.id != entry.run,
        f"it belongs to {f'the sweep {run.sweep}' if run.sweep else 'no sweep'}": run.sweep != sweep.id,
        f"it was measured on {run.node.name}": run.node.name != sweep.node,
        "it measures other cases": set(run.suite.cases) != set(list_entry_cases(sweep, number)),
        f"it has {run.suite.repetitions} repetitions": run.suite.repetitions != sweep.repetitions,
        f"its seed is {run.suite.seed}": run.suite.seed != sweep.seed,
    }
    for name, value in entry.values:
        mine = (
            f",{name}={value}," in options
            if name_option(name)
            else settings.get(BINARY_AXES.get(name, name)) == _spell(value)
        )
        unlike[f"it was not measured with {name}={value}"] = not mine
    return next((reason for reason, differs in unlike.items() if differs), "")


def _spell(value: str) -> str:
    """Return a value as the settings of a run record it, without the login that an address may have."""
    return redact(value, "***@")
