"""`harness history`: every number over time, and what looks unlike its past."""

import contextlib
import difflib
import gc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness.commands.list import ask_index, read_dates
from harness.commands.output import Output
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb, VerbGroup
from harness.errors import HarnessError, UnreadableError, UsageError
from harness.judge.absence import find_absences
from harness.judge.judged_history import (
    add_events,
    add_triage,
    choose_trials,
    judge_history,
    select_history,
    sort_by_trials,
)
from harness.judge.series_choice import find_foreign, list_words, matches_words
from harness.parse.triage import parse_triage
from harness.records.card import RunFilter
from harness.records.history import History, Point, SeriesKey, Triage
from harness.records.raw_history import RawHistory
from harness.records.record import Record
from harness.records.wording import format_count
from harness.render.history import render_history, render_series
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.store.index.history import load_history, measure
from harness.store.index.index import RunIndex
from harness.store.live_trial import load_live_trials
from harness.store.night_file import list_reported
from harness.system.foreign import read_text
from harness.system.source.repository import order_commits

# The newest points of one series that fit on a screen or two; machines get all.
SHOWN = 40
# What people decided about events: beside the bundles, where it can be put under version control with them.
TRIAGE = "triage.toml"
# What is shown is compared with its bundles: the newest so many runs. A file that changes meanwhile is read again.
_CONFIRMED, _ATTEMPTS = 1000, 3


class HistoryWords(Record):
    """The words that name series, the runs whose points are wanted, and how many points of one series are shown.

    Of many series those of a benchmark that has very many are shown as well where `full`.
    """

    words: tuple[str, ...] = ()
    wanted: RunFilter = RunFilter()
    limit: int = SHOWN
    full: bool = False


def history(call: Call, request: HistoryWords) -> int:
    """Print a table of series, or the points of the only one that is named; return 0, or the code of unreadable input.

    A series is judged by all of its node's runs, whichever of them are shown.
    """
    output, places = call.output, resolve_places(call.settings)
    wanted = read_dates(request.wanted)
    raw, whole, code = judge_results(call, places, RunFilter(node=wanted.node))
    whole = whole.replace(events=add_triage(whole.events, load_triage(places.results)))
    keys = [one.key for one in whole.series]
    if not keys:
        of_node = f" of {wanted.node}" if wanted.node else ""
        output.console.note(f"no run{of_node} in {places.results} has numbers")
    elif foreign := find_foreign(keys, request.words):
        raise UsageError(f"no series has {foreign[0]!r}", hint=_suggest(foreign[0], list_words(keys)))
    chosen = _choose(whole, raw, request.words, wanted)
    if keys and not chosen.series:
        given = _name_given(request.words, wanted)
        raise UsageError(f"no series fits all of these {given}", hint="harness history lists all series")
    plain, width = not output.is_unicode, output.width
    if len(chosen.series) == 1:
        text = render_series(chosen, most=request.limit, plain=plain, width=width)
    else:
        text = render_history(chosen, full=request.full, plain=plain, width=width) if chosen.series else ""
    output.show(text, chosen)
    return code


def judge_results(call: Call, places: Places, wanted: RunFilter) -> tuple[RawHistory, History, int]:
    """Return the numbers of the runs that are wanted, judged, and the exit code for those that cannot be read."""
    with _keeping_all():
        raw, errors = load_numbers(places, call.output, wanted)
        order, options = order_by_git(raw, places.cache, call.environ), name_places(call.settings, places)
        history = judge_history(raw, order, options)
    trials, unread = load_live_trials(choose_trials(history, raw.details.values()))
    for error in unread:
        call.output.console.warn(f"harness: {error}")
    errors += unread
    history = sort_by_trials(history, trials, order, options)
    reported = {node: starts for node, starts in list_reported(places.results).items() if wanted.node in ("", node)}
    absent = find_absences(raw, datetime.now(UTC).isoformat(), reported)
    return raw, add_events(history, absent), errors[-1].exit_code if errors else 0


def name_places(settings: Settings, places: Places) -> str:
    """Return the options that make another command use these folders, if flags name one of them."""
    given = {one.name for one in settings.from_flags}
    return places.options if given & {"results", "cache"} else ""


@contextlib.contextmanager
def _keeping_all() -> Iterator[None]:
    """Do not look for garbage meanwhile: a hundred thousand small values are made, and all of them are needed."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def load_triage(results: Path) -> tuple[Triage, ...]:
    """Return what people decided about events; nothing where there is no such file. Raises UnreadableError."""
    path = results / TRIAGE
    return parse_triage(read_text(path), str(path)) if path.is_symlink() or path.exists() else ()


def load_numbers(places: Places, output: Output, wanted: RunFilter) -> tuple[RawHistory, list[UnreadableError]]:
    """Return the numbers of runs, and complain about those that cannot be read."""
    errors: list[UnreadableError] = []

    def ask(index: RunIndex) -> RawHistory:
        for _ in range(_ATTEMPTS):
            index.refresh()
            unread = measure(index, wanted)
            errors[:] = [*index.errors, *unread]
            settled = index.confirm(index.choose(wanted)[-_CONFIRMED:])
            found = load_history(index, wanted)
            lost = found.missing - len(unread)
            if settled and lost <= 0:
                break
        if lost > 0:
            what, cause = f"{format_count(lost, 'run')} left out", "replaced by another process while they were read"
            errors.append(UnreadableError(what, cause=cause, hint="run the same command again"))
        return found

    raw = ask_index(places, output, ask)
    for error in errors:
        output.console.warn(f"harness: {error}")
    return raw, errors


def order_by_git(raw: RawHistory, cache: Path, environ: Mapping[str, str]) -> dict[str, int]:
    """Return the places of commits as clones in the cache have them; none if git has no answer."""
    shas = (one.sha for one in sorted(raw.details.values(), key=lambda one: one.start))
    try:
        return order_commits(shas, cache=cache, environ=environ)
    except HarnessError:
        return {}  # then dates decide


def _choose(whole: History, raw: RawHistory, words: tuple[str, ...], wanted: RunFilter) -> History:
    """Return the series that words and filters want; where a filter is for runs, those with a point of such a run."""

    def wants(key: SeriesKey) -> bool:
        return (not wanted.model or key.case.get("model") == wanted.model) and matches_words(key, words)

    def keeps(point: Point) -> bool:
        return (not kept or point.run in kept) and (not commits or point.commit in commits)

    commits = {one.name for one in whole.commits if wanted.commit and one.is_named(wanted.commit)}
    kept: set[str] = set()
    if wanted.since or wanted.until:
        kept = {one.run_id for one in raw.details.values() if wanted.includes(one.start, one.earliest)}
    if (wanted.commit and not commits) or ((wanted.since or wanted.until) and not kept):
        return whole.replace(series=(), judgements=(), events=())
    return select_history(whole, wants, keeps)


def _name_given(words: tuple[str, ...], wanted: RunFilter) -> str:
    """Return what series were chosen by: words, options, or both."""
    return " and ".join([*(["words"] if words else []), *(["options"] if wanted != RunFilter() else [])])


def _suggest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else "harness history lists all series"


def _call(call: Call) -> int:
    wanted = RunFilter(**{name: call.text(name) for name in ("node", "model", "commit", "since", "until")})
    full = call.flag("all")
    limit = 0 if full else call.number("limit") or SHOWN
    return history(call, HistoryWords(words=call.words("word"), wanted=wanted, limit=limit, full=full))


VERB = Verb(
    name="history",
    summary="every number over time: newest value, change, and what looks unlike its past",
    group=VerbGroup.HISTORY,
    call=_call,
    arguments=(
        Argument(
            name="WORD",
            takes=ArgumentKind.ANY,
            metavar="WORD",
            help="only series that have it: a metric (encode), a model or another value of the case (base, threads=4), "
            "a benchmark, a whole case, a node, or a config's id. Where all words leave one series, its points are "
            "shown",
        ),
        Argument(name="--node", metavar="NAME", help="only series of this node"),
        Argument(name="--model", metavar="NAME", words=CompletionSource.MODELS, help="only series of this model"),
        Argument(
            name="--commit",
            metavar="SHA|RELEASE",
            words=CompletionSource.REFS,
            help="only series with a point of this commit (the beginning of its sha) or release",
        ),
        Argument(
            name="--since",
            metavar="DATE|AGE",
            help="only series with a point of this day (UTC) or later: 2026-05-29, 2026-05 or 2026; 7d: in the last 7 "
            "days",
        ),
        Argument(name="--until", metavar="DATE|AGE", help="only series with a point of this day or earlier"),
        Argument(
            name="--limit",
            takes=ArgumentKind.NUMBER,
            metavar="N",
            instead="how many",
            help=f"of one series the newest N points (default: {SHOWN}; as JSON all)",
        ),
        Argument(
            name="--all",
            takes=ArgumentKind.SWITCH,
            instead="how many",
            help="all of its points; of many series all of them",
        ),
    ),
    examples=(
        ("harness history", "all series, and what changed"),
        ("harness history encode base", "of one metric and one model"),
        ("harness history encode base threads=4 --all", "one series, point by point"),
    ),
)
