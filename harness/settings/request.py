"""Requests: what a user asks for, as values, made from the settings once, in the first line of a command.

A request is always valid: bad settings are refused when it is made (`commands.request`).
"""

import shlex
from pathlib import Path

from harness.records.build import CMakeOption, Recipe
from harness.records.measurement import Case
from harness.records.node import Node
from harness.records.purpose import RunPurpose
from harness.records.record import Record
from harness.records.run import Run, SettingUsed
from harness.records.source import SourceRequest
from harness.records.suite import Suite
from harness.records.sweep import Axis, Values
from harness.records.trial import TrialPurpose


class Places(Record):
    """The folders of a command, as absolute paths, and whether it waits for another command that uses the node.

    `named` means that the cache is not the default one. `database` is the URL of the database that holds the index of
    the results, empty for a file in the cache.
    """

    cache: Path
    results: Path
    named: bool = False
    wait: bool = True
    database: str = ""

    @property
    def options(self) -> str:
        """The options that make another command use these folders."""
        results = f"--results {shlex.quote(str(self.results))}"
        return f"{results} --cache {shlex.quote(str(self.cache))}" if self.named else results


class BuildRequest(Record):
    """The requested binary, and how to build it.

    `isa_options` make ggml use the instruction set `isa`; with a `variant`, they build the kernels for every kind of
    CPU as libraries, of which that variant is loaded. A `whole` build compiles whisper-cli as its users do. `tools` is
    a folder, empty for the tools installed with the harness. `jobs` is 0 for as many as fit the node.
    """

    recipe: Recipe
    isa: str
    isa_options: tuple[CMakeOption, ...]
    variant: str = ""
    compiler: str = "auto"
    tools: str = ""
    defines: tuple[str, ...] = ()
    whole: bool = False
    werror: bool = False
    rebuild: bool = False
    jobs: int = 0


class WeightsRequest(Record):
    """Which weights to use: `choice` is auto, official, synthetic or a path, `mirror` a base URL.

    Weights of the types in `made` are made by the source's own program. If `planned`, nothing is fetched or written.
    """

    choice: str = "auto"
    mirror: str = ""
    made: tuple[str, ...] = ()
    planned: bool = False


class PlacementRequest(Record):
    """How to place benchmarks: `pin` is empty, `auto`, or a list of CPUs; `nice` is None to leave it unchanged."""

    pin: str = ""
    nice: int | None = None
    huge_pages: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is requested."""
        return self == PlacementRequest()


class NoiseRefusal(Record):
    """Nothing is measured on a node that is not quiet in time; a scheduler has tried that `restarts` times before."""

    restarts: int = 0


class MeasureRequest(Record):
    """What to measure and how: the suite, recordings to transcribe, and whether to measure the node itself.

    `texts` names the file with the text of each recording, empty for one without. If benchmarks are pinned, `ranking`
    has the usable CPUs of each physical core, the best core first. The total wait for a quiet node is at most `wait_s`
    seconds; each measurement is repeated up to `retries` times. With a `refusal`, nothing is measured where the first
    wait was in vain.
    """

    suite: Suite
    audio: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    roofline: bool = True
    placement_request: PlacementRequest = PlacementRequest()
    ranking: tuple[tuple[int, ...], ...] = ()
    wait_s: float = 0.0
    retries: int = 0
    refusal: NoiseRefusal | None = None


class RunRequest(Record):
    """One run: which source to build and how, and what to measure with which weights.

    `node` is the node that the request was resolved for, `used` are the settings for the record. A `dry` run is only
    planned and shown. `purpose`, `asked_by` and `job` are recorded, see `Run`. `like` is the run that this one is to be
    like, None for none.
    """

    node: Node
    source: SourceRequest
    build: BuildRequest
    weights: WeightsRequest
    measure: MeasureRequest
    used: tuple[SettingUsed, ...] = ()
    dry: bool = False
    purpose: RunPurpose = RunPurpose.MANUAL
    asked_by: str = ""
    job: str = ""
    like: Run | None = None

    def take(self, suite: Suite) -> "RunRequest":
        """Return this request with another suite."""
        return self.replace(measure=self.measure.replace(suite=suite))


class TrialDesign(Record):
    """The design of a trial; `threshold` is the relative change that matters.

    With `early`, cases are no longer measured, and the trial ends, once nothing more can be learned. `named` means that
    these metrics were requested explicitly, not by default. `relink` relinks each side for every block. A trial of a
    `bisection` has its id, and its `purpose` there. After so many `blocks` of each case the trial ends, 0 for no limit.
    """

    seed: int
    pairs: int
    metrics: tuple[str, ...]
    threshold: float
    max_time_s: float
    early: bool = True
    named: bool = False
    relink: bool = False
    bisection: str = ""
    purpose: TrialPurpose | None = None
    blocks: int = 0


class BisectRequest(Record):
    """A search for the commit that changed a metric: the words for both ends, and how commits are built and measured.

    An empty second word means the checkout around the current folder as it is now. The source of `run` has only the
    repository, empty for that checkout or upstream. `budget_s` is the time limit of this sitting. A `renewed` search
    takes nothing from an earlier one; if `strict`, an UNRESOLVED answer has its own exit code.
    """

    words: tuple[str, str]
    run: RunRequest
    design: TrialDesign
    case: Case
    metric: str
    budget_s: float
    renewed: bool = False
    strict: bool = False


class NightRequest(Record):
    """A night's watch over a branch: what each kind of its work is made of, and its limits.

    `run` is the ordinary run of a commit, `side` one side of a comparison, both with a source that has only the
    repository, `design` that of each comparison. `branch` is empty for the default
    branch, `anchor` for the newest release. `notify` is the command for new events. The cache is kept below
    `cache_limit_bytes`, None for no limit. A node that reported nothing for `silent_nights` is an alarm. A `dry` night
    is only planned and shown. With a `refusal`, it does not begin on a node that is not quiet.
    """

    run: RunRequest
    side: RunRequest
    design: TrialDesign
    repo: str
    branch: str = ""
    anchor: str = ""
    budget_s: float = 3600.0
    notify: tuple[str, ...] = ()
    cache_limit_bytes: int | None = None
    silent_nights: int = 3
    refusal: NoiseRefusal | None = None

    @property
    def dry(self) -> bool:
        """Whether it is only planned and shown."""
        return self.run.dry

    @property
    def job(self) -> str:
        """The key of the job of a fleet that it is, empty if it is none."""
        return self.run.job

    @property
    def node(self) -> str:
        """The name of this node."""
        return self.run.node.name


class LineupRequest(Record):
    """The sides of a live comparison as two words of the command line, or none, and the extra settings of each.

    `shared` is the source for a side that names none; `given` are the parts of it that were set by options.
    """

    words: tuple[str, ...]
    extras: tuple[str, str]
    shared: SourceRequest
    given: frozenset[str] = frozenset()


class GridRequest(Record):
    """A sweep: its axes, the excluded combinations, and the suite of all its cells.

    `kept` are the settings that are recorded so that the sweep can be resumed, `job` the job of a fleet that it is.
    """

    suite: Suite
    axes: tuple[Axis, ...]
    excludes: tuple[Values, ...]
    kept: tuple[SettingUsed, ...]
    job: str = ""


class CheckupRequest(Record):
    """What a node must be fit for: a number of threads, builds with a compiler and tools in a cache, and weights.

    If `strict`, a node that is not fit has its own exit code. What comes next depends on what the `results` hold.
    """

    node: Node
    threads: int
    cache: Path
    results: Path
    weights: WeightsRequest
    compiler: str
    tools: str
    strict: bool = False
