"""The morning report in its parts, before it is text or Markdown: each part only where it has something to say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.judge.night_change import is_over, is_slower, list_certain
from harness.records.comparison import Comparison
from harness.records.history import Event, EventKind
from harness.records.night import (
    AuditCount,
    BranchCommit,
    DoneItem,
    DoneStatus,
    Passed,
    Question,
    QuestionCause,
    WorkItem,
)
from harness.records.night_report import EventNote, NightReport
from harness.records.wording import format_count
from harness.render.event import describe_last, tabulate_shifts
from harness.render.number import format_bounds, format_share
from harness.render.plain import cut, format_seconds, printable

Rows = tuple[tuple[str, ...], ...]
_SUBJECT = 60
# So many commits that are passed over for one reason are named, so many items of the next night are shown.
_NAMED, _NEXT = 4, 5
_STATES = {
    EventKind.CODE: "the code",
    EventKind.NODE: "the node, not the code",
    EventKind.YARDSTICK: "the benchmark, not the code",
    EventKind.MISSING: "not measured any more",
    EventKind.BROKEN: "does not build",
    EventKind.SUSPICION: "the code, the node, or chance",
}
_CAUSES = {
    QuestionCause.SUSPICION: "unlike its past",
    QuestionCause.ODD: "the newest point alone",
    QuestionCause.CREEP: "many small steps",
}


class NightEntry(NamedTuple):
    """One thing in a part: a line that names it, a table whose first row is its header, sentences, and commands.

    The first `left` columns of the table are words, the others numbers. With `ends`, a row ends with a sentence, which
    may stand below it.
    """

    head: str = ""
    rows: Rows = ()
    left: int = 1
    ends: bool = False
    lines: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()


class NightPart(NamedTuple):
    """A part of a report: its title, and what is in it."""

    title: str
    entries: tuple[NightEntry, ...]


def list_parts(report: NightReport) -> Iterator[NightPart]:
    """Yield the parts that have something to say, in the order in which people want to read them."""
    parts = (
        NightPart("New", tuple(_make_entry(report, one) for one in report.new)),
        NightPart("Still open", tuple(_list_open(report))),
        NightPart("Only suspected", tuple(_list_suspicions(report.suspicions))),
        NightPart("Node, network and branch", _list_notes(report.notes)),
        NightPart("Measured", _list_done(report.done)),
        NightPart("Not measured", tuple(_list_left(report))),
        NightPart("Next", tuple(_list_next(report.plan))),
    )
    yield from (part for part in parts if part.entries)


def name_commit(commit: BranchCommit) -> str:
    """Return a commit as people read it: eight digits, the day, and its subject."""
    return f"{commit.sha[:8]}  {commit.date[:10]}  {cut(printable(commit.subject), _SUBJECT)}".rstrip()


def describe_audit(audit: AuditCount | None) -> str:
    """Return how many comparisons of a commit with itself were wrong, in one line; empty without any."""
    if audit is None or not audit.trials:
        return ""
    share = f"{100 * audit.low:.0f} to {100 * audit.high:.0f} %"
    verdicts = format_count(audit.false, "false verdict")
    return f"{format_count(audit.trials, 'audit')}, {verdicts}; the share of false ones is {share} (95 % interval)"


def tabulate_items(items: Sequence[WorkItem], *, fitting: bool = True) -> Rows:
    """Return the rows of items of work and why, header first; with `fitting` whether each fits into the budget."""
    header = ("what", "commits", "minutes", "bits", *(("fits",) if fitting else ()), "why")
    return (header, *(_row(item, fitting=fitting) for item in items))


def group_passed(passed: Sequence[Passed]) -> tuple[str, ...]:
    """Return a sentence for each reason for which commits are passed over, with the first of them."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for one in passed:
        groups[one.reason].append(one.sha[:8])
    return tuple(
        f"{', '.join(shas[:_NAMED])}{f' and {len(shas) - _NAMED} more' if len(shas) > _NAMED else ''}: {reason}"
        for reason, shas in groups.items()
    )


def _row(item: WorkItem, *, fitting: bool) -> tuple[str, ...]:
    fits = (("yes" if item.fits else "no"),) if fitting else ()
    return (item.kind, item.pair, f"{item.seconds / 60:.1f}", f"{item.bits:.2f}", *fits, item.reason)


def _make_entry(report: NightReport, event: Event) -> NightEntry:
    about = next((one for one in report.about if one.event == event.id), EventNote(event=event.id))
    shown = list_certain(event) or event.found
    rows = _tabulate_answers(shown) if shown else tabulate_shifts(event)
    return NightEntry(
        head=f"{event.id}  {event.kind}: {_describe(event)}",
        rows=rows,
        left=2,
        lines=(
            *(subject := _split(event.subject)),
            *_list_steps(event),
            *_list_commits(event, about),
            *(fact for fact in about.facts if fact not in subject),
            *_list_triage(event),
        ),
        commands=_list_commands(event, about),
    )


def _describe(event: Event) -> str:
    """Return what an event is, in a few words: `slower between 1a2b3c4d and 5e6f7a8b`."""
    if is_over(event):
        return f"{_name_silent(event)}over since {event.returned} ({_STATES[event.kind]})"
    if event.kind in (EventKind.MISSING, EventKind.BROKEN):
        return f"{_name_silent(event)}since {event.day}, {describe_last(event, event.old[:8])}"
    where = (
        f"between {event.old[:8]} and {event.new[:8]}" if event.old != event.new else f"among runs of {event.new[:8]}"
    )
    if event.kind is not EventKind.CODE:
        return f"{_STATES[event.kind]}, {where}"
    return f"{'slower' if is_slower(event) else 'faster'} {where}"


def _tabulate_answers(answers: Sequence[Comparison]) -> Rows:
    header = ("metric", "case", "change", "interval", "verdict", "blocks")
    rows = (
        (
            one.metric,
            str(one.case),
            format_share(one.change),
            "" if one.low is None or one.high is None else format_bounds(one.low, one.high),
            one.verdict,
            str(one.n),
        )
        for one in answers
    )
    return (header, *rows)


def _list_commits(event: Event, about: EventNote) -> Iterator[str]:
    if len(about.suspects) > 1:
        yield "one of these commits, which cannot be told apart:"
    for one in about.suspects:
        author = f" ({printable(one.author)})" if one.author else ""
        subject = cut(printable(one.subject), _SUBJECT)
        yield f"commit {one.sha[:8]} {subject}{author}, probability {one.probability:.1%}"
    if about.verdict is not None and not about.suspects:
        yield f"the search for its commit ended {about.verdict}: {about.why}"
    elif about.verdict is None and event.kind is EventKind.CODE and not is_over(event):
        begun = f" (begun: {about.bisection})" if about.bisection else ""
        yield f"its commit is not known yet{begun}"


def _list_steps(event: Event) -> Iterator[str]:
    """Yield what the stored numbers did, where a comparison found that the code did not do it."""
    if event.kind is EventKind.NODE and event.trials and event.suspicions:
        first, *more = event.suspicions
        others = f", and {len(more)} other series" if more else ""
        yield f"in the stored numbers: {first.key.metric} of {first.key.case} {format_share(first.change)}{others}"


def _list_triage(event: Event) -> Iterator[str]:
    if event.triage:
        who = f" by {event.triage.who}" if event.triage.who else ""
        note = f": {event.triage.note}" if event.triage.note else ""
        yield f"{event.triage.state}{who}{note}"


def _list_commands(event: Event, about: EventNote) -> tuple[tuple[str, str], ...]:
    commands = [("to measure it again", about.command)] if about.command else []
    if len(event.trials) > 1:
        commands.append(("what was found", f"harness compare {event.trials[-2]} {event.trials[-1]}"))
    if about.bisection:
        commands.append(("the search", f"harness show {about.bisection}"))
    return () if is_over(event) else tuple(commands)


def _list_open(report: NightReport) -> Iterator[NightEntry]:
    if report.open:
        header = ("event", "since", "kind", "what")
        rows = ((one.id, one.day, one.kind, _describe_open(one)) for one in report.open)
        yield NightEntry(rows=(header, *rows), left=3, ends=True)
    if report.settled:
        yield NightEntry(lines=(f"{format_count(report.settled, 'event')} that people decided about: harness events",))


def _describe_open(event: Event) -> str:
    """Return what stands, for a row that has its day."""
    if event.kind not in (EventKind.MISSING, EventKind.BROKEN):
        return _describe(event)
    subject = cut(_first(event.subject), _SUBJECT)
    return f"{_name_silent(event)}{subject}; {describe_last(event, event.old[:8])}"


def _name_silent(event: Event) -> str:
    """Return the name of a node that did not report, which may be another one than that of the report."""
    return "" if event.run else f"node {event.node}, "


def _first(text: str) -> str:
    return text.partition("\n")[0]


def _split(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if line)


def _list_suspicions(questions: Sequence[Question]) -> Iterator[NightEntry]:
    """Yield what is not sorted: numbers that look unlike their past, which no comparison has confirmed."""
    if not questions:
        return
    header = ("event", "metric", "case", "looks", "what is known so far")
    rows = []
    for one in questions:
        more = len(one.cases) - 1
        case = f"{one.cases[0]}{f' and {more} more' if more > 0 else ''}" if one.cases else ""
        known = f"{_CAUSES[one.cause]}; {_describe_spent(one)}"
        rows.append((one.event, _first_of(one.metrics), case, format_share(one.change), known))
    yield NightEntry(rows=(header, *rows), left=3, ends=True)


def _describe_spent(question: Question) -> str:
    """Return how long two commits were measured in turns, and what that would have seen."""
    if not question.blocks:
        return "not measured in turns yet"
    nights, blocks = format_count(question.nights, "night"), format_count(question.blocks, "block")
    seen = "" if question.mde is None else f"; {100 * question.mde:.1f} % would have been seen"
    return f"{blocks} in {nights}, {format_seconds(question.spent_s)}{seen}"


def _first_of(words: Sequence[str]) -> str:
    return words[0] if words else ""


def _list_notes(notes: Sequence[str]) -> tuple[NightEntry, ...]:
    return (NightEntry(lines=tuple(notes)),) if notes else ()


def _list_done(done: Sequence[DoneItem]) -> tuple[NightEntry, ...]:
    if not done:
        return ()
    header = ("what", "commits", "took", "came to")
    rows = tuple((one.item.kind, one.item.pair, format_seconds(one.seconds), _name_outcome(one)) for one in done)
    return (NightEntry(rows=(header, *rows), left=3, ends=True),)


def _name_outcome(one: DoneItem) -> str:
    if one.reason and one.status is DoneStatus.DONE:
        return one.reason
    return f"{one.status}: {one.reason}" if one.reason else one.status


def _list_left(report: NightReport) -> Iterator[NightEntry]:
    lines = [f"{one.kind} {one.pair}: {one.reason}" for one in report.left]
    if lines:
        yield NightEntry(head="left for the next night", lines=tuple(lines))
    if report.passed:
        yield NightEntry(head="passed over", lines=group_passed(report.passed))


def _list_next(plan: Sequence[WorkItem]) -> Iterator[NightEntry]:
    if plan:
        yield NightEntry(rows=tabulate_items(plan[:_NEXT], fitting=False), left=2, ends=True)
    if len(plan) > _NEXT:
        yield NightEntry(lines=(f"and {format_count(len(plan) - _NEXT, 'more', plural='more')}",))
