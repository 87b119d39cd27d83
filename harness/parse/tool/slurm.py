"""What Slurm's programs print: `squeue`, `sinfo`, `scontrol show config`, `sbatch`, and their complaints.

Formats are those that this module names, and all fields are separated by `|`. What others may write freely stands in
the last field. A line that is not understood belongs to a job or a node of somebody else, and is left out.
"""

import re
from collections.abc import Iterable

from harness.records.fleet import ClusterNode, QueuedJob
from harness.records.fleet_name import read_name
from harness.records.record import Record

# What squeue -O and sinfo -o are asked for.
QUEUE_FORMAT = ",".join(
    f"{field}:|"
    for field in ("JobArrayID", "State", "RestartCnt", "NodeList", "SubmitTime", "StartTime", "Name", "Comment")
)
QUEUE_FORMAT += ",Reason"
NODE_FORMAT = "%N|%T|%c|%f|%E"
# The oldest version for which the formats above are documented.
OLDEST = (20, 11)
_NOTHING = ("", "N/A", "(null)", "none", "None", "NONE", "Unknown")
_NUMBER = re.compile(r"\d+(?:_\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?")
# sinfo marks a state: the node does not answer, is powered off or up, is reserved, and so on.
_MARKS = "*~#!%$@^-+"


class SlurmComplaint(Record):
    """Why a program of Slurm did nothing: what happened, the likely cause, and what to try.

    It is `silent` if Slurm does not answer, whatever it is asked for.
    """

    what: str
    cause: str
    hint: str
    silent: bool = False


# The first that fits says it; the texts are those of 22.05, of which newer versions differ in other places.
_SILENT = (
    (
        r"Munge encode failed|munged|munge\.socket",
        "Slurm cannot sign its messages",
        "munged does not run on this computer, or its socket is missing",
        "systemctl status munge",
    ),
    (
        r"Expired credential|Rewound credential|Expired or rewound",
        "Slurm does not accept the messages of this computer",
        "the clocks of this computer and of the controller differ by minutes",
        "timedatectl status",
    ),
    (
        r"Invalid (?:munge )?credential|Protocol authentication error|authentication error",
        "Slurm does not accept the messages of this computer",
        "munged does not run on the controller, or has another key there",
        "munge -n | ssh CONTROLLER unmunge",
    ),
    (
        r"Unable to contact slurm controller|Connection refused|Socket timed out|Connection timed out|Zero Bytes",
        "the controller of Slurm does not answer",
        "slurmctld does not run, or this computer does not reach it",
        "scontrol ping",
    ),
    (
        r"Could not establish a configuration source|fetch_config|cannot stat file|process configuration file",
        "Slurm does not know its cluster",
        "there is no slurm.conf on this computer",
        "SLURM_CONF=/etc/slurm/slurm.conf sinfo",
    ),
)
_REFUSED = (
    (
        r"Access/permission denied",
        "Slurm does not allow you to do that",
        "the jobs are those of another user, whose fleet may have the same name, or the partition is not for you",
        "squeue -r -o '%i %u %P %j'",
    ),
    (
        r"Invalid feature specification",
        "no node has what the class asks for",
        "its `features` name something that no node of the cluster has",
        "sinfo -N -o '%N %f'",
    ),
    (r"Invalid node name", "a node of the class is unknown", "Slurm has no node of that name", "sinfo -N"),
    (
        r"Requested node configuration is not available|Node count specification invalid",
        "no node fits the class",
        "the named node lacks its features, or is not in its partition",
        "sinfo -N -o '%N %P %f'",
    ),
    (
        r"Invalid partition|invalid partition",
        "the partition is unknown",
        "Slurm has none with the name that `partition` of the class gives",
        "sinfo -s",
    ),
    (
        r"Invalid account",
        "Slurm does not accept the account",
        "`--account` is missing among the `options` of the class, or is wrong there",
        "sacctmgr show associations user=$USER",
    ),
    (
        r"Invalid qos",
        "Slurm does not accept the quality of service",
        "`--qos` among the `options` of the class is wrong",
        "scontrol show part",
    ),
    (
        r"reservation is invalid|Invalid reservation",
        "the reservation is unknown",
        "`--reservation` among the `options` of the class is wrong, or it has ended",
        "scontrol show reservation",
    ),
    (
        r"Invalid job array specification",
        "Slurm does not accept so many jobs at once",
        "the class has more jobs than MaxArraySize allows",
        "scontrol show config | grep MaxArraySize",
    ),
    (
        r"time limit",
        "Slurm does not accept the time limit",
        "the partition's MaxTime is shorter than the jobs are expected to take",
        "scontrol show partition",
    ),
    (
        r"unrecognized option|invalid option|Unable to open file|Invalid --",
        "sbatch does not understand its words",
        "there is a mistake in `options` of the class",
        "sbatch --help",
    ),
)


def parse_queue(text: str, fleet: str) -> tuple[QueuedJob, ...]:
    """Return the jobs of a fleet, from `squeue -h -r -O QUEUE_FORMAT` with times in UTC."""
    return tuple(job for line in text.splitlines() if (job := _read_job(line)) and job.key.fleet == fleet)


def _read_job(line: str) -> QueuedJob | None:
    fields = [field.strip() for field in line.split("|", 8)]
    if len(fields) != 9 or not _NUMBER.fullmatch(fields[0]):
        return None
    number, state, restarts, node, submitted, started, name, comment, reason = fields
    key = read_name(name, comment, int(number.partition("_")[2] or 0))
    if key is None:
        return None
    return QueuedJob(
        key=key,
        number=number,
        state=state,
        reason="" if reason in _NOTHING else reason,
        node="" if node in _NOTHING else node,
        submitted=_read_time(submitted),
        # Slurm gives a job that waits the time at which it expects to start it.
        started="" if state == "PENDING" else _read_time(started),
        restarts=int(restarts) if restarts.isdecimal() else 0,
    )


def _read_time(text: str) -> str:
    return f"{text}+00:00" if _TIME.fullmatch(text) else ""


def parse_nodes(text: str) -> tuple[ClusterNode, ...]:
    """Return the nodes of the cluster, by name, from `sinfo -h -N -o NODE_FORMAT`; there is a line for each partition.

    A state such as `idle*` is a word and what its mark means.
    """
    found = {}
    for line in text.splitlines():
        name, *fields = (field.strip() for field in line.split("|", 4))
        if len(fields) == 4 and name:
            state, cpus, features, reason = fields
            words = [state.rstrip(_MARKS)] + (["not responding"] if "*" in state else [])
            found[name] = ClusterNode(
                name=name,
                states=tuple(words),
                features=tuple(word for word in features.split(",") if word not in _NOTHING),
                cpus=int(cpus.rstrip("+")) if cpus.rstrip("+").isdecimal() else 0,
                reason="" if reason in _NOTHING else reason,
            )
    return tuple(found[name] for name in sorted(found))


def parse_config(text: str) -> dict[str, str]:
    """Return the settings of the cluster from `scontrol show config`."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def parse_exit_codes(text: str) -> tuple[int, ...]:
    """Return the exit codes of a list such as `RequeueExit=1,75-77`."""
    codes: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (not last or last.isdecimal()):
            codes.update(range(int(first), min(int(last or first), 255) + 1))
    return tuple(sorted(codes))


def parse_version(text: str) -> tuple[int, int] | None:
    """Return the year and the month of a version of Slurm, None if it has none."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2])) if found else None


def parse_submission(text: str) -> str:
    """Return the number of a job from `sbatch --parsable`, empty if there is none."""
    last = (text.split() or [""])[-1].partition(";")[0]
    return last if last.isdecimal() else ""


def read_complaint(text: str) -> SlurmComplaint | None:
    """Return what a program of Slurm complains of, None if it is not known."""
    for complaints in (_SILENT, _REFUSED):
        for pattern, what, cause, hint in complaints:
            if re.search(pattern, text):
                return SlurmComplaint(what=what, cause=cause, hint=hint, silent=complaints is _SILENT)
    return None


def last_complaint(lines: Iterable[str]) -> str:
    """Return the last line in which a program of Slurm says why it failed, without its name."""
    said = [line.strip() for line in lines if line.strip()]
    return re.sub(r"^\w+: (?:error|fatal): ", "", said[-1]) if said else ""
