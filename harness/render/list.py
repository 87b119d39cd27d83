"""The list of runs for people."""

from collections.abc import Sequence

from harness.records.card import Card
from harness.render.column import align

_HEADER = ("id", "date", "node", "commit", "release", "config", "models", "status", "origin")


_SHOWN = 3


def render_list(cards: Sequence[Card]) -> str:
    """Return a line for each run under a header, oldest first; nothing at all without runs."""
    rows = [
        (
            card.id,
            card.start[:10] or "-",
            card.node or "-",
            card.commit or "-",
            (card.release if card.release != card.commit else "") or "-",
            " ".join(card.config) or "-",
            _models(card.models) or "-",
            card.status,
            card.origin,
        )
        for card in cards
    ]
    return "".join(f"{line}\n" for line in align((_HEADER, *rows), left=len(_HEADER))) if rows else ""


def _models(models: Sequence[str]) -> str:
    more = len(models) - _SHOWN
    return ",".join(models) if more <= 1 else f"{','.join(models[:_SHOWN])} +{more}"
