"""What will be executed, as pure data: steps, where and how each runs, and the whole plan."""

from enum import StrEnum

from harness.records.build import CMakeOption, Config
from harness.records.measurement import Case
from harness.records.record import ExplainedWord, Record
from harness.records.suite import Engine


class Placement(Record):
    """The CPUs that a child is pinned to (empty for any) and its priority (nice; None for unchanged).

    `huge_pages` says whether it was to use transparent huge pages.
    """

    cpus: tuple[int, ...] = ()
    nice: int | None = None
    huge_pages: bool = False

    def __str__(self) -> str:
        """Return the placement for people: `CPUs 0,2, nice 5`."""
        parts = [
            f"CPUs {','.join(str(cpu) for cpu in self.cpus)}" if self.cpus else "",
            f"nice {self.nice}" if self.nice is not None else "",
            "transparent huge pages" if self.huge_pages else "",
        ]
        return ", ".join(part for part in parts if part)


class Phase(StrEnum):
    """What kind of work a step is; it decides the exit code of a failure and the section of the report.

    QUANTISE makes weights that a benchmark needs. REFERENCE makes what results are compared with, ROOFLINE measures the
    node itself: neither makes a run fail.
    """

    CONFIGURE = "configure"
    LIST = "list"
    BUILD = "build"
    TEST = "test"
    PROBE = "probe"
    QUANTISE = "quantise"
    REFERENCE = "reference"
    ROOFLINE = "roof"
    BENCHMARK = "bench"


class StepQuestion(ExplainedWord):
    """The question that a step asks a tool or a program, with one line of meaning; its log holds the answer."""

    TARGETS = "targets", "The build tool is asked for its targets: is there a bench program, and what is its name?"
    TESTS = "tests", "CTest is asked for the tests that the tree registers."
    DIALECT = "dialect", "The bench program is asked for its options."
    FEATURES = "features", "The bench program is asked what was compiled in."
    BLAS_LIBRARY = "blas-library", "The BLAS library of the build is asked for its version and kernels."
    GPU_DRIVER = "gpu-driver", "The driver of the GPUs is asked for its version."


class Step(Record):
    """One child process.

    `argv` may hold placeholders (`harness.plan.placeholder`) for what only the built tree can tell: the bench program,
    its dialect, the tests. `title` is shown to people. `needs` names the steps whose failure blocks this one. `log` is
    the file under `logs/` for stdout and stderr. The work is already done if the file `stamp` holds `key` and the
    `products` exist. `wipe` is a folder that is removed before the work starts, `output` a file in `cwd` that the child
    writes and that is kept beside the log. `engine` says which program wrote the log of a benchmark, `backend` what
    must have computed for its numbers to count, `placement` where it runs. `asks` is the question that it asks, if it
    does nothing else; `build_type` that of its build, empty if it belongs to none. `text` is what the recording of its
    case is known to say, empty if that is not known.
    """

    name: str
    title: str
    phase: Phase
    argv: tuple[str, ...]
    cwd: str
    log: str
    timeout_s: float
    env: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    case: Case | None = None
    repetition: int = 0
    stamp: str = ""
    key: str = ""
    products: tuple[str, ...] = ()
    wipe: str = ""
    output: str = ""
    min_memory_bytes: int = 0
    engine: Engine = Engine.BENCH
    backend: str = ""
    placement: Placement | None = None
    asks: StepQuestion | None = None
    build_type: str = ""
    text: str = ""


class BuildSite(Record):
    """One build: its config, the options that name files of this machine, and its folder.

    `variant` names the CPU variant that is loaded, if the build has the kernels of all variants as libraries.
    """

    config: Config
    wiring: tuple[CMakeOption, ...]
    folder: str
    variant: str = ""


class CodeLayout(Record):
    """A random order of functions: its seed, and the folder with the files that give it to a linker."""

    seed: int
    folder: str


class Plan(Record):
    """The steps in order, the build sites, and a sentence about the number of threads."""

    sites: tuple[BuildSite, ...]
    steps: tuple[Step, ...]
    threads: str = ""


class ListedTest(Record):
    """One test that CTest knows: its labels and the program that it runs."""

    name: str
    labels: tuple[str, ...]
    program: str


class Dialect(Record):
    """The options that the bench program's help lists."""

    no_gpu: bool = False
    flash_attn: bool = False
    no_flash_attn: bool = False


class Inventory(Record):
    """What a configured and built tree offers; it fills in the placeholders of a plan.

    Tests are keyed by build type; `targets` are those of the timed build.
    """

    targets: tuple[str, ...] = ()
    tests: tuple[tuple[str, tuple[ListedTest, ...]], ...] = ()
    dialect: Dialect | None = None

    def listing(self, build_type: str) -> tuple[ListedTest, ...] | None:
        """Return the tests of one build, or None before they are listed."""
        return dict(self.tests).get(build_type)
