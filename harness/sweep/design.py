"""A sweep as its file and the flags ask for it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError
from harness.judge.sweep_check import sum_up
from harness.plan.axis import choose_axes, convert_axes, convert_excludes, parse_axes, take_axes
from harness.plan.grid import lay_grid
from harness.records.node import Node
from harness.records.run import SCHEMA
from harness.records.suite import Engine, Suite
from harness.records.sweep import Sweep
from harness.run.request import choose_suite
from harness.settings.layer import Settings, name_settings, nearest
from harness.settings.recall import DECISIVE, list_decisive
from harness.settings.setting import Value
from harness.settings.table import BY_NAME
from harness.system.toml_file import read_toml
from harness.whisper.quantisation import QUANTISATIONS

_TABLES = ("axes", "exclude", "settings")
_EXAMPLE = "[axes]\nthreads = [1, 2]\nfa = [0, 1]\n\n[[exclude]]\nthreads = 1\nfa = 1"


def design_sweep(settings: Settings, node: Node, name: str, words: Sequence[str]) -> tuple[Settings, Suite, Sweep]:
    """Return settings, suite and sweep that the file `name`, the `words` of axes and the flags ask for.

    Raises UsageError for what cannot be.
    """
    file = read_toml(Path(name), example=_EXAMPLE) if name else {}
    for key in file:
        if key not in _TABLES:
            raise UsageError(f"{name}: unknown table {key!r}", hint=nearest(key, _TABLES))
    settings = _take_settings(settings, _table(file, "settings", name), name)
    named = {**convert_axes(_table(file, "axes", name), name), **parse_axes(words)}
    settings = _anchor(take_axes(settings, named))
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
        raise UsageError(f"{name}: exclude is not a list of tables", hint=_EXAMPLE)
    entries, cells = lay_grid(axes, convert_excludes(tables, axes, name))
    begun = datetime.now(UTC)
    design = Sweep(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{sum_up(axes, cells)}",
        node=node.name,
        start=begun.isoformat(timespec="seconds"),
        seed=suite.seed,
        repetitions=suite.repetitions,
        axes=axes,
        entries=entries,
        cells=cells,
        settings=list_decisive(settings),
    )
    return settings, suite, design


def _anchor(settings: Settings) -> Settings:
    """Return the settings with paths by which a sweep can be taken up from another folder."""
    used = ((name, _make_absolute(name, value), origin) for name, value, origin in settings.used)
    return Settings(used=tuple(used))


def _make_absolute(name: str, value: Value) -> Value:
    setting = BY_NAME[name]
    if not (name in DECISIVE and setting.path and isinstance(value, str)) or value in ("", setting.default):
        return value
    # A compiler without a slash is a program on PATH, whatever else has that name here.
    is_program = name == "compiler" and "/" not in value
    return str(Path(value).absolute()) if Path(value).exists() and not is_program else value


def _table(file: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    table = file.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {name} is no table", hint=_EXAMPLE)
    return table


def _take_settings(settings: Settings, table: Mapping[str, object], where: str) -> Settings:
    """Return the settings with those of the file; flags and variables win, harness.toml does not know this sweep."""
    normal = name_settings(table, where)
    return settings.override({name: value for name, value in normal.items() if settings.is_default(name)}, where)
