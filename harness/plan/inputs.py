"""All that a plan is made from."""

from harness.plan.roofline import RooflineBuild
from harness.records.build import Toolchain
from harness.records.plan import BuildSite, CodeLayout
from harness.records.record import Record
from harness.records.source import Source
from harness.records.suite import Suite
from harness.records.weights import Audio, Weights


class PlanInputs(Record):
    """All that a plan is made from; `sites` holds at most one build of each type, the timed one last.

    `namespace` keeps objects of different CPUs apart in a compiler cache. `library` is the folder of our CMake project
    that builds the library of a pruned source. `python` runs the worker, in `worker_env`. `roofline` is the probe
    that measures the node itself, None to leave that out. `threads` is what their number means on this node. `audio` is
    transcribed. `code_layouts` are the code layouts in which it is tried to link the build, by the CMake script
    `relink`.
    """

    source: Source
    toolchain: Toolchain
    sites: tuple[BuildSite, ...]
    suite: Suite
    weights: tuple[Weights, ...]
    namespace: str
    jobs: int
    library: str = ""
    python: str = ""
    worker_env: tuple[tuple[str, str], ...] = ()
    roofline: RooflineBuild | None = None
    threads: str = ""
    audio: tuple[Audio, ...] = ()
    code_layouts: tuple[CodeLayout, ...] = ()
    relink: str = ""
