"""Small changes that add up, as questions for the night: what the blocks against the anchor show over many nights."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.judge.trial_answer import LiveTrial
from harness.records.history import Event, EventKind
from harness.records.measurement import Case
from harness.records.night import Question, QuestionCause
from harness.records.record import short_hash
from harness.stats.creep import ALPHA, CreepFinding, find_creep
from harness.stats.evidence import PairedEvidence

# More cases than that take longer than they tell: those that change together have one cause.
_CASES = 3
# The smallest change that a comparison is to detect, and the usual one; else it is half of what was seen.
_FINEST, _USUAL, _SHARE = 0.005, 0.02, 0.5
# Alarms of long ago are no questions of tonight.
_NEWEST = 3


class AnchorNights(NamedTuple):
    """The live comparisons of a node that nights made of the anchor against their heads, and what is known else.

    `places` are the places of commits by their names, and `events` those of the node: what a known change of the code
    did is not found again.
    """

    node: str
    anchor: str
    config: str
    trials: Sequence[LiveTrial]
    places: Mapping[str, int]
    events: Sequence[Event] = ()


class _Sequence(NamedTuple):
    """The centres of blocks night by night, of one case or of several together."""

    cases: tuple[Case, ...]
    metric: str
    nights: tuple[tuple[float, ...], ...]


def ask_creep(known: AnchorNights) -> tuple[Question, ...]:
    """Return the questions that the nights of this anchor raise, the newest first.

    After an alarm, everything begins anew: the change is asked about, and what comes after it is compared with what is
    then. A question that a comparison has answered is returned as well: whoever knows the comparisons leaves it out.
    """
    own = [_turn(one, known.anchor) for one in known.trials if _is_own(one, known)]
    own.sort(key=lambda one: (one.start, one.runs))
    explained = [known.places[event.new] for event in known.events if _is_change(event, known.places)]
    since = max(explained, default=-1)
    nights = [one for one in own if known.places.get(one.contender, since) >= since]
    found: list[Question] = []
    while nights:
        sequences = _list_sequences(nights)
        alarms = [(one, alarm) for one in sequences if (alarm := find_creep(one.nights, ALPHA / len(sequences)))]
        if not alarms:
            break
        now = min(alarm.new for _, alarm in alarms)
        first = sorted((pair for pair in alarms if pair[1].new == now), key=lambda pair: -pair[1].score)
        found.append(_ask(known, nights, first))
        nights = nights[now + 1 :]
    return tuple(one for one in reversed(found[-_NEWEST:]) if one.old != one.new)


def _is_own(trial: LiveTrial, known: AnchorNights) -> bool:
    ends = {trial.baseline, trial.contender}
    return trial.node == known.node and trial.config == known.config and known.anchor in ends and len(ends) > 1


def _turn(trial: LiveTrial, anchor: str) -> LiveTrial:
    return trial if trial.baseline == anchor else trial.turn()


def _is_change(event: Event, places: Mapping[str, int]) -> bool:
    return event.kind is EventKind.CODE and event.new in places


def _list_sequences(nights: Sequence[LiveTrial]) -> list[_Sequence]:
    """Return the sequences of each case and metric, and of each metric over all cases of the newest night."""
    centres: list[dict[tuple[Case, str], tuple[float, ...]]] = [
        {(one.case, one.metric): tuple(PairedEvidence(one.blocks, one.starts).centres) for one in night.samples}
        for night in nights
    ]
    keys = list(centres[-1])
    alone = [_Sequence((case,), metric, tuple(one.get((case, metric), ()) for one in centres)) for case, metric in keys]
    return [*alone, *_join(keys, centres)]


def _join(
    keys: Iterable[tuple[Case, str]], centres: Sequence[Mapping[tuple[Case, str], tuple[float, ...]]]
) -> list[_Sequence]:
    """Return each metric over all its cases: the means of their first blocks, of their second blocks, and so on.

    A mean of centres that are symmetric is symmetric, too, and scatters less.
    """
    cases: dict[str, list[Case]] = {}
    for case, metric in keys:
        cases.setdefault(metric, []).append(case)
    joined = []
    for metric, own in cases.items():
        if len(own) > 1:
            rows = ([night.get((case, metric), ()) for case in own] for night in centres)
            means = tuple(tuple(math.fsum(row) / len(row) for row in zip(*columns, strict=False)) for columns in rows)
            joined.append(_Sequence(tuple(own), metric, means))
    return joined


def _ask(
    known: AnchorNights, nights: Sequence[LiveTrial], alarms: Sequence[tuple[_Sequence, CreepFinding]]
) -> Question:
    strongest = alarms[0][1]
    change = math.expm1(strongest.change)
    old, new = nights[strongest.old].contender, nights[strongest.new]
    cases = dict.fromkeys(case for one, _ in alarms for case in one.cases)
    return Question(
        event=short_hash("creep", known.node, known.anchor, new.runs, length=8),
        cause=QuestionCause.CREEP,
        old=old,
        new=new.contender,
        cases=tuple(cases)[:_CASES],
        metrics=tuple(dict.fromkeys(one.metric for one, _ in alarms)),
        change=change,
        score=strongest.score,
        threshold=max(_FINEST, min(_USUAL, _SHARE * abs(change))),
    )
