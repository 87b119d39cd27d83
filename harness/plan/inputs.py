"""Everything that a plan is made from."""

from harness.plan.roofline import RooflineBuild
from harness.records.build import Toolchain
from harness.records.plan import BuildSite, CodeLayout
from harness.records.record import Record
from harness.records.source import Source
from harness.records.suite import Suite
from harness.records.weights import Audio, Weights


class ReferenceBuild(Record):
    """The program that computes check references, as it will be built: its project and a digest of its content.

    It is built in `folder`, for this CPU, whatever the measured build is made for. `references` is the folder of what
    it makes, with `threads` threads.
    """

    project: str
    digest: str
    folder: str
    references: str
    threads: int


class PlanInputs(Record):
    """Everything that a plan is made from; `sites` has at most one build of each type, the timed one last.

    `namespace` separates objects for different CPUs in a compiler cache. `library` is the folder of our CMake project
    that builds the library of a pruned source. `python` runs the worker, with `worker_env`. `roofline` is the probe
    that measures the node itself, or None; `reference` the program that computes what results are checked against, or
    None if none is checked. `threads` says how the number of threads fits this node. `audio` are
    recordings to transcribe. `code_layouts` are code layouts in which the CMake script `relink` links the build, to try
    that out. `vad_model` is the file of the model that detects speech, empty where none is needed.
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
    reference: ReferenceBuild | None = None
    threads: str = ""
    audio: tuple[Audio, ...] = ()
    code_layouts: tuple[CodeLayout, ...] = ()
    relink: str = ""
    vad_model: str = ""
    references: str = ""
