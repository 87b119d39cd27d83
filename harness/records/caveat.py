"""What a reader must know before trusting a number: the list of all codes, and one caveat."""

from harness.records.record import ExplainedWord, Record


class CaveatCode(ExplainedWord):
    """What a caveat is about, with one line of meaning, which docs/reference/caveats.md and `harness explain` show.

    A code is stored in records and read by programs, so it keeps its meaning for ever.
    """

    # The source and the build.
    DIRTY = "dirty", "The tree had uncommitted changes, so its commit alone does not identify what was measured."
    SOURCE_CHANGED = (
        "source-changed",
        "The source tree changed while it was built: the numbers belong to neither state. Run again.",
    )
    BUILD_CHANGED = (
        "build-changed",
        "Something wrote to the build after it was finished: later numbers may belong to another build. Run again.",
    )
    OTHER_BUILD = (
        "other-build",
        "The build was made again during the run; numbers of the earlier build were discarded and measured again.",
    )
    MIXED_BUILDS = "mixed-builds", "The run holds numbers of several different builds; do not treat them as one sample."
    DEBUG_BUILD = "debug-build", "A Debug build was measured; it is several times slower than a release build."
    OPTION_IGNORED = (
        "option-ignored",
        "A CMake option that was asked for had no effect: it is unknown, was overruled, or was renamed.",
    )
    ISA_DIFFERS = (
        "isa-differs",
        "ggml reports other instruction sets than the build was configured for.",
    )
    SIMD_NOT_COMPILED = (
        "simd-not-compiled",
        "The CPU has instruction sets that the build does not use; --isa native would use them.",
    )
    ILLEGAL_INSTRUCTION = (
        "illegal-instruction",
        "A program was killed because it used an instruction that this CPU lacks; the message names the option.",
    )
    NO_OPENMP = "no-openmp", "The build has no OpenMP, so ggml used its own threads, which can be slower or faster."
    LIBRARY_PATH = (
        "library-path",
        "Folders with another libwhisper or libggml were left out of LD_LIBRARY_PATH, so the build was measured.",
    )
    NO_TESTS = "no-tests", "whisper.cpp's own tests were not run, so the measured build is not known to be correct."

    # The environment.
    ENVIRONMENT_IGNORED = (
        "environment-ignored",
        "Variables that would change the build were not passed on; use -D NAME=VALUE instead.",
    )
    ENVIRONMENT_SECRET = "environment-secret", "Variables that look like secrets were neither passed on nor recorded."
    ENVIRONMENT_UNREADABLE = "environment-unreadable", "Variables that are not valid UTF-8 were not passed on."
    TIMING_ENVIRONMENT = (
        "timing-environment",
        "Variables that change timings, such as OMP_NUM_THREADS, were passed on to the benchmarks.",
    )

    # What computes.
    BACKEND_FAILED = "backend-failed", "A backend was found but failed to start; the message says what ran instead."
    SOFTWARE_DEVICE = "software-device", "The GPU is a program that imitates one on the CPU: no real GPU was measured."
    CPU_BENCHMARKS = "cpu-benchmarks", "memcpy and mul_mat always measure the CPU, even in a build for a GPU."
    GPU_NOT_USED = "gpu-not-used", "The report asked for a GPU, but its logs show that something else computed."
    GPU_NOT_SEEN = "gpu-not-seen", "The report asked for a GPU, but nothing in it shows that one was used."

    # Weights and recordings.
    WEIGHTS_SYNTHETIC = (
        "weights-synthetic",
        "The weights have the true shapes but random values: timings are representative, transcriptions are not.",
    )
    WEIGHTS_FILE = "weights-file", "The weights are a file given by the user, not the official one of that model."
    WEIGHTS_PLANNED = (
        "weights-planned",
        "This is a plan: which weights will be used is decided when the run starts.",
    )
    WEIGHTS_QUANTISED = "weights-quantised", "The weights were quantised from others by the tree's own program."
    WEIGHTS_CHANGED = "weights-changed", "The weights changed during the run, so numbers may belong to either file."
    AUDIO_CHANGED = "audio-changed", "A recording changed during the run, so numbers may belong to either file."
    NOT_TRANSCRIBED = (
        "not-transcribed",
        "Nothing was transcribed: synthetic weights stop after a random number of tokens.",
    )
    NOT_DETERMINISTIC = (
        "not-deterministic",
        "The same weights, build and settings did not give the same text or tokens every time; the message counts it.",
    )
    OTHER_TEXT = (
        "other-text",
        "More than half of the words are wrong: the known text may be another recording's, or in another language.",
    )
    PARTLY_HEARD = (
        "partly-heard",
        "Tokens were compared in ten windows of a long recording, spread evenly, not in all of it.",
    )

    # The node before the run.
    THREADS_OVER_CPUS = "threads-over-cpus", "More threads than usable CPUs: they wait for each other. Use fewer."
    THREADS_OVER_QUOTA = "threads-over-quota", "More threads than the cgroup's CPU quota allows: they are throttled."
    GOVERNOR = "governor", "The CPU frequency governor is not performance, so clock rates follow the load."
    FREQUENCY_LIMITED = "frequency-limited", "The clock rate is limited below what the CPU can do."
    BATTERY = "battery", "The node ran on battery, which usually lowers clock rates."
    POWER_PROFILE = "power-profile", "A power profile that saves energy was active."
    SMT = "smt", "There are more threads than physical cores, so some of them share a core (SMT)."
    NO_HUGE_PAGES = "no-huge-pages", "--huge-pages had no effect, because the system does not offer them."
    NOT_QUIET = "not-quiet", "--wait-quiet gave up: other processes kept using the CPUs, and the run went on."
    LIKE = (
        "like",
        "The run was to be like another one (--like); the message says which, and what could not be the same.",
    )
    RESUMED_CHANGED = "resumed-changed", "The run was resumed after something around it had changed."
    NODE_CHANGED = "node-changed", "The node's settings (governor, power, usable CPUs) changed during the run."

    # The node during the run.
    UNDER_LOAD = (
        "under-load",
        "Other processes used the CPUs during a measurement, even after retries; its times may be too long.",
    )
    RETRIED = "retried", "Disturbed measurements were repeated; the undisturbed or the quietest attempt counts."
    STOOD_STILL = "stood-still", "A measurement was stopped or frozen for a while; its time may include the stop."
    SUSPENDED = "suspended", "The node went to sleep during a measurement."
    STEAL = "steal", "The hypervisor gave CPU time to other guests during a measurement."
    THERMAL_THROTTLING = "thermal-throttling", "The CPU lowered its clock rate because it was too hot."
    QUOTA_THROTTLING = "quota-throttling", "The cgroup's CPU quota was used up, so threads had to wait."
    SWAPPING = "swapping", "Memory was read back from swap during a measurement; free some memory."
    STOPPED = (
        "stopped",
        "The measurement ended before every comparison was decided, because of a limit or an interruption.",
    )

    # What came of it.
    INCOMPLETE = (
        "incomplete",
        "A result that was asked for is missing without a reason, or nothing was measured: the run has failed.",
    )
    BENCHMARK_SKIPPED = "benchmark-skipped", "A benchmark was skipped; the message says why."
    NOT_CHECKED = (
        "not-checked",
        "Whether the build computes what the weights say could not be checked; the message says why.",
    )
    REQUESTS_QUEUED = (
        "requests-queued",
        "whisper-server computes one request at a time, so the latency of several clients is mostly time in a queue.",
    )
    NOISY = "noisy", "The repetitions of a metric are far apart (spread above 50 %); something probably disturbed them."
    IMPRECISE = "imprecise", "--precision was not reached within the time limit."
    CORRELATED = (
        "correlated",
        "Consecutive repetitions are correlated, so the medians are less precise than asked for.",
    )
    MUL_MAT_ZERO = "mul-mat-zero", "Cells of mul_mat were rounded to 0.0 GFLOP/s; they are left out."
    MUL_MAT_UNDERFLOW = (
        "mul-mat-underflow",
        "mul_mat's F32 column is an artefact of its operands, which underflow; it says nothing about the CPU.",
    )
    ROOF_OVER_BOUND = "roof-over-bound", "The measured peak is higher than the clock rate allows: do not trust it."
    ROOF_DISTURBED = (
        "roof-disturbed",
        "Other processes used the CPUs while the roofline was measured; the true one is higher.",
    )
    ROOF_CACHED = "roof-cached", "The arrays may fit into the caches, so the rates may not be those of memory."
    ROOF_MISSING = "roof-missing", "The roofline was not measured before or after the benchmarks; see the message."
    ROOF_MOVED = "roof-moved", "The roofline changed while the benchmarks ran, through heat or other processes."

    # Comparisons.
    THIN = "thin", "There are too few repetitions for any verdict; the message says how many it takes."
    UNSTEADY = "unsteady", "The change itself drifted during the measurement: no single number describes it."
    UNUSABLE = "unusable", "Values that are not above zero were left out, together with their partners."
    UNMATCHED = "unmatched", "Some cases were measured on one side only and are not compared."
    DIALECT = "dialect", "The benchmark changed its meaning between the two commits: shown, but not judged."
    A_A = "a-a", "Both sides are the same commit, built in the same way: any difference found is a false positive."
    EQUAL_CODE = "equal-code", "Both sides have the same machine code: any difference found is a false positive."
    SAME_RUN = "same-run", "The same run is on both sides, so numbers were compared with themselves."
    SHARED_SEED = "shared-seed", "Several trials used the same seed, so their random orders are not independent."
    FIXED_SEED = "fixed-seed", "The seed is fixed in the settings, so repeated trials are not independent."
    NOT_KNOWN = "not-known", "Some circumstances of the runs were not recorded and were taken to be alike."
    NOT_INTERLEAVED = (
        "not-interleaved",
        "The runs of the two sides are not mixed in time: a change of the node may look like a change of the code.",
    )
    BY_DAY = "by-day", "Runs of one day share its conditions, so each day counts once, by its median."
    BUILDS = "builds", "Each side has few code layouts: layout alone can look like a difference. Use --relink."
    ONE_BUILD = "one-build", "Each side has one code layout: layout alone can look like a difference. Use --relink."
    SHARED_FILES = (
        "shared-files",
        "All blocks loaded one copy of a file: where it lies in memory can look like a difference.",
    )
    ONE_CPU = "one-cpu", "There is one usable CPU, which the measured processes share with everything else."
    SPINNING = "spinning", "A waiting process kept using a CPU while the other side was measured."
    BLOCKS_LOST = "blocks-lost", "Blocks of the trial failed and were left out; the message gives the last reason."

    # Imported reports.
    DATE_UNKNOWN = "date-unknown", "The date of the report is not known; --since and --until do not filter this run."
    DATE_UNCERTAIN = "date-uncertain", "The date of the report can be read in several ways; the message lists them."
    STATUS_DIFFERS = "status-differs", "The report claims success although something in it failed."
    NOT_UNDERSTOOD = "not-understood", "Lines of the report were not understood; they are kept as remarks."
    ENCODE_LOST = "encode-lost", "Encode times of 10 s and more were lost by the script that wrote the report."
    COMMIT_DIFFERS = "commit-differs", "Rows of the report name a different commit than the report itself."
    RUNTIME_UNKNOWN = "runtime-unknown", "How long the run took is not known: the report has user time only."


# Caveats that say that something else kept the node busy, or slow.
DISTURBED = frozenset(
    {
        CaveatCode.UNDER_LOAD,
        CaveatCode.NOT_QUIET,
        CaveatCode.STEAL,
        CaveatCode.THERMAL_THROTTLING,
        CaveatCode.QUOTA_THROTTLING,
        CaveatCode.SWAPPING,
        CaveatCode.SUSPENDED,
        CaveatCode.STOOD_STILL,
        CaveatCode.NOISY,
    }
)


class Caveat(Record):
    """A stable `code` for programs and a sentence for people, stored in the result that it qualifies.

    The harness itself uses the codes of `CaveatCode`; records of other versions and imported reports may hold others.
    """

    code: str
    message: str
