"""`harness history`: every number over time, and what looks unlike its past."""

import difflib

from harness.commands.list import read_dates
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UsageError
from harness.judge.judged_history import add_triage, select_history
from harness.judge.series_choice import find_foreign, list_words, matches_words
from harness.records.card import RunFilter
from harness.records.history import History, Point, SeriesKey
from harness.records.raw_history import RawHistory
from harness.records.record import Record
from harness.render.history import render_history, render_series
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.store.known_history import HistoryQuestion, KnownHistory, know_history, load_triage

# The newest points of one series that fit on a screen or two; machines get all.
SHOWN = 40


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
    known = judge_results(call, places, RunFilter(node=wanted.node))
    raw, whole = known.raw, known.history
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
        raise UsageError(f"no series fits all of these {given}", hint="harness history  # lists all series")
    plain, width = not output.is_unicode, output.width
    if len(chosen.series) == 1:
        text = render_series(chosen, most=request.limit, plain=plain, width=width)
    else:
        text = render_history(chosen, full=request.full, plain=plain, width=width) if chosen.series else ""
    output.show(text, chosen)
    return known.exit_code


def judge_results(call: Call, places: Places, wanted: RunFilter) -> KnownHistory:
    """Return what is known of the past of the runs that are wanted, judged."""
    question = HistoryQuestion(wanted, name_places(call.settings, places))
    return know_history(places, call.environ, call.output.console, question)


def name_places(settings: Settings, places: Places) -> str:
    """Return the options that make another command use these folders, if flags name one of them."""
    given = {one.name for one in settings.from_flags}
    return places.options if given & {"results", "cache"} else ""


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
    return f"did you mean {' or '.join(close)}?" if close else "harness history  # lists all series"


def _call(call: Call) -> int:
    wanted = RunFilter(**{name: call.text(name) for name in ("node", "model", "commit", "since", "until")})
    full = call.flag("all")
    limit = 0 if full else call.number("limit") or SHOWN
    return history(call, HistoryWords(words=call.words("word"), wanted=wanted, limit=limit, full=full))


VERB = Verb(
    name="history",
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
