"""The live comparison, and the questions for verdicts, that the settings describe."""

import os
import random
import re
from collections.abc import Sequence

from harness.commands.request.build import resolve_source_request
from harness.commands.request.measure import choose_count, choose_engine, choose_suite, resolve_measured, resolve_node
from harness.commands.request.recording import choose_listening, ignore_recordings
from harness.errors import UnfitError, UsageError
from harness.judge.comparison import CompareQuestion, choose_metrics
from harness.plan.side import ORIGINS, SideRequest
from harness.records.measurement import TABLE_METRICS
from harness.records.node import Node, is_macos
from harness.records.run import SettingOrigin
from harness.records.suite import Engine
from harness.run.places import Workplace
from harness.settings.layer import Settings, nearest
from harness.settings.request import LineupRequest, Places, RunRequest, TrialDesign
from harness.trial.lineup import SideRequests, resolve_sides
from harness.trial.request import TrialRequest

_MOST_PAIRS = _MOST_TRIALS = 1000
_ALIKE = (SideRequest(label="baseline"), SideRequest(label="contender"))
_LTO = re.compile(r"(?:GGML_LTO|WHISPER_LTO|CMAKE_INTERPROCEDURAL_OPTIMIZATION\w*)(?::\w+)?=(?:1|on|yes|true|y)", re.I)


def resolve_ab(settings: Settings, work: Workplace, words: Sequence[str]) -> TrialRequest:
    """Return the comparison of two sides, by default of the surrounding checkout; raises UsageError for bad input."""
    design, lineup = choose_design(settings), resolve_lineup(settings, work.places, words)
    return _resolve(settings, work, resolve_sides(lineup, work.environ, work.console.note), design)


def resolve_lineup(settings: Settings, places: Places, words: Sequence[str]) -> LineupRequest:
    """Return what the command line says about the two sides."""
    given = (used.name for used in settings.describe() if used.origin is SettingOrigin.FLAG and used.value)
    return LineupRequest(
        words=tuple(words),
        extras=(settings.text("baseline_config"), settings.text("contender_config")),
        shared=resolve_source_request(settings, places),
        given=frozenset(given),
    )


def resolve_calibration(settings: Settings, work: Workplace) -> tuple[TrialRequest, ...]:
    """Return trials of a build against itself, each without an early end; raises UsageError for bad settings."""
    settings = ignore_recordings(settings)
    design, wanted = choose_design(settings), choose_count(settings, "trials", 1, _MOST_TRIALS)
    first = _resolve(settings, work, _ALIKE, design.replace(early=False))
    # The first trial keeps the settings of the command, which say where the seed came from.
    return (first, *(_reseed(first, settings, seed) for seed in draw_seeds(design.seed, wanted)[1:]))


def _reseed(request: TrialRequest, settings: Settings, seed: int) -> TrialRequest:
    """Return the same trial with another seed."""
    used = settings.override({"seed": seed}, "calibrate").describe()
    one, other = (run.take(run.measure.suite.replace(seed=seed)).replace(used=used) for run in request.runs)
    return request.replace(runs=(one, other), design=request.design.replace(seed=seed))


def draw_seeds(first: int, count: int) -> list[int]:
    """Return distinct seeds, one per trial: the first, and others that are drawn from it."""
    draw = random.Random(f"{first}/trials")  # noqa: S311 - coins to be repeated on purpose
    seeds = {first: None}
    while len(seeds) < count:
        seeds[draw.randrange(1, 1 << 31)] = None
    return list(seeds)


def choose_design(settings: Settings) -> TrialDesign:
    """Return the design of a trial; raises UsageError for bad settings."""
    known = [metric.name for metric in TABLE_METRICS]
    for name in settings.words("metric"):
        if name not in known:
            raise UsageError(f"unknown metric {name!r}", hint=nearest(name, known))
    pairs = choose_count(settings, "pairs", 1, _MOST_PAIRS)
    whole = choose_engine(settings, Engine.LIBRARY) is Engine.BENCH
    return TrialDesign(
        seed=int(settings.number("seed")),
        pairs=1 if whole else pairs,
        metrics=tuple(name for name in known if name in settings.words("metric")),
        threshold=settings.number("threshold"),
        max_time_s=settings.number("max_time"),
        named=not settings.is_default("metric"),
        relink=settings.flag("relink"),
    )


def resolve_question(settings: Settings, across: Sequence[str]) -> CompareQuestion:
    """Return the question for stored runs; raises UsageError for unknown metrics and benchmarks."""
    benchmarks, metrics = settings.words("bench"), settings.words("metric")
    return CompareQuestion(
        threshold=settings.number("threshold"),
        metrics=choose_metrics(benchmarks, metrics),
        across=tuple(across),
        named_metrics=() if settings.is_default("metric") else metrics,
        named_benchmarks=() if settings.is_default("bench") else benchmarks,
        strict=settings.flag("strict"),
    )


def apply_side(request: SideRequest, settings: Settings) -> Settings:
    """Return the settings of one side, made from the shared ones; raises UsageError for an invalid value."""
    void = (name for name in ORIGINS if name not in request.inherited and settings.text(name))
    changes: dict[str, object] = {**dict.fromkeys(void, ""), **dict(request.values)}
    if request.defines:
        changes["define"] = [*settings.words("define"), *request.defines]
    return settings.override(changes, request.label).expand(os.path.expanduser)


def _resolve(settings: Settings, work: Workplace, requests: SideRequests, design: TrialDesign) -> TrialRequest:
    """Return a trial of two sides; raises UsageError if their cases do not match."""
    node = resolve_node(settings, work.environ)
    one, other = (resolve_side(request, settings, work, node) for request in requests)
    counts = [_count_cases(run) for run in (one, other)]
    if counts[0] != counts[1]:
        raise UsageError(
            f"the sides have {counts[0]} and {counts[1]} cases, which cannot be paired",
            hint="give each side one value of threads and one of fa",
        )
    return TrialRequest(node=node, sides=requests, runs=(one, other), design=design, strict=settings.flag("strict"))


def resolve_side(request: SideRequest, settings: Settings, work: Workplace, node: Node) -> RunRequest:
    """Return the run that measures one side of a trial."""
    mine, engine = apply_side(request, settings), choose_engine(settings, Engine.LIBRARY)
    # A file of settings may ask `run` for other benchmarks, and for precision.
    asked = choose_listening(mine, request.label)
    suite = choose_suite(asked, node).replace(
        tests=False,
        test_build_types=(),
        engine=engine,
        repetitions=1 if engine is Engine.BENCH else int(settings.number("pairs")),
        precision=0.0,
        max_time_s=0.0,
    )
    # Which recordings there are depends on the benchmarks.
    run = resolve_measured(asked if settings.flag("quality") else mine, work, node, suite)
    # whisper-cli is not timed here, only read.
    run = run.replace(build=run.build.replace(whole=False))
    if settings.flag("relink"):
        _require_relinking(run)
    return run


def _count_cases(request: RunRequest) -> int:
    suite = request.measure.suite
    return len(suite.models) * len(suite.threads) * len(suite.flash_attn)


def can_relink(request: RunRequest) -> bool:
    """Return whether the code layout of a build can be changed, as far as is known before anything is built."""
    try:
        _require_relinking(request)
    except (UsageError, UnfitError):
        return False
    return True


def _require_relinking(request: RunRequest) -> None:
    """Raise UsageError or UnfitError, before anything is built, if the code layout cannot be changed."""
    optimised = next((one for one in request.build.defines if _LTO.fullmatch(one)), "")
    if optimised:
        raise UsageError(
            f"--relink does not work with {optimised}",
            cause="link-time optimisation compiles the code again, for minutes, and orders functions itself",
            hint=f"leave out --relink or {optimised}",
        )
    if is_macos(request.node.os):
        raise UnfitError(
            "--relink does not work on macOS",
            cause="the macOS linker needs a complete list of functions, which the harness does not make",
            hint="leave out --relink, or use Linux with GNU ld, gold, lld, mold or zig",
        )
