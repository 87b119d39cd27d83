"""Nodes of a fleet that report nothing, those among them that never did: no series can miss what never was."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from harness.records.history import Event, EventKind
from harness.records.record import short_hash

_ID = 8
_NEVER = "never"


def find_silent_nodes(
    nodes: Sequence[str], reports: Mapping[str, Sequence[str]], today: date, silent_nights: int
) -> tuple[Event, ...]:
    """Return an event for each node that has reported nothing for more than so many nights.

    `reports` are the days of the runs of all nodes, as `20261128`. A node without any is missed once others have
    reported for so long. The id of a node that fell silent is that of the same event in `harness events`.
    """
    return tuple(_find(nodes, reports, today, silent_nights))


def _find(
    nodes: Sequence[str], reports: Mapping[str, Sequence[str]], today: date, silent_nights: int
) -> Iterator[Event]:
    days = {node: sorted(filter(None, (_read(day, today) for day in found))) for node, found in reports.items()}
    first = min((found[0] for found in days.values() if found), default=None)
    for node in nodes:
        last = days[node][-1] if days.get(node) else None
        since = last or first
        if since and (today - since).days > silent_nights:
            subject = f"no report since {last.isoformat()}" if last else "it has never reported"
            yield Event(
                id=short_hash("silent", node, last.isoformat() if last else _NEVER, length=_ID),
                kind=EventKind.MISSING,
                node=node,
                day=(since + timedelta(days=silent_nights + 1)).isoformat(),
                run="",
                old="",
                new="",
                subject=subject,
                open=True,
            )


def _read(day: str, today: date) -> date | None:
    """Return a day; None for a run without a known day, and for one of a clock that was ahead."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found if found <= today else None
