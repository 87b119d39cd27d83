"""Results of many nodes and nights: one run with the fake tools, written again and again with numbers that are drawn.

Each night has a commit, which all nodes measure. Some commits change some numbers on all nodes; each node has changes
of its own (a kernel, and a level that is another one from then on); everything scatters from night to night.
"""

import json
import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

FIRST = datetime(2024, 1, 1, 3, tzinfo=UTC)
NAMES = ("vm-amx", "epyc-9654", "graviton3", "mac-mini", "desk", "ryzen-7950x", "ampere-altra", "xeon-8480")
SUBJECTS = (
    "sync : ggml",
    "whisper : reduce memory of the decoder",
    "ggml : tile the quantised matrix products",
    "examples : update the server",
    "ci : run the tests on more nodes",
    "vad : fix the end of a segment",
    "cmake : build the variants in parallel",
    "docs : describe the new options",
)
# What commits change: after this share of all nights, what (a metric, and words of its case), by how much.
CHANGES: tuple[tuple[float, str, dict[str, str], float], ...] = (
    (0.22, "encode", {}, 0.04),
    (0.41, "flop_rate", {"type": "q5_0"}, -0.08),
    (0.58, "decode", {}, -0.06),
    (0.77, "flop_rate", {"type": "f16"}, 0.12),
    (0.93, "encode", {"fa": "1"}, 0.03),
)
# A node steps on so many nights of a thousand, by so much; numbers scatter by so much, as that node is.
STEPS, STEP, SCATTER = 3, 0.03, (0.004, 0.015)
# With two numbers with flash attention a run has 59 series.
DOUBLED = ("encode", "decode")


class Night(NamedTuple):
    """A night: its number, when it is, and the commit that it measures."""

    number: int
    start: datetime
    sha: str
    subject: str


class GeneratedNode:
    """A node of many nights; the same name gives the same numbers, however many nights are asked for."""

    def __init__(self, name: str, template: dict[str, Any], nights: int) -> None:
        self.name = name
        self._run: dict[str, Any] = json.loads(json.dumps(template))
        self._planned = nights
        self._draw = random.Random(name)
        self._run["node"]["name"] = name
        self._scatter = self._draw.uniform(*SCATTER)
        self._numbers = [one for result in self._run["results"] for one in result["measurements"]]
        speed = self._draw.lognormvariate(0.0, 0.4)
        self._levels = [float(one["value"]) * speed * self._draw.lognormvariate(0.0, 0.05) for one in self._numbers]
        places = sorted(self._draw.sample(range(nights), min(STEPS, nights)))
        self._steps = [(place, self._draw.choice((-1, 1)) * STEP) for place in places]
        self._kernel = self._run["node"]["kernel"]

    def write(self, results: Path, night: Night) -> None:
        """Write the bundle of a night."""
        run, start = self._run, night.start + timedelta(seconds=self._draw.randrange(3600))
        run["id"] = f"{start:%Y%m%dT%H%M%SZ}-{night.sha[:8]}-{run['id'].rpartition('-')[2]}"
        run["start"] = start.isoformat(timespec="seconds")
        run["end"] = (start + timedelta(minutes=11)).isoformat(timespec="seconds")
        commit = run["source"]["commit"]
        commit.update(sha=night.sha, date=night.start.isoformat(timespec="seconds"), message=night.subject)
        done = [size for place, size in self._steps if place <= night.number]
        run["node"]["kernel"] = f"{self._kernel}+{len(done)}" if done else self._kernel
        share = math.prod(1 + size for size in done)
        for one, level in zip(self._numbers, self._levels, strict=True):
            value = level * share * self._find_change(one, night) * self._draw.lognormvariate(0.0, self._scatter)
            one["value"] = float(f"{value:.6g}")
        bundle = results / self.name / f"{start:%Y-%m}" / run["id"]
        (bundle / "logs").mkdir(parents=True)
        (bundle / "run.json").write_bytes(msgspec.json.encode(run))
        (bundle / "README.md").write_text(f"## Summary\n\n- status: SUCCESS\n- {run['id']}\n", encoding="utf-8")

    def _find_change(self, one: dict[str, Any], night: Night) -> float:
        params = dict(one["case"]["params"])
        return math.prod(
            1 + size
            for after, metric, words, size in CHANGES
            if night.number >= after * self._planned
            if one["metric"] == metric
            if all(params.get(name) == value for name, value in words.items())
        )


def make_nodes(text: str, count: int, nights: int) -> list[GeneratedNode]:
    """Return so many nodes; `text` is the run.json that all their runs are made of."""
    template = json.loads(text)
    for result in template["results"]:
        result["measurements"] += [
            {**one, "case": {**one["case"], "params": [["fa", "1"], *one["case"]["params"][1:]]}}
            for one in result["measurements"]
            if one["metric"] in DOUBLED
        ]
    return [GeneratedNode(name, template, nights) for name in name_nodes(count)]


def name_nodes(count: int) -> Sequence[str]:
    """Return so many names of nodes."""
    rounds = range(1 + (count - 1) // len(NAMES))
    names = [f"{name}-{number + 1}" if number else name for number in rounds for name in NAMES]
    return names[:count]


def list_nights(count: int) -> Iterator[Night]:
    """Yield the first nights; a night of the same number is always the same one."""
    draw = random.Random(1)
    for number in range(count):
        sha, subject = f"{draw.getrandbits(160):040x}", draw.choice(SUBJECTS)
        yield Night(number, FIRST + timedelta(days=number), sha, f"{subject} (#{3000 + number})")
