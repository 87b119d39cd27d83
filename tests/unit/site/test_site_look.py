"""What of the calendar the pages of a node depend on: whether it has been silent, by clocks that may be wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.judge.absence import SILENT_NIGHTS
from harness.site.look import _find_silence, _sum_up
from harness.store.bundle import BISECTION, NIGHT
from harness.store.index.question import ChosenRun


def day(ago: int) -> str:
    return f"{datetime.now(UTC).date() - timedelta(days=ago):%Y%m%d}"


@pytest.mark.parametrize(
    ("days", "silent"),
    [
        ([], (False, 0)),
        ([day(1)], (False, 0)),
        ([day(SILENT_NIGHTS + 2)], (True, 0)),
        ([day(SILENT_NIGHTS + 2), day(1)], (False, 0)),
        ([day(SILENT_NIGHTS + 2), day(-9)], (True, 1)),
        ([day(SILENT_NIGHTS + 2), "20020230", "", "nonsense", "2026"], (True, 0)),
        (["20020230"], (False, 0)),
    ],
)
def test_a_node_is_silent_whatever_a_clock_said_that_was_ahead(days: list[str], silent: tuple[bool, int]) -> None:
    assert _find_silence(days) == silent


def test_whatever_the_pages_of_a_node_are_made_of_makes_another_digest(tmp_path: Path) -> None:
    month = tmp_path / "desk" / "2026-01"
    bundle = month / "r"
    bundle.mkdir(parents=True)
    runs = [ChosenRun(row=1, path=str(bundle), node="desk", run_id="r", start="2026-01-01T00:00:00", stamp="")]
    seen = [_sum_up(tmp_path, "desk", runs, ())]
    for name in ("r/run.json", f"20260101T000000Z{NIGHT}", f"20260101T000000Z-a{BISECTION}"):
        (month / name).write_text("{}")
        seen.append(_sum_up(tmp_path, "desk", runs, ()))
        (month / name).write_text("{} ")
        seen.append(_sum_up(tmp_path, "desk", runs, ()))
    seen.append(_sum_up(tmp_path, "desk", runs, ("triage",)))
    seen.append(_sum_up(tmp_path, "desk", [], ()))
    assert len(set(seen)) == len(seen)
    other = tmp_path / "other" / "2026-01"
    other.mkdir(parents=True)
    (other / f"20260101T000000Z{NIGHT}").write_text("{}")
    assert _sum_up(tmp_path, "desk", [], ()) == seen[-1]
