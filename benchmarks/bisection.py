"""Which commit a search under noise names, and after how many blocks, by simulation with a fixed seed.

    python -m benchmarks.bisection [--searches N] [--jobs N] [--only WORD]

It prints the tables of docs/explanation/bisect.md. A line of commits has one that makes everything behind it slower;
a block is a process of GOOD and one of a candidate, in an order drawn by a coin, and the differences of blocks
scatter by 2 %. Beside the harness's search stand what asv's `find` does and git bisect with one process a commit and
with five, which measure the same commits on the same simulated node.
"""

import argparse
import dataclasses
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.plan.bisect import plan_next  # noqa: E402
from harness.plan.bisect_choice import estimate_builds  # noqa: E402
from harness.records.bisection import (  # noqa: E402
    Bisection,
    BisectVerdict,
    CandidateCommit,
    Effort,
    LineBlock,
    LineSearch,
    NextBlock,
)
from harness.records.measurement import Case  # noqa: E402
from harness.records.trial import TrialPurpose  # noqa: E402

SEED = 20261127
COMMITS, SCATTER = 256, 0.02
CASE, METRIC = Case.of("whisper", model="tiny"), "encode"
# Only blocks count: what a search of a fixed number of commits takes where builds cost nothing.
BLOCKS_ALONE = Effort(block_s=1.0, near_s=0.0, full_s=0.0)
# tiny on two cores: a block of two samplers, and builds of v1.8.5 with ccache.
TWO_CORES = Effort(block_s=12.0)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is searched: the sizes of the changes in the line, and what the node and the commits are like.

    Processes remember their predecessor with the correlation `memory`, and blocks theirs with `block_memory`; a share
    `tail` of the processes is slow by 3 to 30 times the scatter; a share `broken` of the commits does not build.
    `threshold` is the smallest change that is looked for. Where the choice is `blind` it reckons with no build.
    """

    name: str
    steps: tuple[float, ...] = (0.03,)
    commits: int = COMMITS
    memory: float = 0.0
    block_memory: float = 0.0
    tail: float = 0.0
    broken: float = 0.0
    threshold: float = 0.02
    effort: Effort = BLOCKS_ALONE
    blind: bool = False


KINDS = (
    Kind(name="3 %"),
    Kind(name="5 %", steps=(0.05,)),
    Kind(name="10 %", steps=(0.10,)),
    Kind(name="3 % faster", steps=(-0.03,)),
    Kind(name="3 %, processes AR(1) .5", memory=0.5),
    Kind(name="3 %, blocks AR(1) .5", block_memory=0.5),
    Kind(name="3 %, 5 % of processes slow", tail=0.05),
    Kind(name="3 %, 10 % do not build", broken=0.1),
    Kind(name="3 %, all of it", memory=0.5, tail=0.05, broken=0.1),
    Kind(name="3 % and 3 %", steps=(0.03, 0.03)),
    Kind(name="5 % and -3 %", steps=(0.05, -0.03)),
    Kind(name="5 % and -3 %, threshold 1 %", steps=(0.05, -0.03), threshold=0.01),
    Kind(name="3 %, 18 commits", commits=18),
    Kind(name="3 %, 1,024 commits", commits=1024),
    Kind(name="nothing", steps=()),
    Kind(name="nothing, all of it", steps=(), memory=0.5, tail=0.05, broken=0.1),
)
COSTS = (
    Kind(name="3 %", effort=TWO_CORES),
    Kind(name="5 %", steps=(0.05,), effort=TWO_CORES),
    Kind(name="10 %", steps=(0.10,), effort=TWO_CORES),
)


@dataclass
class Node:
    """A node on which processes run one after another, and a line of commits; levels are logarithms."""

    kind: Kind
    draw: random.Random
    changes: dict[int, float] = field(default_factory=dict)
    broken: frozenset[int] = frozenset()
    wide: frozenset[int] = frozenset()
    levels: list[float] = field(default_factory=list)
    before: float = 0.0
    block_before: float = 0.0

    def __post_init__(self) -> None:
        """Draw where the changes are, and which commits do not build; neither end is one of those."""
        count, draw = self.kind.commits, self.draw
        places = sorted(draw.sample(range(1, count + 1), len(self.kind.steps)))
        self.changes = dict(zip(places, self.kind.steps, strict=True))
        self.broken = frozenset(place for place in range(1, count) if draw.random() < self.kind.broken)
        self.wide = frozenset(place for place in range(1, count + 1) if draw.random() < 0.1)
        level = 0.0
        self.levels = [level]
        for place in range(1, count + 1):
            level += math.log1p(self.changes.get(place, 0.0))
            self.levels.append(level)
        self.before = draw.gauss(0, 1)
        self.block_before = draw.gauss(0, 1)

    def start(self, place: int) -> float:
        """Return the logarithm of what one process of a commit takes."""
        kind, draw = self.kind, self.draw
        self.before = kind.memory * self.before + math.sqrt(1 - kind.memory**2) * draw.gauss(0, 1)
        # Neighbours are alike, so that their difference scatters by less than either.
        scale = SCATTER / math.sqrt(2 * (1 - kind.memory))
        if kind.block_memory:
            scale = SCATTER / 2
        slow = draw.uniform(3, 30) * scale if draw.random() < kind.tail else 0.0
        return self.levels[place] + scale * self.before + slow

    def measure(self, purpose: TrialPurpose, baseline: int, contender: int) -> LineBlock:
        """Return a block; a coin decides which process is first."""
        first = self.draw.random() < 0.5
        if first:
            here = self.start(baseline)
            there = self.start(contender)
        else:
            there = self.start(contender)
            here = self.start(baseline)
        memory = self.kind.block_memory
        if memory:
            self.block_before = memory * self.block_before + math.sqrt(1 - memory**2) * self.draw.gauss(0, 1)
            there += SCATTER * math.sqrt(0.5) * self.block_before
        pair = (math.exp(here), math.exp(there))
        return LineBlock(
            purpose=purpose, baseline=baseline, contender=contender, pairs=(pair,), start=1 if first else -1
        )


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One search: how it ended, whether that is right, and whether other rules name a culprit.

    `wrong` tells that a set holds no culprit, `proposed` whether the set of the first final trial did.
    """

    answer: Bisection
    right: bool
    wrong: bool
    proposed: bool | None
    others: tuple[bool, ...]


def main() -> None:
    given = parser().parse_args()
    print_head()
    began = time.perf_counter()
    print(f"seed {SEED}; shares with 95 % Clopper-Pearson intervals, medians [9 of 10 are at most]")
    with ProcessPoolExecutor(given.jobs) as pool:
        run = partial(search_all, pool, given.searches)
        tabulate_answers([kind for kind in KINDS if given.only in kind.name], run)
        if not given.only:
            tabulate_costs(run)
    if not given.only:
        tabulate_thinking()
    print(f"\n{time.perf_counter() - began:.0f} s with {given.jobs} processes")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--searches", type=int, default=1_000, help="an answer needs hundreds (default 1000)")
    made.add_argument("--jobs", type=int, default=1, help="processes to search with (default 1)")
    made.add_argument("--only", default="", metavar="WORD", help="only the lines with this word in their name")
    return made


Run = Callable[[Kind], list[Ended]]


def search_all(pool: ProcessPoolExecutor, searches: int, kind: Kind) -> list[Ended]:
    return list(pool.map(partial(search_once, kind), range(searches), chunksize=max(1, min(10, searches // 4))))


def tabulate_answers(kinds: Sequence[Kind], run: Run) -> None:
    print(
        "\n| what | searches | all culprits in sets of one or two | a wrong name | UNRESOLVED | the 95 % set held it | "
        "blocks: ends | search | final | asv | git, 1 process | git, 5 |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for kind in kinds:
        print(f"| {' | '.join(tell_answers(kind, run(kind)))} |", flush=True)


def tell_answers(kind: Kind, found: Sequence[Ended]) -> list[str]:
    """Return the cells of a row."""
    count = len(found)
    proposed = [one.proposed for one in found if one.proposed is not None]
    return [
        kind.name,
        f"{count:,}",
        tell_share(sum(one.right for one in found), count),
        tell_share(sum(one.wrong for one in found), count),
        tell_share(sum(one.answer.verdict is BisectVerdict.UNRESOLVED for one in found), count),
        tell_share(sum(proposed), len(proposed)) if proposed else "none proposed",
        spread([one.answer.ends_blocks for one in found]),
        spread([one.answer.search_blocks for one in found]),
        spread([one.answer.final_blocks for one in found]),
        *(
            f"{100 * sum(one.others[index] for one in found) / count:.0f} %" if kind.steps else "-"
            for index in range(3)
        ),
    ]


def tell_share(hits: int, count: int) -> str:
    """Return a share and its Clopper-Pearson interval, in per cent."""
    low, high = binomtest(hits, count).proportion_ci()
    return f"{100 * hits / count:.3g} % [{100 * low:.3g}, {100 * high:.3g}]"


def tabulate_costs(run: Run) -> None:
    print("\n| what | searches | choice by | builds | blocks | minutes |")
    print("|---|---|---|---|---|---|")
    for kind in COSTS:
        for name, blind in (("bits per second", False), ("bits per block, builds not counted", True)):
            found = [one.answer for one in run(dataclasses.replace(kind, blind=blind))]
            print(f"| {' | '.join([kind.name, f'{len(found):,}', name, *tell_costs(found)])} |", flush=True)


def tell_costs(found: Sequence[Bisection]) -> list[str]:
    """Return builds, blocks and minutes."""
    blocks = [one.ends_blocks + one.search_blocks + one.final_blocks for one in found]
    return [spread([one.builds for one in found]), spread(blocks), spread([one.spent_s / 60 for one in found])]


def tabulate_thinking() -> None:
    print("\n| commits | what is next, CPU time: median | most |")
    print("|---|---|---|")
    for commits in (18, 256, 1024, 3440):
        kind = Kind(name="thinking", commits=commits)
        node, search = begin(kind, 0)
        times = []
        while True:
            since = time.process_time()
            following = plan_next(search)
            times.append(1000 * (time.process_time() - since))
            if isinstance(following, Bisection):
                break
            search = advance(node, search, following)
        print(f"| {commits} | {median(times):.1f} ms | {max(times):.1f} ms |", flush=True)


def begin(kind: Kind, number: int) -> tuple[Node, LineSearch]:
    node = Node(kind, random.Random(f"{SEED}/{kind.name}/{number}"))
    places = range(1, kind.commits + 1)
    candidates = tuple(CandidateCommit(commit=f"{place:04d}", wide=place in node.wide) for place in places)
    return node, LineSearch(
        case=CASE,
        metric=METRIC,
        candidates=candidates,
        effort=kind.effort,
        built=(kind.commits,),
        threshold=kind.threshold,
    )


def advance(node: Node, search: LineSearch, following: NextBlock) -> LineSearch:
    """Return the search after what was to be done next: a build where one is missing, and a block if it succeeds."""
    place = following.contender
    spent_s, builds = search.spent_s, search.builds
    for one in (following.baseline, place):
        if one and one not in search.built:
            builds += 1
            spent_s += estimate_builds(search.replace(effort=node.kind.effort))[one]
            if one in node.broken:
                return search.replace(unbuildable=(*search.unbuildable, one), spent_s=spent_s, builds=builds)
            search = search.replace(built=(*search.built, one))
    block = node.measure(following.purpose, following.baseline, place)
    return search.replace(blocks=(*search.blocks, block), spent_s=spent_s + search.effort.block_s, builds=builds)


def search_once(kind: Kind, number: int) -> Ended:
    node, search = begin(kind, number)
    if kind.blind:
        search = search.replace(effort=Effort(block_s=kind.effort.block_s, near_s=0.0, full_s=0.0))
    proposed: bool | None = None
    while isinstance(following := plan_next(search), NextBlock):
        if following.purpose is TrialPurpose.FINAL and proposed is None:
            first = min(node.changes, default=0)
            proposed = following.baseline < first <= following.contender
        search = advance(node, search, following)
    named = [{int(one.commit) for one in culprit.suspects} for culprit in following.culprits]
    culprits = set(node.changes)
    held = [any(one in names for names in named) for one in culprits]
    if kind.steps:
        right = following.verdict is BisectVerdict.FOUND and all(held) and all(len(names) <= 2 for names in named)
    else:
        right = following.verdict is BisectVerdict.NOTHING
    return Ended(
        answer=following,
        right=right,
        wrong=any(not names & culprits for names in named),
        proposed=proposed,
        others=tuple(rule(Node(kind, random.Random(f"{SEED}/{kind.name}/{number}"))) for rule in OTHERS),
    )


def find_as_asv(node: Node) -> bool:
    """Return whether asv's rule names a culprit: each commit once, on to the half with the larger difference."""
    known: dict[int, float] = {}

    def measure(place: int) -> float:
        if place not in known:
            known[place] = node.start(place)
        return known[place]

    low, high = 0, node.kind.commits
    while (middle := choose_middle(node, low, high)) is not None:
        if abs(measure(middle) - measure(low)) > abs(measure(high) - measure(middle)):
            high = middle
        else:
            low = middle
    return is_named(node, low, high)


def find_as_git(processes: int, node: Node) -> bool:
    """Return whether git bisect names a culprit; slow is what is nearer to BAD than to GOOD, by medians."""

    def measure(place: int) -> float:
        return median(node.start(place) for _ in range(processes))

    low, high = 0, node.kind.commits
    good, bad = measure(low), measure(high)
    while (middle := choose_middle(node, low, high)) is not None:
        value = measure(middle)
        if abs(value - bad) < abs(value - good):
            high = middle
        else:
            low = middle
    return is_named(node, low, high)


def choose_middle(node: Node, low: int, high: int) -> int | None:
    """Return the commit nearest to the middle between two that builds, None where none is left."""
    left = [place for place in range(low + 1, high) if place not in node.broken]
    return min(left, key=lambda place: abs(2 * place - low - high)) if left else None


def is_named(node: Node, low: int, high: int) -> bool:
    """Return whether what is left is one culprit, or two commits of which one is."""
    return high - low <= 2 and any(place in node.changes for place in range(low + 1, high + 1))


OTHERS: tuple[Callable[[Node], bool], ...] = (find_as_asv, partial(find_as_git, 1), partial(find_as_git, 5))


def spread(values: Sequence[float]) -> str:
    """Return the median, and what nine of ten are at most."""
    ordered = sorted(values)
    return f"{median(ordered):.0f} [{ordered[math.ceil(0.9 * len(ordered)) - 1]:.0f}]"


if __name__ == "__main__":
    perform(main)
