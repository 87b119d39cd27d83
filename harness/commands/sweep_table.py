"""The table of a sweep as an answer: in each form, whole or as a pivot, and what is missing from it."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output, OutputForm
from harness.commands.verb import Argument, Call
from harness.judge.sweep_table import tabulate_sweep
from harness.records.record import Record
from harness.records.run import ExitCode, SettingUsed
from harness.records.sweep import RowAbsence, Sweep, SweepTable
from harness.records.wording import format_count
from harness.render.origin import describe_seed
from harness.render.sweep import (
    PIVOT_VALUES,
    pivot_sweep,
    render_pivot,
    render_pivot_csv,
    render_pivot_markdown,
    render_sweep,
    render_sweep_csv,
    render_sweep_markdown,
)
from harness.sweep.remainder import look_for_runs

FORMS = (OutputForm.TEXT, OutputForm.JSON, OutputForm.CSV, OutputForm.MARKDOWN)
PIVOT = (
    Argument(name="--columns", metavar="AXIS", help="print a pivot with the values of AXIS as columns"),
    Argument(name="--rows", metavar="AXIS", help="rows of the pivot (default: all other axes)"),
    Argument(
        name="--value",
        metavar="NAME",
        default="encode",
        choices=PIVOT_VALUES,
        help=f"what the pivot shows: {', '.join(PIVOT_VALUES)} (default: encode)",
    ),
)
_SHOWN = 5


class Pivot(Record):
    """Which axes make the rows and the columns of a table, and what it shows; no pivot without `columns`."""

    rows: str = ""
    columns: str = ""
    value: str = "encode"


def choose_pivot(call: Call) -> Pivot:
    """Return the pivot that a command line asks for; the verb has the arguments `PIVOT`."""
    return Pivot(rows=call.text("rows"), columns=call.text("columns"), value=call.text("value"))


def show_stored(stored: Sweep, results: Path, pivot: Pivot, output: Output) -> int:
    """Show a sweep with the numbers that there are; return 12 for one that should be whole and is not."""
    kept = look_for_runs(results, stored, output.console.note)
    if stored.end:  # what is not finished is no part of a sweep that is
        kept = {number: one for number, one in kept.items() if one.sealed}
    table = tabulate_sweep(stored, {one.run.id: one.run for one in kept.values()})
    show_chart(table, pivot, output)
    if stored.end:
        return int(ExitCode.BENCHMARK_FAILED if complain_blank(table, output) else ExitCode.OK)
    output.console.note(f"  it is not finished: harness sweep --resume {stored.id} goes on with it")
    return int(
        ExitCode.BENCHMARK_FAILED if any(row.absent is RowAbsence.RUN_GONE for row in table.rows) else ExitCode.OK
    )


def show_chart(table: SweepTable, pivot: Pivot, output: Output) -> None:
    """Print a table in the form that was asked for, or the pivot of it."""
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


def complain_blank(table: SweepTable, output: Output) -> bool:
    """Say which cells have neither a number nor a reason, and return whether there are any."""
    blank = [row for row in table.rows if row.blank]
    for row in blank[:_SHOWN]:
        name = table.sweep.label(row.values) or table.sweep.id
        output.console.warn(f"harness: the cell {name} has no number: {row.reason or 'nothing says why'}")
    if blank:
        which = "1 cell has" if len(blank) == 1 else f"{len(blank)} cells have"
        go_on = f"harness sweep --resume {table.sweep.id} measures what is missing"
        output.console.warn(f"harness: {which} no number{'' if table.sweep.end else f'; {go_on}'}")
    return bool(blank)


def describe_sweep(swept: Sweep, used: Sequence[SettingUsed] = ()) -> str:
    """Return the axes of a sweep and its seed; `used` are the settings in force, where they are not those it kept."""
    varying = [f"  {axis.name:<9} {', '.join(axis.values)}" for axis in swept.axes]
    numbers = {"cell": len(swept.cells), "config": len(swept.entries), "round": swept.repetitions}
    counts = ", ".join(format_count(number, noun) for noun, number in numbers.items())
    seed = describe_seed(swept.seed, used or swept.settings)
    return "\n".join([f"sweep {swept.id} on {swept.node}: {counts}", *varying, f"  {'seed':<9} {seed}"])
