"""From a side to its cases: its build, its weights, and the run that will record it."""

from collections.abc import Sequence
from pathlib import Path

from harness.build.recipe import ON_CPU
from harness.errors import PartlyUnfitError, UnavailableError
from harness.plan.placeholder import BENCH, NO_GPU, Unfilled, fill_placeholders
from harness.records.measurement import Case
from harness.records.plan import Phase, Plan, Step
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark, Engine, Suite
from harness.records.trial import Role
from harness.records.weights import Weights
from harness.run.builder import BuildResult, prepare_build
from harness.run.places import Workplace
from harness.run.prepare import Ready
from harness.settings.request import RunRequest
from harness.system.process.memory import available_bytes
from harness.trial.side_case import SideCase
from harness.whisper.memory import estimate_memory

_SIDES = 2


class Side(Record):
    """One side with the plan of its build, before it is built; a `drawn` build can be relinked."""

    role: Role
    request: RunRequest
    weights: tuple[Ready, ...]
    state: Run
    plan: Plan
    drawn: bool = False

    @property
    def suite(self) -> Suite:
        """The suite of this side."""
        return self.request.measure.suite

    @property
    def folder(self) -> str:
        """The folder of the build."""
        return self.plan.sites[-1].folder

    @property
    def made(self) -> tuple[str, ...]:
        """What is built for this side: its folder, and the weights that are made there."""
        return (self.folder, *(one.path for one in self.state.weights if one.parent))


def prepare_side(role: Role, request: RunRequest, work: Workplace, *, drawn: bool) -> Side:
    """Return one side, with its sources and weights fetched."""
    state, plan, ready = prepare_build(request, work, drawn=drawn)
    return Side(role=role, request=request, weights=ready, state=state, plan=plan, drawn=drawn)


def make_side_cases(side: Side, built: BuildResult, *, plant: float = 0.0) -> tuple[Run, list[SideCase]]:
    """Return the run that records this side, and its side cases: models x threads x flash attention."""
    suite, state = side.suite, built.run.replace(weights=())
    made = {one.path: one for one in built.run.weights if one.parent}
    side_cases: list[SideCase] = []
    for planned, caveats in side.weights:
        weights = made.get(planned.path, planned)
        if suite.engine is Engine.LIBRARY:
            _require_memory(weights, suite.flash_attn)
        state = state.replace(weights=(*state.weights, weights), caveats=(*state.caveats, *caveats))
        for threads in suite.threads:
            for flash_attn in suite.flash_attn:
                side_case = SideCase(
                    role=side.role,
                    case=Case.of(Benchmark.WHISPER.value, model=weights.model, threads=threads, fa=flash_attn),
                    weights=weights,
                    threads=threads,
                    flash_attn=flash_attn,
                    environment=state.environment,
                    plant=plant,
                    backend=state.config.backend,
                    build=built.folder,
                )
                if suite.engine is Engine.BENCH:
                    side_cases.append(side_case.replace(bench_step=_fill_bench_step(side_case, built, suite)))
                else:
                    side_cases.append(side_case.replace(library=find_library(built.folder)))
    # Where both sides share a build, its run is that of the baseline.
    return state.replace(suite=suite, settings=side.request.used, results=()), side_cases


def find_library(folder: str) -> str:
    """Return the path of libwhisper in a build folder; raises UnavailableError if there is none.

    It is in src/, since v1.9.1 in bin/, and in lib/ if a pruned source was built.
    """
    for room in ("src", "bin", "lib"):
        for name in ("libwhisper.so", "libwhisper.dylib"):
            path = Path(folder) / room / name
            if path.exists():
                return str(path)
    raise UnavailableError(
        f"there is no shared libwhisper in {folder}",
        cause="the worker loads the library, and a static build (BUILD_SHARED_LIBS=OFF) has none",
        hint="--engine bench  # or leave out -D BUILD_SHARED_LIBS=OFF",
    )


def _require_memory(weights: Weights, flash_attn: Sequence[int]) -> None:
    """Raise PartlyUnfitError if there is not enough memory for two workers with these weights."""
    each = max(estimate_memory(weights, flash_attn=one, engine=Engine.LIBRARY) for one in flash_attn)
    needed, free = _SIDES * (each or weights.size_bytes), available_bytes()
    if needed > free:
        raise PartlyUnfitError(
            f"two workers of {weights.model} need about {needed / 1e9:.1f} GB of memory, but only "
            f"{free / 1e9:.1f} GB are free",
            hint="--engine bench  # loads one model at a time; or a smaller --model",
        )


def _fill_bench_step(side_case: SideCase, built: BuildResult, suite: Suite) -> Step:
    no_gpu = [NO_GPU] if side_case.backend in ON_CPU else []
    step = Step(
        name="bench",
        title="whisper-bench",
        phase=Phase.BENCHMARK,
        argv=(
            BENCH,
            "-m",
            side_case.weights.path,
            "-t",
            str(side_case.threads),
            *no_gpu,
            f"@fa={side_case.flash_attn}",
        ),
        cwd=built.folder,
        log="bench.log",
        timeout_s=suite.timeouts.bench_s,
        case=side_case.case,
        backend=side_case.backend,
    )
    filled = fill_placeholders(step, built.inventory)
    if isinstance(filled, Unfilled):
        raise UnavailableError(f"{side_case.role}: {filled.reason}", hint="--engine library")
    return filled
