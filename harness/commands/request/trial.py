"""What the settings ask of a live comparison, and of verdicts."""

import os
import random
import re
from collections.abc import Sequence

from harness.commands.request.build import resolve_source_request
from harness.commands.request.measure import choose_engine, choose_suite, resolve_measured, resolve_node
from harness.errors import UnfitError, UsageError
from harness.judge.comparison import CompareQuestion, choose_metrics
from harness.plan.side import ORIGINS, SideRequest
from harness.records.measurement import TABLE_METRICS
from harness.records.node import Node
from harness.records.record import Record
from harness.records.run import SettingOrigin
from harness.records.suite import Benchmark, Engine
from harness.run.places import Workplace
from harness.settings.layer import Settings, nearest
from harness.settings.request import LineupRequest, Places, RunRequest, TrialDesign
from harness.trial.lineup import SideRequests, choose_sides

_MOST_PAIRS = _MOST_TRIALS = 1000
_ALIKE = (SideRequest(label="baseline"), SideRequest(label="contender"))
_APPLE = "macOS"
_LTO = re.compile(r"(?:GGML_LTO|WHISPER_LTO|CMAKE_INTERPROCEDURAL_OPTIMIZATION\w*)(?::\w+)?=(?:1|on|yes|true|y)", re.I)


class TrialRequest(Record):
    """A live comparison: its sides, the run that each of them is, baseline first, and how it is laid out.

    Asked to be `strict`, it ends with an exit code of its own where a case is left UNRESOLVED.
    """

    node: Node
    sides: SideRequests
    runs: tuple[RunRequest, RunRequest]
    design: TrialDesign
    strict: bool = False

    @property
    def dry(self) -> bool:
        """Whether it is planned and shown, and ends there."""
        return self.runs[0].dry

    def reseed(self, settings: Settings, seed: int) -> "TrialRequest":
        """Return the same trial with another seed."""
        used = settings.override({"seed": seed}, "calibrate").describe()
        one, other = (run.take(run.measure.suite.replace(seed=seed)).replace(used=used) for run in self.runs)
        return self.replace(runs=(one, other), design=self.design.replace(seed=seed))


def resolve_ab(settings: Settings, work: Workplace, words: Sequence[str]) -> TrialRequest:
    """Return the comparison of what two words name, or the checkout around; raises UsageError for what cannot be."""
    design, lineup = choose_design(settings), resolve_lineup(settings, work.places, words)
    return _resolve(settings, work, choose_sides(lineup, work.environ, work.console.note), design)


def resolve_lineup(settings: Settings, places: Places, words: Sequence[str]) -> LineupRequest:
    """Return what is said of the two sides."""
    given = (used.name for used in settings.describe() if used.origin is SettingOrigin.FLAG and used.value)
    return LineupRequest(
        words=tuple(words),
        extras=(settings.text("baseline_config"), settings.text("contender_config")),
        shared=resolve_source_request(settings, places),
        given=frozenset(given),
    )


def resolve_calibration(settings: Settings, work: Workplace) -> tuple[TrialRequest, ...]:
    """Return trials of a build against itself, each to be held to its end; raises UsageError for what cannot be."""
    design, wanted = choose_design(settings), int(settings.number("trials"))
    if not 1 <= wanted <= _MOST_TRIALS:
        raise UsageError(f"--trials: {wanted} is not a number from 1 to {_MOST_TRIALS}")
    first = _resolve(settings, work, _ALIKE, design.replace(early=False))
    # The first is the command's own, with whatever is to be said of where its seed came from.
    return (first, *(first.reseed(settings, seed) for seed in draw_seeds(design.seed, wanted)[1:]))


def draw_seeds(first: int, count: int) -> list[int]:
    """Return a seed for each trial, all of them different: the first one's, and those drawn from it."""
    draw = random.Random(f"{first}/trials")  # noqa: S311 - coins to be repeated on purpose
    seeds = {first: None}
    while len(seeds) < count:
        seeds[draw.randrange(1, 1 << 31)] = None
    return list(seeds)


def choose_design(settings: Settings) -> TrialDesign:
    """Return how a trial is laid out; raises UsageError for what cannot be."""
    known = [metric.name for metric in TABLE_METRICS]
    for name in settings.words("metric"):
        if name not in known:
            raise UsageError(f"unknown metric {name!r}", hint=nearest(name, known))
    pairs = int(settings.number("pairs"))
    if not 1 <= pairs <= _MOST_PAIRS:
        raise UsageError(f"--pairs: {pairs} is not a number from 1 to {_MOST_PAIRS}")
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
    """Return what stored runs are judged by; raises UsageError for metrics and benchmarks that do not exist."""
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
    """Return the settings of a side, of those that all share; raises UsageError for a value that cannot be."""
    void = (name for name in ORIGINS if name not in request.inherited and settings.text(name))
    changes: dict[str, object] = {**dict.fromkeys(void, ""), **dict(request.values)}
    if request.defines:
        changes["define"] = [*settings.words("define"), *request.defines]
    return settings.override(changes, request.label).expand(os.path.expanduser)


def _resolve(settings: Settings, work: Workplace, requests: SideRequests, design: TrialDesign) -> TrialRequest:
    """Return a trial of two sides; raises UsageError if their cases cannot be paired."""
    node = resolve_node(settings, work.environ)
    one, other = (_resolve_side(request, settings, work, node) for request in requests)
    counts = [_count_cases(run) for run in (one, other)]
    if counts[0] != counts[1]:
        raise UsageError(
            f"{counts[0]} cases on one side and {counts[1]} on the other: they cannot be told apart pairwise",
            hint="one value of threads and fa per side",
        )
    return TrialRequest(node=node, sides=requests, runs=(one, other), design=design, strict=settings.flag("strict"))


def _resolve_side(request: SideRequest, settings: Settings, work: Workplace, node: Node) -> RunRequest:
    mine, engine = apply_side(request, settings), choose_engine(settings, Engine.LIBRARY)
    # A file of settings may ask `run` for other benchmarks, and for precision.
    suite = choose_suite(mine.override({"bench": Benchmark.WHISPER.value}, request.label), node).replace(
        tests=False,
        test_build_types=(),
        engine=engine,
        repetitions=1 if engine is Engine.BENCH else int(settings.number("pairs")),
        precision=0.0,
        max_time_s=0.0,
    )
    asked = resolve_measured(mine, work, node, suite)
    if settings.flag("relink"):
        _require_relinking(asked)
    return asked


def _count_cases(asked: RunRequest) -> int:
    suite = asked.measure.suite
    return len(suite.models) * len(suite.threads) * len(suite.flash_attn)


def _require_relinking(asked: RunRequest) -> None:
    """Raise UsageError or UnfitError, before anything is built, where no other code layout can be drawn."""
    optimised = next((one for one in asked.build.defines if _LTO.fullmatch(one)), "")
    if optimised:
        raise UsageError(
            f"--relink: other code layouts cannot be drawn with {optimised}",
            cause="its linker compiles the code anew, for minutes, and sets the order of functions itself",
            hint="leave out --relink, or link-time optimisation",
        )
    if asked.node.os.startswith(_APPLE):
        raise UnfitError(
            "--relink: other code layouts cannot be drawn on macOS",
            cause="its linker takes a list of all functions only, and the harness does not make one",
            hint="leave out --relink; on Linux it works with GNU ld, gold, lld, mold and zig",
        )
