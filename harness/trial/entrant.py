"""From one named side to its seats: settings, builds, weights, and the run that will record it."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.builder import Built, carry_out_build, prepare_build
from harness.errors import UnavailableError, UnfitError
from harness.plan.bind import BENCH, NO_GPU, Unbound, bind
from harness.plan.layer import Settings
from harness.plan.memory import estimate_memory
from harness.plan.recipe import ON_CPU, choose_recipe
from harness.plan.side import Side
from harness.records.case import Case
from harness.records.caveat import Caveat
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.source import Source
from harness.records.step import Phase, Step
from harness.records.suite import Benchmark, Engine, Suite
from harness.records.trial import Role
from harness.records.weights import Weights
from harness.request import choose_engine, choose_suite
from harness.system.console import Console
from harness.system.memory import available_bytes
from harness.trial.seat import Seat
from harness.workbench import ready_weights

_FLAGS = ("CMAKE_C_FLAGS", "CMAKE_CXX_FLAGS")
_MOST_PADDING = 63
_SIDES = 2


class Entrant(Record):
    """One side with the plan of each of its builds; nothing is built yet."""

    role: Role
    side: Side
    settings: Settings
    suite: Suite
    weights: tuple[tuple[Weights, tuple[Caveat, ...]], ...]
    builds: tuple[tuple[Settings, Run, Plan], ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of each build."""
        return tuple(plan.sites[-1].folder for _, _, plan in self.builds)


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
    padded = [_pad(mine, padding) for padding in choose_paddings(role, settings)]
    weights: list[tuple[Weights, tuple[Caveat, ...]]] = []

    def ready(source: Source) -> tuple[Weights, ...]:
        """All builds of a side are of one source, and share what it makes."""
        weights[:] = weights or [ready_weights(model, mine, environ, console, source) for model in suite.models]
        return tuple(one for one, _ in weights)

    builds = tuple((one, *prepare_build(one, environ, node, console, suite, ready)) for one in padded)
    return Entrant(role=role, side=side, settings=mine, suite=suite, weights=tuple(weights), builds=builds)


def choose_paddings(role: Role, settings: Settings) -> Sequence[int]:
    """Return the padding of each build of a side, in no-ops before every function; a single build has none.

    They are never executed, but shift every function against cache lines and pages, as any change of code does.
    """
    count = int(settings.number("builds"))
    if count == 1:
        return (0,)
    draw = random.Random(f"{int(settings.number('seed'))}/layout/{role}")  # noqa: S311 - to be reproduced
    return draw.sample(range(1, _MOST_PADDING + 1), count)


def build_entrant(entrant: Entrant, done: dict[tuple[str, ...], Built], console: Console) -> list[Built]:
    """Return the builds of one side; those in `done`, by folder and by the weights made there, are not made again."""
    built = []
    for settings, state, plan in entrant.builds:
        key = (plan.sites[-1].folder, *(one.path for one in state.weights if one.parent))
        if key not in done:
            done[key] = carry_out_build(state, plan, settings, console)
        built.append(done[key])
    return built


def take_seats(entrant: Entrant, built: Sequence[Built], *, plant: float = 0.0) -> tuple[Run, list[Seat]]:
    """Return the run that records this side, and a seat for each of its cases: models x threads x flash attention."""
    suite, state = entrant.suite, built[0].run.replace(weights=())
    made = {one.path: one for one in built[0].run.weights if one.parent}
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
                )
                if suite.engine is Engine.BENCH:
                    seats.append(seat.replace(benches=tuple(_bind_bench(seat, one, suite) for one in built)))
                else:
                    seats.append(seat.replace(libraries=tuple(find_library(one.folder) for one in built)))
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


def _pad(settings: Settings, padding: int) -> Settings:
    if not padding:
        return settings
    defines = settings.words("define")
    named = {define.partition("=")[0]: define.partition("=")[2] for define in defines}
    for name in _FLAGS:
        flag = f"-fpatchable-function-entry={padding},{padding}"
        named[name] = f"{named[name]} {flag}" if named.get(name) else flag
    return settings.override({"define": [f"{name}={value}" for name, value in named.items()]}, "--builds")


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
