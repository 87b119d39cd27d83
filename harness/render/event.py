"""Events for people: a few lines each, or all that is known of one."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from harness.records.history import Event, EventKind, History, SeriesChange, Suspicion
from harness.records.measurement import METRICS
from harness.records.witness import SharedEvent
from harness.records.wording import format_count, join_words
from harness.render.number import format_bounds, format_share, format_value
from harness.render.plain import align, align_within, continue_command, cut
from harness.render.witness import describe_witnesses, tabulate_witnesses

_INDENT = "  "
_NAMED, _SUBJECT = 3, 70
# Metric and case name a series; a table that is too wide repeats them.
_NAMES = 2

_Shift = Suspicion | SeriesChange


def render_events(events: Sequence[SharedEvent], names: Mapping[str, str], *, older: int = 0, width: int = 0) -> str:
    """Return a few lines for each event, in order; `names` are those of commits for people.

    `older` ones are not among them. Lines have at most `width` columns as far as that is possible; 0 means no limit.
    """
    left = [f"{format_count(older, 'older event')} not shown: --all, or --limit N"] if older else []
    lines = itertools.chain(left, *(describe_shared(event, names, width=width) for event in events))
    return "".join(f"{line}\n" for line in lines)


def render_event(
    event: SharedEvent, history: History, names: Mapping[str, str], *, options: str = "", width: int = 0
) -> str:
    """Return all that is known of an event: its evidence, and the commits among which it happened.

    `history` has the series that show it; `options` are those of the folders, for commands. Tables and commands have
    lines of at most `width` columns; 0 means no limit.
    """
    lines = [*_head(event, names), *_tabulate(event, history, names, width), *_conclude(event, width)]
    for pair in zip(event.trials[::2], event.trials[1::2], strict=True):
        command = " ".join(("harness compare", *pair, options)).rstrip()
        lines += continue_command(command, lead=f"{_INDENT}what it found: ", width=width)
    positions = {one.name: one.position for one in history.commits}
    old, new = positions.get(event.old, -1), positions.get(event.new, -1)
    rows = [
        (f"{_INDENT}{one.short}", one.date[:10], cut(one.subject, _SUBJECT))
        for one in history.commits
        if old < one.position <= new
    ]
    if rows:
        before = names.get(event.old) or event.old[:8] or "the beginning"
        lines += [f"{_INDENT}commits that were measured after {before}:", *align(rows, left=3, indent=_INDENT)]
    if event.witnesses:
        lines += [f"{_INDENT}what each node says:", *tabulate_witnesses(event.witnesses, width)]
        lines += [*describe_witnesses(event, width)][1:]
    return "".join(f"{line}\n" for line in lines)


def describe_shared(event: SharedEvent, names: Mapping[str, str], *, width: int = 0) -> Iterator[str]:
    """Yield what is known of an event and of the same change on other nodes, a line each, as `describe_event` does."""
    nodes = [one.node for one in (event, *event.others)]
    yield from describe_event(event.replace(node=join_words(nodes, "and")), names, width=width)
    for other in event.others:
        shift = next(iter(_order_shifts(other)), None)
        size = f": {shift.key.metric} {format_share(shift.change)} {_bound(shift)}".rstrip() if shift else ""
        yield f"{_INDENT}on {other.node} it is {other.id}, since {other.day}{size}"
    yield from describe_witnesses(event, width)


def describe_event(event: Event, names: Mapping[str, str], *, most: int = _NAMED, width: int = 0) -> Iterator[str]:
    """Yield what is known of an event, a line each; `names` are those of commits for people.

    Of many series that show it only `most` are named. How often a series looked like that before is left out where
    lines of `width` columns have no room for it; 0 means no limit.
    """
    yield from _head(event, names)
    shifts = _order_shifts(event)
    rows = [
        (one.key.metric, str(one.key.case), format_share(one.change), _bound(one), _direct(one), _compare(one))
        for one in shifts[:most]
    ]
    lines = [*align(rows, left=_NAMES, indent=_INDENT)] if rows else []
    if width and max(map(len, lines), default=0) > width:
        lines = [*align([row[:-1] for row in rows], left=_NAMES, indent=_INDENT)]  # the rest is in `render_event`
    yield from lines
    if more := len(shifts) - len(rows):
        yield f"{_INDENT}and {format_count(more, 'more series', plural='more series')}"
    yield from _conclude(event, width)


def tabulate_shifts(event: Event, most: int = _NAMED) -> tuple[tuple[str, ...], ...]:
    """Return a row for each of the series that show an event best, header first; empty where none is known to."""
    rows = tuple(
        (one.key.metric, str(one.key.case), format_share(one.change), _bound(one), _direct(one))
        for one in _order_shifts(event)[:most]
    )
    return (("metric", "case", "change", "interval", "looks"), *rows) if rows else ()


def describe_last(event: Event, old: str) -> str:
    """Return the commit with which what is missing or broken was last there: `last measured with v1.8.5`."""
    word = "built" if event.kind is EventKind.BROKEN else "measured" if event.run else "reported"
    if event.old:
        return f"last {word} with {old}"
    return f"never {word}" if event.run else "silent"


def _head(event: Event, names: Mapping[str, str]) -> Iterator[str]:
    old, new = (names.get(name, name[:8]) or "the beginning" for name in (event.old, event.new))
    back = f"; back since {event.returned}" if event.returned else ""
    where = f"between {old} and {new}" if event.old != event.new else f"among runs of {new}"
    if event.kind in (EventKind.MISSING, EventKind.BROKEN):
        where = describe_last(event, old)
    yield f"{event.id}  {event.day}  {event.kind}  {event.node}: {where}{back}"
    yield from (f"{_INDENT}{line}" for line in event.subject.splitlines())


def _conclude(event: Event, width: int) -> Iterator[str]:
    """Yield what people decided, and what was or can be measured."""
    if event.triage:
        who = f" by {event.triage.who}" if event.triage.who else ""
        note = f": {event.triage.note}" if event.triage.note else ""
        yield f"{_INDENT}{event.triage.state}{who}{note}"
    if event.trials:
        left = "" if event.kind is not EventKind.SUSPICION else ", and left open (a longer --max-time may settle it)"
        yield f"{_INDENT}measured in turns{left}: {', '.join(event.trials)}"
    if event.command and not event.returned:
        what = "to find out" if event.kind is EventKind.SUSPICION else "to measure it again"
        yield from continue_command(event.command, lead=f"{_INDENT}{what}: ", width=width)
    if event.bisection:
        yield f"{_INDENT}the search for its commit: harness show {event.bisection}"
    elif event.search and not event.returned:
        yield from continue_command(event.search, lead=f"{_INDENT}to find the commit: ", width=width)


def _tabulate(event: Event, history: History, names: Mapping[str, str], width: int) -> Iterator[str]:
    """Yield a line for each series that shows an event, with everything that is known of it."""
    header = ["metric", "case", "unit", "change", "interval", "before", "after"]
    if event.suspicions:
        header += ["score", "needed", "this strong before", "since"]
    points = {one.key: one.points for one in history.series}
    rows = []
    for one in _order_shifts(event):
        unit = METRICS[one.key.metric].unit if one.key.metric in METRICS else ""
        levels = (format_value(one.before), format_value(one.after))
        change = f"{format_share(one.change)} {_direct(one)}".rstrip()
        row = [one.key.metric, str(one.key.case), unit, change, _bound(one), *levels]
        if isinstance(one, Suspicion):
            commit = points[one.key][one.place.since].commit
            seen = f"{one.precedents} of {one.nights} points"
            row += [f"{one.score:.1f}", f"{one.threshold:.1f}", seen, names.get(commit, commit[:8])]
        rows.append(row)
    return align_within([header, *rows], width, names=_NAMES, left=_NAMES, indent=_INDENT) if rows else iter(())


def _order_shifts(event: Event) -> list[_Shift]:
    """Return the series that show an event, strongest first; of known changes those of which it is known how far."""
    known = [one for one in event.changes if one.low is not None and one.high is not None]
    return [*event.suspicions, *sorted(known, key=lambda one: abs(one.change), reverse=True)]


def _compare(one: _Shift) -> str:
    """Return how often a series looked like that before."""
    if not isinstance(one, Suspicion):
        return ""
    return f"{one.precedents or 'none'} this strong in {format_count(one.nights, 'point')} before"


def _direct(one: _Shift) -> str:
    """Return `slower` or `faster`; nothing where the interval holds zero, or the metric is not known."""
    if one.key.metric not in METRICS or not one.change:
        return ""
    if one.low is not None and one.high is not None and one.low <= 0 <= one.high:
        return ""
    return "slower" if (one.change > 0) is METRICS[one.key.metric].lower_is_better else "faster"


def _bound(one: _Shift) -> str:
    return "" if one.low is None or one.high is None else format_bounds(one.low, one.high)
