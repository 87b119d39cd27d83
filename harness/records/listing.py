"""Lists as results of a command: each is an object, so that it can have more fields later."""

from harness.records.card import Card, NewestPoint, NodeContent, UnfinishedRun
from harness.records.plan import Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.weights import Weights
from harness.records.witness import SharedEvent


class PlanList(Record):
    """What `--dry-run` prints: the plan of each run or build."""

    plans: tuple[Plan, ...]


class RunList(Record):
    """The runs that `harness list` prints, oldest first, and the number of older ones that match, too."""

    runs: tuple[Card, ...]
    older: int


class UnfinishedList(Record):
    """The runs and searches that did not finish; with --remove those that are, or would be, removed."""

    unfinished: tuple[UnfinishedRun, ...]


class EventList(Record):
    """The events that `harness events` prints, oldest first, and the number of older ones."""

    events: tuple[SharedEvent, ...]
    older: int = 0


class NodeList(Record):
    """What the index holds of each node."""

    nodes: tuple[NodeContent, ...]


class PointList(Record):
    """The newest point of each series of a node."""

    points: tuple[NewestPoint, ...]


class WeightsList(Record):
    """The weights that were fetched or made, each with its file."""

    weights: tuple[Weights, ...]


class FailedTrial(Record):
    """The runs of a live comparison without verdicts."""

    runs: tuple[Run, ...]


class ExportedRun(Record):
    """A run and the folder that it was written to."""

    run: str
    path: str


class ExportList(Record):
    """The runs that were exported."""

    exported: tuple[ExportedRun, ...]
