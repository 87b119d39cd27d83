"""Small valid records for tests, to be changed with `.replace`."""

from typing import Any

from harness.plan.inputs import PlanInputs
from harness.records.build import CMakeOption, Config, Tool, Toolchain
from harness.records.measurement import Case, Measurement
from harness.records.node import Cores, Cpu, Node
from harness.records.outcome import CompletedProcess, Status, StepResult
from harness.records.plan import BuildSite, Phase, Step, StepQuestion
from harness.records.run import SCHEMA, Run
from harness.records.source import Commit, Source
from harness.records.suite import Benchmark, Suite
from harness.records.trial import Role
from harness.records.weights import Weights, WeightsKind
from harness.trial.side_case import SideCase

SHA = "f24588a272ae8e23280d9c220536437164e6ed28"


def cores(logical: int = 4) -> Cores:
    return Cores(
        logical=logical,
        physical=logical,
        affinity=logical,
        usable_physical=logical,
        threads_per_core=1,
        fast=logical,
        efficient=0,
    )


def node() -> Node:
    cpu = Cpu(
        arch="x86_64",
        vendor="GenuineIntel",
        brand="A CPU",
        microarchitecture="haswell",
        features=("avx", "avx2", "f16c", "fma"),
        cores=cores(),
    )
    return Node(name="node-1", cpu=cpu, os="Debian", kernel="6.1", memory_bytes=8 << 30)


def haswell() -> Node:
    """Return a node that runs whatever is compiled for AVX2, and nothing beyond."""
    node_ = node()
    return node_.replace(cpu=node_.cpu.replace(features=(*node_.cpu.features, "bmi2", "pni", "ssse3", "sse4_2")))


def source() -> Source:
    commit = Commit(
        sha=SHA,
        release="v1.8.5",
        date="2026-05-29T09:46:42+03:00",
        author="Georgi Gerganov",
        message="sync : ggml",
        repo="https://github.com/ggml-org/whisper.cpp",
    )
    return Source(id="src1", kind="sdist", path="/cache/sources/src1/tree", commit=commit)


def toolchain() -> Toolchain:
    def tool(name: str) -> Tool:
        return Tool(name=name, version="1", path=f"/bin/{name}")

    return Toolchain(cc=tool("gcc"), cxx=tool("g++"), cmake=tool("cmake"), ctest=tool("ctest"), ninja=tool("ninja"))


def config(build_type: str = "Release") -> Config:
    options = (CMakeOption(name="CMAKE_BUILD_TYPE", value=build_type, reason="why not"),)
    return Config(build_type=build_type, isa="native", backend="auto", compiler="auto", options=options)


def site(build_type: str = "Release") -> BuildSite:
    return BuildSite(config=config(build_type), wiring=(), folder=f"/cache/builds/{build_type.lower()}")


def suite() -> Suite:
    return Suite(
        benchmarks=(Benchmark.MEMCPY, Benchmark.MUL_MAT, Benchmark.WHISPER),
        models=("base",),
        threads=(4,),
        flash_attn=(0,),
        repetitions=2,
        tests=True,
        test_build_types=("Debug", "Release"),
        seed=1,
    )


def weights(model: str = "base") -> Weights:
    return Weights(model=model, kind=WeightsKind.SYNTHETIC, path=f"/w/{model}.bin", size_bytes=1, sha256="0" * 64)


def plan_inputs(**changes: Any) -> PlanInputs:
    """Return what a plan is made of: two builds, and the whole suite."""
    inputs = PlanInputs(
        source=source(),
        toolchain=toolchain(),
        sites=(site("Debug"), site()),
        suite=suite(),
        weights=(weights(),),
        namespace="x",
        jobs=1,
    )
    return inputs.replace(**changes)


def side_case(role: Role, **changes: Any) -> SideCase:
    """Return a side of the case of `tiny` with two threads."""
    made = SideCase(
        role=role,
        case=Case.of("whisper", model="tiny", threads=2, fa=0),
        weights=weights("tiny"),
        threads=2,
        flash_attn=0,
        environment=(),
    )
    return made.replace(**changes)


def step(
    name: str = "memcpy", phase: Phase = Phase.BENCHMARK, case: Case | None = None, asks: StepQuestion | None = None
) -> Step:
    return Step(
        name=name,
        title=name,
        phase=phase,
        argv=("true",),
        cwd="/tmp",
        log=f"{name}.log",
        timeout_s=9,
        case=case,
        asks=asks,
    )


def completed(exit_code: int = 0, *, timed_out: bool = False) -> CompletedProcess:
    return CompletedProcess(
        argv=("true",),
        exit_code=exit_code,
        wall_s=1.5,
        user_s=1.0,
        system_s=0.1,
        max_rss_bytes=1 << 20,
        start="2026-01-01T00:00:00+00:00",
        timed_out=timed_out,
    )


def result(name: str, phase: Phase, status: Status = Status.PASSED, *values: tuple[Case, str, float]) -> StepResult:
    measurements = tuple(Measurement(case=case, metric=metric, value=value) for case, metric, value in values)
    return StepResult(step=name, phase=phase, status=status, completed=completed(), measurements=measurements)


def run(*results: StepResult) -> Run:
    return Run(
        schema=SCHEMA,
        id="20260101T000000Z-f24588a2-abcdef01",
        harness="0.1.0",
        start="2026-01-01T00:00:00+00:00",
        node=node(),
        source=source(),
        config=config(),
        toolchain=toolchain(),
        suite=suite(),
        weights=(weights(),),
        environment=(("PATH", "/bin"),),
        results=results,
    )
