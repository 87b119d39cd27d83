"""The next nights of other nodes, planned from what is stored of them: nothing is asked of the nodes themselves.

Whether a commit has a build in a node's cache is not known here, so builds are expected to be made.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from harness.errors import HarnessError
from harness.night.lookout import Lookout, Moment, WatchedNode, take_commits
from harness.plan.night import plan_night
from harness.records.night import BranchCommit, NightPlan, NightView
from harness.records.raw_history import RawHistory, RawPoint, RawSeriesKey, RunDetail
from harness.records.suite import Engine, Suite
from harness.run.places import Workplace
from harness.store.known_history import KnownHistory
from harness.system.source.branch import BranchState, BranchWords, follow_branch


class NightElsewhere(NamedTuple):
    """A night on another node: the branch that it watches, its budget, and what it measures there.

    `config` and `suite` are those of its newest night; empty and None where there was none.
    """

    node: str
    words: BranchWords
    budget_s: float
    config: str = ""
    suite: Suite | None = None
    backend: str = "cpu"


class PlannedNight(NamedTuple):
    """What is known of a night on another node, and its plan; `trouble` says why there is none."""

    night: NightElsewhere
    view: NightView | None = None
    plan: NightPlan = NightPlan(items=())
    trouble: str = ""


def plan_elsewhere(nights: Sequence[NightElsewhere], known: KnownHistory, work: Workplace) -> tuple[PlannedNight, ...]:
    """Return the plan of each night; each branch is fetched once for all of them."""
    branches = _follow_branches(nights, known, work)
    of_nodes = _part(known, {one.node for one in nights})
    lookout, now = Lookout(work.places.results, work.console.note_once), datetime.now(UTC)
    # A thousand commits for a hundred nodes: once for each branch, backend and engine.
    commits: dict[tuple[BranchWords, str, Engine], tuple[BranchCommit, ...]] = {}
    found = []
    for one in nights:
        branch = branches[one.words]
        if isinstance(branch, str):
            found.append(PlannedNight(one, trouble=branch))
            continue
        engine = one.suite.engine if one.suite else Engine.BENCH
        key = (one.words, one.backend, engine)
        commits[key] = commits.get(key) or take_commits(branch, one.backend, engine)
        node = WatchedNode(one.node, one.config, one.suite, branch, commits[key])
        view = lookout.look(of_nodes[one.node], node, Moment(now, one.budget_s)).view
        found.append(PlannedNight(one, view, plan_night(view)))
    return tuple(found)


def _follow_branches(
    nights: Iterable[NightElsewhere], known: KnownHistory, work: Workplace
) -> dict[BranchWords, BranchState | str]:
    """Return each branch that nights watch, or why nothing is known of it."""
    nodes: defaultdict[BranchWords, set[str]] = defaultdict(set)
    for one in nights:
        nodes[one.words].add(one.node)
    found: dict[BranchWords, BranchState | str] = {}
    for words, names in nodes.items():
        measured = {one.sha for one in known.raw.details.values() if one.node in names and not one.trial}
        try:
            found[words] = follow_branch(
                words, measured, cache=work.places.cache, environ=work.environ, note=work.console.note
            )
        except HarnessError as error:
            found[words] = error.line
    return found


def _part(known: KnownHistory, nodes: Iterable[str]) -> dict[str, KnownHistory]:
    """Return what is known of each node by itself; a night looks through all of it more than once."""
    details: defaultdict[str, dict[int, RunDetail]] = defaultdict(dict)
    for number, one in known.raw.details.items():
        details[one.node][number] = one
    numbers: defaultdict[str, dict[RawSeriesKey, list[RawPoint]]] = defaultdict(dict)
    for key, points in known.raw.series.items():
        numbers[key.node][key] = points
    history = known.history
    judged: defaultdict[str, list[int]] = defaultdict(list)
    for place, series in enumerate(history.series):
        judged[series.key.node].append(place)
    return {
        node: known._replace(
            raw=RawHistory(series=numbers[node], details=details[node], machines=known.raw.machines),
            history=history.replace(
                series=tuple(history.series[place] for place in judged[node]),
                judgements=tuple(history.judgements[place] for place in judged[node]),
                events=tuple(event for event in history.events if event.node == node),
            ),
            trials=tuple(trial for trial in known.trials if trial.node == node),
        )
        for node in nodes
    }
