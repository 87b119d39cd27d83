"""How often `harness fleet health` accuses a node that is like its equals, and how often it finds one that is not.

    python benchmarks/fleet_health.py [--count N] [--seed N]

Fleets of equal nodes are drawn, 60 nights each; equal nodes differ by 1 % (standard deviation), and half of the
variance of a night is common to its series. The first table counts verdicts on nodes that nothing is wrong with, the
second those on the only node of each fleet that something is wrong with, with its noise that of the first row.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.judge.node_health import HealthFacts, judge_health  # noqa: E402
from harness.records.node_health import NodeVerdict  # noqa: E402
from tests.anchored import FIRST, MadeNode, make_nodes  # noqa: E402

SIZE, NIGHTS = 6, 60
KINDS: dict[str, dict[str, Any]] = {
    "noise 1 %": {},
    "noise 1 %, AR(1) rho .5": {"memory": 0.5},
    "noise 1 %, AR(1) rho .8": {"memory": 0.8},
    "noise 1 %, heavy tails (t, 3 df)": {"tails": True},
    "noise 3 %": {"scatter": 0.03},
    "a step of 3 % on each": {"step": 0.03},
    "20 nights": {"nights": 20},
    "two nodes only": {"size": 2},
}
WRONG: dict[str, dict[str, Any]] = {
    "three times the noise": {"scatter": 0.03},
    "five times the noise": {"scatter": 0.05},
    "5 % slower": {"slower": 0.05},
    "8 % slower": {"slower": 0.08},
    "drifts by 1 % a month": {"drift": 0.01},
    "drifts by 2 % a month": {"drift": 0.02},
    "a step of 8 % twenty nights ago": {"step": 0.08},
}
_SHOWN = (NodeVerdict.NOISY, NodeVerdict.SLOW, NodeVerdict.DRIFTING)


def count_verdicts(words: Mapping[str, Any], last: Mapping[str, Any] | None, fleets: int, seed: int) -> Counter[str]:
    """Return how many nodes got each verdict, and how many are to be drained: the last of each fleet, or all."""
    words = dict(words)
    size = words.pop("size", SIZE)
    counts: Counter[str] = Counter()
    for number in range(fleets):
        nodes = [MadeNode(name=f"n{place}", **{"nights": NIGHTS, **words}) for place in range(size)]
        if last is not None:
            nodes[-1] = MadeNode(name="wrong", **{"nights": NIGHTS, **words, **last})
        today = (FIRST + timedelta(days=nodes[0].nights)).date()
        health = judge_health(HealthFacts(make_nodes(nodes, seed + number), {}, today))
        for one in health.nodes:
            if last is None or one.node == "wrong":
                counts["nodes"] += 1
                counts[one.verdict] += 1
                counts["drained"] += bool(one.drain)
    return counts


def print_table(title: str, rows: Iterable[tuple[str, Counter[str]]]) -> None:
    """Print the share of each verdict, a row as soon as it is known."""
    print(f"\n| {title} | nodes | {' | '.join(_SHOWN)} | to drain |")
    print(f"|---|{'---|' * (len(_SHOWN) + 2)}")
    for name, counts in rows:
        shares = [f"{100 * counts[word] / counts['nodes']:.1f} %" for word in (*_SHOWN, "drained")]
        print(f"| {name} | {counts['nodes']} | {' | '.join(shares)} |", flush=True)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = make_parser(__doc__)
    made.add_argument("--count", type=int, default=300, help="how many fleets of each kind (default: %(default)s)")
    made.add_argument("--seed", type=int, default=20261128)
    return made


def main() -> int:
    """Print both tables."""
    given = parser().parse_args()
    print_head()
    fleets, seed = given.count, given.seed
    equal = ((name, count_verdicts(words, None, fleets, seed)) for name, words in KINDS.items())
    print_table("nothing is wrong", equal)
    print_table("one of six", ((name, count_verdicts({}, words, fleets, seed)) for name, words in WRONG.items()))
    return 0


if __name__ == "__main__":
    perform(main)
