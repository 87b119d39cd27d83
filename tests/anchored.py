"""Nodes whose nights measure an anchor, made up: numbers that scatter, remember, drift and step, as they are stored."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harness.records.raw_history import MachineFacts, RawHistory, RawPoint, RawSeriesKey, RunDetail

ANCHOR, CONFIG = "23ee0350" + "0" * 32, "725ab796"
FIRST = datetime(2026, 3, 1, 2, tzinfo=UTC)
_CASE = "whisper/fa=0/model=tiny/threads=4"
_ROOF = "roof/threads=4"
_LEVELS = {"encode": 700.0, "decode": 11.0, "batchd": 7.0, "prompt": 1.0}
_ROOFS = {"peak_flop_rate": 240.0, "read_rate": 20.0}
# Half of the variance of a night is common to all series.
_OWN = math.sqrt(0.5)


@dataclass(frozen=True, kw_only=True)
class MadeNode:
    """A node: how its nights scatter, remember and have far tails, how much slower it is, drifts and steps.

    `lottery` is by how much equal nodes differ. `roof` gives it a roofline in place of an anchor.
    """

    name: str
    scatter: float = 0.01
    memory: float = 0.0
    tails: bool = False
    slower: float = 0.0
    drift: float = 0.0
    step: float = 0.0
    at: int = 40
    nights: int = 60
    lottery: float = 0.01
    machine: str = "zen4"
    roof: bool = False
    every: int = 1
    caveats: tuple[str, ...] = ()


def make_nodes(nodes: Iterable[MadeNode], seed: int = 0) -> RawHistory:
    """Return the numbers of nodes, each night with the two sides of the blocks against the anchor."""
    series: dict[RawSeriesKey, list[RawPoint]] = {}
    details: dict[int, RunDetail] = {}
    nodes = tuple(nodes)
    for one in nodes:
        draw = random.Random(f"{seed} {one.name}")
        levels = _ROOFS if one.roof else _LEVELS
        base = draw.gauss(0, one.lottery) + math.log1p(one.slower)
        carried = _draw(draw, one)
        for night in range(one.nights):
            carried = one.memory * carried + math.sqrt(1 - one.memory**2) * _draw(draw, one)
            months = night * one.every / 30.4
            log = base + one.drift * months + math.log1p(one.step) * (night >= one.at) + _OWN * carried
            number = len(details)
            for role in ("roof",) if one.roof else ("anchor", "head"):
                details[number] = _detail(one, night, role)
                for metric, level in levels.items():
                    own = log + _OWN * _draw(draw, one) + 0.1 * (role == "head")
                    value = level * math.exp(-own if one.roof else own)
                    key = RawSeriesKey(one.name, CONFIG, _ROOF if one.roof else _CASE, metric, "")
                    series.setdefault(key, []).append(RawPoint(number, 4, value, None, None))
                number += 1
    machines: dict[str, MachineFacts] = {
        one.machine: (("CPU", f"CPU {one.machine}"), ("microarchitecture", one.machine), ("usable CPUs", "4"))
        for one in nodes
    }
    return RawHistory(series, details, machines)


def _draw(draw: random.Random, one: MadeNode) -> float:
    value = one.scatter * draw.gauss(0, 1)
    # Over the root of chi square with 3 degrees of freedom: Student's t, of the same scale.
    return value / math.sqrt(max(1e-9, draw.gammavariate(1.5, 2.0))) if one.tails else value


def _detail(one: MadeNode, night: int, role: str) -> RunDetail:
    start = FIRST + timedelta(days=night * one.every, minutes=role == "head")
    head = f"{random.Random(night).getrandbits(160):040x}"
    sha = ANCHOR if role == "anchor" else head
    return RunDetail(
        path=f"/results/{one.name}/{night}/{role}",
        run_id=f"{start:%Y%m%dT%H%M%SZ}-{sha[:8]}-{CONFIG}",
        start=start.isoformat(),
        earliest=start.isoformat(),
        node=one.name,
        sha=sha,
        release="v1.8.6" if role == "anchor" else "",
        changes="",
        commit_date=start.isoformat(),
        subject="",
        repo="",
        origin="harness",
        engine="library",
        purpose="night" if one.roof else "anchor",
        caveats=one.caveats,
        machine=one.machine,
        trial="" if one.roof else f"t{night}",
        asked_by=head,
        config=CONFIG,
    )
