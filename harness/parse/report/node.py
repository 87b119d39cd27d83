"""The machine of a report, its config and its caveats, as far as the report and its logs say."""

import re
from collections.abc import Iterator

from harness.parse.report.folder import RUNTIME, ResultFolder
from harness.parse.report.moment import parse_seconds
from harness.parse.report.result import Rows, exit_code
from harness.records import report as part
from harness.records.build import CMakeOption, Config
from harness.records.caveat import Caveat, CaveatCode
from harness.records.measurement import ENCODE
from harness.records.node import NO_NAME, Cores, Cpu, Node
from harness.records.outcome import Status
from harness.records.report import Report, ReportEnvironment
from harness.records.run import Run, SystemInfo
from harness.records.weights import Weights, WeightsKind
from harness.records.wording import format_count

_NODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
_BACKENDS = ("CUDA", "METAL", "SYCL", "VULKAN", "ROCM", "KOMPUTE", "MUSA")
_OPTION = re.compile(r"-D([A-Za-z][A-Za-z0-9_]*)=(\S*)")
_SEEN = re.compile(r"ggml_cuda_init: found [1-9]")
_SHA = re.compile(r"[0-9a-f]{7,40}")
_CAVEAT = "HARNESS_CAVEAT_"
_WEIGHTS = "HARNESS_WEIGHTS_"


def read_node(environment: ReportEnvironment, folder_name: str, info: SystemInfo | None) -> Node:
    """Return the node under the name of the folder, or the name in a report of this harness."""
    named = next((name for name in (environment.get("HARNESS_NODE"), folder_name) if _NODE.fullmatch(name)), NO_NAME)
    cores = Cores(
        logical=info.hardware_threads if info else 0,
        physical=0,
        affinity=0,
        usable_physical=0,
        threads_per_core=0,
        fast=0,
        efficient=0,
    )
    brand = environment.get("HARNESS_CPU")
    cpu = Cpu(arch="", vendor="", brand=brand, microarchitecture="", features=(), cores=cores)
    return Node(name=named, cpu=cpu, os="", kernel="", memory_bytes=0)


def read_config(environment: ReportEnvironment) -> Config:
    """Return the config that was asked for, from GG_BUILD_* variables, or from HARNESS_* ones of this harness.

    The logs hold the CMake options as well, but a config must not depend on whether they were kept.
    """
    _, build_type, isa, backend, *_ = (*environment.get("HARNESS_CONFIG").split(" "), "", "", "", "")
    options = tuple(
        CMakeOption(name=name, value=value, reason="as in the report")
        for name, value in _OPTION.findall(environment.get("HARNESS_OPTIONS"))
    )
    asked = next((name for name in _BACKENDS if environment.get(f"GG_BUILD_{name}") not in ("", "0")), "")
    return Config(
        build_type=build_type or "Release",
        isa=isa,
        backend=backend or asked,
        compiler=environment.get("GG_BUILD_C_COMPILER"),
        options=options,
    )


def read_weights(environment: ReportEnvironment) -> tuple[Weights, ...]:
    """Return the kinds of weights that a report of this harness names; ggml-ci's reports name none."""
    kinds = {kind.value: kind for kind in WeightsKind}
    pairs = (line.removeprefix(_WEIGHTS).partition("=") for line in environment.lines if line.startswith(_WEIGHTS))
    return tuple(
        Weights(model=model, kind=kinds[kind], path="", size_bytes=0, sha256="")
        for model, _, kind in pairs
        if kind in kinds
    )


def read_caveats(report: Report, folder: ResultFolder, rows: Rows, run: Run) -> Iterator[Caveat]:
    """Yield what a reader must know about an imported run."""
    yield from _own(report.environment)
    yield from _about_tests(run)
    yield from _about_times(rows, run)
    yield from _about_gpu(report, folder)
    if folder.unused:
        message = f"CMake did not use these options, because the tree does not know them: {', '.join(folder.unused)}"
        yield Caveat(code=CaveatCode.OPTION_IGNORED, message=message)
    yield from _about_runtime(report, folder)
    yield from _about_commit(rows, run)
    if exit_code(report) == 0 and run.status is not Status.PASSED:
        yield Caveat(code=CaveatCode.STATUS_DIFFERS, message="the report says SUCCESS although something in it failed")
    if run.remarks:
        first = run.remarks[0]
        lines = format_count(len(run.remarks), "line")
        message = f"{lines} of the report could not be understood, the first is line {first.line}: {first.what}"
        yield Caveat(code=CaveatCode.NOT_UNDERSTOOD, message=message)


def _own(environment: ReportEnvironment) -> Iterator[Caveat]:
    for line in environment.lines:
        code, equals, message = line.removeprefix(_CAVEAT).partition("=")
        if line.startswith(_CAVEAT) and equals:
            yield Caveat(code=code.lower().replace("_", "-"), message=message)


def _about_tests(run: Run) -> Iterator[Caveat]:
    for result in run.results:
        if result.status is Status.SKIPPED:
            yield Caveat(code=CaveatCode.NO_TESTS, message=f"{result.step} ran no test: {result.reason}")


def _about_times(rows: Rows, run: Run) -> Iterator[Caveat]:
    timed = {measurement.case for measurement in run.measurements if measurement.metric == ENCODE.name}
    models = {case.get("model") for case in timed}
    lost = [case.get("model") for row, case in rows if row.get("Enc.") == "ms" and case.get("model") not in models]
    if lost:
        message = f"encode times of 10 s and more were lost by upstream's script: {', '.join(dict.fromkeys(lost))}"
        yield Caveat(code=CaveatCode.ENCODE_LOST, message=message)


def _about_commit(rows: Rows, run: Run) -> Iterator[Caveat]:
    """Yield a caveat about rows of another commit, which a log keeps from an earlier run."""
    sha = run.source.commit.sha
    named = dict.fromkeys(row.get("Commit").removesuffix("+") for row, _ in rows)
    others = [name for name in named if _SHA.fullmatch(name) and not sha.startswith(name)]
    if sha and others:
        message = (
            f"the report names commit {sha[:8]}, but rows of its table name {', '.join(others)}: they may be older"
        )
        yield Caveat(code=CaveatCode.COMMIT_DIFFERS, message=message)


def _about_runtime(report: Report, folder: ResultFolder) -> Iterator[Caveat]:
    """Yield a caveat if a report from a Mac gives the user time of time(1) as the runtime."""
    runtime = report.header.get("runtime") if report.header else ""
    if parse_seconds(runtime) and not folder.usage:
        lacking = "could not be read" if RUNTIME in folder.files else "was not imported"
        message = (
            f"how long the run took is not known: the report's runtime ({runtime}) is in the form of BSD time's user "
            f"seconds, and the file runtime, which has both times, {lacking}"
        )
        yield Caveat(code=CaveatCode.RUNTIME_UNKNOWN, message=message)


def _about_gpu(report: Report, folder: ResultFolder) -> Iterator[Caveat]:
    """Yield a caveat if a run that was to use a GPU did not: its rows look the same."""
    info = folder.info
    if info and info.failure:
        failed = [log.model for log in folder.models if log.info and log.info.failed]
        count = len(folder.models)
        where = f" (in {len(failed)} of {count} logs of models: {', '.join(failed)})" if len(failed) < count else ""
        yield Caveat(code=CaveatCode.BACKEND_FAILED, message=f"{info.failure}{where}")
    asked = read_config(report.environment).backend
    if asked not in _BACKENDS:
        return
    if info and info.backends:
        used = ", ".join(info.backends)
        if not any(name.upper().startswith((asked, "MTL" if asked == "METAL" else asked)) for name in info.backends):
            yield Caveat(
                code=CaveatCode.GPU_NOT_USED, message=f"{asked} was asked for, but the logs say that {used} ran"
            )
    elif asked == "CUDA" and (listing := folder.mul_mat or report.log(part.MUL_MAT)) and not _SEEN.search(listing):
        message = "CUDA was asked for, but nothing in the report shows a CUDA device: the times are those of the CPU"
        yield Caveat(code=CaveatCode.GPU_NOT_SEEN, message=message)
