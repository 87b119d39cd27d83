"""How long the plan of a night takes: nodes that watch a long branch, each with a history of its own.

    python benchmarks/night_plan.py [--commits 1000] [--nodes 10] [--times 5]

Every third commit was measured, in 59 series; a twentieth did not build. Each node has questions, a search, and gaps to
fill. Printed are CPU seconds for all nodes together, the smallest of several times: of the view, which is made of the
runs of the index, and of the plan. Reading the index and judging the numbers come before that
(`python -m benchmarks.suspicion --only speed`).
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.judge.night_view import NightFacts, make_night_view  # noqa: E402
from harness.plan.night import plan_night  # noqa: E402
from harness.records.history import History  # noqa: E402
from harness.records.measurement import TABLE_METRICS, Case  # noqa: E402
from harness.records.night import BranchCommit, CodeSearch, NightPlan, NightView, Question, QuestionCause  # noqa: E402
from harness.records.raw_history import RawHistory, RawPoint, RawSeriesKey, RunDetail  # noqa: E402
from harness.records.record import short_hash  # noqa: E402

_Made = TypeVar("_Made")
_NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
_SERIES = 59
_EACH = 3
_BROKEN = 0.05
_CONFIG = "0123abcd"
_CASES = [Case.of("whisper", model=f"model{number}", threads=4, fa=0) for number in range(15)]


def make_facts(node: str, count: int) -> NightFacts:
    """Return what a node has stored of a branch of so many commits."""
    draw = random.Random(node)
    shas = [short_hash("commit", number, length=40) for number in range(count)]
    days = [_NOW - timedelta(hours=6 * (count - number)) for number in range(count)]
    details: dict[int, RunDetail] = {}
    for number in range(0, count - 1, _EACH):
        start = days[number].isoformat()
        details[number] = RunDetail(
            path="",
            run_id=f"{node}-{number}",
            start=start,
            earliest=start,
            node=node,
            sha=shas[number],
            release="",
            changes="",
            commit_date=start,
            subject="",
            repo="",
            origin="harness",
            engine="bench",
            purpose="night",
            caveats=(),
            machine="m",
            ended=(days[number] + timedelta(minutes=6)).isoformat(),
            config=_CONFIG,
            code=short_hash("code", draw.randrange(count)),
            failure="build: no such file" if draw.random() < _BROKEN else "",
            tests=20,
            build_s=40.0,
        )
    built = [number for number, one in details.items() if not one.failure]
    keys = [(str(case), metric.name) for case in _CASES for metric in TABLE_METRICS][:_SERIES]
    points = [RawPoint(number, 1, 100.0, None, None) for number in built]
    return NightFacts(
        node=node,
        now=_NOW.isoformat(),
        began=_NOW.isoformat(),
        left_s=3600.0,
        commits=tuple(
            BranchCommit(sha=sha, date=day.isoformat(), subject=f"change {number}", compiled=draw.random() < 0.9)
            for number, (sha, day) in enumerate(zip(shas, days, strict=True))
        ),
        anchor=shas[count // 2],
        cells=tuple(_CASES),
        raw=RawHistory({RawSeriesKey(node, _CONFIG, *key, ""): list(points) for key in keys}, details, {}),
        history=History(series=(), judgements=(), events=(), commits=()),
        config=_CONFIG,
        asked=[_ask(number, shas[at], shas[at + _EACH]) for number, at in enumerate(range(0, min(60, count - 9), 12))],
    )


def _ask(number: int, old: str, new: str) -> Question:
    return Question(
        event=f"event{number}",
        cause=QuestionCause.ODD,
        old=old,
        new=new,
        cases=(_CASES[0],),
        metrics=("encode",),
        change=0.04,
        score=1.0 + number,
        threshold=0.02,
    )


def add_search(view: NightView) -> NightView:
    """Return a view with a change of the code whose commit is one of fifty."""
    shas = [commit.sha for commit in view.commits]
    found = CodeSearch(
        event="code", old=shas[-min(52, len(shas))], new=shas[-2], case=_CASES[0], metric="encode", threshold=0.02
    )
    return view.replace(searches=(found,))


def measure(work: Callable[[], list[_Made]], times: int) -> tuple[float, list[_Made]]:
    """Return the smallest CPU seconds that some work took, and what came of it."""
    took: list[tuple[float, list[_Made]]] = []
    for _ in range(max(1, times)):
        began = time.process_time()
        made = work()
        took.append((time.process_time() - began, made))
    return min(took, key=lambda one: one[0])


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = make_parser(__doc__)
    made.add_argument("--commits", type=int, default=1000, metavar="N")
    made.add_argument("--nodes", type=int, default=10, metavar="N")
    made.add_argument("--times", type=int, default=5, metavar="N")
    return made


def main() -> None:
    """Print what the views and the plans take."""
    request = parser().parse_args()
    print_head()
    facts = [make_facts(f"node-{number}", request.commits) for number in range(request.nodes)]
    views_s, made = measure(lambda: [make_night_view(one) for one in facts], request.times)
    views = [add_search(one) for one in made]
    plans_s, plans = measure(lambda: [plan_night(one) for one in views], request.times)
    count = sum(len(one.raw.details) for one in facts)
    print(f"{request.nodes} nodes, {request.commits} commits, {count} runs, {_SERIES} series each")
    print(f"views: {views_s:.3f} s of CPU time")
    print(f"plans: {plans_s:.3f} s of CPU time, {_describe(plans[0])}")


def _describe(plan: NightPlan) -> str:
    kinds = [str(item.kind) for item in plan.items]
    return "each " + ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


if __name__ == "__main__":
    perform(main)
