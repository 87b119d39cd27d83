"""The whole of what a run will execute."""

from harness.records.config import CMakeOption, Config
from harness.records.record import Record
from harness.records.step import Step


class Site(Record):
    """One build: its config, the options that name files of this machine, and the folder it is made in.

    `variant` names the CPU variant that is loaded, where the build has the kernels of all of them as libraries.
    """

    config: Config
    wiring: tuple[CMakeOption, ...]
    folder: str
    variant: str = ""


class CodeLayout(Record):
    """A drawn order of functions: its seed, and the folder of the files that tell a linker of it."""

    seed: int
    folder: str


class Plan(Record):
    """Steps in order, the sites whose options explain them, and a sentence on the number of threads."""

    sites: tuple[Site, ...]
    steps: tuple[Step, ...]
    threads: str = ""


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

    Tests are keyed by build type; `targets` are those of the timed build.
    """

    targets: tuple[str, ...] = ()
    tests: tuple[tuple[str, tuple[Listing, ...]], ...] = ()
    dialect: Dialect | None = None

    def listing(self, build_type: str) -> tuple[Listing, ...] | None:
        """Return the tests of one build, None before they were listed."""
        return dict(self.tests).get(build_type)
