"""`harness list`: list the runs in the results folder."""

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from harness.commands.output import Output, OutputForm
from harness.commands.request.place import resolve_places
from harness.commands.unfinished import unfinished
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb, VerbGroup
from harness.errors import UnreadableError, UsageError
from harness.records.card import Card
from harness.records.record import Record
from harness.render.list import render_list
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.settings.value import parse_age
from harness.store.find import find_twins
from harness.store.index import RunIndex
from harness.store.layout import MonthFolder, keep_newest, list_months

# As many as fit on a screen or two; JSON has all of them.
SHOWN = 50
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_CENTURY_S = 3_155_760_000
# A file that changes faster than it is read is listed as it was.
_ATTEMPTS = 3
# More files read than this take long enough to say why.
_MANY = 200


class RunFilter(Record):
    """Which runs to list; an empty field matches all. `commit` is the beginning of a sha, or a release.

    A run without a date always matches `since` and `until`; a run with an inexact date matches if it may be in range.
    """

    node: str = ""
    model: str = ""
    commit: str = ""
    since: str = ""
    until: str = ""

    def matches(self, card: Card) -> bool:
        """Return whether a run matches; days are in UTC, and `until` is included."""
        return (
            self.node in ("", card.node)
            and (not self.model or self.model in card.models)
            and (not self.commit or card.sha.startswith(self.commit.lower()) or card.release == self.commit)
            and (not card.start or card.start >= self.since)
            and (not self.until or card.earliest[: len(self.until)] <= self.until)
        )


def list_runs(settings: Settings, output: Output, wanted: RunFilter, *, limit: int | None = None) -> int:
    """List the newest runs and warn about unreadable ones; return 0, or the exit code for unreadable input.

    `limit` is how many to list, 0 for all; None means all in JSON and a screenful in text. Without a filter, only the
    listed runs are read, so there are no warnings about others.
    """
    places = resolve_places(settings)
    wanted = wanted.replace(since=_read_date("--since", wanted.since), until=_read_date("--until", wanted.until))
    if limit is None:
        limit = 0 if output.form is OutputForm.JSON else SHOWN
    results = places.results
    months = list_months(results, output.console.warn)
    there = sum(len(month.names) for month in months)
    if limit and wanted == RunFilter():
        months = keep_newest(months, limit)  # their names tell which
        found, trouble = read_cards(places, months, wanted, output)
        older = there - sum(len(month.names) for month in months)  # what cannot be read is no older run
    else:
        found, trouble = read_cards(places, months, wanted, output, limit)
        older = max(0, len(found) - limit) if limit else 0
    if twins := find_twins(found):
        trouble = twins
        output.console.warn(f"harness: {twins}")
    shown = tuple(found[-limit:])  # all of them where it is 0
    output.show(render_list(shown, older=older), shown)
    if not shown:
        output.console.note(f"no run matches, of {there} in {results}" if there else f"there are no runs in {results}")
    return trouble.exit_code if trouble else 0


def _read_date(option: str, text: str) -> str:
    """Return a date as it is, a duration as the moment that long ago in UTC, and nothing as an empty text."""
    if not text or _DATE.fullmatch(text):
        return text
    ago_s = parse_age(text)
    if ago_s is None or ago_s > _CENTURY_S:
        raise UsageError(
            f"{option}: expected a date such as 2026-05-29 or 2026-05, or an age such as 7d, not {text!r}",
            hint=f"{option} 7d",
        )
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat(timespec="seconds")


def read_cards(
    places: Places, months: Sequence[MonthFolder], wanted: RunFilter, output: Output, limit: int = 0
) -> tuple[list[Card], UnreadableError | None]:
    """Return the cards of the matching runs, oldest first, and the error for one of the runs that cannot be read.

    There is a warning for each of those. The newest `limit` cards (0: all) are checked against the files once more.
    """
    index = RunIndex(places.results, places.cache, lambda done, total: output.console.count("reading", done, total))
    for _ in range(_ATTEMPTS):
        answers = list(index.cards(months))
        found = [card for card in answers if isinstance(card, Card) and wanted.matches(card)]
        found.sort(key=lambda card: (card.path.rpartition(os.sep)[2], card.path))
        if index.confirm(found[-limit:]):
            break
    undated = sum(not card.start for card in found) if wanted.since or wanted.until else 0
    if undated:
        which = "1 of these runs has" if undated == 1 else f"{undated} of these runs have"
        output.console.note(f"{which} no known date and may not be from that time; harness show says why")
    errors = [answer for answer in answers if isinstance(answer, UnreadableError)]
    for error in errors:
        output.console.warn(f"harness: {error}")
    if index.read >= _MANY:
        kept = f"could not write the index: {index.trouble}" if index.trouble else "the next list will be quick"
        output.console.note(f"read {index.read} runs; {kept}")
    return found, errors[-1] if errors else None


def _call(call: Call) -> int:
    filters = {name: call.text(name) for name in RunFilter.__struct_fields__}
    if call.flag("unfinished"):
        idle = [name for name in (*filters, "limit", "all") if call.given[name]]
        if idle:
            raise UsageError(f"--unfinished cannot be combined with --{idle[0]}", hint="harness list --unfinished")
        return unfinished(call.settings, call.output, call.words("remove"), yes=call.flag("yes"))
    if call.words("remove") or call.flag("yes"):
        hint = "harness list --unfinished --remove ID --yes"
        raise UsageError("--remove and --yes only apply to unfinished runs", hint=hint)
    return list_runs(
        call.settings, call.output, RunFilter(**filters), limit=0 if call.flag("all") else call.number("limit")
    )


VERB = Verb(
    name="list",
    summary="list the runs in the results folder, or the unfinished ones",
    group=VerbGroup.HISTORY,
    call=_call,
    arguments=(
        Argument(
            name="--limit",
            takes=ArgumentKind.NUMBER,
            metavar="N",
            instead="how many",
            help=f"list the newest N runs (default: {SHOWN}; in JSON, all)",
        ),
        Argument(name="--all", takes=ArgumentKind.SWITCH, instead="how many", help="list all runs"),
        Argument(name="--node", metavar="NAME", help="only runs of this node"),
        Argument(name="--model", metavar="NAME", words=CompletionSource.MODELS, help="only runs with this model"),
        Argument(
            name="--commit",
            metavar="SHA|RELEASE",
            words=CompletionSource.REFS,
            help="only runs of this commit (or the beginning of its sha) or release",
        ),
        Argument(
            name="--since",
            metavar="DATE|AGE",
            help="only runs from this day (UTC) on: 2026-05-29, 2026-05 or 2026; or 7d: the last 7 days",
        ),
        Argument(
            name="--until",
            metavar="DATE|AGE",
            help="only runs up to and including this day (UTC); or 7d: at least 7 days old",
        ),
        Argument(
            name="--unfinished",
            takes=ArgumentKind.SWITCH,
            help="list the runs that did not finish, and what to do about each",
        ),
        Argument(
            name="--remove",
            takes=ArgumentKind.MANY,
            metavar="ID",
            help="with --unfinished: remove this run and its measurements (repeatable; 'all'); without --yes, only "
            "say which",
        ),
        Argument(name="--yes", takes=ArgumentKind.SWITCH, help="with --remove: really remove them"),
    ),
    examples=(
        ("harness list", f"the newest {SHOWN} runs"),
        ("harness list --model base --since 7d", "one model, last week"),
        ("harness list --unfinished", "what was interrupted"),
    ),
)
