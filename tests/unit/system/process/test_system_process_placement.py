import os
from collections.abc import Iterator

import pytest

from harness.errors import UnfitError
from harness.records.plan import Placement
from harness.settings.request import PlacementRequest
from harness.system.process.placement import place_child, require_placement


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[object, ...]]]:
    made: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda *words: made.append(("pin", *words)), raising=False)
    monkeypatch.setattr(os, "setpriority", lambda *words: made.append(("nice", *words)))
    yield made


def test_every_thread_is_placed(calls: list[tuple[object, ...]]) -> None:
    place_child(os.getpid(), Placement(cpus=(0,), nice=5))
    assert ("pin", os.getpid(), (0,)) in calls
    assert ("nice", os.PRIO_PROCESS, os.getpid(), 5) in calls


def test_nothing_wished_nothing_done(calls: list[tuple[object, ...]]) -> None:
    place_child(os.getpid(), Placement(huge_pages=True))
    require_placement(PlacementRequest())
    require_placement(PlacementRequest(pin="auto", nice=19))
    assert calls == []


@pytest.mark.parametrize("error", [OSError(22, "Invalid argument"), ValueError("negative")])
def test_a_refusal_is_said(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    with pytest.raises(UnfitError, match="cannot pin a benchmark to CPUs 0,9"):
        place_child(os.getpid(), Placement(cpus=(0, 9)))


def test_a_child_that_has_ended_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def miss(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "sched_setaffinity", miss, raising=False)
    monkeypatch.setattr(os, "setpriority", miss)
    place_child(os.getpid(), Placement(cpus=(0,), nice=1))
    place_child(os.getpid(), Placement(nice=1))


def test_rights_are_looked_at_beforehand_and_given_back(
    monkeypatch: pytest.MonkeyPatch, calls: list[tuple[object, ...]]
) -> None:
    monkeypatch.setattr(os, "getpriority", lambda *_: 0)
    require_placement(PlacementRequest(nice=-5))
    assert calls == [("nice", os.PRIO_PROCESS, 0, -5), ("nice", os.PRIO_PROCESS, 0, 0)]

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    with pytest.raises(UnfitError, match="not allowed to raise priorities"):
        require_placement(PlacementRequest(nice=-5))
    with pytest.raises(UnfitError, match="the priority -5"):
        place_child(os.getpid(), Placement(nice=-5))


def test_a_system_that_cannot_pin_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    with pytest.raises(UnfitError, match="cannot pin"):
        require_placement(PlacementRequest(pin="auto"))
