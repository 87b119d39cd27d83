"""Everything that a plan is made from."""

from harness.plan.roofline import RooflineBuild
from harness.records.build import Toolchain
from harness.records.plan import BuildSite, CodeLayout
from harness.records.record import Record
from harness.records.source import Source
from harness.records.suite import Suite
from harness.records.weights import Audio, Weights


class PlanInputs(Record):
    """Everything that a plan is made from; `sites` has at most one build of each type, the timed one last.

    `namespace` separates objects for different CPUs in a compiler cache. `library` is the folder of our CMake project
    that builds the library of a pruned source. `python` runs the worker, with `worker_env`. `roofline` is the probe
    that measures the node itself, or None. `threads` says how the number of threads fits this node. `audio` are
    recordings to transcribe. `code_layouts` are code layouts in which the CMake script `relink` links the build, to try
    that out.
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
