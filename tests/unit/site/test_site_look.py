"""What of the calendar the pages of a node depend on: whether it has been silent, by clocks that may be wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from harness.judge.absence import SILENT_NIGHTS
from harness.site.look import _find_silence


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
