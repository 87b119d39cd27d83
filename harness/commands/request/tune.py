"""The search for the best settings that the settings describe."""

import contextlib
import itertools
import math

from harness.commands.request.measure import choose_engine, choose_suite, resolve_measure, resolve_node
from harness.commands.request.recording import look_at_text
from harness.commands.request.sweep import ResolvedConfig, resolve_config
from harness.errors import UsageError
from harness.plan.axis import name_binary
from harness.plan.guard import choose_reference_values
from harness.plan.side import name_key
from harness.plan.tune import AXES, TuneAxis, list_axes
from harness.records.measurement import DECODE, ENCODE
from harness.records.node import Node
from harness.records.record import Record
from harness.records.run import SettingUsed
from harness.records.suite import Engine
from harness.records.sweep import Values
from harness.records.tune import Goal, TextGuard
from harness.run.places import Workplace
from harness.settings.layer import Settings, nearest
from harness.settings.recall import list_decisive
from harness.settings.request import MeasureRequest


class SearchRequest(Record):
    """A search for the best settings of a model: its starting point, its axes, and a run for each binary it may need.

    `measure` has the suite of everything that may be measured. `guard` has limits for what settings may cost in text.
    `named` are the axes that were asked for by name, `kept` the settings for the record. A `dry` search is only shown.
    """

    goal: Goal
    model: str
    node: Node
    base: Values
    axes: tuple[TuneAxis, ...]
    runs: dict[Values, ResolvedConfig]
    measure: MeasureRequest
    budget_s: float
    used: tuple[SettingUsed, ...]
    guard: TextGuard = TextGuard()
    named: tuple[str, ...] = ()
    kept: tuple[SettingUsed, ...] = ()
    dry: bool = False


def resolve_search(settings: Settings, work: Workplace, goal: str) -> SearchRequest:
    """Return the search that the settings describe; raises UsageError or UnfitError for bad settings."""
    if goal not in tuple(Goal):
        raise UsageError(f"--for: unknown goal {goal!r}", hint=nearest(goal, list(Goal)))
    node, model, guard = resolve_node(settings, work.environ), _choose_model(settings), choose_guard(settings)
    base = _choose_base(settings, node)
    axes = list_axes(node, model, base, _choose_over(settings))
    values = {name: (value,) for name, value in base.items()} | {axis.name: axis.values for axis in axes}
    # What settings cost in text is their distance from the reference's, which is looked at, too.
    reference = dict(choose_reference_values(tuple(base.items())))
    mine = look_at_text(settings, "tune").override(
        {
            "repetitions": 1,
            "threads": values["threads"],
            "flash_attn": [*dict.fromkeys((*values["fa"], reference["fa"]))],
            "quant": [*dict.fromkeys((*values["quant"], reference["quant"]))],
        },
        "tune",
    )
    suite = choose_suite(mine, node).replace(
        tests=False,
        test_build_types=(),
        engine=choose_engine(settings, Engine.LIBRARY),
        precision=0.0,
        max_time_s=0.0,
        metrics=(ENCODE.name, DECODE.name),
    )
    measure = resolve_measure(mine, work.environ, suite)
    combinations = (tuple(zip(values, choice, strict=True)) for choice in itertools.product(*values.values()))
    binaries = dict.fromkeys(map(name_binary, combinations))
    return SearchRequest(
        goal=Goal(goal),
        model=model,
        node=node,
        base=tuple(base.items()),
        axes=axes,
        runs={binary: resolve_config(mine, work.places, node, binary, measure) for binary in binaries},
        measure=measure,
        budget_s=settings.number("budget"),
        used=settings.describe(),
        guard=guard,
        named=() if settings.is_default("over") else tuple(axis.name for axis in axes),
        kept=list_decisive(settings),
        dry=settings.flag("dry_run"),
    )


def choose_guard(settings: Settings) -> TextGuard:
    """Return the limits for what settings may cost in text; raises UsageError for one that is not a number."""
    word, divergence = settings.text("max_divergence"), None
    if word:
        with contextlib.suppress(ValueError):
            divergence = float(word)
        if divergence is None or not 0 <= divergence < math.inf:
            raise UsageError(
                f"--max-divergence: expected a number of nats, 0 or more, not {word!r}", hint="--max-divergence 0.1"
            )
    max_wer = None if settings.is_default("max_wer") else settings.number("max_wer")
    return TextGuard(max_wer=max_wer, max_divergence=divergence)


def _choose_model(settings: Settings) -> str:
    models = settings.words("model")
    if len(models) != 1:
        raise UsageError("tune takes one model at a time", hint=f"--model {models[0]}")
    return models[0]


def _choose_over(settings: Settings) -> tuple[str, ...]:
    """Return the axes that are searched over; raises UsageError for one that does not exist."""
    over = tuple(map(name_key, settings.words("over")))
    unknown = next((name for name in over if name not in AXES), None)
    if unknown:
        raise UsageError(f"--over: unknown axis {unknown!r}", hint=nearest(unknown, AXES))
    return over


def _choose_base(settings: Settings, node: Node) -> dict[str, str]:
    """Return the values by axis that the search begins with."""
    suite = choose_suite(look_at_text(settings, "tune"), node)
    return {
        "threads": str(suite.threads[0]),
        "fa": str(suite.flash_attn[0]),
        "llamafile": settings.text("llamafile") or "off",
        "blas": settings.text("blas") or "none",
        "isa": settings.text("isa"),
        "quant": settings.words("quant")[0],
    }
