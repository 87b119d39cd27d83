"""What the logs of finished steps tell about the tree; replayed from the logs when a run is resumed."""

from harness.parse.bench.bench import parse_dialect
from harness.parse.tool.ctest import parse_listing
from harness.parse.tool.ninja import parse_targets
from harness.records.outcome import StepResult
from harness.records.plan import Inventory

BUILD_TYPES = {"debug": "Debug", "release": "Release"}


def learn(inventory: Inventory, result: StepResult, log: str) -> Inventory:
    """Return `inventory` with what the log of a passed listing or probing step adds to it."""
    verb, _, kind = result.step.partition("_")
    if verb == "list":
        listing = parse_listing(log)
        return inventory.replace(tests=(*inventory.tests, (BUILD_TYPES[kind], listing)))
    if verb == "targets":
        return inventory.replace(targets=tuple(sorted(parse_targets(log))))
    if verb == "dialect":
        return inventory.replace(dialect=parse_dialect(log))
    return inventory
