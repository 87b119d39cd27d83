"""Everything a run or a build needs, found or fetched: node, tools, source, and the builds to be made of it."""

import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from harness.plan.config import choose_config, choose_wiring
from harness.plan.environment import choose_environment
from harness.plan.isa import choose_isa_options, isa_fingerprint
from harness.plan.layer import Settings
from harness.records.caveat import Caveat
from harness.records.node import Node
from harness.records.plan import Site
from harness.records.record import Record, short_hash
from harness.records.source import Source, SourceRequest
from harness.records.toolchain import Toolchain
from harness.system.console import Console
from harness.system.source.resolve import resolve_source
from harness.system.toolchain import probe_toolchain

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
    cache = cache_folder(settings, environ)
    choose_isa_options(settings.text("isa"), node.cpu)  # refuse before anything is fetched
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


def cache_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Return the cache folder: the setting's, else the user's."""
    import platformdirs

    chosen = settings.text("cache") or environ.get("HARNESS_CACHE", "")
    return Path(chosen).absolute() if chosen else platformdirs.user_cache_path("whisper-harness")


def choose_site(bench: Workbench, settings: Settings, build_type: str) -> Site:
    """Return the build of one type: its config and its folder, one per source x config x toolchain x CPU."""
    defines = settings.words("define")
    config = choose_config(
        build_type=build_type,
        isa=settings.text("isa"),
        isa_options=choose_isa_options(settings.text("isa"), bench.node.cpu),
        compiler=settings.text("compiler"),
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
