"""How well each node of a fleet measures, by the absolute numbers of its anchor, and which should measure no more.

A verdict is about a bound and never about an estimate: of noise, speed and drift the end of the interval that is nearer
to "nothing wrong" has to be beyond the limit.
"""

import itertools
import math
import shlex
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from harness.judge.absence import SILENT_NIGHTS
from harness.judge.node_gauge import LEAST, NIGHTS, NodeGauge, gauge_nodes, read_day
from harness.records.caveat import CaveatCode
from harness.records.node_health import BoundedShare, FleetHealth, NodeHealth, NodeMeasure, NodeVerdict
from harness.records.raw_history import RawHistory, RunDetail
from harness.records.wording import format_count
from harness.stats.drift import (
    REACH,
    Scatter,
    bound_scatter,
    find_last_step,
    fit_slope,
    measure_scatter,
)

# NOISY: beyond so much, and so many times the spread of its equals; without equals beyond the other limit.
NOISY, TIMES, NOISY_ALONE = 0.015, 2.0, 0.03
# SLOW: so much slower than its equals, which differ by so much anyway.
SLOW, ALIKE = 0.01, 0.01
# DRIFTING: so much in a month, of so many nights that span so many days.
DRIFTING, DRIFT_NIGHTS, DRIFT_DAYS = 0.005, 20, 21
# A node is compared with at least so many others.
PEERS = 2
# No more than one of so many nodes of a kind is to be drained: what ails the half of them is no single node.
_DRAINED = 3
_TROUBLES = (
    *(CaveatCode.UNDER_LOAD, CaveatCode.NOT_QUIET, CaveatCode.STEAL, CaveatCode.THERMAL_THROTTLING),
    *(CaveatCode.QUOTA_THROTTLING, CaveatCode.GOVERNOR, CaveatCode.FREQUENCY_LIMITED, CaveatCode.BATTERY),
    *(CaveatCode.POWER_PROFILE, CaveatCode.SWAPPING),
)
_MEDIAN = math.sqrt(math.pi / 2)


class HealthFacts(NamedTuple):
    """What is known of nodes: their newest runs, when each reported a night, and the day on which that is looked at.

    `classes` are the classes of a fleet by the nodes that they have; `slurm` are the nodes that Slurm starts.
    """

    raw: RawHistory
    reports: Mapping[str, Sequence[str]]
    today: date
    silent_nights: int = SILENT_NIGHTS
    classes: Mapping[str, str] = {}
    slurm: frozenset[str] = frozenset()


def judge_health(facts: HealthFacts) -> FleetHealth:
    """Return the health of every node that has reported or is in a class, those that need somebody first."""
    return compare_nodes(describe_nodes(facts), measure_nodes(facts), facts.slurm)


def describe_nodes(facts: HealthFacts) -> list[NodeHealth]:
    """Return what is known of every node beside its numbers."""
    runs: defaultdict[str, list[RunDetail]] = defaultdict(list)
    for one in sorted(facts.raw.details.values(), key=lambda one: (one.start, one.run_id)):
        if one.purpose != "imported":
            runs[one.node].append(one)
    nodes = sorted({*runs, *facts.reports, *facts.classes})
    return [_describe(node, runs.get(node, []), facts) for node in nodes]


def measure_nodes(facts: HealthFacts) -> dict[str, NodeMeasure]:
    """Return what the nights of each node say of it that has enough of them with a gauge."""
    today = facts.today.toordinal()
    past = {number: one for number, one in facts.raw.details.items() if (read_day(one.start) or 0) <= today}
    gauges = gauge_nodes(facts.raw._replace(details=past))  # what a clock that was ahead has dated is not the newest
    return {node: _measure(gauge) for node, gauge in gauges.items() if len(gauge.days) >= LEAST}


def compare_nodes(
    described: Sequence[NodeHealth], measured: Mapping[str, NodeMeasure], slurm: frozenset[str] = frozenset()
) -> FleetHealth:
    """Return the health of nodes by their numbers, those that need somebody first."""
    kinds: defaultdict[tuple[str, str, str], list[NodeMeasure]] = defaultdict(list)
    for known in measured.values():
        # A level of few nights behind a step is no measure for others, and machines that are not known are no equals.
        if known.kind[0] and known.nights >= LEAST:
            kinds[known.kind].append(known)
    found = []
    for health in described:
        own = measured.get(health.node)
        judged = _judge(health, own, [one for one in kinds.get(own.kind, []) if one is not own]) if own else health
        is_silent = health.verdict is NodeVerdict.SILENT
        found.append(judged.replace(verdict=health.verdict, why=health.why) if is_silent else judged)
    order = [*NodeVerdict]
    found = _choose_drained(found, {node: own.kind for node, own in measured.items()}, slurm)
    return FleetHealth(nodes=tuple(sorted(found, key=lambda one: (order.index(one.verdict), one.node))))


def _measure(gauge: NodeGauge) -> NodeMeasure:
    scores = gauge.score()
    found = find_last_step(gauge.days, scores)
    start, step = 0, ""
    if found:
        start = found.first
        day = date.fromordinal(gauge.days[start]).isoformat()
        size = math.expm1(found.size)
        step = f"{_say(size)} {'slower' if size > 0 else 'faster'} since {day}, in one step"
    days, scores = gauge.days[start:], gauge.score(start)
    scatter = measure_scatter(days, scores)
    long_enough = len(days) >= DRIFT_NIGHTS and days[-1] - days[0] >= DRIFT_DAYS
    return NodeMeasure(
        kind=gauge.kind,
        gauge=gauge.name,
        nights=scatter.n,
        deviation=scatter.deviation,
        memory=scatter.memory,
        drift=fit_slope(days, scores, scatter) if long_enough else None,
        step=step,
        levels=tuple((*key, level) for key, level in gauge.find_levels(start).items()),
    )


def _find_scatter(own: NodeMeasure) -> Scatter:
    return Scatter(own.deviation, own.memory, own.nights)


def _describe(node: str, runs: Sequence[RunDetail], facts: HealthFacts) -> NodeHealth:
    """Return what is known of a node beside its numbers."""
    times = [*facts.reports.get(node, ()), *(one.start for one in runs)]
    today = facts.today.toordinal()
    # What a clock that was ahead has dated hides no silence.
    days = sorted({day for day in map(read_day, times) if day is not None and day <= today})
    watched = [one for one in runs if not one.trial][-NIGHTS:]
    is_silent = bool(days) and today - days[-1] > facts.silent_nights
    last = date.fromordinal(days[-1]).isoformat() if days else ""
    why = f"fewer than {LEAST} nights with the anchor, or with a roofline" if days else "it has no run here"
    counts = Counter(code for one in watched for code in one.caveats if code in _TROUBLES)
    return NodeHealth(
        node=node,
        verdict=NodeVerdict.SILENT if is_silent else NodeVerdict.NOT_KNOWN,
        why=f"no report since {last}" if is_silent else why,
        node_class=facts.classes.get(node, ""),
        troubles=tuple((code, count / len(watched)) for code, count in counts.most_common()),
        missed=_count_missed(days, today),
        last=last,
    )


def _count_missed(days: Sequence[int], today: int) -> int:
    """Return how many reports are missing, if they come as regularly as they mostly did."""
    gaps = [later - day for day, later in itertools.pairwise(days)]
    if len(gaps) < LEAST:
        return 0
    usual = max(1, round(statistics.median(gaps)))
    return sum(max(0, round(gap / usual) - 1) for gap in [*gaps, today - days[-1]])


def _judge(health: NodeHealth, own: NodeMeasure, peers: Sequence[NodeMeasure]) -> NodeHealth:
    """Return the health of a node by its numbers and those of its equals."""
    noise, speed = bound_scatter(_find_scatter(own)), _compare_speed(own, peers)
    health = health.replace(
        kind=own.kind[0],
        gauge=own.gauge,
        nights=own.nights,
        noise=noise,
        speed=speed[0] if speed else None,
        peers=len(peers),
        drift=own.drift,
        step=own.step,
    )
    if own.nights < LEAST:
        why = f"only {format_count(own.nights, 'night')} since a step: {own.step}"
        return health.replace(noise=None, speed=None, why=why)
    usual = statistics.median(one.deviation for one in peers) if len(peers) >= PEERS else None
    limit = NOISY_ALONE if usual is None else max(NOISY, TIMES * usual)
    if noise.low > limit:
        than = "" if usual is None else f", {noise.value / usual:.1f} times as much as its equals"
        return health.replace(verdict=NodeVerdict.NOISY, why=f"its nights scatter by {_say(noise.value)}{than}")
    if speed and speed[1] > SLOW:
        why = f"{_say(speed[0].value)} slower than {format_count(len(peers), 'equal node')}"
        return health.replace(verdict=NodeVerdict.SLOW, why=why)
    drift = own.drift
    if drift and max(drift.low, -drift.high) > DRIFTING:
        way = "slower" if drift.value > 0 else "faster"
        why = f"{_say(drift.value)} {way} each month"
        return health.replace(verdict=NodeVerdict.DRIFTING, why=why)
    left = "" if own.drift else f"; {own.nights} nights are too few to see a drift"
    alike = "" if usual is None else ", as its equals do" if noise.low <= usual else ""
    return health.replace(verdict=NodeVerdict.HEALTHY, why=f"its nights scatter by {_say(noise.value)}{alike}{left}")


def _compare_speed(own: NodeMeasure, peers: Sequence[NodeMeasure]) -> tuple[BoundedShare, float] | None:
    """Return how much slower a node is than the middle of its equals, and what it surely is beyond their differences.

    Equal nodes differ a little: by what these differ, and no less than `ALIKE`.
    """
    distances, spreads = [], []
    known = [{tuple(key): level for *key, level in one.levels} for one in peers]
    for *words, level in own.levels:
        key = tuple(words)
        others = [one[key] for one in known if key in one]
        if len(others) >= PEERS:
            middle = statistics.median(others)
            distances.append(level - middle)
            spreads.append(1.4826 * statistics.median(abs(one - middle) for one in others))
    if not distances:
        return None
    value, spread = statistics.median(distances), max(ALIKE, statistics.median(spreads))
    of_middle = spread * _MEDIAN / math.sqrt(len(peers))
    error = _MEDIAN * own.deviation / math.sqrt(_find_scatter(own).effective)
    reach = REACH * math.hypot(error, of_middle)
    bounds = (math.expm1(one) for one in (value, value - reach, value + reach))
    share = BoundedShare(**dict(zip(("value", "low", "high"), bounds, strict=True)))
    return share, math.expm1(value - REACH * math.hypot(error, of_middle, spread))


def _choose_drained(
    nodes: Sequence[NodeHealth], kinds: Mapping[str, tuple[str, str, str]], slurm: frozenset[str]
) -> list[NodeHealth]:
    """Return nodes, of each kind the worst of those that are noisier or slower than their equals to be drained.

    `kinds` says which nodes are compared with each other.
    """
    left = {kind: count // _DRAINED for kind, count in Counter(kinds[one.node] for one in nodes if one.peers).items()}
    drained = {}
    for one in sorted(nodes, key=_measure_harm, reverse=True):
        if one.verdict in (NodeVerdict.NOISY, NodeVerdict.SLOW) and one.peers >= PEERS and left[kinds[one.node]] > 0:
            left[kinds[one.node]] -= 1
            reason = f"harness: {one.why}"
            command = ("scontrol", "update", f"nodename={one.node}", "state=drain", f"reason={reason}")
            drained[one.node] = shlex.join(command) if one.node in slurm else "let it measure no more"
    return [one.replace(drain=drained.get(one.node, "")) for one in nodes]


def _say(share: float) -> str:
    return f"{100 * abs(share):.1f} %"


def _measure_harm(one: NodeHealth) -> float:
    return max(one.noise.low if one.noise else 0.0, one.speed.low if one.speed else 0.0)
