"""A run that did not come to its end, as it lies in the results."""

from harness.records.record import Record


class Remnant(Record):
    """One `.partial` folder.

    `kind` is the verb that began it, empty where nothing tells, `measured` how many results with numbers it has. `held`
    says that a process measures it now. `next` is a command, or what happens by itself.
    """

    path: str
    id: str
    node: str
    kind: str
    measured: int
    held: bool
    next: str
