"""The judge of a node's series, which remembers: only what has changed since it was last asked is looked at again.

The answers are those of `harness.stats.suspicion.judge_node`.
"""

import functools
import pickle
from collections.abc import Sequence

from harness.judge import judged_history
from harness.records.history import ChangePoint, NodeHistory, Point, Series
from harness.stats import monitor as monitors
from harness.stats.level import Noise
from harness.stats.shift import locate_shift
from harness.stats.suspicion import NodeMonitor, begin_node, iter_runs

# Its state is kept after every so many runs, and after the newest ones.
EVERY, NEWEST = 8, 2
_Run = tuple[int, str, list[tuple[int, int, Point]]]


@functools.lru_cache(maxsize=8192)
def _locate(logs: tuple[float, ...], noise: Noise, sign: int, starts: range) -> ChangePoint:
    return locate_shift(logs, noise, sign, starts)


def remember() -> None:
    """Let `judge_history` remember, in this process, the one node that it is asked of."""
    setattr(judged_history, "judge_node", Memory().judge_node)  # noqa: B010 - a module's own name
    setattr(monitors, "locate_shift", lambda logs, *others: _locate(tuple(logs), *others))  # noqa: B010


class Memory:
    """The judge of one node: its runs when it was last asked, and what it knew after some of them."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._states: dict[int, bytes] = {}

    def judge_node(self, series: Sequence[Series]) -> NodeHistory:
        """Return the series of one node, judged."""
        runs = list(iter_runs(series))
        alike = 0
        for one, other in zip(runs, self._runs, strict=False):
            if one != other:
                break
            alike += 1
        self._states = {count: state for count, state in self._states.items() if count <= alike}
        taken = max(self._states, default=0)
        node = self._recall(self._states[taken], series) if taken else begin_node(series)
        for count, run in enumerate(runs[taken:], taken + 1):
            node.take(*run)
            if count % EVERY == 0 or count >= len(runs) - NEWEST + 1:
                self._states[count] = self._keep(node, series)
        self._runs = runs
        return node.conclude(series)

    def _keep(self, node: NodeMonitor, series: Sequence[Series]) -> bytes:
        for monitor in node.monitors:
            monitor.series = EMPTY
        state = pickle.dumps(node, protocol=pickle.HIGHEST_PROTOCOL)
        self._give(node, series)
        return state

    def _recall(self, state: bytes, series: Sequence[Series]) -> NodeMonitor:
        node: NodeMonitor = pickle.loads(state)
        self._give(node, series)
        return node

    @staticmethod
    def _give(node: NodeMonitor, series: Sequence[Series]) -> None:
        for monitor, one in zip(node.monitors, series, strict=True):
            monitor.series = one


EMPTY = Series(key=None, points=())  # type: ignore[arg-type]
