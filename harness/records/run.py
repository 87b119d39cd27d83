"""One invocation: node x commit x config, and all its results."""

from enum import StrEnum

from harness.records.backend import BackendClaim, Device
from harness.records.build import CodeDigests, Config, Toolchain
from harness.records.caveat import Caveat
from harness.records.exit_code import ExitCode
from harness.records.gap import Gap, find_gaps
from harness.records.measurement import Case, Measurement
from harness.records.node import Node
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Phase
from harness.records.purpose import RunPurpose
from harness.records.record import Record
from harness.records.report import ReportRemark
from harness.records.source import Source, name_project
from harness.records.suite import Suite
from harness.records.trial import Trial
from harness.records.weights import Audio, Weights

# 2 added what only live comparisons and workers have, 3 what only sweeps and quantised weights have, 4 transcribed
# audio, 5 the code of a build and the build of each number, stops and suspensions, what is known of the start of
# imported runs, and the order of processes and the code layout of each block of a live comparison, 6 what a step asks,
# its build type and the step that blocked it, and the name `library` of an engine, 7 what a run was measured for, 8 the
# job of a fleet, 9 counts of hardware counters, 10 what was computed: errors of texts, divergence of tokens, checks of
# results, loads of servers. All of it may be missing, so older records are read as well.
SCHEMA = 10
OLDEST_SCHEMA = 1
OURS = "harness"
GGML_CI = "ggml-ci"
PASTED = "pasted"
# What the id of an imported run begins with where its date is not known; it sorts before every date.
NO_DATE = "0-undated"
# Names among the settings of an imported run: facts that were read from its files.
CMAKE_OPTIONS = "cmake_options"
CPU_FEATURES = "cpu_features"
# Stands in the id of a search for the best settings, which its runs have for their sweep.
SEARCH = "-tune-"


class SettingOrigin(StrEnum):
    """Where the value of a setting came from: a layer, weakest first, or the source of an imported run."""

    DEFAULT = "default"
    FILE = "harness.toml"
    ENVIRONMENT = "environment"
    FLAG = "flag"
    # Of an imported run:
    REPORT = "report"
    LOG = "log"
    FOLDER = "folder"


class SettingUsed(Record):
    """The value of one setting in a run."""

    name: str
    value: str
    origin: SettingOrigin


class SystemInfo(Record):
    """What ggml reports about itself: `n_threads`, `hardware_threads`, and KEY=VALUE features by section.

    A feature's name is `SECTION/KEY`; before v1.7.5 the section is empty. `backends` are those that were used according
    to the log (`CUDA0`, `BLAS`; `CPU` if no GPU was found or none started), empty if it does not say. `devices` are
    those that were found, used or not, and the BLAS library. `failed` are backends and encoders that a log of the run
    names and then takes back.
    """

    n_threads: int
    hardware_threads: int
    features: tuple[tuple[str, str], ...]
    backends: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    failed: tuple[BackendClaim, ...] = ()

    def list_on(self, section: str = "") -> tuple[str, ...]:
        """Return the features that are on, without their sections; with `section`, only those in it."""
        return tuple(
            name.rpartition("/")[2]
            for name, value in self.features
            if value not in ("", "0") and (not section or name.startswith(f"{section}/"))
        )

    @property
    def sectioned(self) -> bool:
        """Whether the features have sections, and only those that are on are named: since v1.7.5."""
        return any(name.startswith("CPU/") for name, _ in self.features)

    @property
    def failure(self) -> str:
        """What the log named and took back, by which line, and what ran; empty if nothing failed."""
        if not self.failed:
            return ""
        ran = f"{', '.join(self.backends)} ran" if self.backends else "what ran is not known"
        claims = [f"{claim.subject} was named, but failed ({claim.contradiction})" for claim in self.failed]
        return f"{'; '.join(claims)}; {ran}"


class Run(Record):
    """A run as it is stored; reports, comparisons and tables are computed from it.

    `start` and `end` are UTC in ISO 8601. `environment` is what the children were given. `origin` is the harness that
    measured, `ggml-ci` for an imported report, `pasted` for a log or a table that somebody published: in those, what is
    not known is empty or 0, and `remarks` are the lines that were not understood. One side of a live comparison has a
    `trial`. `discarded` are attempts that were disturbed or stopped, or came from another build, and were repeated:
    kept, but part of no sample. `sweep` is the id of the sweep that the run belongs to, `audio` what was to be
    transcribed, `code` the digests of the timed build, None before there is one and in imported runs. `built` names the
    programs and libraries in its folder, each with the SHA-256 of its contents when the build was finished, or the
    target of a link; empty for what could not be read. If `start` and `end` of an imported run are the latest possible
    times, `earliest` is the first possible time of its start. `purpose` is what the run was measured for, and
    `asked_by` the event or the commit that a night's watch measured it for, empty for all other runs. `job` is the key
    of the job of a fleet that it was measured for.

    Status and exit code are derived, never stored.
    """

    schema: int
    id: str
    harness: str
    start: str
    node: Node
    source: Source
    config: Config
    toolchain: Toolchain
    suite: Suite
    weights: tuple[Weights, ...]
    environment: tuple[tuple[str, str], ...]
    settings: tuple[SettingUsed, ...] = ()
    end: str = ""
    wall_s: float = 0.0
    system_info: SystemInfo | None = None
    results: tuple[StepResult, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    origin: str = OURS
    remarks: tuple[ReportRemark, ...] = ()
    trial: Trial | None = None
    discarded: tuple[StepResult, ...] = ()
    sweep: str = ""
    audio: tuple[Audio, ...] = ()
    code: CodeDigests | None = None
    earliest: str = ""
    built: tuple[tuple[str, str], ...] = ()
    purpose: RunPurpose = RunPurpose.MANUAL
    asked_by: str = ""
    job: str = ""

    @property
    def verb(self) -> str:
        """The verb that measured the run, or what it is a part of; `ab` for all live comparisons but a bisection's."""
        if self.trial:
            return "bisect" if self.trial.bisection else "ab"
        if self.sweep:
            return "tune" if SEARCH in self.sweep else "sweep"
        return "run"

    def add_caveat(self, caveat: Caveat) -> "Run":
        """Return the run with a further caveat, or as it is where one with that code is there."""
        if any(known.code == caveat.code for known in self.caveats):
            return self
        return self.replace(caveats=(*self.caveats, caveat))

    @property
    def attempts(self) -> tuple[StepResult, ...]:
        """The discarded attempts of the run's own build; the rest came from another build."""
        return tuple(result for result in self.discarded if result.cause is not Cause.OTHER_BUILD)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every number of the run, in the order of execution."""
        return tuple(measurement for result in self.results for measurement in result.measurements)

    @property
    def counts(self) -> tuple[Measurement, ...]:
        """Every count of a hardware counter, in the order of execution."""
        return tuple(count for result in self.results for count in result.counts)

    @property
    def project(self) -> str:
        """The name of the repository that was measured, such as `whisper.cpp` or `ggml`; empty if it is not known."""
        # The benchmarks that are read from others are those of whisper.cpp, too.
        return name_project(self.source.commit.repo, whisper=self.origin == OURS or bool(self.suite.benchmarks))

    @property
    def short_commit(self) -> str:
        """Seven characters for the Commit column, followed by `+` for uncommitted changes."""
        commit = self.source.commit
        return commit.short[:7] + ("+" if commit.sha and commit.dirty else "")

    def weights_kind(self, case: Case) -> str:
        """Return the kind of weights that a case ran with, empty if it is not known."""
        return next((str(weights.kind) for weights in self.weights if weights.model == case.get("model")), "")

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the suite asks for but the finished record has neither a number nor a reason for.

        Empty for imported runs, live comparisons and searches, whose suite does not say what was to be measured, and
        for unfinished runs.
        """
        if not self.end or self.origin != OURS or self.trial or SEARCH in self.sweep:
            return ()
        return find_gaps(self.suite, self.weights, self.audio, self.results)

    @property
    def exit_code(self) -> ExitCode:
        """The first that applies: a failed build, failed tests, a failed benchmark or none measured at all, else OK.

        A missing result without a reason is a failure of the tests or of a benchmark.
        """
        bad = {result.phase for result in self.results if result.status.bad}
        if bad & {Phase.CONFIGURE, Phase.LIST, Phase.BUILD}:
            return ExitCode.BUILD_FAILED
        bad |= {gap.phase for gap in self.gaps}
        if Phase.TEST in bad:
            return ExitCode.TESTS_FAILED
        measured = any(result.has_numbers for result in self.results if result.phase is not Phase.ROOFLINE)
        if bad or (self.suite.benchmarks and self.results and not measured):
            return ExitCode.BENCHMARK_FAILED
        return ExitCode.OK

    @property
    def status(self) -> Status:
        """PASSED, or FAILED when anything that was measured failed."""
        return Status.PASSED if self.exit_code is ExitCode.OK else Status.FAILED
