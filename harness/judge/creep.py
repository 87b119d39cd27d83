"""Small changes that add up, as questions for the night: what the blocks against the anchor show over many nights."""

import functools
import math
from collections.abc import Mapping, Sequence
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
    """The centres of blocks night by night, of one case and metric or of several together, and its share of `ALPHA`."""

    keys: tuple[tuple[Case, str], ...]
    nights: tuple[tuple[float, ...], ...]
    level: float


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
    # A watch that has the anchor among its commits has seen it as a head: the ratio was one then.
    from_anchor = known.anchor in known.places and not explained
    found: list[Question] = []
    while nights:
        sequences = _list_sequences(nights)
        alarms = [
            (one, alarm) for one in sequences if (alarm := find_creep(one.nights, one.level, from_anchor=from_anchor))
        ]
        if not alarms:
            break
        now = min(alarm.new for _, alarm in alarms)
        first = sorted((pair for pair in alarms if pair[1].new == now), key=lambda pair: -pair[1].score)
        found.append(_ask(known, nights, first))
        nights, from_anchor = nights[now + 1 :], False
    return tuple(one for one in reversed(found[-_NEWEST:]) if one.old != one.new)


def _is_own(trial: LiveTrial, known: AnchorNights) -> bool:
    ends = {trial.baseline, trial.contender}
    return trial.node == known.node and trial.config == known.config and known.anchor in ends and len(ends) > 1


def _turn(trial: LiveTrial, anchor: str) -> LiveTrial:
    return trial if trial.baseline == anchor else trial.turn()


def _is_change(event: Event, places: Mapping[str, int]) -> bool:
    return event.kind is EventKind.CODE and event.new in places


def _list_sequences(nights: Sequence[LiveTrial]) -> list[_Sequence]:
    """Return the sequences of each case and metric of the newest night, of each metric over all cases, and of all.

    Each of these three kinds has the same share of `ALPHA`.
    """
    centres = [_find_centres(night) for night in nights]
    keys = tuple(centres[-1])
    metrics = dict.fromkeys(metric for _, metric in keys)
    kinds: list[list[tuple[tuple[Case, str], ...]]] = [
        [(key,) for key in keys],
        [tuple(key for key in keys if key[1] == metric) for metric in metrics],
        [keys],
    ]
    distinct = [dict.fromkeys(kind) for kind in kinds]
    wanted = [list(kind) for number, kind in enumerate(distinct) if kind and kind not in distinct[:number]]
    return [
        _Sequence(one, tuple(_join(one, night) for night in centres), ALPHA / len(wanted) / len(kind))
        for kind in wanted
        for one in kind
    ]


@functools.lru_cache(maxsize=4096)
def _find_centres(night: LiveTrial) -> Mapping[tuple[Case, str], tuple[float, ...]]:
    """Return the centres of the blocks of a comparison, by case and metric; a night looks at all of them often."""
    return {(one.case, one.metric): tuple(PairedEvidence(one.blocks, one.starts).centres) for one in night.samples}


def _join(keys: Sequence[tuple[Case, str]], night: Mapping[tuple[Case, str], tuple[float, ...]]) -> tuple[float, ...]:
    """Return the means of the first blocks of all cases and metrics, of their second blocks, and so on.

    A mean of centres that are symmetric is symmetric, too, and scatters less. The metrics of a block share its coin.
    """
    columns = [night.get(key, ()) for key in keys]
    return tuple(math.fsum(row) / len(row) for row in zip(*columns, strict=False))


def _ask(
    known: AnchorNights, nights: Sequence[LiveTrial], alarms: Sequence[tuple[_Sequence, CreepFinding]]
) -> Question:
    strongest = alarms[0][1]
    change = math.expm1(strongest.change)
    old = nights[strongest.old].contender if strongest.old >= 0 else known.anchor
    new = nights[strongest.new]
    keys = [key for one, _ in alarms for key in one.keys]
    return Question(
        event=short_hash("creep", known.node, known.anchor, new.runs, length=8),
        cause=QuestionCause.CREEP,
        old=old,
        new=new.contender,
        cases=tuple(dict.fromkeys(case for case, _ in keys))[:_CASES],
        metrics=tuple(dict.fromkeys(metric for _, metric in keys)),
        change=change,
        score=strongest.score,
        threshold=max(_FINEST, min(_USUAL, _SHARE * abs(change))),
    )
