"""An item of a night's work: what fails it alone, and what ends the night."""

import errno
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.bisect.workshop import BrokenEndError
from harness.errors import (
    HarnessError,
    InterruptedRunError,
    LimitError,
    PartlyUnfitError,
    UnavailableError,
    UnfitError,
    UsageError,
)
from harness.night import performance
from harness.night.performance import Performed, perform
from harness.night.result import WorkResult, find_trouble, name_failure
from harness.records.night import DoneStatus, WorkItem, WorkKind
from harness.records.outcome import Cause, Status
from harness.records.plan import Phase
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from tests import factory

ITEM = WorkItem(kind=WorkKind.HEAD, commit="a" * 40, reason="it is new", seconds=1.0, bits=1.0)


def carry_out(work: Callable[..., WorkResult], monkeypatch: pytest.MonkeyPatch) -> Performed:
    monkeypatch.setitem(performance._DO, WorkKind.HEAD, work)
    place = cast("Workplace", SimpleNamespace(places=SimpleNamespace(results=Path("/results"))))
    return perform(ITEM, cast("NightRequest", None), place)


def fail_with(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("the tree has no option X"), 2),
        (UnavailableError("the files cannot be fetched", cause="no network"), 4),
        (PartlyUnfitError("two workers of large need more memory"), 3),
        (BrokenEndError("b" * 40, "build: exit code 1"), 10),
        (BrokenEndError("b" * 40, "it dies", built=True), 12),
    ],
)
def test_what_is_wrong_with_a_commit_fails_the_item_alone(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, stop = carry_out(fail_with(error), monkeypatch)
    assert (done.status, done.exit_code, stop) == (DoneStatus.FAILED, code, None)
    assert done.reason


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnfitError("no compiler"), 3),
        (LimitError("too many open files"), 3),
        (OSError(errno.ENOSPC, "No space left on device", "/results/x"), 3),
        (MemoryError(), 3),
        (RuntimeError("can't start new thread"), 3),
        (KeyboardInterrupt(), 130),
        (InterruptedRunError("interrupted; finished work is kept"), 130),
    ],
)
def test_what_is_wrong_with_the_node_ends_the_night(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, stop = carry_out(fail_with(error), monkeypatch)
    assert done.status is DoneStatus.BROKEN_OFF
    assert isinstance(stop, HarnessError)
    assert (stop.exit_code, bool(done.reason)) == (code, True)


def test_a_bug_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        carry_out(fail_with(RuntimeError("a bug")), monkeypatch)


def test_what_was_measured_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    done, stop = carry_out(lambda *_: WorkResult(DoneStatus.DONE, ("run-1",)), monkeypatch)
    assert (done.status, done.runs, done.reason, done.exit_code, stop) == (DoneStatus.DONE, ("run-1",), "", 0, None)


def test_a_failure_is_the_nodes_where_no_commit_would_do_better() -> None:
    bad = factory.result("build_release", Phase.BUILD).replace(status=Status.FAILED, reason="exit code 1")
    full, own = (
        factory.run().replace(results=(bad.replace(cause=cause),)) for cause in (Cause.DISK_FULL, Cause.INTRINSIC)
    )
    assert name_failure(own) == "build_release: exit code 1"
    assert find_trouble(own) is None
    trouble = find_trouble(full)
    assert trouble
    assert (trouble.exit_code, trouble.cause) == (3, Cause.DISK_FULL.meaning)
