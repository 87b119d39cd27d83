"""What a trial of its two commits shows about an event: that the code did it, that the node did, or neither yet.

A suspicion rests on numbers that were stored days apart. The trial measures both commits today, in turns, in an order
that coins decide: whatever made the suspicion, its verdict is false with the chance that it states, and no other.
"""

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence

from harness.records.comparison import Comparison, Family, Verdict
from harness.records.history import Event, EventKind, NodeHistory, Series, SeriesKey, Suspicion
from harness.records.measurement import Case
from harness.records.record import Record
from harness.records.suite import Engine
from harness.settings.remark import remark_paths
from harness.stats.judgement import judge_series
from harness.whisper.quantisation import UNQUANTISED, split_name

# A trial asks for half of the change that it is to sort, and for no more than the usual one.
_SHARE, _USUAL = 0.5, 0.02
_FINEST = 0.001
_SHORT = 12
_OPTIONS = {"model": "--model", "quant": "--quant", "threads": "--threads", "fa": "--flash-attn"}


class TrialAnswer(Record):
    """What the trials of two commits on a node came to together; `runs` are theirs, by id, two for each trial.

    `asked_by` is the event that a night measured them for, empty for trials by hand. One that `clears` can also show
    that the code did nothing: it has the config of the series, and both commits lie beyond the step in question.
    """

    node: str
    baseline: str
    contender: str
    runs: tuple[str, ...]
    family: Family
    asked_by: str = ""
    clears: bool = True


def is_established(answer: TrialAnswer) -> bool:
    """Return whether trials that a night asked for found a difference that matters: then the code did something."""
    return bool(answer.asked_by) and any(one.relevant for one in answer.family.comparisons)


def sort_event(event: Event, answers: Iterable[TrialAnswer]) -> Event:
    """Return a SUSPICION with the kind that trials of its two commits establish, and with those trials.

    CODE: one of its series certainly differs in the direction that was suspected, by at least half as much, or trials
    that a night asked for found any difference that matters. NODE: none does, and of the strongest one half of the
    suspected change is excluded. It stays a SUSPICION where trials contradict each other or leave it open; what a night
    has established stands. Events of other kinds are returned as they are.
    """
    if event.kind is not EventKind.SUSPICION:
        return event
    kinds: dict[EventKind, Family] = {}
    runs: dict[str, None] = {}
    seen = established = None
    for answer in answers:
        ends = (answer.baseline, answer.contender)
        if answer.node != event.node or ends not in ((event.old, event.new), (event.new, event.old)):
            continue
        runs |= dict.fromkeys(answer.runs)
        seen = seen or answer.family
        if is_established(answer):
            established = established or answer.family
        found = _sort(event, answer, mirrored=ends[0] == event.new)
        if found is EventKind.CODE or (found is EventKind.NODE and answer.clears):
            kinds.setdefault(found, answer.family)
    if established:
        kinds = {EventKind.CODE: established}
    kind, family = next(iter(kinds.items())) if len(kinds) == 1 else (EventKind.SUSPICION, seen)
    return event.replace(kind=kind, trials=tuple(runs), found=family.comparisons if family else ())


def settle_history(series: Sequence[Series], history: NodeHistory, events: Sequence[Event]) -> NodeHistory:
    """Return the history of a node, as `judge_node` gave it of these series, with its events as they were sorted."""
    known: dict[int, dict[int, Event]] = {}
    indexes = {one.key: index for index, one in enumerate(series)}
    for event in events:
        for suspicion in event.suspicions:
            known.setdefault(indexes[suspicion.key], {})[suspicion.raised] = event
    judgements = [*history.judgements]
    for index, own in known.items():
        former = judgements[index]
        judged = judge_series(series[index], former.suspicions, own)
        judgements[index] = judged.replace(visible=former.visible)
    return history.replace(judgements=tuple(judgements), events=tuple(events))


def suggest_trial(event: Event) -> tuple[str, ...]:
    """Return the words of the command that would sort an event: a trial of its two commits, of what it was seen in.

    The threshold is half of the largest change, or the usual one if that is less. Empty where the commits are one, or
    only what trials do not measure is concerned, such as memcpy.
    """
    return _word(event, "ab", list_judged(event))


def suggest_bisect(event: Event) -> tuple[str, ...]:
    """Return the words of the command that would find the commit of an event, by the series that shows it best.

    Threshold and exceptions are as in `suggest_trial`.
    """
    return _word(event, "bisect", list_judged(event)[:1])


def suggest_comparison(key: SeriesKey, options: str = "") -> str:
    """Return the command that compares the commits `{old}` and `{new}` live; empty where nothing can.

    `options` are those of a command that builds and measures as a run did.
    """
    if not key.is_live:
        return ""
    words = shlex.join([*_list_options([key.case]), "--metric", key.metric])
    return remark_paths(f"harness ab {{old}} {{new}} {words} {options}".strip())


def suggest_run(key: SeriesKey, commit: str, options: str = "") -> str:
    """Return the command that measures a series again at a commit or release; `options` as above."""
    words = ["harness", "run", "--ref", commit[:_SHORT], "--bench", key.case.benchmark, "--no-tests"]
    if key.yardstick.partition(";")[0] == Engine.LIBRARY:
        words += ["--engine", str(Engine.LIBRARY)]
    return remark_paths(f"{shlex.join([*words, *_list_options([key.case])])} {options}".strip())


def list_judged(event: Event) -> list[SeriesKey]:
    """Return the series of an event that can be compared live, the one that shows it best first."""
    return [key for key, _ in _list_shifts(event) if key.is_live]


def _word(event: Event, verb: str, keys: Sequence[SeriesKey]) -> tuple[str, ...]:
    if not keys or event.old == event.new:
        return ()
    return (
        "harness", verb, event.old[:_SHORT], event.new[:_SHORT],
        *_list_options([key.case for key in keys]),
        "--metric", ",".join(dict.fromkeys(key.metric for key in keys)),
        "--threshold", f"{choose_threshold(event):.1%}",
    )  # fmt: skip


def choose_threshold(event: Event) -> float:
    """Return the relative change that a trial of an event has to detect, as a share."""
    shifts = (abs(change) for key, change in _list_shifts(event) if key.is_live)
    return find_threshold(max(shifts, default=_USUAL / _SHARE))


def find_threshold(change: float) -> float:
    """Return the relative change that a trial has to detect where the largest one that is suspected is known."""
    return max(_FINEST, min(_USUAL, math.floor(change * _SHARE / _FINEST) * _FINEST))


def _list_shifts(event: Event) -> list[tuple[SeriesKey, float]]:
    """Return the series that an event concerns, and by how much they changed."""
    suspected = [(one.key, one.change) for one in event.suspicions]
    return suspected + [(one.key, one.change) for one in event.changes]


def _sort(event: Event, answer: TrialAnswer, *, mirrored: bool) -> EventKind:
    comparisons = {(one.case, one.metric): one for one in answer.family.comparisons}
    # What no trial can measure, such as memcpy, says nothing for or against it. A night asked for what showed it best
    # at the time; later points may show it better elsewhere.
    judged = [
        one
        for one in event.suspicions
        if one.key.is_live and (not answer.asked_by or (one.key.case, one.key.metric) in comparisons)
    ]
    found = [_sort_one(suspicion, comparisons, mirrored=mirrored) for suspicion in judged]
    if EventKind.CODE in found:
        return EventKind.CODE
    return EventKind.NODE if found and found[0] is EventKind.NODE else EventKind.SUSPICION


def _sort_one(suspicion: Suspicion, comparisons: Mapping[tuple[Case, str], Comparison], *, mirrored: bool) -> EventKind:
    measured = comparisons.get((suspicion.key.case, suspicion.key.metric))
    if measured is None or measured.low is None or measured.high is None:
        return EventKind.SUSPICION
    suspected = math.log1p(suspicion.change)
    turned = math.copysign(1, suspected) * (-1 if mirrored else 1)
    low, size, high = sorted(turned * math.log1p(one) for one in (measured.low, measured.change, measured.high))
    half = _SHARE * abs(suspected)
    if measured.verdict in (Verdict.IMPROVED, Verdict.REGRESSED) and low > 0 and size >= half:
        return EventKind.CODE
    return EventKind.NODE if high < half else EventKind.SUSPICION


def _list_options(cases: Iterable[Case]) -> list[str]:
    values: dict[str, dict[str, None]] = {option: {} for option in _OPTIONS.values()}
    for case in cases:
        model, quant = split_name(case.get("model"))
        asked = {**dict(case.params), "model": model, "quant": quant}
        for name, option in _OPTIONS.items():
            if asked.get(name):
                values[option][asked[name]] = None
    if list(values["--quant"]) == [UNQUANTISED]:
        values["--quant"] = {}
    return [word for option, own in values.items() if own for word in (option, ",".join(own))]
