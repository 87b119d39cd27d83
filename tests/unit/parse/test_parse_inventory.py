"""What a step asked decides how its log is read, whatever the step is called."""

from pathlib import Path

from harness.parse.inventory import learn
from harness.records.plan import Inventory, Phase, StepQuestion
from tests import factory

LOGS = Path(__file__).parents[2] / "data" / "logs"


def test_the_question_decides_and_not_the_name() -> None:
    listing = (LOGS / "ctest-3.25-listing-built.json").read_text(encoding="utf-8")
    listed = factory.result("looked", Phase.LIST).replace(asks=StepQuestion.TESTS, build_type="RelWithDebInfo")
    known = learn(Inventory(), listed, listing)
    assert known.listing("RelWithDebInfo")
    assert known.listing("Release") is None
    targets = (LOGS / "ninja-targets.txt").read_text(encoding="utf-8")
    asked = factory.result("looked", Phase.LIST).replace(asks=StepQuestion.TARGETS)
    assert "whisper-bench" in learn(known, asked, targets).targets
    assert learn(known, factory.result("list_debug", Phase.LIST), listing) == known
