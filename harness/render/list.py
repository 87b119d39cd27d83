"""The list of runs for people."""

from collections.abc import Sequence

from harness.records.card import Card
from harness.records.source import WHISPER
from harness.records.wording import format_count
from harness.render.plain import align

_HEADER = ("id", "date", "node", "commit", "release", "config", "models", "status", "origin")
_PROJECT = 3  # where the project's column stands, if it is there
_SHOWN = 3


def render_list(cards: Sequence[Card], older: int = 0) -> str:
    """Return a line for each run under a header, oldest first, and a line about `older` runs that are not shown.

    There is a column for the project if a run is not of whisper.cpp. Empty without runs.
    """
    # A column only where it tells something.
    several = any(card.project != WHISPER for card in cards)
    rows = [
        (
            card.id,
            card.start[:10] or "not known",
            card.node or "-",
            *([card.project or "not known"] if several else []),
            card.commit or "-",
            (card.release if card.release != card.commit else "") or "-",
            " ".join(card.config) or "-",
            _models(card.models) or "-",
            card.status,
            card.origin,
        )
        for card in cards
    ]
    if not rows:
        return ""
    header = (*_HEADER[:_PROJECT], "project", *_HEADER[_PROJECT:]) if several else _HEADER
    verb = "is" if older == 1 else "are"
    more = [f"{format_count(older, 'older run')} {verb} not shown; use --all or --limit N"] if older > 0 else []
    return "".join(f"{line}\n" for line in (*align((header, *rows), left=len(header)), *more))


def _models(models: Sequence[str]) -> str:
    more = len(models) - _SHOWN
    return ",".join(models) if more <= 1 else f"{','.join(models[:_SHOWN])} +{more}"
