"""What the index keeps of a bundle for a history: its numbers, series by series, and what they were measured under."""

import math
import os
import shlex
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from harness.build.behaviour import name_yardstick
from harness.errors import UnreadableError
from harness.judge.machine import describe_machine
from harness.records.build import CodeDigests, Config, Toolchain
from harness.records.measurement import METRICS, Case
from harness.records.node import Node
from harness.records.outcome import Cause, Status
from harness.records.plan import Phase
from harness.records.purpose import RunPurpose
from harness.records.raw_history import MachineFacts, RawSeriesKey
from harness.records.record import short_hash
from harness.records.run import OURS, SEARCH, SettingUsed
from harness.records.source import Source
from harness.records.suite import Engine, Suite
from harness.records.weights import Weights
from harness.settings.provenance import name_weights
from harness.settings.recall import name_options
from harness.stats.summary import summarize
from harness.store.bundle import RUN
from harness.store.index.reader import BundleAddress, TableRow, tame
from harness.store.json_file import decode_run
from harness.system.foreign import read_bytes

# Fewer values have no interval of their median at 95 % (harness.stats.summary).
_LEAST = 6
_CASES: dict[bytes, "_Named"] = {}
_MOST_CASES = 4096
_BUILDING = frozenset({Phase.CONFIGURE, Phase.LIST, Phase.BUILD})

# The number of values, their median, and its interval where they are enough for one.
Value = tuple[int, float, float | None, float | None]


class _Number(msgspec.Struct):
    case: msgspec.Raw
    metric: str
    value: Annotated[float, msgspec.Meta(gt=0)]
    process: int = 0


class _Check(msgspec.Struct):
    status: Status


class _Completed(msgspec.Struct):
    wall_s: float = 0.0


class _Result(msgspec.Struct):
    status: Status
    step: str = ""
    phase: str = ""
    reason: str = ""
    reused: bool = False
    cause: str | None = None
    completed: _Completed | None = None
    checks: tuple[_Check, ...] = ()
    measurements: tuple[_Number, ...] = ()


class _CaveatCode(msgspec.Struct):
    code: str


class _Role(msgspec.Struct):
    id: str
    bisection: str = ""


class _Measured(msgspec.Struct):
    """The fields of run.json that a history needs."""

    schema: int
    id: str
    start: str
    node: Node
    source: Source
    config: Config
    toolchain: Toolchain
    suite: Suite
    results: tuple[_Result, ...] = ()
    caveats: tuple[_CaveatCode, ...] = ()
    origin: str = OURS
    earliest: str = ""
    end: str = ""
    trial: _Role | None = None
    sweep: str = ""
    settings: tuple[SettingUsed, ...] = ()
    weights: tuple[Weights, ...] = ()
    purpose: RunPurpose = RunPurpose.MANUAL
    asked_by: str = ""
    code: CodeDigests | None = None
    harness: str = ""


class RunNumbers(NamedTuple):
    """A bundle's row in the table `detail`, the facts about its machine, and its value in each of its series."""

    detail: TableRow
    machine: MachineFacts
    values: list[tuple[RawSeriesKey, Value]]


def read_numbers(places: tuple[BundleAddress, ...]) -> list[RunNumbers | UnreadableError]:
    """Return the numbers of bundles, in order; one that cannot be read is answered for by its error."""
    return [_try(*place) for place in places]


def _try(month: str, name: str) -> RunNumbers | UnreadableError:
    path = Path(f"{month}{os.sep}{name}") / RUN
    try:
        return _read(path)
    except UnreadableError as error:
        return error


def _read(path: Path) -> RunNumbers:
    run = decode_run(read_bytes(path, within=path.parent), str(path), _Measured)
    commit = run.source.commit
    values = _list_values(path, run)
    detail: TableRow = {
        "ended": tame(run.end),
        "config": run.config.id,
        "commit_date": tame(commit.date),
        "subject": tame(commit.message.partition("\n")[0]),
        "repo": tame(commit.repo),
        "changes": tame(commit.changes),
        "engine": str(run.suite.engine),
        "options": tame(shlex.join(_name_options(run))) if run.origin == OURS else "",
        "purpose": _name_purpose(run),
        "asked_by": tame(run.asked_by),
        "caveats": " ".join(dict.fromkeys(tame(caveat.code) for caveat in run.caveats)),
        "code": run.code.id if run.code else "",
        "failure": tame(_find_failure(run)),
        "tests": str(sum(check.status is not Status.SKIPPED for one in run.results for check in one.checks)),
        "blocks": str(_count_blocks(run)),
        "build_s": f"{_time_build(run):.1f}",
        "asks": _name_asked(run.suite) if run.origin == OURS else "",
        "harness": tame(run.harness) if run.origin == OURS else "",
        "points": str(len(values)),
    }
    return RunNumbers(detail, tuple((name, tame(value)) for name, value in describe_machine(run)), values)


def _name_options(run: _Measured) -> list[str]:
    """Return the options that build and measure as a run did; weights are named by what they are, not by a path."""
    weights = name_weights(run.weights)
    kept = [one for one in _find_repo(run) if one.name != "weights" or not weights]
    return [*name_options(kept), *(("--weights", weights) if weights else ())]


def _find_repo(run: _Measured) -> list[SettingUsed]:
    """Return the settings of a run, with the repository that has its commit as it is found from anywhere.

    The commit of a tree is in that tree's repository; a path was relative to the folder in which the run was begun.
    """
    given = {one.name: one for one in run.settings}
    tree, repo = given.get("source"), given.get("repo")
    if tree and tree.value:
        repo = tree.replace(name="repo", value=run.source.path)
    elif repo and repo.value and Path(run.source.commit.repo).is_absolute():
        repo = repo.replace(value=run.source.commit.repo)
    return [*(one for one in run.settings if one.name != "repo"), *([repo] if repo else [])]


def _name_purpose(run: _Measured) -> str:
    if run.origin != OURS:
        return "imported"
    if SEARCH in run.sweep:
        return "tune"
    if run.purpose is RunPurpose.MANUAL and run.trial:  # records of older versions do not say that a search made them
        return str(RunPurpose.BISECTION) if run.trial.bisection else "trial"
    return "sweep" if run.sweep else str(run.purpose)


def _find_failure(run: _Measured) -> str:
    """Return why there is no build that can be measured, in one line; empty where there is one."""
    bad = [one for one in run.results if one.status.bad]
    wrong = () if any(one.measurements for one in run.results) else (Cause.WRONG_RESULT,)
    failed = (one for one in bad if one.phase in _BUILDING or one.cause in wrong)
    return next((f"{one.step}: {one.reason}".splitlines()[0] for one in failed), "")


def _name_asked(suite: Suite) -> str:
    """Return a word for the cases that a suite asks for, whatever their order, and `tests` if it asks for these."""
    parts = (suite.benchmarks, suite.models, suite.threads, suite.flash_attn, suite.cases, suite.metrics)
    word = short_hash(*(sorted(map(str, part)) for part in parts), suite.engine, suite.language, length=8)
    return f"{word} tests" if suite.tests else word


def _count_blocks(run: _Measured) -> int:
    """Return how many blocks a side of a live comparison has of the case that has most of them."""
    found: dict[bytes, set[int]] = {}
    for result in run.results if run.trial else ():
        for one in result.measurements if result.status is Status.PASSED else ():
            found.setdefault(bytes(one.case), set()).add(one.process)
    return max(map(len, found.values()), default=0)


def _time_build(run: _Measured) -> float:
    """Return the wall seconds that were spent to build."""
    done = (one for one in run.results if one.phase in _BUILDING and not one.reused)
    return sum(one.completed.wall_s for one in done if one.completed)


def _list_values(path: Path, run: _Measured) -> list[tuple[RawSeriesKey, Value]]:
    """Return the value of each series: the values of all repetitions that PASSED, as `sample_run` takes them."""
    samples: dict[tuple[_Named, str, bool], list[float]] = {}
    for result in run.results:
        if result.status is Status.PASSED:
            for one in result.measurements:
                key = (_name_case(path, bytes(one.case)), one.metric, one.process > 0)
                samples.setdefault(key, []).append(one.value)
    node, config, engine = tame(run.node.name), run.config.id, run.suite.engine
    other = Engine.BENCH if run.origin == OURS else ""  # a report does not say which engine it is of
    yardsticks = {benchmark: name_yardstick(benchmark, run) for benchmark in {case.benchmark for case, _, _ in samples}}
    found = []
    for (case, metric, of_worker), values in samples.items():
        if metric in METRICS:
            words = filter(None, (engine if of_worker else other, yardsticks[case.benchmark]))
            found.append((RawSeriesKey(node, config, case.name, metric, "; ".join(words)), _summarize(path, values)))
    return found


class _Named(NamedTuple):
    """A case by its canonical name, and its benchmark."""

    name: str
    benchmark: str


def _name_case(path: Path, raw: bytes) -> _Named:
    """Return the name of a case as it stands in a file: a history repeats the same few hundred of them without end."""
    known = _CASES.get(raw)
    if known is None:
        try:
            case = msgspec.json.decode(raw, type=Case)
        except msgspec.MsgspecError as error:
            raise UnreadableError(f"{path} cannot be understood", cause=f"a case: {error}") from None
        known = _Named(tame(str(case)), case.benchmark)
        if len(_CASES) < _MOST_CASES:
            _CASES[raw] = known
    return known


def _summarize(path: Path, values: Iterable[float]) -> Value:
    ordered = sorted(values)
    if not all(map(math.isfinite, ordered)):
        raise UnreadableError(f"{path} cannot be understood", cause="a measured value is not a finite number")
    if len(ordered) < _LEAST:  # most are, and that is quicker
        return len(ordered), statistics.median(ordered), None, None
    summary = summarize(ordered)
    return summary.n, summary.median, summary.low, summary.high
