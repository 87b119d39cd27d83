"""A results folder with runs, and its index, as a new process sees them."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from harness.errors import UnreadableError
from harness.records.card import Card, RunFilter
from harness.records.run import Run
from harness.settings.request import Places
from harness.store.bundle import create_bundle
from harness.store.index.access import IndexEffort, consult
from harness.store.index.index import RunIndex
from harness.store.index.reader import TEXTS, make_card, read_row
from harness.store.layout import find_places, list_months
from tests import sheet

DAYS = ("20260101", "20260102", "20260203")
_T = TypeVar("_T")


class Stand:
    """A results folder and where its index is; `effort` is what the last question took, `errors` what it came upon."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.results = folder / "results"
        self.cache = folder / "cache"
        self.places = Places(results=self.results, cache=self.cache, database=database)
        self.effort = IndexEffort(read=0)
        self.errors: list[UnreadableError] = []
        self.notes: list[str] = []

    def add(self, day: str, node: str = "one", release: str = "v1.8.5", **changes: object) -> Path:
        run = sheet.run()
        commit = run.source.commit.replace(release=release)
        run = run.replace(
            id=f"{day}T000000Z-aaaaaaaa-11111111",
            start=f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00+00:00",
            node=run.node.replace(name=node),
            source=run.source.replace(commit=commit),
        )
        return self.put(run.replace(**changes))

    def put(self, run: Run) -> Path:
        return create_bundle(self.results, run)[1].seal(run, "the report\n")

    def ask(self, question: Callable[[RunIndex], _T], *, rebuild: bool = False) -> _T:
        """Put a question as a new process does."""
        value, self.effort = consult(self.places, question, note=self.notes.append, rebuild=rebuild)
        return value

    def seen(self, wanted: RunFilter = RunFilter(), newest: int = 0) -> list[Card]:  # noqa: B008 - it is frozen
        """Return what a list shows."""

        def look(index: RunIndex) -> list[Card]:
            for _ in range(3):
                index.refresh(newest)
                chosen = index.choose(wanted, newest)
                if index.confirm(chosen):
                    break
            self.errors = index.errors
            return index.load_cards(chosen)

        return self.ask(look)

    def truth(self) -> list[Card]:
        """Return what the bundles say."""
        places = find_places(list_months(self.results))
        return [read_card(place.path) for place in places]

    def file(self) -> Path:
        (file,) = self.cache.glob("index/*/*.sqlite3")
        return file

    def alter(self, *statements: str) -> None:
        """Change the index behind its back."""
        connection = sqlite3.connect(self.file())
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()


def read_card(folder: str) -> Card:
    month, _, name = folder.rpartition(os.sep)
    row = read_row(month, name)
    return make_card(folder, int(str(row["checksum"])), [str(row[column]) for column in TEXTS])
