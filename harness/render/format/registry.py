"""All formats: a new one is a module and a line here."""

from collections.abc import Sequence

from harness.records.measurement import METRICS
from harness.render.format import (
    asv,
    bench_all,
    bencher,
    csv_table,
    github_action,
    issue89,
    json_document,
    json_lines,
    junit,
    llama_bench,
    markdown,
)
from harness.render.format.format import Format

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        markdown.FORMAT,
        json_document.FORMAT,
        json_lines.FORMAT,
        csv_table.FORMAT,
        junit.FORMAT,
        issue89.FORMAT,
        issue89.FULL,
        bench_all.FORMAT,
        llama_bench.FORMAT,
        github_action.FORMAT,
        github_action.BIGGER,
        bencher.FORMAT,
        asv.FORMAT,
    )
}
DEFAULT = markdown.FORMAT


def find_ending(file_name: str) -> Format | None:
    """Return the format for the extension of a file name; the longest match wins (`x.bencher.json`)."""
    fits = [
        (len(ending), name)
        for name, format_ in FORMATS.items()
        for ending in format_.endings
        if file_name.endswith(ending)
    ]
    return FORMATS[max(fits)[1]] if fits else None


def list_formats() -> str:
    """Return a line for each format, for the help of the command line."""
    width = max(map(len, FORMATS))
    return "\n".join(f"  {name:<{width}}  {format_.description}" for name, format_ in FORMATS.items())


def tabulate_formats() -> str:
    """Return the formats as a Markdown table."""
    rows = [
        (f"`{name}`", " ".join(f"`{ending}`" for ending in format_.endings), format_.description, format_.reader)
        for name, format_ in FORMATS.items()
    ]
    return _table(("format", "file endings", "what it holds", "read by"), rows)


def tabulate_metrics() -> str:
    """Return the metrics as a Markdown table."""
    rows = [
        (f"`{metric.name}`", metric.label, metric.unit, "lower" if metric.lower_is_better else "higher")
        for metric in METRICS.values()
    ]
    return _table(("metric", "column", "unit", "better"), rows)


def _table(header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> str:
    lines = (header, ("---",) * len(header), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
