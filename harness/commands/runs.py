"""`harness runs`: what is in the results folder."""

import re
from pathlib import Path

from harness.commands.output import Output
from harness.errors import UnreadableError, UsageError
from harness.plan.layer import Settings
from harness.records.card import Card
from harness.records.record import Record
from harness.render.list import render_list
from harness.store.shelf import find_twins, iter_cards

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


class Wanted(Record):
    """Which runs to list; empty fields let all pass. `commit` is the beginning of a sha, or a release."""

    node: str = ""
    model: str = ""
    commit: str = ""
    since: str = ""
    until: str = ""

    def matches(self, card: Card) -> bool:
        """Return whether a run is wanted; days are UTC, `until` is included."""
        return (
            self.node in ("", card.node)
            and (not self.model or self.model in card.models)
            and (not self.commit or card.sha.startswith(self.commit.lower()) or card.release == self.commit)
            and card.start >= self.since
            and (not self.until or card.start[: len(self.until)] <= self.until)
        )


def runs(settings: Settings, output: Output, wanted: Wanted) -> int:
    """List the runs and complain about the unreadable ones; return 0, or the code of unreadable input."""
    for option, date in (("--since", wanted.since), ("--until", wanted.until)):
        if date and not _DATE.fullmatch(date):
            raise UsageError(f"{option} {date!r} is no date", hint="2026-05-29, 2026-05 or 2026")
    results = Path(settings.text("results")).absolute()
    cards: list[Card] = []
    trouble: UnreadableError | None = None
    for card in iter_cards(results):
        if isinstance(card, Card):
            cards.append(card)
        else:
            trouble = card
            output.console.warn(f"harness: {card}")
    if twins := find_twins(cards):
        trouble = twins
        output.console.warn(f"harness: {twins}")
    shown = tuple(card for card in cards if wanted.matches(card))
    output.show(render_list(shown), shown)
    if not shown:
        output.console.note(f"no run in {results}" if not cards else f"none of the {len(cards)} runs is like that")
    return trouble.exit_code if trouble else 0
