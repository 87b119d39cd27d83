"""A run as people see it, for programs: status, medians, memory, tests and failures, beside the record itself."""

from harness.records.outcome import Status
from harness.records.quality_report import QualityRow
from harness.records.record import Record
from harness.records.run import Run


class RunNumber(Record):
    """The sample of one metric of one case: `n` values, in `unit`.

    `low` and `high` bound the median with `confidence`; they are null where n is too small for an interval. `spread` is
    (maximum - minimum) / median. `weights` is the kind of the model's weights, empty for a benchmark without a model.
    `roofline` is the share of the measured roofline that was reached, null where it is not known.
    """

    case: str
    benchmark: str
    params: dict[str, str]
    metric: str
    unit: str
    lower_is_better: bool
    n: int
    median: float
    minimum: float
    maximum: float
    spread: float
    low: float | None = None
    high: float | None = None
    confidence: float = 0.0
    weights: str = ""
    roofline: float | None = None


class CaseCost(Record):
    """What a model case takes: the modelled real-time factor, and the peak memory of its processes; null if unknown."""

    case: str
    rtf: float | None = None
    peak_bytes: int | None = None


class CheckCount(Record):
    """How the tests of one build ended: how many passed or were skipped, and the names of the others."""

    build: str
    passed: int
    failed: tuple[str, ...]
    timed_out: tuple[str, ...]
    skipped: int


class StepFailure(Record):
    """A step that failed, why, and its log in the folder of the run; `alike` more steps failed in the same way."""

    step: str
    status: Status
    reason: str
    log: str
    alike: int


class RunAnswer(Record):
    """A run as `harness run` and `harness show` print it; `run` is the record, as in run.json.

    `path` is the folder of the run. `exit_code` is that of the run, and `outcome` the same as a word. `commit` is seven
    digits, with `+` for uncommitted changes. `counters` are what the hardware counted, empty where it did not.
    `quality` says how good the text is, empty where nothing was listened to. `caveats` are the codes; the record has
    their sentences.
    """

    id: str
    node: str
    path: str
    status: Status
    exit_code: int
    outcome: str
    start: str
    wall_s: float
    project: str
    commit: str
    release: str
    config: str
    numbers: tuple[RunNumber, ...]
    cases: tuple[CaseCost, ...]
    tests: tuple[CheckCount, ...]
    failures: tuple[StepFailure, ...]
    caveats: tuple[str, ...]
    run: Run
    counters: tuple[RunNumber, ...] = ()
    quality: tuple[QualityRow, ...] = ()


class RunAnswers(Record):
    """The runs that `harness show` prints, in the order in which they were named."""

    runs: tuple[RunAnswer, ...]


class BuildAnswer(Record):
    """What `harness build` came to: the folder of the build, that of its logs, and the reason if it failed.

    `run` is the record of the build; it holds no measurements.
    """

    folder: str
    logs: str
    built: bool
    reason: str
    run: Run
