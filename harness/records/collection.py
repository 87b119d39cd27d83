"""What nodes of a fleet left and what came of it when it was collected."""

from harness.records.fleet import FLEET_SCHEMA
from harness.records.record import Record


class FoundItem(Record):
    """What a bundle or a file in the results of a node says of itself: enough to know whether it may be collected.

    `folder` is the node's folder in which it lies, `node` the node that it names. `start` and `end` are UTC in ISO
    8601, empty where it has none. `job` is the key of the job that made it, `harness` the version that measured.
    """

    path: str
    folder: str
    node: str
    start: str = ""
    end: str = ""
    job: str = ""
    harness: str = ""


class CollectedNode(Record):
    """What was collected of a node: how much is new, was known, and was refused, and its newest run.

    `where` is the folder that its nodes write to. `newest` is when its newest run began, empty where there is none;
    `silent` says since when it has reported nothing, if that is too long. `harness` is the version that measured it.
    `trouble` says why nothing could be fetched.
    """

    node_class: str
    node: str
    where: str
    new: int = 0
    known: int = 0
    refused: int = 0
    newest: str = ""
    harness: str = ""
    silent: str = ""
    trouble: str = ""


class RefusedItem(Record):
    """Something that was not collected: its path, why, and what to do about it."""

    node_class: str
    node: str
    path: str
    why: str
    hint: str = ""


class FleetCollection(Record):
    """What came of a collection: a row for each node, what was refused, and sentences about clocks and versions.

    `lost` are the keys of jobs of the round that ended and left nothing finished.
    """

    fleet: str
    results: str
    nodes: tuple[CollectedNode, ...]
    refused: tuple[RefusedItem, ...] = ()
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    schema: int = FLEET_SCHEMA
