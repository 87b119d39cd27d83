"""Nodes of a fleet that report nothing, those among them that never did: no series can miss what never was."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from harness.judge.absence import make_silence, name_silence
from harness.records.history import Event

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
            event = make_silence(node, since, silent_nights)
            yield event if last else event.replace(id=name_silence(node, _NEVER), subject="it has never reported")


def _read(day: str, today: date) -> date | None:
    """Return a day; None for a run without a known day, and for one of a clock that was ahead."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found if found <= today else None
