"""What other nodes say about a change of the code: that they show it as well, do not show it, or did not look."""

from enum import StrEnum

from harness.records.comparison import Comparison
from harness.records.history import Event
from harness.records.record import Record


class Stance(StrEnum):
    """What a node says about a change that some node shows.

    AGREES: it has the same event, or its live comparison shows the change. SUSPECTS: its stored numbers look like it,
    and nothing has confirmed that. DISAGREES: its live comparison of a commit before and one after excludes half of the
    change. NO_STEP: its stored numbers exclude that, which is no proof. NOT_LOOKED: it has no numbers that could tell.
    """

    AGREES = "agrees"
    SUSPECTS = "suspects it"
    DISAGREES = "disagrees"
    NO_STEP = "shows no step"
    NOT_LOOKED = "did not look"


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
