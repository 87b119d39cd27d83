"""`harness list`: list the runs in the results folder."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from harness.commands.output import Output, OutputForm
from harness.commands.request.place import resolve_places
from harness.commands.unfinished import unfinished
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UnreadableError, UsageError
from harness.records.card import Card, RunFilter
from harness.records.listing import RunList
from harness.render.list import render_list
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.settings.value import parse_age
from harness.store.find import find_twins
from harness.store.index.index import MOST_NEWEST, RunIndex
from harness.store.index.inquiry import ask_index
from harness.store.index.question import ChosenRun

# As many as fit on a screen or two; JSON has all of them.
SHOWN = 50
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_CENTURY_S = 3_155_760_000
# A file that changes faster than it is read is listed as it was.
_ATTEMPTS = 3
# The options that select runs; `--commit` takes a release, too.
_OPTIONS = ("node", "model", "commit", "since", "until")


def list_runs(settings: Settings, output: Output, wanted: RunFilter, *, limit: int | None = None) -> int:
    """List the newest runs and warn about unreadable ones; return 0, or the exit code for unreadable input.

    `limit` is how many to list, 0 for all; None means all in JSON and a screenful in text. Without a filter, only the
    listed runs are read, so there are no warnings about others.
    """
    places, wanted = resolve_places(settings), read_dates(wanted)
    if limit is None:
        limit = 0 if output.form is OutputForm.JSON else SHOWN
    listing = read_cards(places, output, wanted, limit=limit)
    trouble = listing.errors[-1] if listing.errors else None
    if twins := find_twins(listing.chosen):
        trouble = twins
        output.console.warn(f"harness: {twins}")
    output.show(render_list(listing.cards, older=listing.older), RunList(runs=listing.cards, older=listing.older))
    if not listing.cards:
        there, results = listing.there, places.results
        output.console.note(f"no run matches, of {there} in {results}" if there else f"there are no runs in {results}")
    return trouble.exit_code if trouble else 0


class RunListing(NamedTuple):
    """The cards of the newest matching runs, oldest first, and the number of older ones.

    `chosen` are all matching runs among those that were read, `errors` are for runs that cannot be read, and `there` is
    the number of all runs.
    """

    cards: tuple[Card, ...]
    chosen: list[ChosenRun]
    older: int
    errors: list[UnreadableError]
    there: int


def read_dates(wanted: RunFilter) -> RunFilter:
    """Return a filter with dates in place of durations; raises UsageError for anything else."""
    return wanted.replace(since=_read_date("--since", wanted.since), until=_read_date("--until", wanted.until))


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


def read_cards(places: Places, output: Output, wanted: RunFilter, *, limit: int = 0, bare: bool = False) -> RunListing:
    """Return the newest `limit` matching runs (0: all), and warn about those that cannot be read.

    The listed runs are compared with their bundles once more. Without a filter, no other runs are read. There are no
    cards in a `bare` listing.
    """
    newest = limit if limit <= MOST_NEWEST and wanted == RunFilter() else 0

    def ask(index: RunIndex) -> RunListing:
        for _ in range(_ATTEMPTS):
            index.refresh(newest)
            left = max(0, newest - len(index.errors))  # what cannot be read is no older run
            chosen = index.choose(wanted, newest=left) if left or not newest else []
            shown = chosen[-limit:]  # all of them where it is 0
            if index.confirm(shown):
                break
        older = max(0, (index.there - newest) if newest else len(chosen) - limit if limit else 0)
        cards = () if bare else tuple(index.load_cards(shown))
        return RunListing(cards, chosen, older, index.errors, index.there)

    listing = ask_index(places, output.console, ask)
    undated = sum(not one.start for one in listing.chosen) if wanted.since or wanted.until else 0
    if undated:
        which = "1 of these runs has" if undated == 1 else f"{undated} of these runs have"
        output.console.note(f"{which} no known date and may not be from that time; harness show says why")
    for error in listing.errors:
        output.console.warn(f"harness: {error}")
    return listing


def _call(call: Call) -> int:
    filters = {name: call.text(name) for name in _OPTIONS}
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
