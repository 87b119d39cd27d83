"""The plan of a night: what comes first, what is left out, and that it comes to an end."""

from datetime import UTC, datetime, timedelta

from harness.plan.night import plan_night
from harness.records.measurement import Case
from harness.records.night import BranchCommit, MeasuredCommit, NightPlan, NightView, Question, QuestionCause, WorkKind

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
BASE = Case.of("whisper", model="base", threads=4, fa=0)
MEMCPY = Case.of("memcpy", threads=4)
CELLS = (BASE, MEMCPY)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def name(number: int) -> str:
    return f"{number + 0xC0FFEE00:08x}".ljust(40, "0")


def line(count: int, *, idle: tuple[int, ...] = ()) -> tuple[BranchCommit, ...]:
    """Return a branch; the commits `idle` change nothing that is compiled."""
    return tuple(
        BranchCommit(
            sha=name(number), date=ago(count - number), subject=f"change {number}", compiled=number not in idle
        )
        for number in range(count)
    )


def ran(
    number: int, days: float = 1.0, *, code: str = "", cells: tuple[Case, ...] = CELLS, failed: str = ""
) -> MeasuredCommit:
    return MeasuredCommit(
        sha=name(number),
        run=f"run{number}",
        start=ago(days),
        code=code,
        cells=() if failed else cells,
        tests=0 if failed else 20,
        failed=failed,
    )


def view(count: int = 10, **fields: object) -> NightView:
    known: dict[str, object] = {
        "node": "desk",
        "now": NOW.isoformat(),
        "began": NOW.isoformat(),
        "left_s": 3600.0,
        "commits": line(count),
        "anchor": name(0),
        "cells": CELLS,
    }
    return NightView(**(known | fields))  # type: ignore[arg-type]


def ask(old: int, new: int, **fields: object) -> Question:
    known: dict[str, object] = {
        "event": f"event{old}-{new}",
        "cause": QuestionCause.SUSPICION,
        "old": name(old),
        "new": name(new),
        "cases": (BASE,),
        "metrics": ("encode",),
        "change": 0.048,
        "score": 1.6,
        "threshold": 0.02,
        "needed_s": 200.0,
    }
    return Question(**(known | fields))  # type: ignore[arg-type]


def kinds(plan: NightPlan) -> list[WorkKind]:
    return list(dict.fromkeys(item.kind for item in plan.items))


def test_a_first_night_measures_the_head_and_the_anchor() -> None:
    plan = plan_night(view())
    assert kinds(plan) == [WorkKind.HEAD, WorkKind.ANCHOR]
    assert plan.next and plan.next.commit == name(9)


def test_a_suspicion_comes_before_the_head() -> None:
    plan = plan_night(view(questions=(ask(3, 8),), measured=(ran(0), ran(3), ran(8))))
    assert kinds(plan) == [WorkKind.CONFIRM, WorkKind.HEAD, WorkKind.ANCHOR, WorkKind.GAP]
    assert plan.items[0].reason == "encode of base is 4.8 % slower since c0ffee03 (score 1.6)"


def test_a_branch_without_commits_has_no_work() -> None:
    assert plan_night(view(commits=())).items == ()
