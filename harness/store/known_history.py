"""What is known of the past: the numbers of stored runs, judged, and sorted by the live comparisons among them."""

import contextlib
import gc
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.judge.absence import SILENT_NIGHTS, find_absences
from harness.judge.judged_history import add_events, choose_trials, judge_history, sort_by_trials
from harness.judge.trial_answer import LiveTrial, StoredTrial
from harness.parse.triage import parse_triage
from harness.records.card import RunFilter
from harness.records.history import Event, EventKind, History
from harness.records.raw_history import RawHistory
from harness.records.triage import Triage
from harness.records.wording import format_count
from harness.settings.request import Places
from harness.store.bisection_file import list_files, load_bisection
from harness.store.index.history import load_history, measure
from harness.store.index.index import RunIndex
from harness.store.index.inquiry import ask_index
from harness.store.judge_memory import remember_judge
from harness.store.live_trial import load_live_trials
from harness.store.night_file import list_reported
from harness.system.console import Console
from harness.system.foreign import read_text
from harness.system.source.repository import order_commits

# What people decided about events: beside the bundles, where it can be put under version control with them.
TRIAGE = "triage.toml"
# What is shown is compared with its bundles: the newest so many runs. A file that changes meanwhile is read again.
_CONFIRMED, _ATTEMPTS = 1000, 3


class KnownHistory(NamedTuple):
    """The numbers of runs and what was made of them, the trials that sorted its events, and what cannot be read."""

    raw: RawHistory
    history: History
    trials: tuple[LiveTrial, ...]
    errors: tuple[UnreadableError, ...]

    @property
    def exit_code(self) -> int:
        """The code for what cannot be read, 0 if all can."""
        return self.errors[-1].exit_code if self.errors else 0


class HistoryQuestion(NamedTuple):
    """What is asked of the past: the runs that are wanted; `options` are added to the commands of events.

    A node that reported nothing for `silent_nights` is missing. What could not be read and was `heard` of before is not
    complained of again. Whoever is `measuring` has to see what is new, and is refused an index that is taken as it is.
    Of numbers only those with one of these `metrics` are wanted; of all metrics if none is named.
    """

    wanted: RunFilter = RunFilter()
    options: str = ""
    silent_nights: int = SILENT_NIGHTS
    heard: frozenset[str] = frozenset()
    measuring: bool = False
    metrics: tuple[str, ...] = ()


def know_history(
    places: Places, environ: Mapping[str, str], console: Console, question: HistoryQuestion
) -> KnownHistory:
    """Return what is known of the past; complain about runs that cannot be read."""
    wanted, options, silent_nights, heard = question[:4]
    with _keeping_all():
        raw, errors, results = load_numbers(places, console, question)
        order = _order_by_git(raw, places.cache, environ)
        history = judge_history(raw, order, options, remember_judge(places))
    trials, unread = _load_trials(choose_trials(history, raw.details.values()), results)
    for error in unread:
        if str(error) not in heard:
            console.warn_once(f"harness: {error}")
    history = sort_by_trials(history, trials, order, options)
    reported = list_reported(results, wanted.node)
    history = history.replace(events=tuple(_name_searches(history.events, results)))
    absent = find_absences(raw, datetime.now(UTC).isoformat(), reported, silent_nights)
    return KnownHistory(raw, add_events(history, absent), tuple(trials), (*errors, *unread))


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


def load_numbers(
    places: Places, console: Console, question: HistoryQuestion
) -> tuple[RawHistory, list[UnreadableError], Path]:
    """Return the numbers of runs, and complain about those that cannot be read; and the folder of their bundles."""
    wanted = question.wanted
    errors: list[UnreadableError] = []
    results = [places.results]

    def ask(index: RunIndex) -> RawHistory:
        if index.frozen and question.measuring:
            hint = (
                f"mkdir -p {shlex.quote(str(places.results))}  # or use a login that may write, or leave out --database"
            )
            raise UnfitError("what is measured would not reach the index", cause=index.frozen, hint=hint)
        for _ in range(_ATTEMPTS):
            index.refresh()
            unread = measure(index, wanted)
            errors[:] = [*index.errors, *unread]
            settled = index.confirm(index.choose(wanted)[-_CONFIRMED:])
            found = load_history(index, wanted, metric=question.metrics)
            lost = found.missing - len(unread)
            if settled and lost <= 0:
                break
        if lost > 0:
            cause, hint = "replaced by another process while they were read", "run the same command again"
            if index.frozen:
                cause, hint = "their numbers are not in the index yet", "harness index --numbers, where the bundles are"
            errors.append(UnreadableError(f"{format_count(lost, 'run')} left out", cause=cause, hint=hint))
        results[:] = [index.results]
        return found

    raw = ask_index(places, console, ask)
    for error in errors:
        if str(error) not in question.heard:
            console.warn(f"harness: {error}")
    return raw, errors, results[0]


def _load_trials(stored: Sequence[StoredTrial], results: Path) -> tuple[list[LiveTrial], list[UnreadableError]]:
    """Return the blocks of live comparisons, and the errors of those that cannot be read.

    Where there are no bundles at all, that is said once.
    """
    if not stored or results.is_dir():
        return load_live_trials(stored)
    # The same words for all nodes, so that whoever asks about one after the other says it once.
    what = "live comparisons are left out: events that they sorted are shown as suspicions"
    hint = "run the same command where the bundles are"
    return [], [UnreadableError(what, cause=f"{results} is not on this computer", hint=hint)]


def _name_searches(events: Iterable[Event], results: Path) -> Iterator[Event]:
    """Yield events, those of the code with the newest bisection of their commits that has ended."""
    ended: dict[tuple[str, str, str], str] = {}
    events = tuple(events)
    for node in sorted({one.node for one in events if one.kind is EventKind.CODE and one.search}):
        for path in reversed(list_files(results, node)):  # the oldest first
            with contextlib.suppress(HarnessError, OSError):  # `show bisect` and the night name files that are damaged
                stored = load_bisection(path)
                if stored.end:
                    ended[(node, *stored.line.ends)] = stored.id
    for one in events:
        found = ended.get((one.node, one.old, one.new), "") if one.kind is EventKind.CODE else ""
        yield one.replace(bisection=found) if found else one


def _order_by_git(raw: RawHistory, cache: Path, environ: Mapping[str, str]) -> dict[str, int]:
    """Return the places of commits as clones in the cache have them; none if git has no answer."""
    shas = (one.sha for one in sorted(raw.details.values(), key=lambda one: one.start))
    try:
        return order_commits(shas, cache=cache, environ=environ)
    except HarnessError:
        return {}  # then dates decide
