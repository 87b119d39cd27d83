"""What the blocks of a bisection say so far, as its loop goes on with, and as it is shown later."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from harness.bisect.block import CommitBlock, list_blocks, place_blocks
from harness.judge.bisect_report import MeasuredTrial, make_report
from harness.plan.bisect import conclude_same, plan_next
from harness.plan.bisect_choice import DEFAULT_EFFORT, measure_ways
from harness.plan.commit_line import Line, lay_line
from harness.records.bisection import (
    Bisection,
    BisectReport,
    Effort,
    LineSearch,
    NextBlock,
    StoredBisection,
)
from harness.records.comparison import ALPHA
from harness.store.bisection_file import Note, load_trials

# Of the builds that were made of near commits, the latest tell most.
_LATEST = 5
# Nothing takes no time, whatever a clock says.
_INSTANT_S = 0.001
_NOT_YET = "there is no answer yet"


class Sitting(NamedTuple):
    """What a search reckons with: the wall seconds of its blocks, and whether builds of near commits are cheap.

    `left_s` and `spent_s` are the wall seconds that are left of the budget, and that all sittings took.
    """

    block_s: Sequence[float]
    has_compiler_cache: bool
    left_s: float
    spent_s: float


def lay_stored(stored: StoredBisection) -> Line:
    """Return the places of a search, as far as its builds are known by now."""
    codes = {one.commit: one.code for one in stored.built if not one.reason}
    return lay_line(stored.line, codes, stored.backend, stored.engine)


def describe_search(stored: StoredBisection, line: Line, blocks: Iterable[CommitBlock], sitting: Sitting) -> LineSearch:
    """Return all that a search knows, by its builds and blocks."""
    built = {one.commit: one for one in stored.built}
    return LineSearch(
        case=stored.case,
        metric=stored.metric,
        candidates=line.candidates,
        effort=_reckon(stored, line, sitting),
        blocks=tuple(place_blocks(blocks, line)),
        built=tuple(at for at, key in enumerate(line.measured) if key in built and not built[key].reason),
        unbuildable=tuple(at for at, key in enumerate(line.measured) if key in built and built[key].reason),
        alpha=ALPHA,
        threshold=stored.threshold,
        left_s=sitting.left_s,
        spent_s=sitting.spent_s,
        builds=len(built),
    )


def decide(line: Line, search: LineSearch) -> NextBlock | Bisection:
    """Return the next block to measure, or the answer."""
    return conclude_same(search) if line.same_ends else plan_next(search)


def read_answer(results: Path, stored: StoredBisection, note: Note) -> BisectReport:
    """Return what a stored search has come to, from the runs of its trials; UNRESOLVED if it is not at its end."""
    blocks: list[CommitBlock] = []
    trials: list[MeasuredTrial] = []
    for trial, runs in load_trials(results, stored, note, of_anybody=True):
        trials.append((trial.purpose, runs))
        blocks += list_blocks(trial, runs[0].measurements, runs[1].measurements, (stored.case, stored.metric))
    blocks.sort(key=lambda block: block.number)
    line = lay_stored(stored)
    sitting = Sitting(block_s=(), has_compiler_cache=True, left_s=float("inf"), spent_s=stored.spent_s)
    search = describe_search(stored, line, blocks, sitting)
    answer = decide(line, search)
    if isinstance(answer, NextBlock):
        answer = decide(line, search.replace(left_s=0.0))
        if isinstance(answer, NextBlock):
            raise AssertionError("a search without any time goes on")
        answer = answer.replace(why=_NOT_YET)
    return make_report(stored, (search, line, answer), trials)


def _reckon(stored: StoredBisection, line: Line, sitting: Sitting) -> Effort:
    """Return the seconds that blocks and builds take, from those that were made.

    The builds of both ends may have been there already; the longest one tells what it takes if everything is compiled.
    """
    full_s = max((one.seconds for one in stored.built if not one.reason), default=DEFAULT_EFFORT.full_s)
    near = _list_near(stored, line)[-_LATEST:]
    share = DEFAULT_EFFORT.near_s / DEFAULT_EFFORT.full_s if sitting.has_compiler_cache else 1.0
    block_s = max(_INSTANT_S, median(sitting.block_s)) if sitting.block_s else DEFAULT_EFFORT.block_s
    near_s = median(near) if near else share * full_s
    return Effort(block_s=block_s, near_s=min(near_s, full_s), full_s=full_s)


def _list_near(stored: StoredBisection, line: Line) -> list[float]:
    """Return what builds between the ends took for each file that differed from the nearest one that was there."""
    near: list[float] = []
    there = {line.places[key] for key in stored.line.ends}
    for one in stored.built:
        place = line.places.get(one.commit)
        if place is None or place in there or one.reason:
            continue
        if way := measure_ways(line.candidates, there)[place]:
            near.append(one.seconds / way)
        there.add(place)
    return near
