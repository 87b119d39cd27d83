"""What Apache Otava finds in series, judged each night anew; started by `benchmarks.suspicion` with another Python.

Nodes come as JSON on standard input: for each node its series, for each series its values. For each series it answers
with pairs: the night on which a change point was named that was not named before, and where.
"""

import json
import sys
from collections.abc import Sequence

from otava.analysis import compute_change_points

# Otava's own defaults.
WINDOW, P_VALUE, MAGNITUDE = 50, 0.001, 0.0
_LEAST = 8


def main() -> None:
    same = int(sys.argv[1])
    json.dump([[judge(values, same) for values in node] for node in json.load(sys.stdin)], sys.stdout)


def judge(values: Sequence[float], same: int) -> list[tuple[int, int]]:
    """Return night and place of each change point that is farther than `same` from all that were named before."""
    found: list[tuple[int, int]] = []
    weak = None
    for night in range(_LEAST, len(values)):
        held = list(values[: night + 1])
        # As its own `append` does it: only the newest windows are looked at again.
        if weak is None:
            points, weak = compute_change_points(held, WINDOW, P_VALUE, MAGNITUDE)
        else:
            known = [one for one in weak if one.index < night - 1]
            points, weak = compute_change_points(held, WINDOW, P_VALUE, MAGNITUDE, new_data=1, old_weak_cp=known)
        for point in points:
            if all(abs(point.index - place) > same for _, place in found):
                found.append((night, int(point.index)))
    return found


if __name__ == "__main__":
    main()
