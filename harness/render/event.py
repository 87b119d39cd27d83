"""Events for people: a few lines each, or all that is known of one."""

from collections.abc import Iterator, Mapping, Sequence

from harness.records.history import Event, EventKind, History, SeriesChange, Suspicion
from harness.records.wording import format_count
from harness.render.number import format_share, format_value
from harness.render.plain import align, continue_command, cut

_INDENT = "  "
_NAMED, _SUBJECT = 3, 70


def render_events(events: Sequence[Event], names: Mapping[str, str], *, width: int = 0) -> str:
    """Return a few lines for each event, in order; `names` are those of commits for people.

    Commands have lines of at most `width` columns; 0 means no limit.
    """
    return "".join(f"{line}\n" for event in events for line in describe_event(event, names, width=width))


def render_event(event: Event, history: History, names: Mapping[str, str], *, width: int = 0) -> str:
    """Return all that is known of an event: its evidence, and the commits among which it happened."""
    lines = [*describe_event(event, names, most=0, width=width)]
    positions = {one.name: one.position for one in history.commits}
    old, new = positions.get(event.old, -1), positions.get(event.new, -1)
    rows = [
        (f"{_INDENT}{one.short}", one.date[:10], cut(one.subject, _SUBJECT))
        for one in history.commits
        if old < one.position <= new
    ]
    if rows:
        lines += [f"{_INDENT}commits that were measured since:", *align(rows, left=3, indent=_INDENT)]
    for one in event.suspicions:
        levels = f"{format_value(one.before)} before, {format_value(one.after)} after"
        lines.append(f"{_INDENT}{one.key.metric} of {one.key.case}: {levels}")
    return "".join(f"{line}\n" for line in lines)


def describe_event(event: Event, names: Mapping[str, str], *, most: int = _NAMED, width: int = 0) -> Iterator[str]:
    """Yield what is known of an event, a line each; `names` are those of commits for people.

    Of many series that show it only `most` are named, all for 0. The command has lines of at most `width` columns.
    """
    old, new = (names.get(name, name[:8]) or "the beginning" for name in (event.old, event.new))
    between = f"between {old} and {new}"
    if event.subject:
        yield f"{event.id}  {event.day}  {event.kind}  {event.node}: {between}"
        yield f"{_INDENT}{event.subject}"
        yield from _list_changes(event, most)
        yield from _list_triage(event)
        return
    back = f"; back since {event.returned}" if event.returned else ""
    yield f"{event.id}  {event.day}  {event.kind}  {event.node}: {between}{back}"
    shown = event.suspicions[: most or None]
    yield from (f"{_INDENT}{_describe_suspicion(one)}" for one in shown)
    if more := len(event.suspicions) - len(shown):
        yield f"{_INDENT}and {format_count(more, 'more series', plural='more series')}"
    yield from _list_triage(event)
    if event.trials:
        left = "" if event.kind is not EventKind.SUSPICION else ", and left open"
        yield f"{_INDENT}measured in turns{left}: {', '.join(event.trials)}"
    if event.command and not event.returned:
        yield from continue_command(event.command, lead=f"{_INDENT}to know: ", width=width)


def _list_changes(event: Event, most: int) -> Iterator[str]:
    """Yield how far each series moved, farthest first, where that is known with an interval."""
    moved = [one for one in event.changes if one.low is not None and one.high is not None]
    moved.sort(key=lambda one: abs(one.change), reverse=True)
    for one in moved[: most or None]:
        yield f"{_INDENT}{one.key.metric} of {one.key.case} {_bound(one)}"
    if more := len(moved[: most or None]) and len(moved) - len(moved[: most or None]):
        yield f"{_INDENT}and {format_count(more, 'more series', plural='more series')}"


def _list_triage(event: Event) -> Iterator[str]:
    if event.triage:
        who = f" by {event.triage.who}" if event.triage.who else ""
        note = f": {event.triage.note}" if event.triage.note else ""
        yield f"{_INDENT}{event.triage.state}{who}{note}"


def _describe_suspicion(one: Suspicion) -> str:
    size = _bound(one)
    before = f"as strong in {one.precedents or 'none'} of {one.nights} nights before"
    return f"{one.key.metric} of {one.key.case} {size}, score {one.score:.1f} of {one.threshold:.1f}, {before}"


def _bound(one: Suspicion | SeriesChange) -> str:
    if one.low is None or one.high is None:
        return format_share(one.change)
    return f"{format_share(one.change)} [{format_share(one.low)}, {format_share(one.high)}]"
