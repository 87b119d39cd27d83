"""What a node is measured by: the same thing every night, whatever the code does.

Each night measures some blocks of the anchor, an old commit, beside the newest one. Where there are too few of these,
the roofline of the runs serves: what the node could do at best.
"""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from harness.judge.history import name_commit
from harness.judge.trial_answer import list_trials
from harness.records.measurement import METRICS as _ALL
from harness.records.measurement import PEAK_FLOP_RATE, READ_RATE, TABLE_METRICS, Case
from harness.records.purpose import RunPurpose
from harness.records.raw_history import MachineFacts, RawHistory, RunDetail
from harness.records.roofline import ROOFLINE
from harness.records.suite import Benchmark

# The newest nights of a node; more would be older than what one wants to know.
NIGHTS = 60
# Fewer nights with the anchor than that, and the roofline is taken if it has more.
LEAST = 8
_LIVE = frozenset(metric.name for metric in TABLE_METRICS)
_ROOF = (PEAK_FLOP_RATE.name, READ_RATE.name)
# All numbers that a gauge is made of.
METRICS = (*sorted(_LIVE), *_ROOF)
# Another one of these is another node; a kernel or a compiler makes a step at most.
_FACTS = (
    "CPU",
    "microarchitecture",
    "physical cores",
    "logical CPUs",
    "usable CPUs",
    "CPU quota",
    "memory",
    "hypervisor",
)
# A series counts if it has a number in so large a share of the nights.
_SHARE = 0.5

# A series of a node: a case and a metric.
GaugeKey = tuple[str, str]


class NodeGauge(NamedTuple):
    """The nights of a node: their days, and for each series of the gauge its values as logarithms, higher is slower.

    `kind` is what nodes have to share in order to be compared.
    """

    node: str
    name: str
    kind: tuple[str, str, str]
    days: Sequence[int]
    values: Mapping[GaugeKey, Sequence[float | None]]

    def score(self, start: int = 0) -> list[float]:
        """Return how far each night from number `start` on is from the middle of these, over all series."""
        columns = [list(values[start:]) for values in self.values.values()]
        centred = [_centre(column) for column in columns]
        return [
            statistics.median([one for one in row if one is not None] or [0.0]) for row in zip(*centred, strict=True)
        ]

    def find_levels(self, start: int = 0) -> dict[GaugeKey, float]:
        """Return the middle of each series from night number `start` on."""
        found = {}
        for key, values in self.values.items():
            known = [one for one in values[start:] if one is not None]
            if known:
                found[key] = statistics.median(known)
        return found


class _Chosen(NamedTuple):
    """The runs of a node that are its gauge, oldest first."""

    name: str
    config: str
    runs: Sequence[tuple[int, RunDetail]]


def gauge_nodes(raw: RawHistory) -> dict[str, NodeGauge]:
    """Return the gauge of each node that has one."""
    numbers: defaultdict[str, list[tuple[int, RunDetail]]] = defaultdict(list)
    for number, one in sorted(raw.details.items(), key=lambda item: (item[1].start, item[1].run_id)):
        numbers[one.node].append((number, one))
    anchors = {node: _choose_anchor(own, raw.machines) for node, own in numbers.items()}
    nights = {node: _choose_nights(own, raw.machines) for node, own in numbers.items()}
    wanted = {number for chosen in (anchors, nights) for one in chosen.values() for number, _ in one.runs}
    points = _collect(raw, wanted)
    found = {}
    for node in numbers:
        anchor = _make(anchors[node], points, raw, _is_live)
        if anchor is None or len(anchor.days) < LEAST:
            roof = _make(nights[node], points, raw, _is_roof)
            anchor = roof if roof and (anchor is None or len(roof.days) > len(anchor.days)) else anchor
        if anchor is not None:
            found[node] = anchor
    return found


def name_kind(facts: MachineFacts) -> str:
    """Return what nodes have in common that should be equally fast; empty where the processor is not known."""
    known = dict(facts)
    processor = ", ".join(filter(None, map(known.get, ("microarchitecture", "CPU"))))
    count = known.get("usable CPUs")
    return f"{processor}, {count} CPUs" if processor and count else processor


def _choose_anchor(own: Sequence[tuple[int, RunDetail]], machines: Mapping[str, MachineFacts]) -> _Chosen:
    """Return the runs of the anchor among the newest blocks against it, of one commit and one config."""
    numbers = {one.run_id: number for number, one in own}
    sides = [
        side
        for trial in list_trials((one for _, one in own), (RunPurpose.ANCHOR,))[-2 * NIGHTS :]
        for side in trial.sides
        if name_commit(side) != side.asked_by
    ]
    if not sides:
        return _Chosen("", "", ())
    names = [(name_commit(side), side.config) for side in sides[-NIGHTS:]]
    # What the newest nights still measure, as soon as there is enough of it: what was an anchor once says little.
    newest, counts = {*names[-LEAST:]}, Counter(names)
    commit, config = max(counts, key=lambda name: (name in newest and counts[name] >= LEAST, counts[name], name))
    runs = [(numbers[one.run_id], one) for one in sides if (name_commit(one), one.config) == (commit, config)]
    label = next((one.release for _, one in runs if one.release), commit[:8])
    return _Chosen(f"anchor {label}", config, _keep_machine(runs, machines))


def _choose_nights(own: Sequence[tuple[int, RunDetail]], machines: Mapping[str, MachineFacts]) -> _Chosen:
    runs = [(number, one) for number, one in own if one.purpose == RunPurpose.NIGHT and not one.trial]
    if not runs:
        return _Chosen("", "", ())
    # The roofline is measured by a program of ours, with the compiler of the config.
    config = runs[-1][1].config
    return _Chosen("roofline", config, _keep_machine([run for run in runs if run[1].config == config], machines))


def _keep_machine(
    runs: Sequence[tuple[int, RunDetail]], machines: Mapping[str, MachineFacts]
) -> list[tuple[int, RunDetail]]:
    """Return the newest runs on the machine of the newest one."""
    kept: list[tuple[int, RunDetail]] = []
    if not runs:
        return kept
    newest = dict(machines.get(runs[-1][1].machine, ()))
    for run in reversed(runs):
        known = dict(machines.get(run[1].machine, ()))
        if any(known.get(name, newest.get(name)) != newest.get(name, known.get(name)) for name in _FACTS):
            break
        kept.append(run)
    return kept[::-1]


def _collect(raw: RawHistory, wanted: set[int]) -> dict[int, dict[GaugeKey, float]]:
    found: defaultdict[int, dict[GaugeKey, float]] = defaultdict(dict)
    for key, points in raw.series.items():
        if _is_live(key.case, key.metric) or _is_roof(key.case, key.metric):
            for point in points:
                if point.run in wanted and math.isfinite(point.median) and point.median > 0:
                    sign = 1 if _ALL[key.metric].lower_is_better else -1
                    found[point.run][key.case, key.metric] = sign * math.log(point.median)
    return found


def _is_live(case: str, metric: str) -> bool:
    return metric in _LIVE and case.startswith(f"{Benchmark.WHISPER}/")


def _is_roof(case: str, metric: str) -> bool:
    return metric in _ROOF and Case.parse(case).benchmark == ROOFLINE


def _make(
    chosen: _Chosen, points: Mapping[int, Mapping[GaugeKey, float]], raw: RawHistory, fits: Callable[[str, str], bool]
) -> NodeGauge | None:
    """Return the gauge of some runs, a night for each day: of several runs of a day the newest counts."""
    nights: dict[int, dict[GaugeKey, float]] = {}
    for number, one in chosen.runs:
        day = read_day(one.start)
        own = {key: value for key, value in points.get(number, {}).items() if fits(*key)}
        if day is not None and own:
            nights[day] = nights.get(day, {}) | own
    days = sorted(nights)[-NIGHTS:]
    if not days:
        return None
    counts = Counter(key for day in days for key in nights[day])
    keys = sorted(key for key, count in counts.items() if count >= _SHARE * len(days))
    newest = chosen.runs[-1][1]
    return NodeGauge(
        node=newest.node,
        name=chosen.name,
        kind=(name_kind(raw.machines.get(newest.machine, ())), chosen.config, chosen.name),
        days=days,
        values={key: [nights[day].get(key) for day in days] for key in keys},
    )


def _centre(column: Sequence[float | None]) -> list[float | None]:
    known = [one for one in column if one is not None]
    middle = statistics.median(known) if known else 0.0
    return [None if one is None else one - middle for one in column]


def read_day(text: str) -> int | None:
    """Return the number of the day of a time, as `date.toordinal` counts; None for none."""
    try:
        return date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        return None
