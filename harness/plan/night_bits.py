"""What an item of a night's work is expected to tell, in bits, and to cost, in seconds."""

import math
from collections.abc import Iterable

from harness.records.night import NightView

# Of a hundred commits that change what is compiled, so many change the speed (an estimate; only its size matters).
_CHANCE = 0.02
# A node that nobody touched is another one the next night.
_NODE = 0.02


def measure_entropy(chance: float) -> float:
    """Return the bits that the answer to a question of yes or no tells, if yes has this chance."""
    if not 0 < chance < 1:
        return 0.0
    return -chance * math.log2(chance) - (1 - chance) * math.log2(1 - chance)


def weigh_commits(count: int) -> float:
    """Return the chance that one of so many commits that change what is compiled changes the speed, or the node did."""
    return 1 - (1 - _NODE) * (1 - _CHANCE) ** max(0, count)


def estimate_builds(view: NightView, shas: Iterable[str], built: Iterable[str] = ()) -> float:
    """Return the seconds that the builds of commits take: none for one in the cache, less beside another one.

    `built` are commits that will be built by then.
    """
    there = {*view.built, *built}
    seconds = 0.0
    for sha in dict.fromkeys(shas):
        if sha not in there:
            seconds += view.costs.near_build_s if there else view.costs.full_build_s
            there.add(sha)
    return seconds
