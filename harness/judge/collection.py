"""Whether what lies in the results of a node may be collected, and what it shows of the node's clock and harness."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from harness.records.collection import FoundItem
from harness.records.fleet import ANY_NODE

# Clocks that differ by less order nothing wrongly, and nobody sets them better by hand.
MOST_SKEW_S = 60.0
_PARTS = 5  # of a key


class NodeExpectation(NamedTuple):
    """What may lie in a folder: things of this fleet, and of these nodes alone, or of any where none is named."""

    fleet: str
    nodes: tuple[str, ...] = ()


def find_stranger(item: FoundItem, expected: NodeExpectation) -> tuple[str, str]:
    """Return why something is not of the node in whose folder it lies, and what to do; empty where it may be taken."""
    if item.node != item.folder:
        return (
            f"it names the node {item.node!r}, but lies in the folder of {item.folder!r}",
            "two nodes have one name, or somebody moved it: --as-node gives each node a name of its own",
        )
    if expected.nodes and item.node not in expected.nodes:
        return (
            f"{item.node!r} is none of the nodes that write to this folder ({', '.join(expected.nodes)})",
            'add it to "nodes" of its class in fleet.toml, or remove what lies there',
        )
    return _find_other_job(item, expected.fleet) if item.job else ("", "")


def _find_other_job(item: FoundItem, fleet: str) -> tuple[str, str]:
    parts = item.job.split("/")
    if len(parts) != _PARTS:
        return f"{item.job!r}, which it names, is not the key of a job", ""
    other, _, _, node, _ = parts
    if other != fleet:
        why = f"its job {item.job} is one of the fleet {other!r}: it has a node {item.node!r}, too"
        return why, f"give {other!r} and {fleet!r} results folders of their own, or rename one node (--as-node)"
    if node not in (ANY_NODE, item.node):
        return f"its job {item.job} is one of the node {node!r}", ""
    return "", ""


def describe_clock(item: FoundItem, now: datetime, logged: datetime | None = None) -> str:
    """Return how a record shows that the clock of its node is wrong, and by how much at least; empty if it does not.

    `logged` is when the log of its job was last written, by the clock of the file system. The log is written to after
    the end of the run that it tells of, never before.
    """
    start, end = read_time(item.start), read_time(item.end)
    for time in (end, start):
        if time and time - now > timedelta(seconds=MOST_SKEW_S):
            ahead = _describe(time - now)
            return (
                f"{item.node}: its clock is ahead by at least {ahead}: {item.path} is of {time:%Y-%m-%d %H:%M:%S} UTC"
            )
    if start and end and start - end > timedelta(seconds=MOST_SKEW_S):
        return f"{item.node}: its clock was set back by at least {_describe(start - end)} during {item.path}"
    if end and logged and end - logged > timedelta(seconds=MOST_SKEW_S):
        ahead = _describe(end - logged)
        return f"{item.node}: its clock is ahead of the file server's by at least {ahead}: {item.path}"
    return ""


def read_time(text: str) -> datetime | None:
    """Return a time in ISO 8601, which is UTC if it does not say otherwise; None for another text."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _describe(difference: timedelta) -> str:
    seconds = int(difference.total_seconds())
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
