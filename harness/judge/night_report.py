"""The morning report of a night: what is new, what stands, what is only suspected, and the exit code."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from harness.judge.event import suggest_trial
from harness.judge.night_change import is_over, is_silent, is_slower
from harness.judge.night_outcome import describe_outcome
from harness.plan.night import plan_night
from harness.records.bisection import BisectReport, Suspect
from harness.records.exit_code import ExitCode
from harness.records.history import Event, EventKind, History
from harness.records.night import AuditCount, BranchCommit, CodeSearch, DoneItem, NightPlan, NightView, WorkKind
from harness.records.night_report import EventNote, NightReport, SuspectCommit
from harness.records.run import SCHEMA
from harness.settings.remark import remark_paths

# What a trial found that began so long before the end of a night is new, or since an earlier night has ended: a night
# that was killed and went on counts as one, and two nights are farther apart.
NEW_S = 16 * 3600.0
_ALARMS = (EventKind.MISSING, EventKind.BROKEN)
_STANDING = (EventKind.CODE, *_ALARMS)
_ORDER = (ExitCode.BUILD_FAILED, ExitCode.TESTS_FAILED, ExitCode.BENCHMARK_FAILED)


class NightEnd(NamedTuple):
    """What is known when a night has ended.

    `view` is the last one, `plan` what is left of the last plan. `history` has the events of this node, sorted and with
    the triage of people, and the alarms for all nodes. `searches` are the answers of bisections, `facts` sentences
    about the node for events, and `options` those that make a command of an event build and measure in the same way,
    both by the ids of events. `earlier` are the reports of earlier nights. `stopped` says why the night ended early.
    `job` is the job of a fleet that it was.
    """

    view: NightView
    plan: NightPlan
    history: History
    ended: str
    repo: str
    branch: str
    anchor: BranchCommit | None
    budget_s: float
    done: tuple[DoneItem, ...] = ()
    searches: Sequence[BisectReport] = ()
    facts: Mapping[str, tuple[str, ...]] = {}
    options: Mapping[str, str] = {}
    earlier: Sequence[NightReport] = ()
    audit: AuditCount | None = None
    notes: tuple[str, ...] = ()
    stopped: str = ""
    job: str = ""


def make_night_report(end: NightEnd) -> NightReport:
    """Return what people read in the morning."""
    view = end.view
    own = [_hear(event, end) for event in end.history.events if event.node == view.node or is_silent(event)]
    heard = [event for event in own if _is_heard(event, end)]
    past = _Past(end)
    events = {event.id: event for event in own}
    answers = {one.event: answer for one in view.searches if (answer := _find_answer(end, one))}
    new = tuple(event for event in own if past.is_new(event))
    shown = {event.id for event in new}
    sought = {one.event for one in view.searches if one.verdict is None}
    standing = [event for event in own if event.id not in shown and _stands(event, sought)]
    still = tuple(event for event in standing if event.triage is None)
    tried = {*view.tried, *(one.item.key for one in end.done)}
    # What the next night would begin with, had it the whole budget and nothing changed.
    later = view.replace(left_s=end.budget_s, tried=(), anchored_tonight=0, confirmed_s=0.0, began=end.ended)
    return NightReport(
        schema=SCHEMA,
        node=view.node,
        began=view.began,
        ended=end.ended,
        repo=end.repo,
        branch=end.branch,
        head=view.commits[-1],
        anchor=end.anchor,
        budget_s=end.budget_s,
        new=new,
        open=still,
        settled=sum(event.triage is not None for event in standing),
        suspicions=view.questions,
        about=tuple(_describe(event, end) for event in (*new, *still)),
        done=tuple(one.replace(reason=describe_outcome(one, events, view, answers)) for one in end.done),
        left=tuple(item for item in end.plan.items if item.key not in tried),
        passed=end.plan.passed,
        plan=plan_night(later).items,
        audit=end.audit,
        notes=(*end.notes, *(f"{event.node}: {event.subject}, until tonight" for event in heard)),
        stopped=end.stopped,
        job=end.job,
        exit_code=_choose_code(new, end),
    )


class _Past:
    """What was known before a night: the events that earlier reports named.

    A night that was stopped had another exit code than that of its findings, and if it was interrupted, nobody was
    notified of them. They are new until a night comes to its end.
    """

    def __init__(self, end: NightEnd) -> None:
        self._ended = datetime.fromisoformat(end.ended)
        tonight = self._ended - timedelta(seconds=NEW_S)
        # A report from the future is one from before the clock was set back.
        whole = [one for one in end.earlier if not one.stopped]
        times = [(_read_time(one.ended), one) for one in whole]
        before = [one for time, one in times if time is None or not tonight <= time <= self._ended]
        # What a night found that never came to its report is new in the next one.
        known = [time for time, _ in times if time and time < tonight]
        begun = [time for one in end.earlier if one.stopped and (time := _read_time(one.began))]
        self._since = max(known, default=min([tonight, *begun]))
        self._named = {(one.id, one.kind) for report in before for one in report.new}
        self._alarms = {one.id for report in whole for one in (*report.new, *report.open) if not is_over(one)}
        self._over = {one.id for report in whole for one in report.new if is_over(one)}

    def is_new(self, event: Event) -> bool:
        """Return whether people hear of an event for the first time, or for the first time that it is over.

        A suspicion is never new: nothing is known of it yet.
        """
        if event.kind is EventKind.SUSPICION:
            return False
        if is_over(event):
            return event.kind in _STANDING and event.id in self._alarms - self._over
        if event.triage or (event.id, event.kind) in self._named:
            return False
        if event.kind in _ALARMS:
            return event.id not in self._alarms
        runs = event.trials or (event.run,)
        return any(self._is_recent(_read_stamp(run)) for run in runs)

    def _is_recent(self, time: datetime | None) -> bool:
        return time is not None and self._since <= time <= self._ended


def _hear(event: Event, end: NightEnd) -> Event:
    """Return an event as it stands with this report, which ends the silence of its own node."""
    if event.node == end.view.node and is_silent(event) and event.open:
        return event.replace(open=False, returned=end.ended[:10])
    return event


def _is_heard(event: Event, end: NightEnd) -> bool:
    """Return whether an event is the silence of this node that ended today; nobody else may have noticed it."""
    return event.node == end.view.node and is_silent(event) and event.returned == end.ended[:10]


def _stands(event: Event, sought: set[str]) -> bool:
    if event.kind not in _STANDING or is_over(event):
        return False
    if event.kind in _ALARMS:
        return event.open
    return is_slower(event) and (event.open or event.id in sought)


def _describe(event: Event, end: NightEnd) -> EventNote:
    """Return what else is known of an event."""
    search = next((one for one in end.view.searches if one.event == event.id), None)
    answer = _find_answer(end, search) if search else None
    command = _name_command(event, end) if event.kind in (EventKind.CODE, EventKind.NODE) else ""
    note = EventNote(event=event.id, command=command, facts=end.facts.get(event.id, ()))
    if event.kind is not EventKind.CODE:
        return note
    if answer is not None:
        return note.replace(
            bisection=answer.id, verdict=answer.verdict, why=answer.why, suspects=tuple(list_suspects(answer))
        )
    return note.replace(bisection=search.bisection if search else "", suspects=_find_only(event, end.view, search))


def _name_command(event: Event, end: NightEnd) -> str:
    """Return the command that measures an event again; the event has one itself if it was a suspicion or a trial."""
    words = () if event.command else suggest_trial(event)
    command = f"{shlex.join(words)} {end.options.get(event.id, '')}".strip() if words else ""
    return event.command or remark_paths(command)


def _find_answer(end: NightEnd, search: CodeSearch) -> BisectReport | None:
    return next((one for one in end.searches if one.id == search.bisection), None)


def list_suspects(answer: BisectReport) -> Iterable[SuspectCommit]:
    """Yield the commits that a search has found, or that are left of one without an answer."""
    named = {one.key: one.commit for one in answer.named}
    found: Sequence[Suspect] = [one for culprit in answer.culprits for one in culprit.suspects] or answer.suspects
    for one in found:
        commit = named.get(one.commit)
        yield SuspectCommit(
            sha=one.commit.partition("+")[0],
            subject=commit.message.partition("\n")[0] if commit else "",
            author=commit.author if commit else "",
            probability=one.probability,
        )


def _find_only(event: Event, view: NightView, search: CodeSearch | None) -> tuple[SuspectCommit, ...]:
    """Return the only commit between those of an event that is compiled; empty where there are more, or a search."""
    places = {commit.sha: place for place, commit in enumerate(view.commits)}
    if search or event.old not in places or event.new not in places:
        return ()
    between = [one for one in view.commits[places[event.old] + 1 : places[event.new] + 1] if one.compiled]
    if len(between) != 1:
        return ()
    return (SuspectCommit(sha=between[0].sha, subject=between[0].subject, author="", probability=1.0),)


def _choose_code(new: Iterable[Event], end: NightEnd) -> int:
    """Return 20 for a regression that is new; else what is worst of the newest commit's runs, as `run` has it.

    So a head that could not be had, or not be measured for want of weights, does not pass for a quiet night.
    """
    if any(is_slower(event) and not is_over(event) for event in new):
        return int(ExitCode.REGRESSION)
    of_head = {one.exit_code for one in end.done if one.item.kind in (WorkKind.HEAD, WorkKind.CELLS)}
    return next((int(code) for code in _ORDER if code in of_head), max(of_head, default=0))


def _read_time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _read_stamp(run: str) -> datetime | None:
    """Return when a run began, by its id; None where that does not say it."""
    try:
        return datetime.strptime(run[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
