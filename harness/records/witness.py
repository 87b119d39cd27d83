"""What other nodes say about a change of the code: that they show it as well, do not show it, or did not look."""

from harness.records.comparison import Comparison
from harness.records.history import Event
from harness.records.record import ExplainedWord, Record


class Stance(ExplainedWord):
    """What a node says about a change that some node shows."""

    AGREES = "agrees", "The node has the same event, or its live comparison shows the change."
    SUSPECTS = "suspects it", "The stored numbers of the node look like the change, and nothing has confirmed it."
    DISAGREES = (
        "disagrees",
        "A live comparison on the node, of a commit before and one after, excludes half of the change.",
    )
    NO_STEP = "shows no step", "The stored numbers of the node exclude half of the change, which is no proof."
    NOT_LOOKED = "did not look", "The node has no numbers that could tell."


class Witness(Record):
    """What a node says about a change, and why.

    `machine` is its microarchitecture, or else its CPU; empty where neither is known. `about` is the reason in a few
    words, and `event` the id of its own event. `change` with its bounds is what it has measured, of the series `what`.
    `runs` are those of its live comparison. `command` would find out more on that node.
    """

    node: str
    stance: Stance
    about: str
    machine: str = ""
    event: str = ""
    what: str = ""
    change: float | None = None
    low: float | None = None
    high: float | None = None
    runs: tuple[str, ...] = ()
    command: str = ""


class LiveFinding(Record):
    """What all live comparisons of two commits on a node came to together; `runs` are theirs, by id."""

    old: str
    new: str
    runs: tuple[str, ...]
    found: tuple[Comparison, ...]


class SharedEvent(Event):
    """An event with the same change on other nodes.

    `others` are the events of other nodes that have the same cause, as far as is known; `witnesses` says of each node
    whether it shows the change, and is empty where there is one node only.
    """

    others: tuple[Event, ...] = ()
    witnesses: tuple[Witness, ...] = ()
