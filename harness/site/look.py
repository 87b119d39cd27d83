"""A look at the results before anything of them is read: which nodes there are, and whether their pages are new."""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
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
# A record that changes meanwhile is read again.
_ATTEMPTS = 3
_DAY = re.compile(r"[0-9]{8}")
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
        found: list[ChosenRun] = []
        for _ in range(_ATTEMPTS):
            index.refresh()
            found = index.choose()
            if index.confirm(found):  # else a record was changed in its place, which no folder shows
                break
        return found, list(index.errors)

    runs, errors = ask_index(places, console, ask)
    grouped: defaultdict[str, list[ChosenRun]] = defaultdict(list)
    for one in runs:
        grouped[one.node].append(one)
    errors += [_refuse_nameless(one) for one in grouped.pop("", ())]
    common = (*words, [(one.event, one.state, one.note, one.who) for one in triage], _stamp_clones(places.cache))
    nodes = (NodeLook(node, own, _sum_up(places.results, node, own, common)) for node, own in sorted(grouped.items()))
    return ResultsLook(tuple(nodes), tuple(errors))


def _refuse_nameless(run: ChosenRun) -> UnreadableError:
    """Return why a run is on no page: a question for the runs without a node is one for those of all nodes."""
    hint = f"write one into {run.path}{os.sep}{RUN}, or remove the folder"
    return UnreadableError(f"{run.path} is left out", cause="it names no node", hint=hint)


def _sum_up(results: Path, node: str, runs: list[ChosenRun], common: tuple[object, ...]) -> str:
    nights = list_nights(results, node)
    stamps = [(one.path, stamp_file(f"{one.path}{os.sep}{RUN}")) for one in runs]
    stamps += [(str(path), stamp_file(str(path))) for path in (*nights, *list_files(results, node))]
    days = {one.start[:10].replace("-", "") for one in runs} | {path.name[:8] for path in nights}
    return short_hash(node, stamps, common, _find_silence(days), length=_DIGITS)


def _find_silence(days: Iterable[str]) -> tuple[bool, int]:
    """Return whether a node, if it is watched, has been silent for so long that this is an alarm.

    And how many days, by a clock that was ahead, are still to come: they count when they are there.
    """
    today = datetime.now(UTC).date()
    known = sorted(day for day in days if _DAY.fullmatch(day))
    past = [day for day in known if day <= f"{today:%Y%m%d}"]
    for day in reversed(past):
        with contextlib.suppress(ValueError):  # there is no such day
            newest = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
            return (today - newest).days > SILENT_NIGHTS, len(known) - len(past)
    return False, len(known) - len(past)


def _stamp_clones(cache: Path) -> list[str]:
    clones = sorted((cache / "repositories").glob("*.git"))
    return [f"{clone.name} {stamp_file(str(clone / name))}" for clone in clones for name in _OF_CLONE]
