"""`harness sweep`: many settings measured side by side, and the table of what came of them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from harness.commands.output import Output
from harness.commands.resume import take_up
from harness.errors import InterruptedRunError, UnfitError, UsageError
from harness.plan.axis import choose_axes, convert_axes, convert_excludes, parse_axes, take_axes
from harness.plan.chart import chart_sweep
from harness.plan.grid import lay_grid
from harness.plan.layer import Settings, name_settings, nearest
from harness.plan.quantisation import QUANTISATIONS
from harness.premises import cache_folder, hold_node, results_folder
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.record import Record, short_hash
from harness.records.run import SCHEMA, ExitCode, Run
from harness.records.suite import Engine, Suite
from harness.records.sweep import Chart, Entry, Sweep
from harness.render.plan import render_plan
from harness.render.sweep import (
    describe_equals,
    pivot_chart,
    render_chart,
    render_chart_csv,
    render_chart_markdown,
    render_pivot,
    render_pivot_csv,
)
from harness.request import choose_suite
from harness.session import Session
from harness.store.bundle import PARTIAL, load_run, month_folder
from harness.store.duration import load_durations, save_durations
from harness.store.sweep_file import find_sweep, save_tables
from harness.sweep.course import Course, estimate_course
from harness.sweep.entry import choose_entry_suite, prepare_entry
from harness.sweep.field import Field, prepare_all
from harness.system.console import format_seconds
from harness.system.probe import probe_node
from harness.system.toml_file import read_toml
from harness.trial.scene import Scene, set_scene
from harness.workbench import mark_builds, remove_builds

_TABLES = ("axes", "exclude", "settings")
_EXAMPLE = "[axes]\nthreads = [1, 2]\nfa = [0, 1]\n\n[[exclude]]\nthreads = 1\nfa = 1"


class Asked(Record):
    """What is on the command line beside the settings; `resume` and `show` are None, or the beginning of an id."""

    file: str = ""
    axes: tuple[str, ...] = ()
    resume: str | None = None
    show: str | None = None
    rows: str = ""
    columns: str = ""
    value: str = "encode"
    csv: bool = False


def sweep(settings: Settings, environ: Mapping[str, str], output: Output, asked: Asked) -> int:
    """Measure the cross product of the axes, go on with an unfinished sweep, or show one; return the exit code."""
    node = probe_node(settings.text("node"), environ)
    results = results_folder(settings)
    if asked.show is not None:
        stored = find_sweep(results, node.name, asked.show, unfinished=False)
        _show(chart_sweep(stored, _load_runs(results, stored)), asked, output)
        return 0
    scene = set_scene(settings, environ, output.console)
    if asked.resume is not None:
        with hold_node(settings, output.console):
            field = _take_up(settings, environ, node, scene, asked.resume, output)
            runs = _measure(field, settings, output)
        return _finish(field, runs, results, asked, output)
    settings, suite, design = _design(settings, node, asked)

    def prepare(entry: Entry, number: int) -> tuple[Run, Plan]:
        cells = [cell for cell in design.cells if cell.entry == number and not cell.reason]
        mine = choose_entry_suite(suite, cells)
        label = design.label(entry.values)
        return prepare_entry(entry, mine, settings, environ, node, scene, output.console, label=label)

    if settings.flag("dry_run"):
        planned, ready = prepare_all(design, prepare)
        _show_plan(planned, ready, settings, output)
        return 0
    with hold_node(settings, output.console):
        planned, ready = prepare_all(design, prepare)
        field = Field(planned, results, cache_folder(settings), {})
        for number, prepared in ready.items():
            remove_builds(prepared[1].sites, settings, output.console)
            state, plan, bundle = field.open(number, prepared)
            mark_builds(plan, state, cache_folder(settings))
            session = Session(plan, state, bundle, output.console, load_durations(cache_folder(settings)), scene.vigil)
            field.seat(number, session, bundle)
        output.console.note(_describe(planned))
        try:
            runs = _measure(field, settings, output)
        except UsageError:  # an option that a tree does not know; nothing is built yet
            field.discard()
            raise
    return _finish(field, runs, results, asked, output)


def _design(settings: Settings, node: Node, asked: Asked) -> tuple[Settings, Suite, Sweep]:
    """Return settings, suite and sweep that the file and the flags ask for; raises UsageError for what cannot be."""
    file = read_toml(Path(asked.file), example=_EXAMPLE) if asked.file else {}
    for name in file:
        if name not in _TABLES:
            raise UsageError(f"{asked.file}: unknown table {name!r}", hint=nearest(name, _TABLES))
    settings = _take_settings(settings, _table(file, "settings", asked.file), asked.file)
    named = {**convert_axes(_table(file, "axes", asked.file), asked.file), **parse_axes(asked.axes)}
    settings = take_axes(settings, named)
    for kind in settings.words("quant"):
        if kind not in QUANTISATIONS:
            raise UsageError(f"no type of weights is called {kind!r}", hint=nearest(kind, QUANTISATIONS))
    # Types that do not fit a model are cells without numbers, not a reason to refuse the others.
    suite = choose_suite(settings.override({"quant": "f16", "bench": "whisper"}, "sweep"), node)
    if settings.flag("loadable") and suite.engine is Engine.SAMPLER:
        cause = "the library loads no variants by itself, whisper-bench does"
        raise UsageError("--loadable needs --engine bench", cause=cause)
    axes = choose_axes(settings, suite, named)
    tables = file.get("exclude", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{asked.file}: exclude is not a list of tables", hint=_EXAMPLE)
    entries, cells = lay_grid(axes, convert_excludes(tables, axes, asked.file))
    begun = datetime.now(UTC)
    design = Sweep(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{short_hash(axes, cells, length=8)}",
        node=node.name,
        start=begun.isoformat(timespec="seconds"),
        seed=suite.seed,
        repetitions=suite.repetitions,
        axes=axes,
        entries=entries,
        cells=cells,
    )
    return settings, suite, design


def _table(file: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    table = file.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {name} is no table", hint=_EXAMPLE)
    return table


def _take_settings(settings: Settings, table: Mapping[str, object], where: str) -> Settings:
    """Return the settings with those of the file; flags and variables win, harness.toml does not know this sweep."""
    normal = name_settings(table, where)
    return settings.override({name: value for name, value in normal.items() if settings.is_default(name)}, where)


def _take_up(
    settings: Settings, environ: Mapping[str, str], node: Node, scene: Scene, wanted: str, output: Output
) -> Field:
    """Return an unfinished sweep as it was left; runs of it that are sealed already are not measured again."""
    results = results_folder(settings)
    stored = find_sweep(results, node.name, wanted, unfinished=True)
    field = Field(stored, results, cache_folder(settings), _load_runs(results, stored))
    known = load_durations(cache_folder(settings))
    for number, entry in enumerate(stored.entries):
        if entry.run and (month_folder(results, stored.node, entry.run) / f"{entry.run}{PARTIAL}").exists():
            state, plan, bundle = take_up(settings, environ, node, entry.run, output.console)
            field.seat(number, Session(plan, state, bundle, output.console, known, scene.vigil), bundle)
    return field


def _measure(field: Field, settings: Settings, output: Output) -> dict[str, Run]:
    """Go through all sessions; whatever stops them says how to go on."""
    cache = cache_folder(settings)

    def built() -> None:
        for sentence in describe_equals(field.chart()):
            output.console.note(f"  {sentence}")

    course = Course(field.sessions, load_durations(cache), field.sweep.seed, built=built)
    hint = f"harness sweep --resume {field.sweep.id} --results {results_folder(settings)}"
    try:
        course.go()
        return field.conclude()
    except KeyboardInterrupt:
        output.console.note(render_chart(field.chart()))
        raise InterruptedRunError("interrupted; what is done is kept", hint=hint) from None
    except OSError as error:
        what = f"the sweep stopped: {error.strerror or error} ({error.filename or results_folder(settings)})"
        raise UnfitError(what, cause="what is done is kept", hint=f"remove the cause, then {hint}") from None
    finally:
        with suppress(OSError):  # a forecast is not worth a failure
            save_durations(cache, course.learn())


def _finish(field: Field, runs: Mapping[str, Run], results: Path, asked: Asked, output: Output) -> int:
    chart = field.chart()
    paths = save_tables(results, field.sweep, markdown=render_chart_markdown(chart), csv=render_chart_csv(chart))
    _show(chart, asked, output)
    for path in paths:
        output.console.note(f"  table: {path}")
    codes = [run.exit_code for run in runs.values() if run.exit_code is not ExitCode.OK]
    return int(min(codes, default=ExitCode.OK))


def _load_runs(results: Path, stored: Sweep) -> dict[str, Run]:
    """Return the runs of a sweep that are sealed, and are still there."""
    folders = {
        entry.run: month_folder(results, stored.node, entry.run) / entry.run for entry in stored.entries if entry.run
    }
    return {name: load_run(folder) for name, folder in folders.items() if folder.is_dir()}


def _show(chart: Chart, asked: Asked, output: Output) -> None:
    if asked.columns:
        table = pivot_chart(chart, rows=asked.rows, columns=asked.columns, value=asked.value)
        width = 1 if asked.rows else len(chart.sweep.varying) - 1
        output.show(render_pivot_csv(table) if asked.csv else render_pivot(table, width=width), chart)
        return
    output.show(render_chart_csv(chart) if asked.csv else f"{_describe(chart.sweep)}\n\n{render_chart(chart)}", chart)


def _show_plan(planned: Sweep, ready: Mapping[int, tuple[Run, Plan]], settings: Settings, output: Output) -> None:
    plans = [plan for _, plan in ready.values()]
    estimate = estimate_course(plans, load_durations(cache_folder(settings)))
    lines = [_describe(planned)]
    if settings.flag("verbose"):
        lines += [render_plan(plan, state) for state, plan in ready.values()]
    reasons = dict.fromkeys(
        f"  NA: {planned.label(cell.values)}: {cell.reason}" for cell in planned.cells if cell.reason
    )
    reasons |= dict.fromkeys(
        f"  NA: {planned.label(one.values)}: {one.reason}" for one in planned.entries if one.reason
    )
    builds = len({plan.sites[-1].folder for plan in plans})
    timed = f"{estimate.known} of {estimate.total} steps were timed before"
    lines += [*reasons, f"  builds    {builds}", f"  time      about {format_seconds(estimate.seconds)}; {timed}"]
    output.show("\n".join(lines), planned)


def _describe(swept: Sweep) -> str:
    varying = [f"  {axis.name:<9} {', '.join(axis.values)}" for axis in swept.axes]
    counts = f"{len(swept.cells)} cells, {len(swept.entries)} configs, {swept.repetitions} rounds"
    return "\n".join([f"sweep {swept.id} on {swept.node}: {counts}", *varying])
