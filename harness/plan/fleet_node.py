"""The nodes of a class: those that are named, or those of the cluster that have its features; and what is wrong there.

A constraint is understood as far as `&` and `|` go, not mixed. Everything else is Slurm's own to understand.
"""

from collections.abc import Iterator, Sequence

from harness.records.fleet import ClusterNode, ClusterView, Fleet, NodeChoice, NodeClass, Scheduler

# What sbatch may have in a constraint beside names, `&` and `|`.
_DEEPER = frozenset("[](),*:!")
# A node in one of these states starts no job until somebody does something.
_AWAY = ("down", "drain", "fail", "maint", "not_responding", "power", "unknown")
# What a job that refuses noise ends with.
REFUSED = 75


def meets(features: str, known: Sequence[str]) -> bool | None:
    """Return whether a node with these features meets a constraint; None where only Slurm can tell."""
    if not features:
        return True
    if _DEEPER & {*features} or ("&" in features and "|" in features):
        return None
    words = [word.strip() for word in features.replace("|", "&").split("&")]
    found = [word in known for word in words]
    return any(found) if "|" in features else all(found)


def choose_nodes(one: NodeClass, cluster: ClusterView | None) -> tuple[str, ...]:
    """Return the names of the nodes of a class, as far as they are known."""
    if one.nodes or one.scheduler is not Scheduler.SLURM or cluster is None:
        return one.nodes
    return tuple(node.name for node in cluster.nodes if meets(one.features, node.features))


def list_flaws(fleet: Fleet, cluster: ClusterView | None) -> Iterator[str]:
    """Yield what is wrong with a fleet on its cluster, each with the command that shows it."""
    for one in fleet.classes:
        if one.scheduler is Scheduler.SLURM and cluster is not None:
            yield from _list_class(one, cluster)
    slurm = [one for one in fleet.classes if one.scheduler is Scheduler.SLURM]
    refusing = [
        f"{one.name}/{job.name}" for one in slurm for job in one.jobs if ("refuse_noise", ("true",)) in job.settings
    ]
    if cluster is not None and refusing and REFUSED not in cluster.requeued:
        yield (
            f"{', '.join(refusing)}: on a node that is too noisy it ends with exit code {REFUSED}, after which this "
            f"cluster does not start it again; RequeueExit={REFUSED} in slurm.conf makes it do so "
            "(scontrol show config | grep RequeueExit)"
        )


def is_away(node: ClusterNode) -> bool:
    """Return whether a node starts no job until somebody does something about it."""
    return any(state.lower().startswith(_AWAY) for state in node.states)


def _list_class(one: NodeClass, cluster: ClusterView) -> Iterator[str]:
    by_name = {node.name: node for node in cluster.nodes}
    show = "sinfo -N -o '%N %T %f'"
    if one.features and all(meets(one.features, node.features) is None for node in cluster.nodes):
        many = any(job.on is NodeChoice.EACH for job in one.jobs) and not one.nodes
        yield f"class {one.name}: only Slurm understands the features {one.features!r}" + (
            '; write the names of its nodes into `nodes`, or on = "any" into its jobs' if many else ""
        )
    elif not any(meets(one.features, node.features) for node in cluster.nodes):
        yield f"class {one.name}: no node has the features {one.features!r} ({show})"
    for name in one.nodes:
        if name not in by_name:
            yield f"class {one.name}: Slurm knows no node {name} ({show})"
        elif meets(one.features, by_name[name].features) is False:
            yield f"class {one.name}: {name} lacks the features {one.features!r} (scontrol show node {name})"
    for name in choose_nodes(one, cluster):
        if (node := by_name.get(name)) and is_away(node):
            reason = f": {node.reason}" if node.reason else ""
            yield f"class {one.name}: {name} is {' and '.join(node.states)}{reason} (sinfo -R)"
