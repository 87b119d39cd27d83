"""What a job of a fleet is called: in Slurm's queue, and where it prints to.

Its name in the queue and the comment beside it say its whole key, so nothing has to be remembered elsewhere, and a
fleet.toml that was changed meanwhile does not matter.
"""

from harness.records.fleet import ANY_NODE, JobKey

# The first word of the name of every job of a fleet.
_PREFIX = "harness"
_COLON, _COMMA = ":", ","
_WORDS = 5
# Slurm takes comments of up to 1,024 bytes.
MOST_COMMENT = 1000
# What the jobs print lies in this folder of the results that their node writes to; no node has a name with a dot first.
LOGS = ".fleet-logs"
# A node that any job may take has no name that could be one of a file.
_NO_NODE = "+any"


def name_array(key: JobKey) -> str:
    """Return the name that all jobs of an array have: everything about their keys but the names of the jobs."""
    return _COLON.join((_PREFIX, key.fleet, key.round, key.node_class, key.node or ANY_NODE))


def name_jobs(keys: tuple[JobKey, ...]) -> str:
    """Return the comment of an array: the names of its jobs in the order of their indices."""
    return _COMMA.join(key.job for key in keys)


def read_name(name: str, comment: str, index: int) -> JobKey | None:
    """Return the key of a job from the name of its array, its comment and its index; None for a job of others."""
    words, jobs = name.split(_COLON), comment.split(_COMMA)
    if len(words) != _WORDS or words[0] != _PREFIX or index >= len(jobs) or not all((*words, jobs[index])):
        return None
    _, fleet, round_word, node_class, node = words
    node = "" if node == ANY_NODE else node
    return JobKey(fleet=fleet, round=round_word, node_class=node_class, node=node, job=jobs[index])


def name_log(key: JobKey) -> str:
    """Return where a job prints to, below the results that its node writes to."""
    return "/".join((LOGS, key.fleet, key.round, key.node_class, key.node or _NO_NODE, f"{key.job}.log"))
