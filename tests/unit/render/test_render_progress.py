"""The live line: what moves stays, and a bar gives way before text does."""

import re

import pytest

from harness.plan.forecast import TimeLeft
from harness.render.progress import describe_time, fit_line, list_step_lines

LEFT = TimeLeft(seconds=90.0, guess_s=90.0)
TITLE = "build (RelWithDebInfo), contender"


def lines(left: TimeLeft = LEFT, *, title: str = TITLE, progress: str = "17/42") -> list[str]:
    return list(list_step_lines(left, "[ 3/12]", title, progress, 72.0))


def said(left: TimeLeft) -> str:
    return lines(left)[0].partition(", [")[0]


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (LEFT, "about 1 min 30 s left"),
        (LEFT.replace(goal="to build"), "about 1 min 30 s left to build"),
        (LEFT.replace(over_s=1.0), "about 1 min 30 s left"),
        (LEFT.replace(over_s=12.0), "over by 12 s, then about 1 min 30 s"),
        (LEFT.replace(over_s=12.0, builds=1), "over by 12 s, then about 1 min 30 s plus the build"),
        (LEFT.replace(seconds=0.0, over_s=12.0), "over by 12 s"),
        (LEFT.replace(seconds=0.0), "nearly done"),
        (LEFT.replace(seconds=0.0, goal="to build"), "less than 1 s left to build"),
        (LEFT.replace(builds=1), "about 1 min 30 s plus the build"),
        (LEFT.replace(builds=2), "about 1 min 30 s plus 2 builds"),
        (LEFT.replace(seconds=0.0, builds=1), "time left not known yet"),
    ],
)
def test_what_is_left_is_said_as_far_as_it_is_known(left: TimeLeft, text: str) -> None:
    assert said(left) == text


def test_an_estimate_says_which_builds_it_lacks() -> None:
    assert describe_time(LEFT) == "about 1 min 30 s"
    assert describe_time(LEFT.replace(builds=1)) == "about 1 min 30 s plus the build"
    assert describe_time(LEFT.replace(seconds=0.0, builds=1)) == ""


@pytest.mark.parametrize("over_s", [0.0, 75.0])
@pytest.mark.parametrize("share", [0.0, 0.4, 0.99])
def test_what_moves_is_seen_at_any_width(over_s: float, share: float) -> None:
    for columns in range(36, 140):
        line = fit_line(lines(LEFT.replace(over_s=over_s)), share, columns)
        assert len(line) <= columns
        assert f"{100 * share:.0f} %" in line
        assert " 17/42" in line
        assert columns < 44 or ("over by 1 min 15 s" if over_s else "about 1 min 30 s left") in line


def test_the_bar_gives_way_before_text_does() -> None:
    whole = lines()[0]
    found = [fit_line(lines(), 0.5, columns) for columns in range(20, 160)]
    assert all(whole in line for line in found if "#" in line)
    widths = [line.partition("]")[0].count("#") + line.partition("]")[0].count("-") for line in found if "#" in line]
    assert sorted(set(widths)) == [5, 10, 20]
    assert widths == sorted(widths)
    assert any(whole in line and "#" not in line for line in found)


def test_a_usual_line_is_whole_at_80_columns() -> None:
    line = fit_line(lines(title="build (Release)"), 0.41, 79)
    assert line.endswith(" 41 %  about 1 min 30 s left, [ 3/12] build (Release) 17/42, 1 min 12 s")
    line = fit_line(lines(LEFT.replace(over_s=12.0), title="build (Release), contender"), 0.41, 79)
    assert line == " 41 %  over by 12 s, [ 3/12] build (Release), contender 17/42, 1 min 12 s"


def test_a_line_without_a_share_has_no_bar() -> None:
    assert fit_line(["x" * 30, "short"], None, 29) == "short"
    assert fit_line(["x" * 30], None, 20) == f"{'x' * 16} ..."
    assert re.fullmatch(r"\[#{10}-{10}\]  50 %  text", fit_line(["text"], 0.5, 40))
