"""The live line of a step: what is left, which step it is, and how far, in the columns that there are."""

from collections.abc import Iterator, Sequence

from harness.plan.forecast import TimeLeft
from harness.render.plain import cut, format_seconds

# Columns of a bar, from the widest on.
_BARS = (20, 10, 5)
# Columns that a step's title gets where it does not fit as a whole.
_TITLES = (30, 20, 12)
# An overrun below this is within what "about" means.
_NOTABLE_S = 2.0


def describe_time(left: TimeLeft) -> str:
    """Return `about 30 s`, `about 30 s plus the build`, or nothing if only the time of a build is left."""
    if not left.builds:
        return f"about {format_seconds(left.seconds)}"
    builds = "the build" if left.builds == 1 else f"{left.builds} builds"
    return f"about {format_seconds(left.seconds)} plus {builds}" if left.seconds >= 1 else ""


def list_step_lines(left: TimeLeft, place: str, title: str, progress: str, elapsed_s: float) -> Iterator[str]:
    """Yield lines about the current step, from the longest to the shortest.

    The `progress` of a build is in all of them, and the time left in all but the last.
    """
    times = _list_times(left)
    progress = f" {progress}" if progress else ""
    for time in times:
        yield f"{time}, {place} {title}{progress}, {format_seconds(elapsed_s)}"
    yield f"{times[-1]}, {place} {title}{progress}"
    for room in _TITLES:
        yield f"{times[-1]}, {place} {cut(title, room)}{progress}"
    yield f"{times[-1]}, {place}{progress}"
    yield f"{place}{progress}, {format_seconds(elapsed_s)}"


def fit_line(lines: Sequence[str], share: float | None, columns: int) -> str:
    """Return the longest of `lines` that fits, behind the `share` and a bar of it, which gives way before text does."""
    if share is None:
        return cut(next((line for line in lines if len(line) <= columns), lines[-1]), columns)
    done = f"{100 * min(share, 1.0):3.0f} %  "
    for bar in _BARS:
        full = round(bar * min(share, 1.0))
        line = f"[{'#' * full}{'-' * (bar - full)}] {done}{lines[0]}"
        if len(line) <= columns:
            return line
    whole = [f"{done}{line}" for line in lines]
    return cut(next((line for line in whole if len(line) <= columns), whole[-1]), columns)


def _list_times(left: TimeLeft) -> tuple[str, ...]:
    """Return what is left, first at length and then in short."""
    time = describe_time(left) if left.builds or left.seconds >= 1 else ""
    if left.over_s >= _NOTABLE_S:
        over = f"over by {format_seconds(left.over_s)}"
        return (f"{over}, then {time}", over) if time else (over,)
    if left.builds:
        return (time or "time left not known yet",)
    if not time and not left.goal:
        return ("nearly done",)
    return (" ".join(filter(None, (time or "less than 1 s", "left", left.goal))),)
