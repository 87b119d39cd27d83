"""However a night ends, what is known so far comes out of it."""

import errno
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.night import loop
from harness.night.lookout import Moment, Seen
from harness.night.loop import NightLoop, NightOutcome
from harness.night.performance import Performed
from harness.night.watch import Watch
from harness.records.night import DoneItem, DoneStatus, WorkItem
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.system.console import Console
from tests.unit.plan.night_view import CELLS, TINY, ran, view


class _Watch:
    """A watch over a branch of which nothing is measured; its looks come to what they are told to."""

    def __init__(self, *looks: BaseException | None) -> None:
        self.branch = SimpleNamespace(fetched=True, former="", anchor=SimpleNamespace(sha="a" * 40))
        self._looks = list(looks)

    def look(self, moment: Moment) -> Seen:
        trouble = self._looks.pop(0) if self._looks else None
        if trouble:
            raise trouble
        seen = view(measured=(ran(0), ran(9, 0.1)), cells=(*CELLS, TINY), tried=moment.tried, left_s=moment.left_s)
        return Seen(cast("Any", None), (), seen)


def spend_night(
    watch: _Watch, monkeypatch: pytest.MonkeyPatch, do: Callable[[WorkItem], HarnessError | None], limit: int | None
) -> NightOutcome:
    def perform(item: WorkItem, *_: object) -> Performed:
        stop = do(item)
        return Performed(DoneItem(item=item, status=DoneStatus.DONE, seconds=1.0), stop)

    monkeypatch.setattr(loop, "perform", perform)
    work = SimpleNamespace(console=Console(quiet=True), places=SimpleNamespace(results=Path("/results")))
    request = SimpleNamespace(budget_s=3600.0, cache_limit_bytes=limit)
    night = NightLoop(cast("NightRequest", request), cast("Workplace", work), cast("Watch", watch))
    return night.go(*night.look())


def test_a_night_ends_when_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[WorkItem] = []
    outcome = spend_night(_Watch(), monkeypatch, done.append, None)
    assert [one.item for one in outcome.done] == done
    assert len({item.key for item in done}) == len(done) > 1
    assert (outcome.stop, outcome.plan.next) == (None, None)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (KeyboardInterrupt(), 130),
        (OSError(errno.ENOSPC, "No space left on device", "/results"), 3),
        (UnreadableError("triage.toml cannot be read"), 5),
    ],
)
def test_a_look_that_fails_leaves_what_was_known(
    trouble: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = spend_night(_Watch(None, trouble), monkeypatch, lambda _: None, None)
    assert (len(outcome.done), outcome.last.view.node) == (1, "desk")
    assert outcome.stop
    assert outcome.stop.exit_code == code
    first = UnfitError("the disk is full")
    assert spend_night(_Watch(None, trouble), monkeypatch, lambda _: first, None).stop is first


@pytest.mark.parametrize(("trouble", "code"), [(KeyboardInterrupt(), 130), (OSError(errno.EIO, "no", "/cache"), 3)])
def test_a_cache_that_cannot_be_pruned_leaves_what_was_known(
    trouble: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise trouble

    monkeypatch.setattr(loop, "keep_limit", fail)
    watch = _Watch()
    watch.branch.head = SimpleNamespace(sha="b" * 40)
    outcome = spend_night(watch, monkeypatch, lambda _: None, 1)
    assert (outcome.done, outcome.stop and outcome.stop.exit_code) == ((), code)
    assert outcome.plan.items, "it stands in the report as what is left"
