"""A fleet: classes of nodes, the jobs that each of their nodes is to do, and what became of those jobs.

The scheduler schedules. The harness writes jobs, asks the scheduler for their state, and collects what they left.
Nothing is remembered beside that: whether a job is done is known from the results alone, which carry its key.
"""

from enum import StrEnum

from harness.records.history import Event
from harness.records.night import WorkItem
from harness.records.record import ExplainedWord, Record

# The number of the form of what `fleet --json` prints.
FLEET_SCHEMA = 1


class Scheduler(StrEnum):
    """Who starts the jobs of a class: SLURM, or GITHUB Actions, whose workflow starts them by itself."""

    SLURM = "slurm"
    GITHUB = "github"


class NodeChoice(StrEnum):
    """On which nodes of its class a job runs: on EACH of them, or once on ANY of them."""

    EACH = "each"
    ANY = "any"


class FleetJob(Record):
    """A job of a class: a verb of the harness with its settings.

    `name` is unique in its class. `settings` are names of settings with their values as words, in the order of the
    file, those of the whole fleet and of the class among them. `words` are what its command line has beside them: the
    file and the axes of a sweep. After `limit_s` the scheduler ends it; 0 where the plan decides.
    """

    name: str
    verb: str
    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: tuple[str, ...] = ()
    limit_s: float = 0.0
    on: NodeChoice = NodeChoice.EACH


class NodeClass(Record):
    """Nodes that are alike, and what they do.

    `features` is the constraint that Slurm's nodes meet, as `sbatch --constraint` takes it; `labels` are those of
    runners of GitHub Actions. `nodes` are named nodes; if there are none, those with the features. `partition` and
    `options` are passed to sbatch as they are. `harness` is the command that starts the harness on a node. `results` is
    the folder that its nodes write to, `cache` their cache; `{node}` stands for the name of the node in both. Results
    of the form `HOST:FOLDER` lie on another computer.
    """

    name: str
    scheduler: Scheduler
    jobs: tuple[FleetJob, ...]
    features: str = ""
    labels: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    partition: str = ""
    options: tuple[str, ...] = ()
    harness: str = "harness"
    results: str = ""
    cache: str = ""


class Fleet(Record):
    """A fleet as its file describes it; `results` is the folder in which everything is collected.

    A node that has reported nothing for `silent_nights` is an alarm.
    """

    name: str
    classes: tuple[NodeClass, ...]
    results: str = "results"
    database: str = ""
    silent_nights: int = 3


class JobKey(Record, order=True):
    """What makes two jobs the same: the fleet, the round (a day, or any word), the class, the node, and the job's name.

    `node` is empty where any node of the class does it.
    """

    fleet: str
    round: str
    node_class: str
    node: str
    job: str

    def __str__(self) -> str:
        """Return the key as it stands in records: `lab/2026-11-28/zen4/a/nightly`."""
        return "/".join((self.fleet, self.round, self.node_class, self.node or ANY_NODE, self.job))


# What stands for the node in the key of a job that any node may do, and in a folder of a class for the node's name.
ANY_NODE = "*"
NODE_WORD = "{node}"


class ClusterNode(Record):
    """A node as Slurm knows it.

    `states` are words such as `idle`, `allocated`, `down`, `drained`; `reason` is why it is down or drained.
    """

    name: str
    states: tuple[str, ...]
    features: tuple[str, ...]
    cpus: int
    reason: str = ""


class QueuedJob(Record):
    """A job that Slurm still knows: its key, its number for Slurm's commands (`17_2`), and its state in Slurm's words.

    `reason` is why it waits. `node` is where it runs. Times are UTC in ISO 8601, empty where it has none. `restarts`
    is how often it was requeued.
    """

    key: JobKey
    number: str
    state: str
    reason: str = ""
    node: str = ""
    submitted: str = ""
    started: str = ""
    restarts: int = 0


class ClusterView(Record):
    """What Slurm said: its version, its nodes, the jobs of this fleet, and the exit codes after which it requeues."""

    version: str
    nodes: tuple[ClusterNode, ...]
    jobs: tuple[QueuedJob, ...]
    requeued: tuple[int, ...] = ()


class JobTrace(Record):
    """What a job left in the results: its runs, by id, and when the newest of them began, in UTC.

    `finished` tells that the job came to its end; `exit_code` is that of its verb, and `harness` the version that
    measured.
    """

    key: str
    node: str
    runs: tuple[str, ...]
    newest: str
    finished: bool
    exit_code: int = 0
    harness: str = ""


class JobState(ExplainedWord):
    """What became of a job of a fleet."""

    DONE = "done", "Its results were collected."
    RUNNING = "running", "Slurm says that it runs now."
    WAITING = "waiting", "It is in Slurm's queue and will run."
    HOPELESS = "hopeless", "It waits for something that no node has, so it will never run."
    ENDED = "ended", "Its command came to its end on the node, and its results were not collected yet."
    LOST = "lost", "It was begun, is not in the queue any more, and left nothing finished."
    ABSENT = "absent", "It was never submitted."


class PlannedJob(Record):
    """A job on a node in a round: what starts it, how long it takes, and why.

    `words` are the command on the node; in those of a job for any node, `{node}` stands for its name. `expected_s` is
    the time that it is expected to take, None where nothing is known; `limit_s` that after which Slurm ends it.
    `items` are what a night would do there. `state` says what became of it so far, `about` is a sentence on that, and
    `command` shows more.
    """

    key: JobKey
    words: tuple[str, ...]
    limit_s: float
    why: str
    expected_s: float | None = None
    items: tuple[WorkItem, ...] = ()
    state: JobState = JobState.ABSENT
    since: str = ""
    on: str = ""
    about: str = ""
    command: str = ""


class JobArray(Record):
    """Jobs that are submitted as one array: those of a class on one node, or on any."""

    node_class: str
    node: str
    jobs: tuple[PlannedJob, ...]


class FleetPlan(Record):
    """All jobs of a round, with sentences about what is wrong with the fleet or its cluster.

    `missing` are events of nodes that have reported nothing for too long, where that was asked for.
    """

    fleet: str
    round: str
    jobs: tuple[PlannedJob, ...]
    notes: tuple[str, ...] = ()
    missing: tuple[Event, ...] = ()
    schema: int = FLEET_SCHEMA
