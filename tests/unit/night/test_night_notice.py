"""Whom a night notifies, before any program is started; the rest is in tests/flow/test_flow_morning.py."""

from pathlib import Path

import pytest

from harness.night.notice import find_flaw, mark_path, notify
from tests.unit.render.test_render_night import SLOWER, report


def test_a_program_that_is_not_there_leaves_no_mark(tmp_path: Path) -> None:
    command, path = ("mail", "-s", "benchmark"), {"PATH": str(tmp_path)}
    (said,) = notify(report(new=(SLOWER,)), command, tmp_path / "results", path)
    assert "there is no program 'mail'" in said
    assert "the next night will" in said
    assert not mark_path(tmp_path / "results", SLOWER).exists(), "so that the next night notifies people"


def test_an_event_that_nobody_heard_of_is_worth_a_notice_as_long_as_it_stands(tmp_path: Path) -> None:
    assert notify(report(open=(SLOWER,)), ("mail",), tmp_path, {"PATH": str(tmp_path)})
    mark = mark_path(tmp_path, SLOWER)
    mark.parent.mkdir(parents=True)
    mark.touch()
    mark.with_suffix(".done").touch()
    assert notify(report(open=(SLOWER,)), ("mail",), tmp_path, {"PATH": str(tmp_path)}) == ()


@pytest.mark.parametrize(("program", "found"), [("", True), ("mail", True), ("/none", False), ("gone", False)])
def test_a_command_is_looked_for_where_it_would_be_started(tmp_path: Path, program: str, *, found: bool) -> None:
    (tmp_path / "mail").touch(0o755)
    assert bool(find_flaw((program,) if program else (), {"PATH": str(tmp_path)})) is not found
