"""Everything a run or a build needs, found or fetched: node, tools, source, weights, and the builds to be made."""

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.errors import UsageError
from harness.parse.catalog import expand_models
from harness.plan.config import choose_config, choose_wiring
from harness.plan.environment import choose_environment
from harness.plan.isa import choose_isa_options, isa_fingerprint
from harness.plan.layer import Settings, nearest
from harness.plan.run import Ingredients
from harness.plan.thread import choose_threads, warn_threads
from harness.records.caveat import Caveat
from harness.records.node import Node
from harness.records.plan import Site
from harness.records.record import Record, short_hash
from harness.records.run import SCHEMA, Run
from harness.records.source import Source, SourceRequest
from harness.records.suite import Benchmark, Suite, Timeouts
from harness.records.toolchain import Toolchain
from harness.records.weights import Weights
from harness.system.console import Console
from harness.system.source.library import library_project
from harness.system.source.resolve import resolve_source
from harness.system.toolchain import probe_toolchain
from harness.system.weights import load_catalog, resolve_weights

BYTES_PER_JOB = 1_500_000_000
UNTIMED = Path(__file__).parent / "cmake" / "untimed.cmake"


class Workbench(Record):
    """What is laid out before the first step; `environment` is what every child is given."""

    cache: str
    node: Node
    toolchain: Toolchain
    source: Source
    environment: tuple[tuple[str, str], ...]
    caveats: tuple[Caveat, ...]


def lay_out(settings: Settings, environ: Mapping[str, str], node: Node, console: Console) -> Workbench:
    """Probe the toolchain and resolve the source; nothing is built yet."""
    cache = cache_folder(settings)
    toolchain = probe_toolchain(settings.text("compiler"), environ, cache=cache, tools=settings.text("tools"))
    request = SourceRequest(ref=settings.text("ref"), repo=settings.text("repo"), tree=settings.text("source"))
    source = resolve_source(request, cache=cache, environ=environ, note=console.note)
    # The tools' own folders come first: ctest and ninja are found even when the environment is not on PATH.
    folders = dict.fromkeys(
        str(Path(path).parent) for path in (toolchain.cmake.path, toolchain.ninja.path, sys.executable)
    )
    environment, caveats = choose_environment(environ, path=[*folders, sysconfig.get_path("scripts")])
    return Workbench(
        cache=str(cache),
        node=node,
        toolchain=toolchain,
        source=source,
        environment=environment,
        caveats=caveats,
    )


def cache_folder(settings: Settings) -> Path:
    """Return the cache folder: the setting's, else the user's."""
    import platformdirs

    chosen = settings.text("cache")
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("whisper-harness")


def results_folder(settings: Settings) -> Path:
    """Return the folder that holds all bundles."""
    return Path(settings.text("results")).expanduser().absolute()


def choose_suite(settings: Settings, node: Node) -> Suite:
    """Return what to run; raises UsageError for benchmarks, models and numbers that do not exist."""
    known = {benchmark.value: benchmark for benchmark in Benchmark}
    for name in settings.words("bench"):
        if name not in known:
            raise UsageError(f"unknown benchmark {name!r}", hint=nearest(name, known))
    benchmarks = tuple(benchmark for name, benchmark in known.items() if name in settings.words("bench"))
    tests = not settings.flag("no_tests")
    return Suite(
        benchmarks=benchmarks,
        models=expand_models(settings.words("model"), load_catalog()) if Benchmark.WHISPER in benchmarks else (),
        threads=_counts(settings, "threads", 1, 4096) or (choose_threads(node.cpu.cores),),
        flash_attn=_counts(settings, "flash_attn", 0, 1),
        repetitions=_count(settings, "repetitions", 1, 1_000_000),
        tests=tests,
        test_build_types=("Debug", "Release") if tests else (),
        seed=int(settings.number("seed")),
        timeouts=Timeouts(bench_s=settings.number("timeout")),
    )


def ready_weights(
    model: str, settings: Settings, environ: Mapping[str, str], console: Console
) -> tuple[Weights, tuple[Caveat, ...]]:
    """Return the verified weights of one model as the settings ask for them, and what to know about them."""
    weights, caveats = resolve_weights(
        model,
        choice=settings.text("weights"),
        cache=cache_folder(settings),
        catalog=load_catalog(),
        environ=environ,
        mirror=settings.text("weights_mirror"),
        token=environ.get("HF_TOKEN", ""),
        dry_run=settings.flag("dry_run"),
        progress=lambda done, total: console.progress(model, done, total),
    )
    for caveat in caveats:
        console.note(f"caveat: {caveat.message}")
    return weights, caveats


def begin_run(
    bench: Workbench, settings: Settings, suite: Suite, weights: tuple[Weights, ...], caveats: tuple[Caveat, ...]
) -> tuple[Run, Ingredients]:
    """Return an empty run and what its plan is made from."""
    types = dict.fromkeys((*suite.test_build_types, "Release"))
    sites = tuple(choose_site(bench, settings, build_type) for build_type in types)
    begun = datetime.now(UTC)
    run = Run(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{bench.source.commit.short}-{sites[-1].config.id}",
        harness=__version__,
        start=begun.isoformat(timespec="seconds"),
        node=bench.node,
        source=bench.source,
        config=sites[-1].config,
        toolchain=bench.toolchain,
        suite=suite,
        weights=weights,
        environment=bench.environment,
        settings=settings.describe(),
        caveats=(*bench.caveats, *caveats, *warn_threads(suite.threads, bench.node.cpu.cores)),
    )
    ingredients = Ingredients(
        source=bench.source,
        toolchain=bench.toolchain,
        sites=sites,
        suite=suite,
        weights=weights,
        namespace=isa_fingerprint(bench.node.cpu),
        jobs=choose_jobs(bench, settings),
        library=str(library_project()) if bench.source.pruned else "",
    )
    return run, ingredients


def remove_builds(run_sites: tuple[Site, ...], settings: Settings) -> None:
    """Remove the build folders when --rebuild asks for it."""
    if settings.flag("rebuild"):
        for site in run_sites:
            if Path(site.folder).exists():
                shutil.rmtree(site.folder)


def choose_site(bench: Workbench, settings: Settings, build_type: str) -> Site:
    """Return the build of one type: its config and its folder, one per source x config x toolchain x CPU."""
    defines = settings.words("define")
    config = choose_config(
        build_type=build_type,
        isa=settings.text("isa"),
        isa_options=choose_isa_options(settings.text("isa"), bench.node.cpu),
        compiler=bench.toolchain.cc.name,
        defines=defines,
        werror=settings.flag("werror"),
    )
    wiring = choose_wiring(bench.toolchain, build_type=build_type, defines=defines, project_include=str(UNTIMED))
    # A tree of the user's is built incrementally in one folder; an immutable source is its own key.
    source = short_hash(bench.source.path, length=8) if bench.source.mutable else bench.source.id
    cpu = isa_fingerprint(bench.node.cpu)[:8]
    folder = Path(bench.cache) / "builds" / f"{source}-{config.id}-{bench.toolchain.id}-{cpu}"
    return Site(config=config, wiring=wiring, folder=str(folder))


def choose_jobs(bench: Workbench, settings: Settings) -> int:
    """Return how many compilers run at once: the usable CPUs, as far as memory allows."""
    cores = bench.node.cpu.cores
    by_quota = int(cores.quota_cpus) if cores.quota_cpus else cores.affinity
    by_memory = bench.node.memory_bytes // BYTES_PER_JOB
    return int(settings.number("jobs")) or max(1, min(cores.affinity, by_quota, by_memory))


def _counts(settings: Settings, name: str, low: int, high: int) -> tuple[int, ...]:
    words = settings.words(name)
    if not all(word.isdecimal() and low <= int(word) <= high for word in words):
        raise UsageError(f"--{name.replace('_', '-')}: {','.join(words)!r} are not numbers from {low} to {high}")
    return tuple(dict.fromkeys(int(word) for word in words))


def _count(settings: Settings, name: str, low: int, high: int) -> int:
    number = int(settings.number(name))
    if not low <= number <= high:
        raise UsageError(f"--{name.replace('_', '-')}: {number} is not a number from {low} to {high}")
    return number
