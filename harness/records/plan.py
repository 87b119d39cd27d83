"""The whole of what a run will execute."""

from harness.records.config import Config
from harness.records.record import Record
from harness.records.step import Step


class Plan(Record):
    """Steps in order, and the configs whose options explain them."""

    steps: tuple[Step, ...]
    configs: tuple[Config, ...]


class Listing(Record):
    """One test that CTest knows: its labels and the program that it runs."""

    name: str
    labels: tuple[str, ...]
    program: str


class Dialect(Record):
    """What the bench program's own help says it understands."""

    no_gpu: bool = False
    flash_attn: bool = False
    no_flash_attn: bool = False


class Inventory(Record):
    """What a configured and built tree turned out to offer; it binds the placeholders of a plan.

    Tests are keyed by build type. Fields are None until they have been probed.
    """

    bench_target: str | None = None
    tests: tuple[tuple[str, tuple[Listing, ...]], ...] = ()
    dialect: Dialect | None = None

    def listing(self, build_type: str) -> tuple[Listing, ...] | None:
        """Return the tests of one build, None before they were listed."""
        return dict(self.tests).get(build_type)
