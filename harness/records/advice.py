"""What to do about a word that the harness prints: a command that works on the node that printed it.

A list for each enumeration, because words of two of them can be equal. A word without anything to do has no line.
"""

from collections.abc import Mapping

from harness.records.bisection import BisectVerdict
from harness.records.caveat import CaveatCode
from harness.records.comparison import CounterSign, Verdict
from harness.records.condition import FindingStatus
from harness.records.exit_code import ExitCode
from harness.records.fleet import JobState
from harness.records.history import EventKind, SeriesStatus
from harness.records.night import DoneStatus
from harness.records.node_health import NodeVerdict
from harness.records.outcome import Cause, Status

_DOCTOR = "harness doctor"
_QUIET = "harness run --wait-quiet 5m"
_LIVE = "harness ab HEAD~1 HEAD  # measures both in turns"
_REBUILD = "harness run --rebuild"
_TESTS = "harness run --tests"
_RELINK = "harness ab HEAD~1 HEAD --relink"
_LATEST = "harness show latest"
_SPACE = "harness cache prune --older 30d"

OF_CAVEAT: Mapping[CaveatCode, str] = {
    CaveatCode.DIRTY: "git commit --all  # then measure again",
    CaveatCode.SOURCE_CHANGED: "harness run",
    CaveatCode.BUILD_CHANGED: _REBUILD,
    CaveatCode.MIXED_BUILDS: _REBUILD,
    CaveatCode.DEBUG_BUILD: "harness run --build-type Release",
    CaveatCode.SIMD_NOT_COMPILED: "harness run --isa native",
    CaveatCode.ILLEGAL_INSTRUCTION: "harness run --isa native",
    CaveatCode.NO_TESTS: _TESTS,
    CaveatCode.WEIGHTS_SYNTHETIC: "harness models base  # then measure again",
    CaveatCode.WEIGHTS_FILE: "harness run --weights official",
    CaveatCode.THREADS_OVER_CPUS: _DOCTOR,
    CaveatCode.THREADS_OVER_QUOTA: _DOCTOR,
    CaveatCode.GOVERNOR: _DOCTOR,
    CaveatCode.FREQUENCY_LIMITED: _DOCTOR,
    CaveatCode.BATTERY: _DOCTOR,
    CaveatCode.POWER_PROFILE: _DOCTOR,
    CaveatCode.SMT: _DOCTOR,
    CaveatCode.NOT_QUIET: _DOCTOR,
    CaveatCode.UNDER_LOAD: _QUIET,
    CaveatCode.STOOD_STILL: _QUIET,
    CaveatCode.SUSPENDED: _QUIET,
    CaveatCode.STEAL: _DOCTOR,
    CaveatCode.THERMAL_THROTTLING: _DOCTOR,
    CaveatCode.QUOTA_THROTTLING: _DOCTOR,
    CaveatCode.SWAPPING: _DOCTOR,
    CaveatCode.INCOMPLETE: _LATEST,
    CaveatCode.NOISY: _DOCTOR,
    CaveatCode.IMPRECISE: "harness run --precision 2% --max-time 30m",
    CaveatCode.ROOF_DISTURBED: "harness roofline",
    CaveatCode.ROOF_MISSING: "harness roofline",
    CaveatCode.THIN: _LIVE,
    CaveatCode.UNSTEADY: _QUIET,
    CaveatCode.NOT_INTERLEAVED: _LIVE,
    CaveatCode.BUILDS: _RELINK,
    CaveatCode.ONE_BUILD: _RELINK,
    CaveatCode.ONE_CPU: _DOCTOR,
}
OF_CAUSE: Mapping[Cause, str] = {
    Cause.ILLEGAL_INSTRUCTION: "harness run --isa native",
    Cause.OTHER_BUILD: _REBUILD,
    Cause.WRONG_RESULT: "harness run --isa avx2  # other kernels: are they right?",
    Cause.UNKNOWN_CPU: "harness run --compiler clang",
    Cause.UNKNOWN_OPTION: "harness run --compiler clang",
    Cause.ASSEMBLER: "harness run --isa avx2",
    Cause.KILLED: "free -h  # memory",
    Cause.OUT_OF_MEMORY: "free -h  # memory",
    Cause.TOO_MANY: "ulimit -a  # shows the limits",
    Cause.DISK_FULL: _SPACE,
    Cause.TREE_CHANGED: _REBUILD,
}
OF_VERDICT: Mapping[Verdict, str] = {
    Verdict.REGRESSED: "harness bisect GOOD BAD  # finds the commit",
    Verdict.UNRESOLVED: "harness ab HEAD~1 HEAD --max-time 30m",
}
OF_BISECTION: Mapping[BisectVerdict, str] = {BisectVerdict.UNRESOLVED: "harness bisect --resume --budget 2h"}
OF_EVENT: Mapping[EventKind, str] = {
    EventKind.SUSPICION: "harness nightly  # measures both commits in turns",
    EventKind.CODE: "harness events  # then: harness events show ID",
    EventKind.NODE: _DOCTOR,
    EventKind.MISSING: "harness nightly --dry-run  # shows what a night would measure, and why",
    EventKind.BROKEN: "harness build  # shows the error",
}
OF_EXIT_CODE: Mapping[ExitCode, str] = {
    ExitCode.USAGE: "harness --help",
    ExitCode.UNFIT: _DOCTOR,
    ExitCode.UNAVAILABLE: "harness run --weights synthetic  # needs no network for weights",
    ExitCode.BUILD_FAILED: _LATEST,
    ExitCode.TESTS_FAILED: _LATEST,
    ExitCode.BENCHMARK_FAILED: _LATEST,
    ExitCode.REGRESSION: "harness bisect GOOD BAD  # finds the commit",
    ExitCode.INCONCLUSIVE: "harness ab HEAD~1 HEAD --max-time 30m",
    ExitCode.NOISY: _DOCTOR,
    ExitCode.INTERRUPTED: "harness list --unfinished  # names what --resume can go on with",
}
OF_STATUS: Mapping[Status, str] = {Status.FAILED: _LATEST, Status.TIMED_OUT: _LATEST}
OF_SERIES: Mapping[SeriesStatus, str] = {
    SeriesStatus.SUSPICION: "harness nightly  # measures both commits in turns",
    SeriesStatus.CONFIRMED: "harness events",
}
OF_DONE: Mapping[DoneStatus, str] = {DoneStatus.BROKEN_OFF: "harness nightly  # goes on with it"}
OF_FINDING: Mapping[FindingStatus, str] = {FindingStatus.UNFIT: _DOCTOR}
OF_JOB: Mapping[JobState, str] = {
    JobState.ENDED: "harness fleet collect",
    JobState.LOST: "harness fleet submit",
    JobState.ABSENT: "harness fleet submit",
    JobState.HOPELESS: "harness fleet cancel  # then correct fleet.toml",
}
OF_NODE: Mapping[NodeVerdict, str] = {
    NodeVerdict.SILENT: "harness fleet status",
    NodeVerdict.NOISY: "harness doctor  # on that node",
    NodeVerdict.SLOW: "harness doctor  # on that node",
    NodeVerdict.DRIFTING: "harness doctor  # on that node",
}

OF_COUNTERS: Mapping[CounterSign, str] = {CounterSign.SAME_WORK: _RELINK}
