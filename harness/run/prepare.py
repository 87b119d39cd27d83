"""Everything a run or a build needs, found or fetched: node, tools, source, weights, and the builds to be made."""

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.build.config import choose_config, choose_wiring
from harness.build.isa import LOADABLE, choose_isa_options, choose_loadable_options, choose_variant, isa_fingerprint
from harness.build.recipe import choose_recipe
from harness.errors import UnfitError
from harness.plan.code_layout import TRIED
from harness.plan.environment import caveat_influences, choose_environment
from harness.plan.inputs import Ingredients
from harness.plan.roofline import RoofBuild, choose_array_bytes, choose_roof_site
from harness.plan.run import find_stray
from harness.plan.thread import choose_jobs, describe_threads, warn_threads
from harness.plan.worker import choose_sampler_environment
from harness.records.build import CMakeOption, Toolchain
from harness.records.caveat import Caveat
from harness.records.node import Node
from harness.records.plan import Phase, Plan, Site
from harness.records.record import Record, short_hash
from harness.records.run import SCHEMA, Run
from harness.records.source import Source, SourceRequest
from harness.records.suite import Suite
from harness.records.weights import Audio, Weights
from harness.run.build_file import LAYOUT, PROJECT, RELINK, keep_include, keep_layouts
from harness.run.places import cache_folder, list_own
from harness.settings.layer import Settings
from harness.system.asset import library_project, roof_digest, roof_project
from harness.system.audio import resolve_audio
from harness.system.cache.entry import locked
from harness.system.cache.usage import mark_used
from harness.system.console import Console
from harness.system.disk import require_programs
from harness.system.loader import drop_rivals
from harness.system.source.resolve import resolve_source
from harness.system.toolchain import probe_toolchain
from harness.system.weights import WEIGHTS, load_catalog, resolve_weights
from harness.whisper.quantisation import UNQUANTISED, caveat_quantised, plan_quantised, split_name

PACKAGE = str(Path(__file__).resolve().parents[2])


class Workbench(Record):
    """What is laid out before the first step; `environment` is what every child is given."""

    cache: str
    node: Node
    toolchain: Toolchain
    source: Source
    environment: tuple[tuple[str, str], ...]
    caveats: tuple[Caveat, ...]


def lay_out(
    settings: Settings, environ: Mapping[str, str], node: Node, console: Console, source: Source | None = None
) -> Workbench:
    """Probe the toolchain and resolve the source, unless it is given; nothing is built yet."""
    cache = cache_folder(settings)
    require_programs(cache)  # --dry-run does not hold the node
    toolchain = probe_toolchain(settings.text("compiler"), environ, cache=cache, tools=settings.text("tools"))
    source = source or resolve_source(request_source(settings), cache=cache, environ=environ, note=console.note)
    mark_used(cache, Path(source.path), source.commit.release or source.commit.short)
    environment, caveats = choose_child_environment(environ, toolchain)
    return Workbench(
        cache=str(cache),
        node=node,
        toolchain=toolchain,
        source=source,
        environment=environment,
        caveats=caveats,
    )


def choose_child_environment(
    environ: Mapping[str, str], toolchain: Toolchain
) -> tuple[tuple[tuple[str, str], ...], tuple[Caveat, ...]]:
    """Return what every child is given, and what there is to say of it."""
    # The tools' own folders come first: ctest and ninja are found even when the environment is not on PATH.
    folders = dict.fromkeys(
        str(Path(path).parent) for path in (toolchain.cmake.path, toolchain.ninja.path, sys.executable)
    )
    environ, left_out = drop_rivals(environ)
    environment, caveats = choose_environment(environ, path=[*folders, sysconfig.get_path("scripts")])
    return environment, (*caveats, *left_out)


def request_source(settings: Settings) -> SourceRequest:
    """Return what the settings ask to have measured."""
    return SourceRequest(
        ref=settings.text("ref"),
        repo=settings.text("repo"),
        tree=settings.text("source"),
        ours=list_own(settings),
    )


def ready_weights(
    model: str, settings: Settings, environ: Mapping[str, str], console: Console, source: Source | None = None
) -> tuple[Weights, tuple[Caveat, ...]]:
    """Return the verified weights of one model as the settings ask for them, and what to know about them.

    Those that --quant asks for are planned alone: a step of the run makes them with the program of `source`.
    """
    origin, kind = split_name(model)
    made = source is not None and kind != UNQUANTISED and kind in settings.words("quant")
    weights, caveats = resolve_weights(
        origin if made else model,
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
        console.note_once(f"caveat: {caveat.message}")
    if not settings.flag("dry_run"):
        mark_used(cache_folder(settings), Path(weights.path), f"{weights.model} ({weights.kind})")
    if source is None or not made:
        return weights, caveats
    planned = plan_quantised(weights, kind, source, str(cache_folder(settings) / WEIGHTS))
    if not settings.flag("dry_run"):
        mark_used(cache_folder(settings), Path(planned.path), f"{planned.model} ({planned.kind})")
    return planned, (*caveats, caveat_quantised(weights, kind))


def ready_audio(settings: Settings, environ: Mapping[str, str], source: Source) -> tuple[Audio, ...]:
    """Return the recordings that the settings ask for, converted where they must be."""
    audio = resolve_audio(
        settings.words("audio"),
        tree=Path(source.path),
        cache=cache_folder(settings),
        environ=environ,
        dry_run=settings.flag("dry_run"),
    )
    for one in audio:
        mark_used(cache_folder(settings), Path(one.path), one.name)
    return audio


def begin_run(
    bench: Workbench,
    settings: Settings,
    suite: Suite,
    weights: tuple[Weights, ...],
    caveats: tuple[Caveat, ...],
    audio: tuple[Audio, ...] = (),
    *,
    drawn: bool = False,
) -> tuple[Run, Ingredients]:
    """Return an empty run and what its plan is made from; `drawn` is a build that can be linked in another layout."""
    ingredients = gather(bench, settings, suite, weights, audio, drawn=drawn)
    timed = ingredients.sites[-1]
    begun = datetime.now(UTC)
    run = Run(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{bench.source.commit.short}-{timed.config.id}",
        harness=__version__,
        start=begun.isoformat(timespec="seconds"),
        node=bench.node,
        source=bench.source,
        config=timed.config,
        toolchain=bench.toolchain,
        suite=suite,
        weights=weights,
        environment=bench.environment,
        settings=settings.describe(),
        caveats=(
            *bench.caveats,
            *caveat_influences(bench.environment, timed.config, bench.node.os),
            *caveats,
            *warn_threads(suite.threads, bench.node.cpu.cores),
        ),
        audio=audio,
    )
    return run, ingredients


def gather(
    bench: Workbench,
    settings: Settings,
    suite: Suite,
    weights: tuple[Weights, ...],
    audio: tuple[Audio, ...] = (),
    *,
    drawn: bool = False,
) -> Ingredients:
    """Return all that the plan of a run is made from, when it begins and when it is planned anew."""
    timed = choose_site(bench, settings, choose_recipe(settings, bench.node.os).build_type, drawn=drawn)
    types = (one for one in suite.test_build_types if one != timed.config.build_type)
    sites = (*(choose_site(bench, settings, one) for one in types), timed)
    return Ingredients(
        source=bench.source,
        toolchain=bench.toolchain,
        sites=sites,
        suite=suite,
        weights=weights,
        namespace=isa_fingerprint(bench.node.cpu),
        jobs=int(settings.number("jobs")) or choose_jobs(bench.node),
        library=str(library_project()) if bench.source.pruned else "",
        python=sys.executable,
        sampler_env=tuple(choose_sampler_environment(dict(bench.environment), PACKAGE).items()),
        roof=choose_roof(bench, sites[-1], max(suite.threads)) if settings.flag("roofline") else None,
        threads=describe_threads(suite.threads, bench.node.cpu.cores),
        audio=audio,
        layouts=keep_layouts(Path(bench.cache), TRIED if drawn else ()),
        relink=keep_include(Path(bench.cache), RELINK) if drawn else "",
    )


def choose_roof(bench: Workbench, site: Site, threads: int) -> RoofBuild:
    """Return the build of the roof's probe, by the compiler and for the CPU of `site`: one for all sources."""
    digest, fingerprint = roof_digest(), isa_fingerprint(bench.node.cpu)
    name = f"roof-{digest}-{site.config.id}-{bench.toolchain.id}-{fingerprint[:8]}"
    return RoofBuild(
        project=str(roof_project()),
        digest=digest,
        site=choose_roof_site(site, bench.node.cpu.arch, str(Path(bench.cache) / "builds" / name)),
        array_bytes=choose_array_bytes(bench.node, threads),
        namespace=fingerprint,
    )


def mark_builds(plan: Plan, run: Run, cache: Path) -> None:
    """Note that the builds of a plan are used now, and what each is; whatever it makes or empties lies in the cache."""
    stray = find_stray(plan, str(cache))
    if stray:
        raise UnfitError(f"a plan leaves the cache {cache}", cause=stray, hint="harness run, without --resume")
    sites = {site.folder: f"{site.config.build_type} {site.config.isa}, {site.config.compiler}" for site in plan.sites}
    release = run.source.commit.release or run.source.commit.short or run.source.path
    for step in plan.steps:
        if step.wipe:  # every build begins with an empty folder
            roof = step.phase is Phase.ROOF
            purpose = "the probe of the roof" if roof else f"{release}, {sites.get(step.wipe, '')}"
            mark_used(cache, Path(step.wipe), purpose)
            mark_used(cache, cache / "logs" / Path(step.wipe).name, purpose)


def remove_builds(run_sites: tuple[Site, ...], settings: Settings, console: Console) -> None:
    """Remove the build folders when --rebuild asks for it, none while another run builds in it."""
    if settings.flag("rebuild"):
        for site in run_sites:
            if Path(site.folder).exists():
                with locked(Path(site.folder), note=console.warn):
                    shutil.rmtree(site.folder)


def choose_site(bench: Workbench, settings: Settings, build_type: str, *, drawn: bool = False) -> Site:
    """Return the build of one type: its config and its folder, one per source x config x toolchain x CPU.

    One whose code layout can be `drawn` by linking it again is another build.
    """
    defines, isa, loadable = settings.words("define"), settings.text("isa"), settings.flag("loadable")
    recipe = choose_recipe(settings, bench.node.os)
    config = choose_config(
        recipe=recipe.replace(build_type=build_type),
        isa=isa,
        isa_options=choose_loadable_options() if loadable else choose_isa_options(isa, bench.node.cpu),
        compiler=bench.toolchain.cc.name,
        defines=defines,
        werror=settings.flag("werror"),
    )
    # Whoever transcribes times whisper-cli, too: a build of its own, in which that is compiled as users compile it.
    whole = bool(settings.words("audio")) and build_type == recipe.build_type
    include = "" if whole else keep_include(Path(bench.cache), PROJECT)
    wiring = choose_wiring(bench.toolchain, config, defines=defines, project_include=include)
    if loadable:
        reason = "of all variants only those that are asked for are compiled"
        wiring += (CMakeOption(name="HARNESS_LOADABLE", value="ON", reason=reason),)
    if drawn:
        include, reason = keep_include(Path(bench.cache), LAYOUT), "functions can be linked in a drawn order"
        wiring += (CMakeOption(name="CMAKE_PROJECT_INCLUDE_BEFORE", value=include, reason=reason),)
    # A tree of the user's is built incrementally in one folder; an immutable source is its own key.
    source = short_hash(bench.source.path, length=8) if bench.source.mutable else bench.source.id
    cpu = isa_fingerprint(bench.node.cpu)[:8]
    # Every variant is in the same build.
    build = config.replace(isa=LOADABLE).id if loadable else config.id
    name = f"{source}{'-whole' if whole else ''}{'-drawn' if drawn else ''}-{build}-{bench.toolchain.id}-{cpu}"
    variant = choose_variant(isa, bench.node.cpu) if loadable else ""
    return Site(config=config, wiring=wiring, folder=str(Path(bench.cache) / "builds" / name), variant=variant)
