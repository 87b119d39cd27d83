"""What a node's monitor knows, as bytes: where only new runs have come, the judge goes on from there.

What comes of it is the same to the last bit: a monitor takes run by run, and looks back at nothing but what it keeps
and at the points of its series. That these are the ones that it took is checked by a digest.
"""

import hashlib
from array import array
from collections.abc import Sequence
from typing import Any

import msgspec

from harness.records.history import NodeHistory, Series
from harness.stats.budget import Budget
from harness.stats.detector import ShiftDetector
from harness.stats.level import Noise
from harness.stats.monitor import RaisedSuspicion, SeriesMonitor
from harness.stats.odd_run import OddWatch
from harness.stats.suspicion import NodeMonitor, RaisedGroup, begin_node, iter_runs

# Fewer points are judged faster than a state is read.
_WORTH = 5_000
_Run = tuple[int, str, str]


class _SeriesState(msgspec.Struct, array_like=True):
    """A `SeriesMonitor` without its points, of which so many were taken."""

    taken: int
    digest: bytes
    nights: int
    starts: list[int]
    raised: list[RaisedSuspicion]
    detector: ShiftDetector


class _NodeState(msgspec.Struct, array_like=True):
    """A `NodeMonitor`; `last` is the newest run that it took, and `groups` name suspicions by series and number."""

    keys: list[str]
    last: _Run
    series: list[_SeriesState]
    budget: dict[str, Any]
    odd: OddWatch
    groups: list[tuple[int, int, int, list[tuple[int, int]]]]
    days: list[str]
    measured: int
    before: int


def judge_on(series: Sequence[Series], known: bytes = b"", nightly: float = 1.0) -> tuple[NodeHistory, bytes]:
    """Return the series of one node, judged as `judge_node` does, and what is to be `known` the next time.

    Where other runs than the newest have come, what is known is of no use, and all runs are judged again. Of so few
    points that it is not worth it nothing is kept.
    """
    worth = sum(len(one.points) for one in series) >= _WORTH
    state = _read(series, known, nightly) if known and worth else None
    node = _restore(series, state) if state else begin_node(series, nightly)
    last = state.last if state else (-1, "", "")
    taken = last
    for position, day, points in iter_runs(series):
        index, number, _ = points[0]
        run = (position, day, series[index].points[number].run)
        if run > last:
            node.take(position, day, points)
            taken = run
    history = node.conclude(series)
    return history, _ENCODER.encode(_save(node, series, taken)) if worth else b""


def _save(node: NodeMonitor, series: Sequence[Series], last: _Run) -> _NodeState:
    return _NodeState(
        keys=_name(series),
        last=last,
        series=[
            _SeriesState(
                len(one.points), _sum_up(one, len(one.points)), own.nights, own.starts, own.raised, own.detector
            )
            for one, own in zip(series, node.monitors, strict=True)
        ],
        budget=vars(node.budget),
        odd=node.odd,
        groups=[
            (one.position, one.earliest, one.latest, [(member.series, member.order) for member in one.members])
            for one in node.groups
        ],
        days=sorted(node.days),
        measured=node.measured,
        before=node.before,
    )


def _read(series: Sequence[Series], known: bytes, nightly: float) -> _NodeState | None:
    """Return what is known, if it was made of the first points of these series, and newer runs made all others."""
    try:
        state = _DECODER.decode(known)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None
    budget = Budget(len(series), nightly)
    if state.keys != _name(series) or state.budget.keys() != vars(budget).keys():
        return None
    if state.budget["_nightly"] != nightly or len(state.series) != len(series):
        return None
    for one, own in zip(series, state.series, strict=True):
        if own.taken > len(one.points) or own.digest != _sum_up(one, own.taken):
            return None
        newer = one.points[own.taken :]
        if any((point.position, point.day, point.run) <= state.last for point in newer):
            return None
    return state


def _restore(series: Sequence[Series], state: _NodeState) -> NodeMonitor:
    monitors = [
        SeriesMonitor(index, one, own.detector, own.nights, own.starts, own.raised)
        for index, (one, own) in enumerate(zip(series, state.series, strict=True))
    ]
    budget = Budget(len(series), state.budget["_nightly"])
    vars(budget).update(state.budget)
    groups = [
        RaisedGroup(position, earliest, latest, [monitors[index].raised[order] for index, order in members])
        for position, earliest, latest, members in state.groups
    ]
    return NodeMonitor(monitors, budget, state.odd, groups, set(state.days), state.measured, state.before)


def _name(series: Sequence[Series]) -> list[str]:
    """Return the names of series, without the yardstick, which may become another one at any run."""
    return [f"{one.key.node}\n{one.key.config}\n{one.key.case}\n{one.key.metric}" for one in series]


def _sum_up(series: Series, count: int) -> bytes:
    """Return a digest of all that a monitor reads of the first `count` points."""
    points = series.points[:count]
    found = hashlib.blake2b(array("d", [one.value for one in points]).tobytes(), digest_size=16)
    found.update(array("q", [one.position for one in points]).tobytes())
    found.update("\n".join([f"{one.run} {one.day} {one.cuts or ''}" for one in points]).encode(errors="replace"))
    return found.digest()


def _encode(value: object) -> object:
    if isinstance(value, ShiftDetector):
        return [getattr(value, name) for name in _SLOTS]
    raise NotImplementedError(type(value))


def _decode(kind: type, value: Any) -> object:
    if kind is not ShiftDetector or len(value) != len(_SLOTS):
        raise NotImplementedError(kind)
    made = ShiftDetector()
    for name, own in zip(_SLOTS, value, strict=True):
        setattr(made, name, Noise(*own) if name == "noise" else own)
    return made


_SLOTS = tuple(ShiftDetector.__slots__)
_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encode)
_DECODER = msgspec.msgpack.Decoder(_NodeState, dec_hook=_decode)
