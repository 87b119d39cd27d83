"""A look at the results before anything of them is read: which nodes there are, and whether their pages are new."""

import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from harness.errors import UnreadableError
from harness.judge.absence import SILENT_NIGHTS
from harness.records.record import short_hash
from harness.records.triage import Triage
from harness.settings.request import Places
from harness.store.bisection_file import list_files
from harness.store.bundle import RUN
from harness.store.index.index import RunIndex
from harness.store.index.inquiry import ask_index
from harness.store.index.question import ChosenRun
from harness.store.index.reader import stamp_file
from harness.store.night_file import list_nights
from harness.system.console import Console

_DIGITS = 16
# The files of a clone that change when it gets commits.
_OF_CLONE = ("FETCH_HEAD", "shallow", "packed-refs")


class NodeLook(NamedTuple):
    """A node: its runs, oldest first, and the digest of everything that its pages are made of."""

    node: str
    runs: list[ChosenRun]
    digest: str


class ResultsLook(NamedTuple):
    """The nodes of the results, by name, and what could not be read."""

    nodes: tuple[NodeLook, ...]
    errors: tuple[UnreadableError, ...]


def look_around(places: Places, console: Console, triage: Iterable[Triage], words: tuple[object, ...]) -> ResultsLook:
    """Return which nodes there are; `words` are what the pages of all nodes depend on beside the results."""

    def ask(index: RunIndex) -> tuple[list[ChosenRun], list[UnreadableError]]:
        index.refresh()
        return index.choose(), list(index.errors)

    runs, errors = ask_index(places, console, ask)
    grouped: defaultdict[str, list[ChosenRun]] = defaultdict(list)
    for one in runs:
        grouped[one.node].append(one)
    common = (*words, [(one.event, one.state, one.note, one.who) for one in triage], _stamp_clones(places.cache))
    nodes = (NodeLook(node, own, _sum_up(places.results, node, own, common)) for node, own in sorted(grouped.items()))
    return ResultsLook(tuple(nodes), tuple(errors))


def _sum_up(results: Path, node: str, runs: list[ChosenRun], common: tuple[object, ...]) -> str:
    files = [*list_nights(results, node), *list_files(results, node)]
    stamps = [(one.path, stamp_file(f"{one.path}{os.sep}{RUN}")) for one in runs]
    stamps += [(str(path), stamp_file(str(path))) for path in files]
    newest = max((one.start for one in runs), default="")
    nights = [path.name[:8] for path in files[:1]]
    return short_hash(node, stamps, common, _is_silent([newest[:10].replace("-", ""), *nights]), length=_DIGITS)


def _is_silent(days: Iterable[str]) -> bool:
    """Return whether a node, if it is watched, has been silent for so long that this is an alarm."""
    known = []
    for day in days:
        try:
            known.append(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date())
        except ValueError:
            continue
    today: date = datetime.now(UTC).date()
    return bool(known) and (today - max(known)).days > SILENT_NIGHTS


def _stamp_clones(cache: Path) -> list[str]:
    clones = sorted((cache / "repositories").glob("*.git"))
    return [f"{clone.name} {stamp_file(str(clone / name))}" for clone in clones for name in _OF_CLONE]
