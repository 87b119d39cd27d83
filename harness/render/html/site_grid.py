"""Many series as grids: rows are cases, columns metrics, or sizes where there is one metric."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.judge.site_address import node_folder
from harness.records.measurement import METRICS
from harness.records.site import SiteSeries, SiteState
from harness.records.suite import Benchmark
from harness.render.case_name import SharedParams, list_shared, share_params, shorten_case
from harness.render.figure.series_words import title_series
from harness.render.html.row import name_class
from harness.render.number import format_share, format_value

# The parameter of a benchmark with one metric whose values become columns.
_ACROSS = {Benchmark.MUL_MAT: "n", Benchmark.MEMCPY: "threads"}


class GridCell(NamedTuple):
    """A series in a grid: the address of its page, its newest value and change, and its trend."""

    href: str
    state: SiteState
    value: str
    change: str
    trend: tuple[float, ...]
    name: str


class GridRow(NamedTuple):
    """A row: what its series have in common, and a cell or None for each column; its node where it is not known."""

    name: str
    cells: tuple[GridCell | None, ...]
    node: str = ""
    node_href: str = ""

    @property
    def words(self) -> str:
        """The words by which it is found."""
        return f"{self.node} {self.name}".lower()

    @property
    def states(self) -> str:
        """The states of its cells, for the script."""
        return " ".join(dict.fromkeys(name_class(cell.state) for cell in self.cells if cell))


class GridColumn(NamedTuple):
    """The head of a column: its name and its unit."""

    name: str
    unit: str


class Grid(NamedTuple):
    """The series of one benchmark, of one node or of many."""

    benchmark: str
    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]
    notes: tuple[str, ...]

    @property
    def states(self) -> str:
        """The states of all its cells, for the script."""
        return " ".join(dict.fromkeys(" ".join(row.states for row in self.rows).split()))


def make_grids(series: Sequence[SiteSeries], root: str, *, by_node: bool = False) -> tuple[Grid, ...]:
    """Return series by benchmark; `root` leads to the root of the site. Rows name their node if `by_node`."""
    groups: dict[str, list[SiteSeries]] = {}
    for one in series:
        groups.setdefault(one.key.case.benchmark, []).append(one)
    return tuple(_make_grid(name, own, root, by_node=by_node) for name, own in groups.items())


def _make_grid(name: str, own: Sequence[SiteSeries], root: str, *, by_node: bool) -> Grid:
    metrics = tuple(dict.fromkeys(one.key.metric for one in own))
    across = _ACROSS.get(Benchmark(name), "") if name in set(Benchmark) and len(metrics) == 1 else ""
    shared = share_params([one.key.case for one in own])
    configs: dict[str, set[str]] = {}
    for one in own:
        configs.setdefault(one.key.node, set()).add(one.key.config)
    places: dict[tuple[str, str], dict[str, SiteSeries]] = {}
    for one in own:
        row = _name_row(one, shared, across)
        if len(configs[one.key.node]) > 1:
            row = f"{row} ({one.key.config[:8] or 'config not known'})"
        places.setdefault((one.key.node, row), {})[one.key.case.get(across) if across else one.key.metric] = one
    columns = list(dict.fromkeys(column for row in places.values() for column in row))
    if across:
        columns.sort(key=lambda text: (float(text) if text.isdecimal() else -1, text))
    else:
        columns = [metric for metric in metrics if metric in columns]
    heads = tuple(_head(column, across, metrics[0]) for column in columns)
    rows = []
    for (node, row), found in places.items():
        cells = tuple(_cell(found.get(column), root) for column in columns)
        home = f"{root}{node_folder(node)}index.html" if by_node else ""
        rows.append(GridRow(row, cells, (node or "not known") if by_node else "", home))
    return Grid(name, heads, tuple(rows), tuple(_list_notes(shared, metrics)))


def _name_row(one: SiteSeries, shared: SharedParams, across: str) -> str:
    case = one.key.case
    kept = tuple(pair for pair in case.params if pair[0] != across)
    short = shorten_case(case.replace(params=kept), shared).partition("/")[2].replace("/", " ")
    return short.replace("model=", "", 1) if short.startswith("model=") else short or case.benchmark


def _head(column: str, across: str, metric: str) -> GridColumn:
    name = f"{across}={column}" if across else column
    key = metric if across else column
    return GridColumn(name, METRICS[key].unit if key in METRICS else "")


def _list_notes(shared: SharedParams, metrics: Iterable[str]) -> Iterable[str]:
    directions = {METRICS[metric].lower_is_better for metric in metrics if metric in METRICS}
    if len(directions) == 1:
        yield "lower is better" if directions.pop() else "higher is better"
    yield from list_shared(shared)


def _cell(one: SiteSeries | None, root: str) -> GridCell | None:
    if one is None:
        return None
    change = "" if one.change is None or not math.isfinite(one.change) else format_share(one.change)
    name = f"{title_series(one.key)} on {one.key.node}: {one.state}"
    return GridCell(root + one.page, one.state, format_value(one.value), change, one.trend, name)
