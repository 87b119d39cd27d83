"""How well a node measures: its noise, its speed among its equals, its drift, and whether it reports."""

from harness.records.record import ExplainedWord, Record

# The number of the form of what `fleet health --json` prints.
HEALTH_SCHEMA = 1


class NodeVerdict(ExplainedWord):
    """What is wrong with a node, if anything is: the first of these that is true."""

    SILENT = "silent", "The node does not report any more."
    NOT_KNOWN = "not known", "There are too few numbers of the node to judge it."
    NOISY = "noisy", "The nights of the node scatter more than those of its equals."
    SLOW = "slow", "The node is slower than its equals."
    DRIFTING = "drifting", "The node gets slower or faster from month to month."
    HEALTHY = "healthy", "None of the faults that are looked for was found."


class BoundedShare(Record):
    """A number as a share, with its interval."""

    value: float
    low: float
    high: float


class NodeHealth(Record):
    """How well a node measures, with the reason for its verdict.

    `gauge` is what it was measured by, the same thing every night: `anchor 23ee0350`, or `roofline`; empty where there
    is neither. `nights` is how many of them count: those since the last step, of which `step` tells. `noise` is the
    spread from night to night, `speed` how much slower it is than `peers` nodes of its `kind`, and `drift` how much
    slower it gets in a month. `troubles` are the caveats about the node in its runs, each with the share of runs.
    `missed` is how many reports are missing since the first one that was looked at, `last` is the day of the newest
    one. A node with a `drain` should measure no more; that is the command, or what to do.
    """

    node: str
    verdict: NodeVerdict
    why: str
    node_class: str = ""
    kind: str = ""
    gauge: str = ""
    nights: int = 0
    noise: BoundedShare | None = None
    speed: BoundedShare | None = None
    peers: int = 0
    drift: BoundedShare | None = None
    step: str = ""
    troubles: tuple[tuple[str, float], ...] = ()
    missed: int = 0
    last: str = ""
    drain: str = ""


class NodeMeasure(Record):
    """What the nights of a node say by its gauge, behind the last step: enough to compare it with its equals.

    Nodes of one `kind` are equals. `deviation` is the spread of so many `nights`, `memory` how alike neighbours are.
    `levels` are cases and metrics, each with the logarithm of the middle of its values.
    """

    kind: tuple[str, str, str]
    gauge: str
    nights: int
    deviation: float
    memory: float
    drift: BoundedShare | None
    step: str
    levels: tuple[tuple[str, str, float], ...]


class FleetHealth(Record):
    """The health of all nodes, those that need somebody first, and sentences about what could not be looked at."""

    nodes: tuple[NodeHealth, ...]
    notes: tuple[str, ...] = ()
    schema: int = HEALTH_SCHEMA
