"""The table of a sweep: for people, for Markdown, as CSV, and as a pivot of two axes."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from harness.errors import UsageError
from harness.records.measurement import METRICS, TABLE_METRICS
from harness.records.quality import TextQuality
from harness.records.sweep import TOKENS_PER_WINDOW, WINDOW_S, Standing, Sweep, SweepRow, SweepTable
from harness.records.wording import format_count
from harness.render.format.text import code_block, csv_cell, markdown
from harness.render.plain import align, format_summary
from harness.render.repeat import repeat_sweep
from harness.render.terminal import wrap_bullet
from harness.render.text_quality import TEXT_COLUMNS, describe_looks, list_text_cells

BEST = "*"
_RTF = "rtf"
_MEMORY = "memory_mb"
_WER, _DIVERGENCE, _AGREEMENT = "wer", "divergence", "agreement"
_NOTHING = "NA"
# What a pivot can show.
PIVOT_VALUES = (*(metric.name for metric in TABLE_METRICS), _RTF, _MEMORY, _WER, _DIVERGENCE)


def render_sweep(table: SweepTable) -> str:
    """Return a line for each cell and notes about the best ones; no trailing newline."""
    header, units, rows = _table(table)
    width = len(table.sweep.varying)
    lines = [*align([header, units, *rows], left=width, indent="  "), "", *_notes(table)]
    if table.sweep.end and (command := repeat_sweep(table.sweep)):
        lines += ["", f"  again: {command}"]
    return "\n".join(lines)


def render_sweep_markdown(sweep_table: SweepTable) -> str:
    """Return the same as Markdown, under a heading."""
    header, units, rows = _table(sweep_table)
    titles = [f"{name} ({unit})" if unit else name for name, unit in zip(header, units, strict=True)]
    table = [titles, ["---"] * len(titles), *rows]
    lines = [f"| {' | '.join(markdown(cell) for cell in row)} |" for row in table]
    notes = [f"- {markdown(line)}" for line in list_sentences(sweep_table)]
    command = repeat_sweep(sweep_table.sweep)
    again = ["Measure it again:", "", *code_block([command], "sh"), ""] if command else []
    return "\n".join(
        [f"## Sweep {sweep_table.sweep.id} on {markdown(sweep_table.sweep.node)}", "", *lines, "", *notes, "", *again]
    )


def render_sweep_csv(table: SweepTable) -> str:
    """Return a line for each cell: axes, medians and spreads, RTF, memory, n, `best_in`, run, reason, `equal_code`.

    A sweep that looked at the text has three columns more.
    """
    texts = has_texts(table)
    names = [axis.name for axis in table.sweep.axes]
    metrics = [metric.name for metric in TABLE_METRICS]
    columns = [
        *names,
        *metrics,
        *(f"{name}_spread" for name in metrics),
        _RTF,
        _MEMORY,
        "n",
        "best_in",
        "run",
        "reason",
        "equal_code",
        *((_WER, _DIVERGENCE, _AGREEMENT) if texts else ()),
    ]
    lines = []
    for number, row in enumerate(table.rows):
        found = [row.get(name) for name in metrics]
        entry = table.sweep.entries[table.sweep.cells[number].entry]
        best = " ".join(one.metric for one in table.standings if one.row == number and one.certain)
        lines.append(
            [
                *(dict(row.values)[name] for name in names),
                *(f"{one.median:.6g}" if one else "" for one in found),
                *(f"{one.spread:.4g}" if one else "" for one in found),
                f"{row.rtf:.4g}" if row.rtf is not None else "",
                f"{row.max_rss_bytes / 1e6:.1f}" if row.max_rss_bytes else "",
                max((one.n for one in found if one), default=0),
                best,
                entry.run,
                row.reason,
                table.sweep.label(table.rows[row.equal_to].values) if row.equal_to is not None else "",
                *(_list_text_numbers(row.text) if texts else ()),
            ]
        )
    return _write_csv([columns, *lines])


def pivot_sweep(table: SweepTable, *, rows: str, columns: str, value: str) -> list[list[str]]:
    """Return a table of one value; `columns` is an axis, `rows` another one or, if empty, all others together.

    If several cells coincide, the smallest value is shown; `*` marks one that is really the best of all cells. Raises
    UsageError for an axis or a value that the sweep does not have.
    """
    require_pivot(table.sweep, rows=rows, columns=columns)
    names = [axis.name for axis in table.sweep.varying]
    down = [rows] if rows else [name for name in names if name != columns]
    if value not in PIVOT_VALUES:
        raise UsageError(
            f"a pivot cannot show {value!r}", hint=f"--value {PIVOT_VALUES[0]}  # one of {', '.join(PIVOT_VALUES)}"
        )
    across = next(axis.values for axis in table.sweep.varying if axis.name == columns)
    best = {one.row for one in table.standings if one.metric == value and one.certain}
    found: dict[tuple[str, ...], dict[str, tuple[float, int]]] = {}
    for number, row in enumerate(table.rows):
        values = dict(row.values)
        line = found.setdefault(tuple(values[name] for name in down), {})
        number_of = _pick(row, value)
        if number_of is not None:
            line[values[columns]] = min(line.get(values[columns], (number_of, number)), (number_of, number))
    body = [[*key, *(_show_pivot(line.get(name), value, best) for name in across)] for key, line in found.items()]
    return [[*down, *(f"{columns}={name}" for name in across)], *body]


def require_pivot(sweep: Sweep, *, rows: str, columns: str) -> None:
    """Raise UsageError for an axis that the sweep does not have, or that has only one value."""
    names = [axis.name for axis in sweep.varying]
    for option, name in (("--columns", columns), *([("--rows", rows)] if rows else [])):
        if name not in names:
            known = (
                f"{option} {names[0]}  # one of {', '.join(names)}"
                if names
                else "--threads 1,2  # several values of an axis"
            )
            raise UsageError(f"{option}: the sweep has no axis {name!r} with several values", hint=known)


def render_pivot(table: Sequence[Sequence[str]], *, width: int) -> str:
    """Return a pivot for people; the first `width` columns name its rows."""
    return "\n".join(align(table, left=width, indent="  "))


def render_pivot_csv(table: Sequence[Sequence[str]]) -> str:
    """Return a pivot as CSV, with numbers without marks."""
    return _write_csv([[cell.removesuffix(BEST) for cell in row] for row in table])


def render_pivot_markdown(table: Sequence[Sequence[str]]) -> str:
    """Return a pivot as Markdown."""
    lines = [table[0], ["---"] * len(table[0]), *table[1:]]
    return "".join(f"| {' | '.join(map(markdown, line))} |\n" for line in lines)


def has_texts(table: SweepTable) -> bool:
    """Return whether a sweep looked at the text of any cell."""
    return any(row.text for row in table.rows)


def _list_text_numbers(text: TextQuality | None) -> Iterator[str]:
    numbers = (text.word_error_rate, text.divergence, text.agreement) if text else (None, None, None)
    return (f"{number:.4g}" if number is not None else "" for number in numbers)


def _table(table: SweepTable) -> tuple[list[str], list[str], list[list[str]]]:
    names = [axis.name for axis in table.sweep.varying]
    columns = [name.split() for name in TEXT_COLUMNS] if has_texts(table) else []
    text, of_text = [name for name, _ in columns], [unit for _, unit in columns]
    header = [*names, *(metric.label for metric in TABLE_METRICS), "RTF", "memory", *text, "n", ""]
    units = [*("" for _ in names), *(metric.unit for metric in TABLE_METRICS), "", "MB", *of_text, "", ""]
    return (
        header,
        units,
        [[*_pick_axes(row, names), *_cells(table, number, row)] for number, row in enumerate(table.rows)],
    )


def _pick_axes(row: SweepRow, names: Iterable[str]) -> list[str]:
    values = dict(row.values)
    return [values[name] for name in names]


def _cells(table: SweepTable, number: int, row: SweepRow) -> list[str]:
    best = {one.metric for one in table.standings if one.row == number and one.certain}
    text = list_text_cells(row.text) if has_texts(table) else ()
    if not row.summaries:
        return [*(_NOTHING for _ in TABLE_METRICS), _NOTHING, _NOTHING, *text, "0", row.reason]
    numbers = [
        f"{format_summary(row.get(metric.name))}{BEST if metric.name in best else ''}" for metric in TABLE_METRICS
    ]
    rtf = f"{row.rtf:.3f}" if row.rtf is not None else "-"
    memory = f"{row.max_rss_bytes / 1e6:.0f}" if row.max_rss_bytes else "-"
    count = str(max(one.n for _, one in row.summaries))
    return [*numbers, rtf, memory, *text, count, row.reason or _name_equal(table, row)]


def describe_equals(table: SweepTable) -> list[str]:
    """Return a sentence for each group of cells that measure the same code with the same settings."""
    groups: dict[int, list[str]] = {}
    for row in table.rows:
        if row.equal_to is not None:
            groups.setdefault(row.equal_to, []).append(table.sweep.label(row.values))
    named = ([table.sweep.label(table.rows[first].values), *labels] for first, labels in groups.items())
    return [
        f"equal code: {' and '.join(labels)}: the binaries do not differ, so any difference in their numbers is noise"
        for labels in named
    ]


def _name_equal(table: SweepTable, row: SweepRow) -> str:
    return "" if row.equal_to is None else f"equal code: {table.sweep.label(table.rows[row.equal_to].values)}"


def _notes(table: SweepTable) -> Iterator[str]:
    for sentence in list_sentences(table):
        yield from wrap_bullet(sentence)


def list_sentences(table: SweepTable) -> Iterator[str]:
    """Yield what a reader must know of the numbers of a sweep, and what is really best."""
    if any(row.summaries for row in table.rows):
        yield "medians of n processes, one in each round; in brackets (slowest - fastest) / median"
    yield from describe_equals(table)
    still = [f"{count} of {table.sweep.label(row.values)}" for row in table.rows if (count := row.still)]
    if still:
        cells = ", ".join(still)
        yield f"stopped, frozen or suspended while they were measured: {cells}; these times may include the stop"
    if any(row.rtf is not None for row in table.rows):
        yield (
            f"RTF is a model, not a measurement: (encode + {TOKENS_PER_WINDOW} x decode) / {WINDOW_S:g} s, one window "
            "of speech, token by token; memory is the peak of any process"
        )
    yield from describe_looks([row.text for row in table.rows if row.text])
    if any(one.certain for one in table.standings):
        yield (
            f"{BEST} better than every other cell: all these marks together are wrong in at most one of a "
            "hundred sweeps"
        )
    doubtful = [one for one in table.standings if not one.certain]
    short = [one for one in doubtful if one.rounds < one.least_rounds]
    if short:
        most = max(one.rounds for one in short)
        shown = f"{format_count(most, 'round')} cannot show which cell is best"
        yield f"{shown}; it takes at least {max(one.least_rounds for one in short)}"
    for one in doubtful:
        if one not in short:
            yield _describe_doubt(table, one)


def _describe_doubt(table: SweepTable, standing: Standing) -> str:
    label = METRICS[standing.metric].label
    lead = f"{label}: {table.sweep.label(table.rows[standing.row].values)} has the smallest median, but"
    cannot = f"cannot be distinguished from {len(standing.unresolved)} of {standing.others} others"
    return f"{lead} {cannot} after {standing.rounds} rounds"


def _pick(row: SweepRow, value: str) -> float | None:
    if value == _RTF:
        return row.rtf
    if value == _MEMORY:
        return row.max_rss_bytes / 1e6 or None
    if value in (_WER, _DIVERGENCE):
        rate = row.text.word_error_rate if row.text else None
        return rate if value == _WER else row.text.divergence if row.text else None
    summary = row.get(value)
    return summary.median if summary else None


def _show_pivot(found: tuple[float, int] | None, value: str, best: set[int]) -> str:
    if found is None:
        return _NOTHING
    number, row = found
    digits = {_RTF: 3, _MEMORY: 0, _WER: 4, _DIVERGENCE: 5}.get(value, 2)
    text = f"{number:.{digits}f}"
    return f"{text}{BEST if row in best else ''}"


def _write_csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
