"""Printing the table of a sweep: in each format, whole or as a pivot, with warnings about missing numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.commands.output import Output, OutputForm
from harness.commands.request.sweep import SweepRequest
from harness.commands.verb import Argument, Call
from harness.errors import UsageError
from harness.judge.sweep_table import tabulate_sweep
from harness.records.exit_code import ExitCode
from harness.records.plan import Plan
from harness.records.record import Record
from harness.records.run import Run, SettingUsed
from harness.records.sweep import RowAbsence, Sweep, SweepTable
from harness.records.wording import format_count
from harness.render.origin import describe_seed
from harness.render.plan import describe_estimate, render_plan
from harness.render.sweep import (
    PIVOT_VALUES,
    pivot_sweep,
    render_pivot,
    render_pivot_csv,
    render_pivot_markdown,
    render_sweep,
    render_sweep_csv,
    render_sweep_markdown,
    require_pivot,
)
from harness.run.places import Workplace
from harness.store.duration import load_durations
from harness.sweep.remainder import look_for_runs
from harness.sweep.schedule import estimate_sweep

FORMS = (OutputForm.TEXT, OutputForm.JSON, OutputForm.CSV, OutputForm.MARKDOWN)
PIVOT = (
    Argument(name="--columns", metavar="AXIS", help="print a pivot table with the values of AXIS as columns"),
    Argument(name="--rows", metavar="AXIS", help="rows of the pivot table (default: all other axes)"),
    Argument(
        name="--value",
        metavar="NAME",
        default="encode",
        choices=PIVOT_VALUES,
        help=f"values in the pivot table: {', '.join(PIVOT_VALUES)} (default: encode)",
    ),
)
_SHOWN = 5


class Pivot(Record):
    """A pivot table: the axes of its rows and columns, and the values it shows; no pivot if `columns` is empty."""

    rows: str = ""
    columns: str = ""
    value: str = "encode"


def choose_pivot(call: Call) -> Pivot:
    """Return the pivot that the arguments `PIVOT` of a verb describe; raises UsageError if it has no columns."""
    pivot = Pivot(rows=call.text("rows"), columns=call.text("columns"), value=call.text("value"))
    if not pivot.columns and pivot != Pivot():
        option = "--rows" if pivot.rows else "--value"
        raise UsageError(f"{option} needs --columns", cause="a pivot table needs columns", hint="--columns threads")
    return pivot


def require_axes(sweep: Sweep, pivot: Pivot) -> None:
    """Raise UsageError, before anything is measured, if a pivot names an axis that the sweep does not have."""
    if pivot.columns:
        require_pivot(sweep, rows=pivot.rows, columns=pivot.columns)


def show_stored(stored: Sweep, results: Path, pivot: Pivot, output: Output) -> int:
    """Show a sweep with the numbers that it has; return 12 if it has ended and numbers are missing."""
    kept = look_for_runs(results, stored, output.console.note)
    if stored.end:  # an unfinished run is not part of a finished sweep
        kept = {number: one for number, one in kept.items() if one.sealed}
    table = tabulate_sweep(stored, {one.run.id: one.run for one in kept.values()})
    show_table(table, pivot, output)
    if stored.end:
        return int(ExitCode.BENCHMARK_FAILED if complain_blank(table, output) else ExitCode.OK)
    output.console.note(f"  the sweep is not finished; harness sweep --resume {stored.id} continues it")
    return int(
        ExitCode.BENCHMARK_FAILED if any(row.absent is RowAbsence.RUN_GONE for row in table.rows) else ExitCode.OK
    )


def show_table(table: SweepTable, pivot: Pivot, output: Output) -> None:
    """Print a table, or its pivot, in the chosen format."""
    if pivot.columns:
        pivoted = pivot_sweep(table, rows=pivot.rows, columns=pivot.columns, value=pivot.value)
        if output.form is OutputForm.CSV:
            text = render_pivot_csv(pivoted)
        elif output.form is OutputForm.MARKDOWN:
            text = render_pivot_markdown(pivoted)
        else:
            text = render_pivot(pivoted, width=1 if pivot.rows else len(table.sweep.varying) - 1)
    elif output.form is OutputForm.CSV:
        text = render_sweep_csv(table)
    elif output.form is OutputForm.MARKDOWN:
        text = render_sweep_markdown(table)
    else:
        text = f"{describe_sweep(table.sweep)}\n\n{render_sweep(table)}"
    output.show(text, table)


def show_plan(
    planned: Sweep, ready: Mapping[int, tuple[Run, Plan]], request: SweepRequest, work: Workplace, output: Output
) -> None:
    """Print what a sweep will measure, what it cannot, and how long it takes."""
    plans = [plan for _, plan in ready.values()]
    estimate = estimate_sweep(plans, load_durations(work.places.cache))
    lines = [describe_sweep(planned, request.used)]
    if request.full:
        lines += [render_plan(plan, state) for state, plan in ready.values()]
    reasons = dict.fromkeys(
        f"  NA: {planned.label(cell.values)}: {cell.reason}" for cell in planned.cells if cell.reason
    )
    reasons |= dict.fromkeys(
        f"  NA: {planned.label(one.values)}: {one.reason}" for one in planned.entries if one.reason
    )
    builds = len({plan.sites[-1].folder for plan in plans})
    lines += [*reasons, f"  builds    {builds}", f"  time      {describe_estimate(estimate)}"]
    output.show("\n".join(lines), planned)


def complain_blank(table: SweepTable, output: Output) -> bool:
    """Warn about cells that have neither a number nor a reason, and return whether there are any."""
    blank = [row for row in table.rows if row.blank]
    for row in blank[:_SHOWN]:
        name = table.sweep.label(row.values) or table.sweep.id
        output.console.warn(f"harness: the cell {name} has no number: {row.reason or 'the reason is not known'}")
    if blank:
        which = "1 cell has" if len(blank) == 1 else f"{len(blank)} cells have"
        go_on = f"harness sweep --resume {table.sweep.id} measures them"
        output.console.warn(f"harness: {which} no number{'' if table.sweep.end else f'; {go_on}'}")
    return bool(blank)


def describe_sweep(swept: Sweep, used: Sequence[SettingUsed] = ()) -> str:
    """Return the axes of a sweep and its seed; `used` are the settings, if they differ from those it recorded."""
    varying = [f"  {axis.name:<9} {', '.join(axis.values)}" for axis in swept.axes]
    numbers = {"cell": len(swept.cells), "config": len(swept.entries), "round": swept.repetitions}
    counts = ", ".join(format_count(number, noun) for noun, number in numbers.items())
    seed = describe_seed(swept.seed, used or swept.settings)
    return "\n".join([f"sweep {swept.id} on {swept.node}: {counts}", *varying, f"  {'seed':<9} {seed}"])
