"""How Slurm is asked for the jobs of a class on one node, or on any: one array, each job of which has a node alone."""

import math

from harness.records.fleet import JobArray, NodeClass
from harness.records.fleet_name import name_array, name_jobs

# Before Slurm kills a job, the harness is interrupted, so that it keeps what it has. That takes it a moment.
_NOTICE_S = 120


def spell_submission(one: NodeClass, array: JobArray) -> tuple[str, ...]:
    """Return the words of sbatch for an array; the script is its standard input.

    The owner's `options` come last, so that they win. All jobs of an array have one time limit, the longest of theirs.
    """
    keys = tuple(job.key for job in array.jobs)
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
        *((f"--partition={one.partition}",) if one.partition else ()),
        *one.options,
    )


def name_folder(one: NodeClass) -> str:
    """Return the folder that the nodes of a class write to, as they see it; `{node}` stands for their name."""
    host, colon, folder = one.results.partition(":")
    return folder if colon and "/" not in host else one.results
