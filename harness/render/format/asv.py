"""The results folder of airspeed velocity (asv 0.6): benchmarks.json, a machine.json per node and a file per build.

Layout and columns: `asv.results.Results` (version 2), `asv.machine.Machine` (1), `asv.benchmarks.Benchmarks` (2). Each
benchmark is of type `track` with its own unit and the parameters of its cases; a combination that was not measured is
NaN, which is asv's "n/a" but not strict JSON. asv takes every increase for a regression, which is wrong for rates.
"""

import itertools
import json
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from harness.errors import UsageError
from harness.records.record import Record
from harness.records.run import Run
from harness.render.format.format import Format, RunSheet
from harness.render.format.row import MetricRow, list_rows, name_manner, pool_rows
from harness.render.table import weights_kind
from harness.stats.summary import summarize

_COLUMNS = (
    "result params version started_at duration stats_ci_99_a stats_ci_99_b stats_q_25 stats_q_75 stats_number "
    "stats_repeat samples"
).split()
_BENCHMARK_VERSION = "1"  # asv drops results of another version of a benchmark
_TIMEOUT_S = 3600.0
_NONE = repr("")  # of a parameter that a case has not


class _Benchmark(Record):
    """A benchmark as asv knows it: `params` are the values of each of its parameters."""

    name: str
    unit: str
    param_names: tuple[str, ...]
    params: tuple[tuple[str, ...], ...]


def render(sheets: Sequence[RunSheet]) -> str:
    """Return the result file of one build; raises UsageError if the runs need more than one."""
    groups = _group(sheets)
    if len(groups) != 1:
        raise UsageError(f"asv keeps these runs in {len(groups)} files", hint="-o asv-results  # a folder")
    rows = next(iter(groups.values()))
    return _dump(_result(rows, _describe(rows)))


def render_folder(sheets: Sequence[RunSheet]) -> dict[str, str]:
    """Return every file of the results folder by its path; runs of one node, commit and config are merged."""
    groups = _group(sheets)
    benchmarks = _describe([row for rows in groups.values() for row in rows])
    described = {name: _document(benchmark) for name, benchmark in benchmarks.items()}
    files = {"benchmarks.json": _dump({**described, "version": 2})}
    for (machine, commit, environment), rows in groups.items():
        files[f"{machine}/machine.json"] = _dump({**_machine(rows[0].run), "version": 1})
        files[f"{machine}/{commit[:8]}-{environment}.json"] = _dump(_result(rows, benchmarks))
    return files


def _group(sheets: Sequence[RunSheet]) -> dict[tuple[str, str, str], list[MetricRow]]:
    """Return the rows of each result file, by node, commit and environment."""
    groups: dict[tuple[str, str, str], list[MetricRow]] = {}
    for row in list_rows(sheets):
        key = (_file_name(row.run.node.name), _commit(row.run), _environment(row.run))
        groups.setdefault(key, []).append(row)
    return {key: pool_rows(rows) for key, rows in groups.items()}


def _commit(run: Run) -> str:
    commit = run.source.commit
    return commit.sha or commit.changes or run.source.id


def _environment(run: Run) -> str:
    config, commit = run.config, run.source.commit
    dirty = f"-dirty-{commit.changes[:8]}" if commit.dirty else ""
    return _file_name(f"{config.build_type}-{config.isa}-{config.backend}-{config.id}{dirty}")


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"


def _machine(run: Run) -> dict[str, str]:
    cpu = run.node.cpu
    return {
        "machine": _file_name(run.node.name),
        "arch": cpu.arch,
        "cpu": cpu.brand,
        "num_cpu": str(cpu.cores.logical),
        "os": run.node.os,
        "ram": str(run.node.memory_bytes),
    }


def _values(row: MetricRow) -> dict[str, str]:
    """Return the parameters of a row as asv writes them, in Python's notation."""
    kind = weights_kind(row.run, row.case)
    named = dict(row.case.params) | ({"weights": kind} if kind else {}) | name_manner(row.run, row.case)
    return {name: value if value.isdecimal() else repr(value) for name, value in named.items()}


def _describe(rows: Sequence[MetricRow]) -> dict[str, _Benchmark]:
    benchmarks: dict[str, _Benchmark] = {}
    for name, mine in _by_name(rows).items():
        values = [_values(row) for row in mine]
        names = tuple(sorted({key for value in values for key in value}))
        params = tuple(tuple(sorted({value.get(key, _NONE) for value in values}, key=_rank)) for key in names)
        benchmarks[name] = _Benchmark(name=name, unit=mine[0].metric.unit, param_names=names, params=params)
    return benchmarks


def _by_name(rows: Sequence[MetricRow]) -> dict[str, list[MetricRow]]:
    found: dict[str, list[MetricRow]] = {}
    for row in rows:
        found.setdefault(f"{row.case.benchmark}.{row.metric.name}", []).append(row)
    return found


def _document(benchmark: _Benchmark) -> dict[str, object]:
    return {
        "name": benchmark.name,
        "unit": benchmark.unit,
        "param_names": benchmark.param_names,
        "params": benchmark.params,
        "code": "",
        "timeout": _TIMEOUT_S,
        "type": "track",
        "version": _BENCHMARK_VERSION,
    }


def _rank(value: str) -> tuple[int, str]:
    return (int(value), "") if value.isdecimal() else (-1, value)


def _result(rows: Sequence[MetricRow], benchmarks: Mapping[str, _Benchmark]) -> dict[str, object]:
    run = rows[0].run
    config, commit = run.config, run.source.commit
    identity = {"build_type": config.build_type, "isa": config.isa, "backend": config.backend, "config": config.id}
    return {
        "commit_hash": _commit(run),
        "env_name": _environment(run),
        "date": _milliseconds(commit.date or run.start),
        "params": _machine(run) | identity,
        "python": "",
        "requirements": {},
        "env_vars": {},
        "result_columns": _COLUMNS,
        "results": {name: _columns(mine, benchmarks[name]) for name, mine in _by_name(rows).items()},
        "durations": {},
        "version": 2,
    }


def _columns(rows: Sequence[MetricRow], benchmark: _Benchmark) -> list[object]:
    """Return the columns of one benchmark: a value for each combination of its parameters, the last one fastest."""
    by_values = {tuple(_values(row).get(name, _NONE) for name in benchmark.param_names): row for row in rows}
    cells = [by_values.get(combination) for combination in itertools.product(*benchmark.params)]
    intervals = [summarize(row.values, 0.99) if row else None for row in cells]
    quartiles = [_quartiles(row.values) if row else None for row in cells]
    return [
        [row.summary.median if row else math.nan for row in cells],
        benchmark.params,
        _BENCHMARK_VERSION,
        _milliseconds(rows[0].run.start),
        None,
        [_or(interval.low, -math.inf) if interval else None for interval in intervals],
        [_or(interval.high, math.inf) if interval else None for interval in intervals],
        [quartile[0] if quartile else None for quartile in quartiles],
        [quartile[1] if quartile else None for quartile in quartiles],
        [1 if row else None for row in cells],
        [len(row.values) if row else None for row in cells],
        [list(row.values) if row else None for row in cells],
    ]


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, method="inclusive")
    return low, high


def _milliseconds(moment: str) -> int:
    """Return an ISO 8601 time as JavaScript milliseconds, 0 for a run whose time is not known."""
    if not moment:
        return 0
    time = datetime.fromisoformat(moment)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _dump(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


FORMAT = Format(
    name="asv",
    endings=(".asv.json",),
    description="airspeed velocity: -o DIR writes its results folder, else the result file of one build",
    reader="asv show, compare, publish",
    render=render,
    layout=render_folder,
)
