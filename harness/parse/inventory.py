"""What the logs of finished steps tell about the tree; replayed from the logs when a run is resumed."""

from harness.parse.bench.bench import parse_dialect
from harness.parse.tool.ctest import parse_listing
from harness.parse.tool.ninja import parse_targets
from harness.records.outcome import StepResult
from harness.records.plan import Inventory, StepQuestion


def learn(inventory: Inventory, result: StepResult, log: str) -> Inventory:
    """Return `inventory` with the answer in the log of a passed step."""
    if result.asks is StepQuestion.TESTS:
        return inventory.replace(tests=(*inventory.tests, (result.build_type, parse_listing(log))))
    if result.asks is StepQuestion.TARGETS:
        return inventory.replace(targets=tuple(sorted(parse_targets(log))))
    if result.asks is StepQuestion.DIALECT:
        return inventory.replace(dialect=parse_dialect(log))
    return inventory
