"""How Slurm is asked for the jobs of a class on one node, or on any: one array, each job of which has a node alone."""

import math
from collections.abc import Sequence

from harness.records.fleet import JobArray, NodeClass
from harness.records.fleet_name import name_array, name_jobs

# Before Slurm kills a job, the harness is interrupted, so that it keeps what it has. That takes it a moment.
_NOTICE_S = 120


def spell_submission(one: NodeClass, array: JobArray, nodes: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the words of sbatch for an array on a cluster with these nodes; the script is its standard input.

    The owner's `options` come last, so that they win. All jobs of an array have one time limit, the longest of theirs.
    """
    keys = tuple(job.key for job in array.jobs)
    # --nodelist would take all of the named nodes for one job, so that a job for any of them excludes the others.
    others = [node for node in nodes if node not in one.nodes] if one.nodes and not array.node else []
    minutes = math.ceil((max(job.limit_s for job in array.jobs) + _NOTICE_S) / 60)
    return (
        "sbatch",
        "--parsable",
        f"--job-name={name_array(keys[0])}",
        f"--comment={name_jobs(keys)}",
        f"--array=0-{len(keys) - 1}",
        *("--nodes=1", "--exclusive"),
        # A node that fails, and an exit code among RequeueExit of the cluster, put a job back into the queue.
        *("--requeue", "--open-mode=append"),
        f"--time={minutes}",
        f"--signal=B:INT@{_NOTICE_S}",
        # The script opens a log in a folder that it makes first, which Slurm would not do.
        "--output=/dev/null",
        *((f"--constraint={one.features}",) if one.features else ()),
        *((f"--nodelist={array.node}",) if array.node else ()),
        *((f"--exclude={','.join(others)}",) if others else ()),
        *((f"--partition={one.partition}",) if one.partition else ()),
        *one.options,
    )


def name_folder(one: NodeClass) -> str:
    """Return the folder that the nodes of a class write to, as they see it; `{node}` stands for their name.

    That of `HOST:FOLDER` begins at the home folder there, as it does for rsync.
    """
    host, colon, folder = one.results.partition(":")
    if not colon or "/" in host:
        return one.results
    return folder if folder.startswith(("/", "~")) else f"~/{folder}"
