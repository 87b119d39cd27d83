"""What is known of a round of a fleet: its plan, with the state of each job."""

from pathlib import Path
from typing import NamedTuple

from harness.commands.fleet_action import FleetCall
from harness.commands.fleet_forecast import make_plan
from harness.errors import UnavailableError, UnfitError
from harness.fleet.log import read_logs
from harness.fleet.slurm import look_at_cluster
from harness.judge.fleet_state import RoundFacts, choose_last_line, judge_round, list_other_rounds, list_unplanned
from harness.parse.tool.remote_copy import is_remote
from harness.parse.tool.slurm import OLDEST, parse_version
from harness.plan.fleet_node import choose_nodes
from harness.records.fleet import NODE_WORD, ClusterView, Fleet, FleetPlan, JobTrace, NodeClass, Scheduler
from harness.store.job_trace import find_traces


class FleetRound(NamedTuple):
    """A round: its plan with the state of each job, and what Slurm said, None where no class needs it."""

    plan: FleetPlan
    cluster: ClusterView | None

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes of the cluster, as far as they are known."""
        return tuple(node.name for node in self.cluster.nodes) if self.cluster else ()


def look_at_round(asked: FleetCall, *, forecast: bool = False, lenient: bool = False) -> FleetRound:
    """Return what became of a round, with a `forecast` of its jobs if their time limits are needed.

    Raises UnfitError or UnavailableError where Slurm is needed and does not answer (see `_look`), UsageError for a node
    that no class has.
    """
    cluster, trouble = _look(asked, lenient=lenient)
    plan = make_plan(asked, cluster, forecast=forecast)
    folders = {one.name: list_folders(one, cluster) for one in asked.fleet.classes}
    logs = read_logs((job.key for job in plan.jobs), folders)
    lines = {key: (path, choose_last_line(end)) for key, (path, end) in logs.items()}
    unseen = frozenset(name for name, paths in folders.items() if not any(Path(path).is_dir() for path in paths))
    facts = RoundFacts(cluster=cluster, traces=gather_traces(asked, folders), logs=lines, unseen=unseen)
    judged = judge_round(plan, asked.fleet.classes, facts)
    others = []
    if cluster:
        chosen = asked.nodes or asked.call.pieces("class")
        others = [*(() if chosen else list_unplanned(plan, cluster)), *list_other_rounds(cluster, asked.round)]
    return FleetRound(judged.replace(notes=(*judged.notes, *trouble, *others)), cluster)


def _look(asked: FleetCall, *, lenient: bool) -> tuple[ClusterView | None, tuple[str, ...]]:
    """Return what Slurm says, and what to note about that; None where no class needs it.

    Where it is `lenient`, a fleet whose nodes all have names in the file can be looked at without Slurm.
    """
    slurm = [one for one in asked.fleet.classes if one.scheduler is Scheduler.SLURM]
    if not slurm:
        return None, ()
    try:
        cluster = look_at_cluster(asked.fleet.name, asked.call.environ)
    except (UnfitError, UnavailableError) as error:
        if not lenient or not all(one.nodes for one in slurm):
            raise
        return None, (f"what Slurm knows is left out: {error.line}",)
    version = parse_version(cluster.version)
    if version is None or version < OLDEST:
        year, month = OLDEST
        known = cluster.version or "not known"
        return cluster, (f"the version of Slurm is {known}; the harness expects {year}.{month:02} or newer",)
    return cluster, ()


def list_folders(one: NodeClass, cluster: ClusterView | None) -> tuple[str, ...]:
    """Return the folders on this computer that the nodes of a class write to."""
    if is_remote(one.results):
        return ()
    nodes = choose_nodes(one, cluster)
    return tuple(dict.fromkeys(one.results.replace(NODE_WORD, node) for node in nodes or ("",)))


def gather_traces(asked: FleetCall, folders: dict[str, tuple[str, ...]]) -> tuple[JobTrace, ...]:
    """Return what the jobs of the round left, where it is collected and where the nodes write, each once."""
    prefix = f"{asked.fleet.name}/{asked.round}/"
    places = dict.fromkeys([str(asked.places.results), *(path for paths in folders.values() for path in paths)])
    found: dict[tuple[str, str], JobTrace] = {}
    for place in places:
        for trace in find_traces(Path(place), prefix):
            known = found.get((trace.key, trace.node))
            if known is None or (trace.finished, trace.newest) > (known.finished, known.newest):
                found[trace.key, trace.node] = trace
    return tuple(found[key] for key in sorted(found))


def find_class(fleet: Fleet, name: str) -> NodeClass:
    """Return the class of this name, which a job of the fleet has."""
    return next(one for one in fleet.classes if one.name == name)
