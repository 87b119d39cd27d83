"""The night's watch that the settings describe."""

import shlex

from harness.commands.request.measure import resolve_node, resolve_run
from harness.commands.request.recording import ignore_recordings
from harness.commands.request.trial import can_relink, choose_design, resolve_side
from harness.errors import UsageError
from harness.plan.side import SideRequest
from harness.records.measurement import TABLE_METRICS
from harness.records.suite import Benchmark
from harness.run.places import Workplace
from harness.settings.layer import Settings
from harness.settings.request import NightRequest, RunRequest
from harness.settings.value import parse_size
from harness.system.source.resolve import load_pins

BUDGET_S = 3600.0
MODELS = ("fast",)
_LEAST_BUDGET_S = 60.0


def resolve_night(settings: Settings, work: Workplace) -> NightRequest:
    """Return the night that the settings describe, on this node; raises UsageError or UnfitError for bad settings."""
    settings = settings.supply("budget", BUDGET_S).supply("model", MODELS)
    # Settings for one source, from a file or a variable, are not meant for a watch, which has many commits.
    settings = settings.override({"ref": "", "source": ""}, "nightly")
    budget_s = settings.number("budget")
    if budget_s < _LEAST_BUDGET_S:
        cause = "nothing can be built and measured in that time"
        raise UsageError(f"--budget {budget_s:g}s is too short for a night", cause=cause, hint="--budget 1h")
    run = resolve_run(settings, work)
    alone = ignore_recordings(settings)
    side = resolve_side(SideRequest(label="nightly"), alone, work, resolve_node(settings, work.environ))
    if Benchmark.WHISPER not in run.measure.suite.benchmarks:
        cause = "only models are measured in turns, which is what tells code from machine"
        raise UsageError("a night needs the benchmark whisper", cause=cause, hint="--bench memcpy,mul_mat,whisper")
    relinks = settings.flag("relink") or (settings.is_default("relink") and can_relink(side))
    metrics = tuple(metric.name for metric in TABLE_METRICS)
    return NightRequest(
        run=_measure_anyway(run),
        side=_measure_anyway(side),
        design=choose_design(settings).replace(relink=relinks, metrics=metrics, named=False),
        repo=settings.text("repo") or load_pins().repo,
        branch=settings.text("branch"),
        anchor=settings.text("anchor"),
        budget_s=budget_s,
        notify=_split_command(settings.text("notify")),
        cache_limit_bytes=parse_size(limit, "--cache-limit") if (limit := settings.text("cache_limit")) else None,
        silent_nights=_count_nights(settings),
        refusal=run.measure.refusal,
    )


def _measure_anyway(request: RunRequest) -> RunRequest:
    """Return a template whose measurements are refused by nothing: a night that has begun goes on."""
    return request.replace(measure=request.measure.replace(refusal=None))


def _split_command(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        hint = "--notify 'mail -s benchmark me@example.org'"
        raise UsageError(f"--notify {text!r} is not a command line", cause=str(error), hint=hint) from None


def _count_nights(settings: Settings) -> int:
    nights = int(settings.number("silent_after"))
    if not nights:
        raise UsageError("--silent-after: expected a number of nights, not 0", hint="--silent-after 3")
    return nights
