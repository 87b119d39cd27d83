"""The sentences of a site: what stands, of one event, of a series, and of all nodes, for people who look first."""

from collections import Counter
from collections.abc import Mapping, Sequence

from harness.judge.event_group import EventGroup, SeriesShift, find_state, list_shifts
from harness.judge.night_change import is_over
from harness.judge.site_line import SiteLine
from harness.records.history import Event, EventKind, Judgement, SeriesStatus
from harness.records.measurement import COPY_RATE, FLOP_RATE, Case
from harness.records.site import SiteNode, SiteSeries, SiteState
from harness.records.suite import Benchmark
from harness.records.wording import format_count, join_words
from harness.render.event import describe_last
from harness.render.html.table import brief, shorten

# So many nodes are named; of more only the number is said.
_NAMED, _NAME = 2, 60
# How many series are in a state, and how many nodes are, in words.
_OF_SERIES = {
    SiteState.SUSPICION: "{} suspected",
    SiteState.NODE: "{} changed, not by the code",
    SiteState.TOO_FEW: "{} with too few points",
}
_OF_NODES = {
    SiteState.MISSING: "{} with missing numbers",
    SiteState.SUSPICION: "{} with suspicions",
    SiteState.NODE: "{} with a change of the node",
    SiteState.TOO_FEW: "{} with too few points",
}
# The only metrics of their benchmarks.
_ALONE = (COPY_RATE.name, FLOP_RATE.name)
# States, the most urgent first.
URGENCY = (
    SiteState.MISSING,
    SiteState.SLOWER,
    SiteState.FASTER,
    SiteState.NODE,
    SiteState.SUSPICION,
    SiteState.TOO_FEW,
    SiteState.STEADY,
)


def name_what(case: Case, metric: str) -> str:
    """Return what was measured in a few words: `encode of base`, `mul_mat with n=256 and type=q4_0`."""
    model = case.get("model")
    if case.benchmark == Benchmark.WHISPER and model:
        return f"{metric} of {model}"
    if metric in _ALONE:
        rest = [f"{name}={value}" for name, value in case.params if name != "threads" or len(case.params) == 1]
        return f"{case.benchmark} with {join_words(rest, 'and')}" if rest else case.benchmark
    return f"{metric.replace('_', ' ')} of {case}"


def begin(sentence: str) -> str:
    """Return a sentence with a capital letter, unless it begins with a name: those keep theirs."""
    first = sentence.partition(" ")[0]
    return f"{sentence[:1].upper()}{sentence[1:]}" if first.isalpha() and first.islower() else sentence


def name_nodes(nodes: Sequence[str], total: int = 0) -> str:
    """Return `on a and b`, or `on 5 of 9 nodes`."""
    if not nodes:
        return ""
    if len(nodes) <= _NAMED:
        return f"on {join_words([shorten(node, _NAME) or 'a node without a name' for node in nodes], 'and')}"
    return f"on {len(nodes)} of {total} nodes" if total else f"on {len(nodes)} nodes"


def describe_size(shift: SeriesShift) -> str:
    """Return `4.1 % slower`."""
    return f"{100 * abs(shift.change):.1f} % {shift.direction or ('higher' if shift.change > 0 else 'lower')}"


def describe_group(group: EventGroup, line: SiteLine, *, total: int = 0) -> str:
    """Return what is known of events with one cause, in one sentence without its full stop."""
    event = group.events[0]
    where = name_nodes(group.nodes, total)
    if event.kind in (EventKind.MISSING, EventKind.BROKEN):
        subject = brief(event.subject.partition("\n")[0])
        back = f"; back since {event.returned}" if is_over(event) else ""
        return f"{shorten(event.node, _NAME)}: {subject}; {describe_last(event, line.name(event.old))}{back}"
    strongest = max(group.events, key=lambda one: max((abs(it.change) for it in list_shifts(one)[:1]), default=0.0))
    shifts = list_shifts(strongest)
    if not shifts or (event.subject and event.kind in (EventKind.NODE, EventKind.YARDSTICK)):
        what = brief(event.subject.partition("\n")[0]) or "something changed"
        verb = "the benchmark changed" if event.kind is EventKind.YARDSTICK else "the node changed"
        return f"{verb} {where}: {what}"
    best = shifts[0]
    name = name_what(best.case, best.metric)
    verb = {EventKind.SUSPICION: "looks", EventKind.NODE: "stepped:"}.get(event.kind, "got")
    since = f"since {line.name(group.new)}" if group.new else ""
    cause = ", by the node, not the code" if event.kind is EventKind.NODE else ""
    back = f"; back since {event.returned}" if all(map(is_over, group.events)) else ""
    return " ".join(filter(None, (name, verb, describe_size(best), where, since))) + cause + back


def describe_group_of(event: Event, names: Mapping[str, str]) -> str:
    """Return the same of one event on the page of its node; `names` are those of commits for people."""
    line = SiteLine((), {})
    named = event.replace(new=names.get(event.new, event.new), old=names.get(event.old, event.old))
    return describe_group(EventGroup(event.kind, find_state(event), (named,), named.old, named.new), line)


def describe_certainty(event: Event) -> str:
    """Return what an event's kind means, in one sentence."""
    trials = len(event.trials) // 2
    measured = format_count(trials, "live comparison")
    return {
        EventKind.SUSPICION: "Stored numbers look unlike their past. It may be the code, the node, or chance: "
        + (f"{measured} left it open." if trials else "nothing was measured in turns yet."),
        EventKind.CODE: f"The code did it: {measured} measured both commits in turns, on the same node and day."
        " Stored numbers of other days may show another size.",
        EventKind.NODE: f"The node did it, not the code: in {measured} the old commit showed the same numbers."
        if trials
        else "The node is known to have changed here; numbers before and after it are not compared.",
        EventKind.YARDSTICK: "The benchmark itself changed here; numbers before and after it are not compared.",
        EventKind.MISSING: "What was measured before was not measured for a while."
        if is_over(event)
        else "What was measured before is not measured any more.",
        EventKind.BROKEN: "Some commits did not build on this node; newer ones do."
        if is_over(event)
        else "The newest commits do not build on this node.",
    }[event.kind]


def describe_series(judged: Judgement | None, one: SiteSeries, since: str = "") -> str:
    """Return how a series stands, in one or two sentences."""
    visible = one.visible
    seen = f" A step of {100 * visible:.1f} % would most likely be seen within a week." if visible is not None else ""
    few = ""
    if judged is not None and judged.status is SeriesStatus.TOO_FEW:
        more = f": it takes {format_count(judged.missing, 'more point')} to see a step" if judged.missing else ""
        few = f"Too few points{' since' if len(judged.epochs) > 1 else ''} to say anything{more}."
    if few and one.state in (SiteState.TOO_FEW, SiteState.STEADY):
        return few
    few = f" {few}" if few else ""
    past = f"its past since {since}" if since else "its past"
    change = "" if one.change is None else f" The newest point is {_compare(one.change)} the level of its epoch."
    return {
        SiteState.STEADY: f"Nothing here looks unlike its past.{change}{seen}",
        SiteState.SUSPICION: f"It looks unlike {past}; no live comparison has sorted it yet.{change}",
        SiteState.SLOWER: f"It got slower by the code, as a live comparison showed.{change}",
        SiteState.FASTER: f"It got faster by the code, as a live comparison showed.{change}",
        SiteState.NODE: f"It changed with the node or the benchmark, not with the code.{few or change + seen}",
        SiteState.MISSING: f"It is not measured any more; the last point is of {one.day or 'an unknown day'}.",
        SiteState.TOO_FEW: "Too few points to say anything.",
    }[one.state]


def _compare(change: float) -> str:
    if abs(change) < 0.0005:
        return "on"
    return f"{100 * abs(change):.1f} % {'above' if change > 0 else 'below'}"


def count_states(node: SiteNode) -> dict[SiteState, int]:
    """Return how many series of a node are in each state, the most urgent states first."""
    counts = Counter(one.state for one in node.series)
    return {state: counts[state] for state in URGENCY if counts[state]}


def describe_counts(counts: Mapping[SiteState, int], *, loud: bool = False) -> str:
    """Return `2 slower, 5 changed, not by the code`; with `loud` without those that are steady."""
    return ", ".join(
        _OF_SERIES.get(state, f"{{}} {state}").format(count)
        for state, count in counts.items()
        if not (loud and state is SiteState.STEADY)
    )


def find_worst(node: SiteNode) -> SiteState:
    """Return the most urgent state of a node: that of an alarm, or of one of its series.

    Series with too few points count only where there are no others.
    """
    if any(event.kind in (EventKind.MISSING, EventKind.BROKEN) and event.open for event in node.events):
        return SiteState.MISSING
    known = [state for state in count_states(node) if state is not SiteState.TOO_FEW]
    return known[0] if known else SiteState.TOO_FEW


def sum_up_site(nodes: Sequence[SiteNode], groups: Sequence[EventGroup], line: SiteLine) -> tuple[str, SiteState]:
    """Return how everything stands, in a sentence or two, and the mark of it; the worst first."""
    if not any(node.series for node in nodes):
        return "No numbers are stored yet.", SiteState.TOO_FEW
    total = len(nodes)
    standing = [group for group in groups if group.stands]
    by_state: Mapping[SiteState, list[EventGroup]] = {
        state: [group for group in standing if group.state is state] for state in SiteState
    }
    parts = []
    mark = SiteState.STEADY
    for state, nouns in (
        (SiteState.SLOWER, "regressions"),
        (SiteState.FASTER, "improvements"),
    ):
        if found := by_state[state]:
            mark = state if mark is SiteState.STEADY else mark
            more = f" (and {len(found) - 1} other {nouns if len(found) > 2 else nouns[:-1]})" if len(found) > 1 else ""
            parts.append(describe_group(found[0], line, total=total) + more)
    if alarms := by_state[SiteState.MISSING]:
        mark = SiteState.MISSING if mark is SiteState.STEADY else mark
        named = [describe_group(alarms[0], line)] if len(alarms) == 1 else []
        parts += named or [f"{len(alarms)} alarms for what is missing or broken"]
    if not parts and all(find_worst(node) is SiteState.TOO_FEW for node in nodes):
        return "There are too few runs yet to say what is steady.", SiteState.TOO_FEW
    first = "; ".join(parts)
    if not first and (lost := [group for group in groups if group.is_lost]):
        mark = lost[0].state
        first = _describe_lost(lost, line, total)
    known = any(group.kind is EventKind.CODE for group in groups)
    first = f"{begin(first)}. " if first else f"No change of the code is {'open' if known else 'known'}. "
    rest = _sum_up_nodes(nodes)
    suspected = len(by_state[SiteState.SUSPICION])
    if suspected:
        mark = SiteState.SUSPICION if mark is SiteState.STEADY else mark
        rest += f". {format_count(suspected, 'suspicion')} {'is' if suspected == 1 else 'are'} not sorted yet"
    if mark is SiteState.STEADY:
        mark = min((find_worst(node) for node in nodes if find_worst(node) is not SiteState.TOO_FEW), key=URGENCY.index)
    return f"{first}{rest}.", mark


def _describe_lost(lost: Sequence[EventGroup], line: SiteLine, total: int) -> str:
    more = f" (and {format_count(len(lost) - 1, 'other regression')})" if len(lost) > 1 else ""
    changed = "the node has" if len(lost[0].nodes) == 1 else "these nodes have"
    since = f"{changed} changed since, and nobody has decided about it"
    return f"{describe_group(lost[0], line, total=total)}{more}; {since}"


def _sum_up_nodes(nodes: Sequence[SiteNode]) -> str:
    """Return `All 3 nodes are steady`, or how many are in which state; of one node its series are counted."""
    if len(nodes) == 1:
        if find_worst(nodes[0]) is SiteState.STEADY:
            return "The node is steady"
        series = format_count(len(nodes[0].series), "series", plural="series")
        return f"{series}: {describe_counts(count_states(nodes[0]))}"
    worst = Counter(find_worst(node) for node in nodes)
    if [*worst] == [SiteState.STEADY]:
        return f"All {len(nodes)} nodes are steady"
    parts = (_OF_NODES.get(one, f"{{}} {one}").format(worst[one]) for one in reversed(URGENCY) if worst[one])
    return f"{len(nodes)} nodes: {', '.join(parts)}"
