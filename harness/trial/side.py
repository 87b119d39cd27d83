"""From one named side to its seats: settings, builds, weights, and the run that will record it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.build.recipe import ON_CPU, choose_recipe
from harness.errors import UnavailableError, UnfitError, UsageError
from harness.plan.code_layout import TRIED, name_folder
from harness.plan.placeholder import BENCH, NO_GPU, Unbound, bind
from harness.plan.side import Side
from harness.records.caveat import Caveat
from harness.records.measurement import Case
from harness.records.node import Node
from harness.records.plan import Phase, Plan, Step
from harness.records.record import Record
from harness.records.run import Run
from harness.records.source import Source
from harness.records.suite import Benchmark, Engine, Suite
from harness.records.trial import Role
from harness.records.weights import Weights
from harness.run.build_file import require_distinct
from harness.run.builder import Built, carry_out_build, prepare_build
from harness.run.prepare import ready_weights
from harness.run.request import choose_engine, choose_suite
from harness.settings.layer import Settings
from harness.system.console import Console
from harness.system.process.memory import available_bytes
from harness.trial.side_case import Seat
from harness.whisper.memory import estimate_memory

_APPLE = "macOS"
_LTO = re.compile(r"(?:GGML_LTO|WHISPER_LTO|CMAKE_INTERPROCEDURAL_OPTIMIZATION\w*)(?::\w+)?=(?:1|on|yes|true|y)", re.I)
_SIDES = 2


class Entrant(Record):
    """One side with the plan of its build, which can be linked again where it is `drawn`; nothing is built yet."""

    role: Role
    side: Side
    settings: Settings
    suite: Suite
    weights: tuple[tuple[Weights, tuple[Caveat, ...]], ...]
    state: Run
    plan: Plan
    drawn: bool = False

    @property
    def folder(self) -> str:
        """The folder of the build."""
        return self.plan.sites[-1].folder


def prepare_entrant(
    role: Role, side: Side, settings: Settings, environ: Mapping[str, str], node: Node, console: Console
) -> Entrant:
    """Return one side, its sources and weights at hand; `settings` are those that both sides share."""
    mine = side.apply(settings)
    choose_recipe(mine, node.os)  # refused before anything is fetched
    engine = choose_engine(settings, Engine.SAMPLER)
    # A file of settings may ask `run` for other benchmarks, and for precision.
    suite = choose_suite(mine.override({"bench": Benchmark.WHISPER.value}, side.label), node).replace(
        tests=False,
        test_build_types=(),
        engine=engine,
        repetitions=1 if engine is Engine.BENCH else int(settings.number("pairs")),
        precision=0.0,
        max_time_s=0.0,
    )
    drawn = settings.flag("relink")
    if drawn:
        _require_relinking(mine, node)
    weights: list[tuple[Weights, tuple[Caveat, ...]]] = []

    def ready(source: Source) -> tuple[Weights, ...]:
        """Return the weights, once they are known: a source may have to make some."""
        weights[:] = [ready_weights(model, mine, environ, console, source) for model in suite.models]
        return tuple(one for one, _ in weights)

    state, plan = prepare_build(mine, environ, node, console, suite, ready, drawn=drawn)
    return Entrant(
        role=role,
        side=side,
        settings=mine,
        suite=suite,
        weights=tuple(weights),
        state=state,
        plan=plan,
        drawn=drawn,
    )


def build_entrant(entrant: Entrant, done: dict[tuple[str, ...], Built], console: Console) -> Built:
    """Return the build of one side.

    What is in `done`, by folder and by the weights made there, is not made again. Raises UnfitError where the code
    layouts in which it is linked come out equal.
    """
    key = (entrant.folder, *(one.path for one in entrant.state.weights if one.parent))
    if key not in done:
        done[key] = carry_out_build(entrant.state, entrant.plan, entrant.settings, console)
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


def _require_relinking(settings: Settings, node: Node) -> None:
    """Raise UsageError or UnfitError, before anything is built, where no other code layout can be drawn."""
    optimised = next((one for one in settings.words("define") if _LTO.fullmatch(one)), "")
    if optimised:
        raise UsageError(
            f"--relink: other code layouts cannot be drawn with {optimised}",
            cause="its linker compiles the code anew, for minutes, and sets the order of functions itself",
            hint="leave out --relink, or link-time optimisation",
        )
    if node.os.startswith(_APPLE):
        raise UnfitError(
            "--relink: other code layouts cannot be drawn on macOS",
            cause="its linker takes a list of all functions only, and the harness does not make one",
            hint="leave out --relink; on Linux it works with GNU ld, gold, lld, mold and zig",
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
