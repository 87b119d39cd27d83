"""The morning report of a night that has ended: what belongs to it is loaded, and what is new is found in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.bisect.answer import read_answer
from harness.errors import HarnessError, InterruptedRunError
from harness.judge.audit import count_audits
from harness.judge.night_node import compare_nodes, list_states
from harness.judge.night_report import NightEnd, make_night_report
from harness.judge.trial_answer import list_trials
from harness.night.lookout import Seen, take_commit
from harness.night.loop import NightOutcome
from harness.night.notice import notify
from harness.records.bisection import BisectReport
from harness.records.history import Event, EventKind, History
from harness.records.night import AuditCount, WorkKind
from harness.records.night_report import NightReport
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RawHistory, RunDetail
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.store.bisection_file import list_files, load_bisection
from harness.store.bundle import BISECTION, load_run
from harness.store.live_trial import load_live_trials
from harness.store.night_file import load_nights, save_night
from harness.system.git import redact_url
from harness.system.source.branch import BranchState

Note = Callable[[str], None]
# So many earlier reports are asked whether an event is new.
_EARLIER = 40


def close_night(outcome: NightOutcome, branch: BranchState, request: NightRequest, work: Workplace) -> NightReport:
    """Return the report of a night; people are notified of what is new, and the report is stored.

    What went wrong with either is a note in it, or a warning.
    """
    report = report_night(outcome, branch, request, work)
    results = work.places.results
    if request.notify and not isinstance(outcome.stop, InterruptedRunError):  # whoever is in a hurry is not kept
        failures = notify(report, request.notify, results, work.environ)
        for failure in failures:
            work.console.warn(failure)
        report = report.replace(notes=(*report.notes, *failures))
    try:
        save_night(results, report)
    except (HarnessError, OSError) as error:
        why = error.line if isinstance(error, HarnessError) else error.strerror or error
        work.console.warn(f"the report of this night is not stored in {results}: {why}")
    return report


def report_night(outcome: NightOutcome, branch: BranchState, request: NightRequest, work: Workplace) -> NightReport:
    """Return the report of a night, from what is known at its end."""
    seen, results, note = outcome.last, work.places.results, work.console.note_once
    known = seen.known
    return make_night_report(
        NightEnd(
            view=seen.view,
            plan=outcome.plan,
            history=known.history,
            ended=outcome.ended.isoformat(timespec="seconds"),
            repo=redact_url(branch.repo),
            branch=request.branch or "the default branch",
            anchor=take_commit(branch.anchor) if branch.anchor else None,
            budget_s=request.budget_s,
            done=outcome.done,
            searches=tuple(_read_searches(seen, results, note)),
            facts=dict(_list_facts(known.history, known.raw, request.node)),
            options=_list_options(known.history, known.raw, work.places.options),
            audit=_count_audits(known.raw, request.node, note),
            earlier=load_nights(results, request.node, _EARLIER, note),
            notes=(*outcome.notes, *_describe_head(outcome, known.raw)),
            stopped=outcome.stop.line if outcome.stop else "",
            job=request.job,
        )
    )


def _read_searches(seen: Seen, results: Path, note: Note) -> Iterator[BisectReport]:
    """Yield what the bisections of changes of the code have found."""
    wanted = {one.bisection for one in seen.view.searches if one.bisection}
    for path in list_files(results, seen.view.node) if wanted else ():
        if path.name.removesuffix(BISECTION) in wanted:
            try:
                yield read_answer(results, load_bisection(path), note)
            except HarnessError as error:
                note(f"{path} is ignored: {error.line}")


def _count_audits(raw: RawHistory, node: str, note: Note) -> AuditCount | None:
    own = (one for one in raw.details.values() if one.node == node)
    trials, unread = load_live_trials(list_trials(own, (str(RunPurpose.AUDIT),)))
    for error in unread:
        note(f"an audit is ignored: {error.line}")
    return count_audits(trials)


def _list_facts(history: History, raw: RawHistory, node: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is known of the node for each of its events that the code did not make."""
    for event in history.events:
        if event.kind is EventKind.NODE and event.node == node:
            before, after = _find_runs(event, raw)
            try:
                if before and after:
                    yield event.id, compare_nodes(*(load_run(Path(one.path)) for one in (before, after)))
            except HarnessError:
                continue  # a note about it stands with the index


def _find_runs(event: Event, raw: RawHistory) -> tuple[RunDetail | None, RunDetail | None]:
    """Return the last run of a history before an event, and the one that first showed it."""
    own = sorted(
        (one for one in raw.details.values() if one.node == event.node and not one.trial), key=lambda one: one.start
    )
    after = next((one for one in own if one.run_id == event.run), None)
    before = [one for one in own if after and one.start < after.start and one.sha != after.sha and not one.failure]
    chosen = [one for one in before if one.sha == event.old] or before
    return chosen[-1] if chosen else None, after


def _list_options(history: History, raw: RawHistory, places: str) -> dict[str, str]:
    """Return the options that make a command of an event build and measure as was measured, and store it there."""
    by_run = {(one.node, one.run_id): one.options for one in raw.details.values()}
    return {one.id: f"{by_run.get((one.node, one.run), '')} {places}".strip() for one in history.events}


def _describe_head(outcome: NightOutcome, raw: RawHistory) -> tuple[str, ...]:
    """Return what the runs of the newest commit say about the state of the node this night."""
    runs = {name for one in outcome.done if one.item.kind is WorkKind.HEAD for name in one.runs}
    found: dict[str, None] = {}
    for one in raw.details.values():
        if one.node == outcome.last.view.node and one.run_id in runs:
            try:
                found |= dict.fromkeys(list_states(load_run(Path(one.path))))
            except HarnessError:
                continue
    return tuple(found)
