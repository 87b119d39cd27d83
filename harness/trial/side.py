"""From one side to its seats: its build, its weights, and the run that will record it."""

from collections.abc import Sequence
from pathlib import Path

from harness.build.recipe import ON_CPU
from harness.errors import UnavailableError, UnfitError
from harness.plan.code_layout import TRIED, name_folder
from harness.plan.placeholder import BENCH, NO_GPU, Unbound, bind
from harness.records.measurement import Case
from harness.records.plan import Phase, Plan, Step
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark, Engine, Suite
from harness.records.trial import Role
from harness.records.weights import Weights
from harness.run.build_file import require_distinct
from harness.run.builder import Built, carry_out_build, prepare_build
from harness.run.places import Workplace
from harness.run.prepare import Ready
from harness.settings.request import RunRequest
from harness.system.process.memory import available_bytes
from harness.trial.side_case import Seat
from harness.whisper.memory import estimate_memory

_SIDES = 2


class Entrant(Record):
    """One side with the plan of its build, which can be linked again where it is `drawn`; nothing is built yet."""

    role: Role
    asked: RunRequest
    weights: tuple[Ready, ...]
    state: Run
    plan: Plan
    drawn: bool = False

    @property
    def suite(self) -> Suite:
        """What is measured of it."""
        return self.asked.measure.suite

    @property
    def folder(self) -> str:
        """The folder of the build."""
        return self.plan.sites[-1].folder


def prepare_entrant(role: Role, asked: RunRequest, work: Workplace, *, drawn: bool) -> Entrant:
    """Return one side, its sources and weights at hand."""
    state, plan, ready = prepare_build(asked, work, drawn=drawn)
    return Entrant(role=role, asked=asked, weights=ready, state=state, plan=plan, drawn=drawn)


def build_entrant(entrant: Entrant, done: dict[tuple[str, ...], Built], work: Workplace) -> Built:
    """Return the build of one side.

    What is in `done`, by folder and by the weights made there, is not made again. Raises UnfitError where the code
    layouts in which it is linked come out equal.
    """
    key = (entrant.folder, *(one.path for one in entrant.state.weights if one.parent))
    if key not in done:
        done[key] = carry_out_build(entrant.state, entrant.plan, entrant.asked.build, work)
    if entrant.drawn and done[key].ok:
        require_distinct([name_folder(entrant.folder, seed) for seed in TRIED])
    return done[key]


def take_seats(entrant: Entrant, built: Built, *, plant: float = 0.0) -> tuple[Run, list[Seat]]:
    """Return the run that records this side, and a seat for each of its cases: models x threads x flash attention."""
    suite, state = entrant.suite, built.run.replace(weights=())
    made = {one.path: one for one in built.run.weights if one.parent}
    seats: list[Seat] = []
    for planned, caveats in entrant.weights:
        weights = made.get(planned.path, planned)
        if suite.engine is Engine.SAMPLER:
            _require_memory(weights, suite.flash_attn)
        state = state.replace(weights=(*state.weights, weights), caveats=(*state.caveats, *caveats))
        for threads in suite.threads:
            for flash_attn in suite.flash_attn:
                seat = Seat(
                    role=entrant.role,
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
                    seats.append(seat.replace(bench=_bind_bench(seat, built, suite)))
                else:
                    seats.append(seat.replace(library=find_library(built.folder)))
    return state.replace(suite=suite, results=()), seats


def find_library(folder: str) -> str:
    """Return the path of libwhisper in a build folder; raises UnavailableError where there is none.

    It has been in src/, since v1.9.1 it is in bin/; in lib/ where a pruned tree was built.
    """
    for room in ("src", "bin", "lib"):
        for name in ("libwhisper.so", "libwhisper.dylib"):
            path = Path(folder) / room / name
            if path.exists():
                return str(path)
    raise UnavailableError(
        f"no shared libwhisper in {folder}",
        cause="the sampler loads the library; a static build (BUILD_SHARED_LIBS=OFF) has none",
        hint="--engine bench, or a shared build",
    )


def _require_memory(weights: Weights, flash_attn: Sequence[int]) -> None:
    """Raise UnfitError where two samplers with these weights do not fit side by side."""
    each = max(estimate_memory(weights, flash_attn=one, engine=Engine.SAMPLER) for one in flash_attn)
    needed, free = _SIDES * (each or weights.size_bytes), available_bytes()
    if needed > free:
        raise UnfitError(
            f"two samplers of {weights.model} need about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free",
            hint="a smaller model; --engine bench loads one at a time",
        )


def _bind_bench(seat: Seat, built: Built, suite: Suite) -> Step:
    no_gpu = [NO_GPU] if seat.backend in ON_CPU else []
    step = Step(
        name="bench",
        title="whisper-bench",
        phase=Phase.BENCH,
        argv=(BENCH, "-m", seat.weights.path, "-t", str(seat.threads), *no_gpu, f"@fa={seat.flash_attn}"),
        cwd=built.folder,
        log="bench.log",
        timeout_s=suite.timeouts.bench_s,
        case=seat.case,
        backend=seat.backend,
    )
    bound = bind(step, built.inventory)
    if isinstance(bound, Unbound):
        raise UnavailableError(f"{seat.role}: {bound.reason}", hint="--engine sampler")
    return bound
