"""Small views of a night, for the tests of its plan."""

from datetime import UTC, datetime, timedelta

from harness.plan.night import plan_night
from harness.records.measurement import Case
from harness.records.night import (
    BranchCommit,
    CodeSearch,
    MeasuredCommit,
    NightView,
    Question,
    QuestionCause,
    WorkItem,
    WorkKind,
)

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
BASE = Case.of("whisper", model="base", threads=4, fa=0)
TINY = Case.of("whisper", model="tiny", threads=4, fa=0)
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


def ran(number: int, days: float = 0.5, **fields: object) -> MeasuredCommit:
    failed = bool(fields.get("failed"))
    known: dict[str, object] = {
        "sha": name(number),
        "run": f"run{number}-{days}",
        "start": ago(days),
        "cells": () if failed else CELLS,
        "tests": 0 if failed else 20,
    }
    return MeasuredCommit(**(known | fields))  # type: ignore[arg-type]


def broke(number: int, *days: float) -> tuple[MeasuredCommit, ...]:
    return tuple(ran(number, one, failed="build: it fails") for one in days)


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


def search(old: int, new: int, **fields: object) -> CodeSearch:
    known: dict[str, object] = {
        "event": f"code{old}-{new}",
        "old": name(old),
        "new": name(new),
        "case": BASE,
        "metric": "encode",
        "threshold": 0.02,
    }
    return CodeSearch(**(known | fields))  # type: ignore[arg-type]


def pick(known: NightView, kind: WorkKind) -> list[WorkItem]:
    """Return the planned items of a kind."""
    return [item for item in plan_night(known).items if item.kind is kind]
