"""What a user asks for, as values: resolved of the settings once, in the first line of a command.

Whoever has one need not ask whether it can be: what cannot be was refused when it was made (`commands.request`).
"""

import shlex
from pathlib import Path

from harness.records.build import CMakeOption, Recipe
from harness.records.node import Node
from harness.records.record import Record
from harness.records.run import SettingUsed
from harness.records.source import SourceRequest
from harness.records.suite import Suite
from harness.records.sweep import Axis, Values


class Places(Record):
    """The folders of a command, as absolute paths, and whether it waits for another one that is busy on this node.

    The cache is `named` where it is not the default.
    """

    cache: Path
    results: Path
    named: bool = False
    wait: bool = True

    @property
    def options(self) -> str:
        """The options by which another command finds these folders."""
        results = f"--results {shlex.quote(str(self.results))}"
        return f"{results} --cache {shlex.quote(str(self.cache))}" if self.named else results


class BuildRequest(Record):
    """The binary that is asked for, and how it is made.

    `isa_options` make ggml use the instruction set `isa`; with a `variant` they make a build that has the kernels of
    every CPU as libraries, of which that one is loaded. A `whole` build has whisper-cli as its users compile it.
    `tools` is a folder, empty for the tools that come with the harness. `jobs` is 0 for as many as fit the node.
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
    """Where weights come from: `choice` is auto, official, synthetic or a path, `mirror` a base URL.

    Those of the types in `made` are made by the program of the source. With `planned` nothing is fetched or written.
    """

    choice: str = "auto"
    mirror: str = ""
    made: tuple[str, ...] = ()
    planned: bool = False


class PlacementRequest(Record):
    """How benchmarks are to be run: `pin` is empty, `auto`, or a list of CPUs; `nice` None leaves it alone."""

    pin: str = ""
    nice: int | None = None
    huge_pages: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be done."""
        return self == PlacementRequest()


class MeasureRequest(Record):
    """What is measured and how: the suite, recordings to transcribe, and whether the node itself is measured, too.

    `ranking` has the CPUs of each physical core that may be used, the best core first, where benchmarks are pinned.
    Before measurements it is waited for quiet for `wait_s` seconds in all; each is repeated up to `retries` times.
    """

    suite: Suite
    audio: tuple[str, ...] = ()
    roofline: bool = True
    placement_request: PlacementRequest = PlacementRequest()
    ranking: tuple[tuple[int, ...], ...] = ()
    wait_s: float = 0.0
    retries: int = 0


class RunRequest(Record):
    """One run: what is built of which source, and measured with which weights.

    `node` is the one that all of it was resolved for, `used` are the settings as the run records them. A `dry` run is
    planned and shown, and ends there.
    """

    node: Node
    source: SourceRequest
    build: BuildRequest
    weights: WeightsRequest
    measure: MeasureRequest
    used: tuple[SettingUsed, ...] = ()
    dry: bool = False

    def take(self, suite: Suite) -> "RunRequest":
        """Return the same request with another suite."""
        return self.replace(measure=self.measure.replace(suite=suite))


class TrialDesign(Record):
    """How a trial is laid out; `threshold` is the relative change that matters.

    `early` lets the trial end, and cases be left alone, once nothing more can be learned of them. `named` says that
    somebody asked for these metrics, and not for whatever there is. `relink` links each side for every block anew.
    """

    seed: int
    pairs: int
    metrics: tuple[str, ...]
    threshold: float
    max_time_s: float
    early: bool = True
    named: bool = False
    relink: bool = False


class LineupRequest(Record):
    """The two sides of a live comparison in the words of the command line, two or none, and what each changes further.

    `shared` is the source of a side that names none; `given` are those of its parts that an option named.
    """

    words: tuple[str, ...]
    extras: tuple[str, str]
    shared: SourceRequest
    given: frozenset[str] = frozenset()


class GridRequest(Record):
    """A sweep: its axes, the combinations that are left out, the suite of all of its cells.

    `kept` are the settings that the sweep keeps, so that it can be taken up again.
    """

    suite: Suite
    axes: tuple[Axis, ...]
    excludes: tuple[Values, ...]
    kept: tuple[SettingUsed, ...]


class CheckupRequest(Record):
    """What a node is to be fit for: so many threads, builds in that cache with that compiler and those tools.

    Asked to be `strict`, what is unfit has an exit code of its own.
    """

    node: Node
    threads: int
    cache: Path
    compiler: str
    tools: str
    strict: bool = False
