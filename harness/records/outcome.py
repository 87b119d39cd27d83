"""The results of executing steps."""

from harness.records.condition import Quietness
from harness.records.measurement import Case, Measurement
from harness.records.plan import Phase, Placement, Step, StepQuestion
from harness.records.quality import ResultCheck, ServerLoad, TextErrors, TokenDivergence
from harness.records.record import ExplainedWord, Record
from harness.records.suite import Benchmark

# So much of what a child prints is kept; a build of whisper.cpp with all its tests prints less than one megabyte.
MOST_LOG_BYTES = 64 << 20
# The last line of a log that was cut off there; the child was stopped.
FLOODED = f"it printed more than {MOST_LOG_BYTES >> 20} MB: it was stopped, and the rest is not kept"


class Status(ExplainedWord):
    """How a step, a test or a run ended."""

    PASSED = "PASSED", "It ended well; of a benchmark this means that it has numbers."
    FAILED = "FAILED", "It ended with an error, or without the numbers it was run for; the reason and its log say more."
    TIMED_OUT = "TIMED_OUT", "It took longer than allowed and was stopped."
    SKIPPED = "SKIPPED", "It was not run, because a step that it needs failed, or because it cannot work here."

    @property
    def bad(self) -> bool:
        """Whether this status is a failure."""
        return self in (Status.FAILED, Status.TIMED_OUT)


class Cause(ExplainedWord):
    """Why a step failed, or why its numbers do not count, with one line of meaning."""

    # A program was started, and this came of it.
    ILLEGAL_INSTRUCTION = "illegal-instruction", "A program used an instruction that this CPU lacks (SIGILL)."
    FLOODED = "flooded", "A program never stopped printing, and was killed."
    # Numbers that were discarded.
    OTHER_BUILD = "other-build", "Its numbers came from another build than the one that the run records."
    # What was computed.
    WRONG_RESULT = "wrong-result", "A build computes something else than the weights say: its speed means nothing."
    # What the tools printed when a configuration or a build failed.
    UNKNOWN_CPU = "unknown-cpu", "The compiler does not know the CPU that it is to build for."
    UNKNOWN_OPTION = (
        "unknown-option",
        "The compiler or linker does not know an option: it is too old, or the option is wrong.",
    )
    INTRINSIC = "intrinsic", "The sources use CPU instructions that the compiler was not asked for or does not know."
    ASSEMBLER = "assembler", "The assembler does not know an instruction that the compiler uses: it is too old."
    KILLED = "killed", "A compiler or linker was killed, probably because memory ran out."
    OUT_OF_MEMORY = "out-of-memory", "A compiler or linker ran out of memory."
    TOO_MANY = "too-many", "The system allows no more processes or open files."
    DISK_FULL = "disk-full", "No space is left on the disk, or the quota is used up."
    READ_ONLY = "read-only", "The build folder is on a read-only file system."
    NOT_ALLOWED = "not-allowed", "Permission to read, write or execute a file is missing."
    COMPILER_CRASHED = "compiler-crashed", "A compiler or linker crashed."
    COMPILER_INCOMPLETE = "compiler-incomplete", "A part of the compiler is not installed."
    HEADER_MISSING = "header-missing", "A header is missing; install the development package that has it."
    LIBRARY_MISSING = "library-missing", "A library is missing; install its development package."
    PACKAGE_MISSING = "package-missing", "CMake did not find a package; the reason names what to install."
    GPU_ARCHITECTURE = "gpu-architecture", "The CUDA compiler does not know the GPU."
    HOST_COMPILER = "host-compiler", "The host compiler is too new for the CUDA compiler."
    TREE_CHANGED = "tree-changed", "A file that the build was configured with no longer exists; use --rebuild."
    CLOCK = "clock", "Files are dated later than the clock of this node; set the clock, then use --rebuild."


# These are troubles of the node: another commit would not build, either.
OF_NODE = frozenset(
    {
        Cause.KILLED,
        Cause.OUT_OF_MEMORY,
        Cause.TOO_MANY,
        Cause.DISK_FULL,
        Cause.READ_ONLY,
        Cause.NOT_ALLOWED,
        Cause.COMPILER_INCOMPLETE,
        Cause.CLOCK,
    }
)


class CompletedProcess(Record):
    """The end of a child process; `exit_code` is negative for a signal, as in `subprocess`.

    `max_rss_bytes` is its peak memory, and 0 if that is not known (less than the harness itself held). `wall_s`
    includes the `stopped_s` seconds in which it, or the harness that watched it, was stopped by a signal or frozen, but
    not the `suspended_s` seconds in which the node slept; None stands for not known, as in older records.
    """

    argv: tuple[str, ...]
    exit_code: int
    wall_s: float
    user_s: float
    system_s: float
    max_rss_bytes: int
    start: str
    timed_out: bool = False
    stopped_s: float | None = None
    suspended_s: float | None = None

    @property
    def ran_s(self) -> float:
        """The wall seconds without those in which it was stopped."""
        return max(self.wall_s - (self.stopped_s or 0.0), 0.0)

    @property
    def still_s(self) -> float:
        """The seconds in which it is known to have been stopped or suspended."""
        return (self.stopped_s or 0.0) + (self.suspended_s or 0.0)

    @property
    def standstill(self) -> str:
        """What stood still, and for how long: `the node was suspended for 6.0 s`; empty if nothing did."""
        standstills = {
            "the process or the harness was stopped or frozen": self.stopped_s,
            "the node was suspended": self.suspended_s,
        }
        return " and ".join(f"{what} for {max(seconds, 0.1):.1f} s" for what, seconds in standstills.items() if seconds)


class CTestResult(Record):
    """One test of whisper.cpp as CTest saw it."""

    name: str
    status: Status
    wall_s: float
    output: str = ""


class StepResult(Record):
    """How one step ended, and the numbers and tests that were read from its output.

    `quiet` is what else the node did during the step and `placement` where it ran; benchmarks have them, if known.
    `cause` is why it failed or does not count, None if that is not known. `asks` and `build_type` are those of the
    step, `blocked_by` is the failed step for which it was skipped. `build` is the
    `CodeDigests.id` of the build that the numbers of a benchmark came from, empty if that is not known. `layout` is the
    seed of the code layout that was linked for this step alone, 0 if there was none. `counts` are those of hardware
    counters in the timed calls, apart from the measurements, since no table or history of times has room for them.
    Likewise, what was computed stands apart from how fast: the `text_errors` of a transcription, the `divergence` of
    its tokens, the `check` of a build, and the `load` of a server.
    """

    step: str
    phase: Phase
    status: Status
    reason: str = ""
    reused: bool = False
    completed: CompletedProcess | None = None
    case: Case | None = None
    repetition: int = 0
    log: str = ""
    measurements: tuple[Measurement, ...] = ()
    counts: tuple[Measurement, ...] = ()
    checks: tuple[CTestResult, ...] = ()
    quiet: Quietness | None = None
    placement: Placement | None = None
    cause: Cause | None = None
    build: str = ""
    layout: int = 0
    asks: StepQuestion | None = None
    build_type: str = ""
    blocked_by: str = ""
    text_errors: TextErrors | None = None
    divergence: TokenDivergence | None = None
    check: ResultCheck | None = None
    load: ServerLoad | None = None

    @property
    def has_numbers(self) -> bool:
        """Whether something was measured or counted."""
        return bool(self.measurements or self.text_errors or self.divergence)

    @property
    def stood_still(self) -> bool:
        """Whether the process, its watcher or the node is known to have been stopped during the step."""
        return self.completed is not None and self.completed.still_s > 0

    def fails_like(self, other: "StepResult") -> bool:
        """Return whether both are failed repetitions of one case, for the same reason."""
        alike = (self.case, self.status, self.reason) == (other.case, other.status, other.reason)
        return alike and self.status.bad and self.case is not None

    @classmethod
    def unexecuted(cls, step: Step, status: Status, reason: str) -> "StepResult":
        """Return the result of a step that started no child, or whose output could not be read."""
        return cls(
            step=step.name,
            phase=step.phase,
            status=status,
            reason=reason,
            case=step.case,
            repetition=step.repetition,
            asks=step.asks,
            build_type=step.build_type,
        )


def is_timed(one: Step | StepResult) -> bool:
    """Return whether this is a process of a model case."""
    return one.phase is Phase.BENCHMARK and one.case is not None and one.case.benchmark == Benchmark.WHISPER


def is_check(one: Step | StepResult) -> bool:
    """Return whether this looks at the result of a build, and not at its speed."""
    return one.case is not None and one.case.benchmark == Benchmark.CHECK
