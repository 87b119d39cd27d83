"""The sweep that the settings, a file and the axes on the command line describe."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.commands.request.job import resolve_job
from harness.commands.request.measure import choose_suite, resolve_measure, resolve_unmeasured
from harness.commands.request.recording import choose_listening
from harness.commands.request.trial import apply_side
from harness.errors import UnavailableError, UnfitError, UnreadableError, UsageError
from harness.plan.axis import (
    BINARY_AXES,
    CASE_AXES,
    choose_axes,
    convert_axes,
    convert_excludes,
    name_values,
    parse_axes,
)
from harness.plan.grid import make_side_request
from harness.records.node import Node
from harness.records.record import Record
from harness.records.run import Run, SettingUsed
from harness.records.suite import Engine, Suite
from harness.records.sweep import Axis, Sweep, Values
from harness.run.places import Workplace
from harness.settings.layer import Settings, name_settings, nearest
from harness.settings.recall import DECISIVE, list_decisive, recall
from harness.settings.request import GridRequest, MeasureRequest, Places, RunRequest
from harness.settings.setting import PRINTING, SWEEP, Value
from harness.settings.table import BY_NAME
from harness.settings.value import name_option, split_option
from harness.sweep.design import choose_entry_suite, design_sweep
from harness.system.toml_file import read_toml
from harness.whisper.quantisation import QUANTISATIONS

_TABLES = ("axes", "exclude", "settings")
_EXAMPLE = "[axes]\nthreads = [1, 2]\nfa = [0, 1]\n\n[[exclude]]\nthreads = 1\nfa = 1"

# A requested run, or why this node cannot run it: then its cells have no numbers, and the others are still measured.
ResolvedConfig = RunRequest | UnavailableError | UnfitError


class SweepFile(NamedTuple):
    """The tables of a sweep file but for its settings, which `read_sweep_file` has applied."""

    name: str
    axes: Mapping[str, object]
    excludes: tuple[dict[str, object], ...]


NO_FILE = SweepFile("", {}, ())


class KeptSweep(NamedTuple):
    """An unfinished sweep: its design, its runs so far, and the numbers of the configs that are `left` to measure."""

    design: Sweep
    runs: Sequence[Run]
    left: Sequence[int]


class _SweepPart(NamedTuple):
    """The configs of a design, by their numbers, that are measured with a suite."""

    design: Sweep
    suite: Suite
    numbers: Sequence[int]


class SweepRequest(Record):
    """A sweep to measure: its design, and a run for each of its configs that has cells to measure.

    `measure` says how all runs are measured, `used` are the settings. A `dry` sweep is only planned and shown; a `full`
    plan shows all steps.
    """

    design: Sweep
    runs: dict[int, ResolvedConfig]
    measure: MeasureRequest
    used: tuple[SettingUsed, ...] = ()
    dry: bool = False
    full: bool = False


def read_sweep_file(settings: Settings, name: str) -> tuple[Settings, SweepFile]:
    """Return the settings with those of the sweep file `name`, if any, and its other tables.

    They decide about the folders and the name of the node, too. Raises UsageError for an unknown table or setting, and
    for one that would have no effect.
    """
    if not name:
        return settings, NO_FILE
    file = read_toml(Path(name), example=_EXAMPLE)
    for key in file:
        if key not in _TABLES:
            raise UsageError(f"{name}: unknown table {key!r}", hint=nearest(key, _TABLES))
    mine = name_settings(_table(file, "settings", name), name)
    for setting in mine:
        # Printing has begun before the file is read.
        if SWEEP[0] not in BY_NAME[setting].commands or setting in PRINTING:
            hint = BY_NAME[setting].flag if setting in PRINTING else "harness sweep --help"
            raise UsageError(f"{name}: the setting {setting} has no effect in a sweep file", hint=hint)
    tables = file.get("exclude", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{name}: exclude is not a list of tables", hint=_EXAMPLE)
    axes = _table(file, "axes", name)
    return _take(settings, mine, name), SweepFile(name=name, axes=axes, excludes=tuple(tables))


def resolve_sweep(
    settings: Settings, work: Workplace, node: Node, file: SweepFile, words: Sequence[str]
) -> SweepRequest:
    """Return the sweep that a file, the axes in `words` and the settings describe; raises UsageError for bad ones."""
    named = {**convert_axes(file.axes, file.name), **parse_axes(words)}
    settings = _anchor(_take(settings, name_values(named), "axes"))
    for kind in settings.words("quant"):
        if kind not in QUANTISATIONS:
            raise UsageError(f"unknown type of weights {kind!r}", hint=nearest(kind, QUANTISATIONS))
    suite = _choose_suite(settings, node)
    if settings.flag("loadable") and suite.engine is Engine.LIBRARY:
        cause = "only whisper-bench loads the variants of a library"
        raise UsageError("--loadable needs --engine bench", cause=cause, hint="--loadable --engine bench")
    axes = _choose_axes(settings, suite, named)
    excludes = convert_excludes(list(file.excludes), axes, file.name)
    grid = GridRequest(
        suite=suite, axes=axes, excludes=excludes, kept=list_decisive(settings), job=resolve_job(settings)
    )
    design = design_sweep(grid, node.name)
    return _order(settings, work, node, _SweepPart(design, suite, range(len(design.entries))))


def resolve_kept_sweep(settings: Settings, work: Workplace, node: Node, kept: KeptSweep) -> SweepRequest:
    """Return the part of an unfinished sweep that is left to measure.

    Raises UsageError if its settings are lost, UnreadableError if they do not lead to the stored sweep.
    """
    if not kept.left and not kept.design.settings:
        return SweepRequest(design=kept.design, runs={}, measure=resolve_measure(settings, work.environ))
    mine, suite = recall_design(kept.design, kept.runs, settings, node)
    return _order(mine, work, node, _SweepPart(kept.design, suite, kept.left))


def recall_design(sweep: Sweep, kept: Iterable[Run], settings: Settings, node: Node) -> tuple[Settings, Suite]:
    """Return the settings and the suite that a sweep was begun with: its own, or those of one of its runs.

    Raises UsageError if neither exists, UnreadableError if they do not lead to the stored sweep.
    """
    found = sweep.settings or next((run.settings for run in kept), ())
    if not found:
        cause = "an older harness started it without recording its settings, and its runs are gone"
        raise UsageError(f"{sweep.id} cannot be resumed", cause=cause, hint="harness sweep  # starts a new sweep")
    mine = recall(settings, found)
    if not sweep.settings:  # of a run that has the values of one config
        axes = {axis.name: axis.values for axis in sweep.axes}
        mine = mine.override({CASE_AXES[name]: axes[name] for name in CASE_AXES}, "axes")
        options = [word for word in mine.words("define") if split_option(word)[0] not in axes]
        mine = mine.override({"define": options}, "axes")
    suite = _choose_suite(mine, node)
    named = {axis.name: axis.values for axis in sweep.axes if name_option(axis.name)}
    same_axes = not sweep.settings or _choose_axes(mine, suite, named) == sweep.axes
    if (suite.seed, suite.repetitions) != (sweep.seed, sweep.repetitions) or not same_axes:
        raise UnreadableError(
            f"the sweep {sweep.id} cannot be resumed",
            cause="its axes, repetitions or seed do not match its settings",
            hint="harness sweep  # starts a new sweep",
        )
    return mine, suite


def resolve_config(
    settings: Settings, places: Places, node: Node, values: Values, measure: MeasureRequest
) -> ResolvedConfig:
    """Return the run of a config that changes `values`, or why this node does not support it; raises UsageError."""
    mine = apply_side(make_side_request(values), settings).override({"roofline": False}, "sweep")
    try:
        run = resolve_unmeasured(mine, places, node).replace(measure=measure.replace(roofline=False))
    except (UnavailableError, UnfitError) as error:
        return error
    # whisper-cli is not timed here, only read.
    return run.replace(build=run.build.replace(whole=False))


def _order(settings: Settings, work: Workplace, node: Node, part: _SweepPart) -> SweepRequest:
    """Return the request for a part of a sweep, without the configs that have no cells to measure."""
    design, suite = part.design, part.suite
    asked = choose_listening(settings, "sweep")
    measure = resolve_measure(asked, work.environ, suite)
    runs: dict[int, ResolvedConfig] = {}
    for number, entry in enumerate(design.entries):
        cells = [cell for cell in design.cells if cell.entry == number and not cell.reason]
        if cells and number in part.numbers:
            mine = measure.replace(suite=choose_entry_suite(suite, cells))
            runs[number] = resolve_config(asked, work.places, node, entry.values, mine)
    return SweepRequest(
        design=design,
        runs=runs,
        measure=measure,
        used=settings.describe(),
        dry=settings.flag("dry_run"),
        full=settings.flag("verbose"),
    )


def _choose_suite(settings: Settings, node: Node) -> Suite:
    """Return the suite of all cells.

    A type of weights that does not fit a model only leaves cells without numbers; it is not refused.
    """
    return choose_suite(choose_listening(settings, "sweep").override({"quant": "f16"}, "sweep"), node)


def _choose_axes(settings: Settings, suite: Suite, named: Mapping[str, tuple[str, ...]]) -> tuple[Axis, ...]:
    binary = {name: settings.text(setting) for name, setting in BINARY_AXES.items() if not settings.is_default(setting)}
    return choose_axes(suite, settings.words("quant"), binary, named)


def _take(settings: Settings, values: Mapping[str, object], where: str) -> Settings:
    """Return the settings with `values` where they are at their defaults: flags, variables and harness.toml win."""
    fresh = {name: value for name, value in values.items() if settings.is_default(name)}
    return settings.override(fresh, where).expand(os.path.expanduser)


def _anchor(settings: Settings) -> Settings:
    """Return the settings with absolute paths, so that the sweep can be resumed from another folder."""
    used = ((name, _make_absolute(name, value), origin) for name, value, origin in settings.used)
    return Settings(used=tuple(used))


def _make_absolute(name: str, value: Value) -> Value:
    setting = BY_NAME[name]
    if name in DECISIVE and setting.path and isinstance(value, tuple):
        return tuple(str(Path(word).absolute()) if Path(word).exists() else word for word in value)
    if not (name in DECISIVE and setting.path and isinstance(value, str)) or value in ("", setting.default):
        return value
    # A compiler without a slash is a program on PATH, even if a file here has the same name.
    is_program = name == "compiler" and "/" not in value
    return str(Path(value).absolute()) if Path(value).exists() and not is_program else value


def _table(file: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    table = file.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {name} is not a table", hint=_EXAMPLE)
    return table
