"""The events below a history: the newest ones, what several nodes show as one."""

from collections.abc import Iterator
from datetime import date, timedelta

from harness.judge.event_group import group_events, share_event
from harness.judge.site_line import SiteLine
from harness.records.history import EventKind, History
from harness.records.wording import format_count
from harness.render.event import describe_shared

_INDENT = "  "
# So many suspicions are shown, so many other events, and those only if they happened in the newest so many days.
_EVENTS, _OTHERS, _RECENT_DAYS = 8, 4, 30


def list_history_events(history: History, width: int) -> Iterator[str]:
    """Yield the newest events: recent ones that are more than a suspicion, then open ones nobody has decided about."""
    names = {one.name: one.short for one in history.commits}
    since = _find_recent(history)
    line = SiteLine(history.commits, {one.name: one.position for one in history.commits})
    groups = [*reversed(group_events(history.events, line))]
    standing = [share_event(one) for one in groups if one.kind is EventKind.SUSPICION and one.stands]
    other = [
        share_event(one)
        for one in groups
        if one.kind is not EventKind.SUSPICION or any(event.triage for event in one.events)
        if any(event.open or event.day >= since for event in one.events)
    ]
    shown = {"Other events:": other[-_OTHERS:], "Suspicions, to be measured again:": standing[-_EVENTS:]}
    if left := len(groups) - sum(map(len, shown.values())):
        yield f"{format_count(left, 'more event')}, older or settled: harness events"
    for title, events in shown.items():
        if events:
            yield title
        for event in events:
            lines = describe_shared(event, names, width=width and width - len(_INDENT))
            yield from (f"{_INDENT}{line}" for line in lines)


def _find_recent(history: History) -> str:
    """Return the day from which on an event is recent, seen from the newest point; empty if no day is known."""
    days = [one.points[-1].day for one in history.series]
    try:
        newest = date.fromisoformat(max(days, default=""))
    except ValueError:
        return ""
    return (newest - timedelta(days=_RECENT_DAYS)).isoformat()
