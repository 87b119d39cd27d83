"""Finding or fetching everything that a run or a build needs: node, tools, source, weights, and build folders."""

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.build.config import choose_config, choose_wiring
from harness.build.isa import LOADABLE, isa_fingerprint
from harness.errors import UnfitError
from harness.judge.likeness import caveat_likeness
from harness.judge.resume import hint_afresh
from harness.plan.code_layout import TRIED
from harness.plan.environment import caveat_influences, choose_child_variables
from harness.plan.inputs import PlanInputs
from harness.plan.roofline import RooflineBuild, choose_array_bytes, choose_roofline_site
from harness.plan.run import find_stray
from harness.plan.thread import choose_jobs, describe_threads, warn_threads
from harness.plan.worker import choose_worker_environment
from harness.records.build import CMakeOption, Toolchain
from harness.records.caveat import Caveat
from harness.records.node import Node
from harness.records.plan import BuildSite, Phase, Plan
from harness.records.record import Record, short_hash
from harness.records.run import SCHEMA, Run
from harness.records.source import Source
from harness.records.weights import Audio, Weights
from harness.run.build_file import LAYOUT, PROJECT, RELINK, keep_code_layouts, keep_include
from harness.run.places import Workplace
from harness.run.reference import choose_reference_build
from harness.settings.request import BuildRequest, RunRequest, WeightsRequest
from harness.system.asset import library_project, roofline_digest, roofline_project
from harness.system.audio import AudioWords, resolve_audio
from harness.system.cache.contents import REFERENCES
from harness.system.cache.entry import locked
from harness.system.cache.usage import mark_used
from harness.system.console import Console
from harness.system.disk import require_programs
from harness.system.loader import drop_rivals
from harness.system.source.resolve import resolve_source, show_under
from harness.system.toolchain import probe_toolchain
from harness.system.vad import find_vad_model
from harness.system.weights import WEIGHTS, WeightsStore, resolve_weights
from harness.whisper.quantisation import UNQUANTISED, caveat_quantised, plan_quantised, split_name

PACKAGE = str(Path(__file__).resolve().parents[2])

# What the projects of the harness itself build.
_OWN_PROGRAMS = {Phase.ROOFLINE: "the roofline probe", Phase.REFERENCE: "the reference program"}
# Weights, and what to know about them.
Ready = tuple[Weights, tuple[Caveat, ...]]


class Preparation(Record):
    """What is known before the first step; `environment` are the variables of every child process."""

    cache: str
    node: Node
    toolchain: Toolchain
    source: Source
    environment: tuple[tuple[str, str], ...]
    caveats: tuple[Caveat, ...]


class Supplies(Record):
    """What a run is measured with, beside its build: verified weights and recordings, and the caveats about them."""

    weights: tuple[Weights, ...] = ()
    audio: tuple[Audio, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def prepare(request: RunRequest, work: Workplace, source: Source | None = None) -> Preparation:
    """Probe the toolchain and resolve the source, unless it is given; nothing is built."""
    cache, environ = work.places.cache, work.environ
    require_programs(cache)  # --dry-run does not hold the node
    toolchain = probe_toolchain(request.build.compiler, environ, cache=cache, tools=request.build.tools)
    source = source or resolve_source(request.source, cache=cache, environ=environ, note=work.console.note)
    mark_used(cache, Path(source.path), source.commit.release or source.commit.short)
    if request.source.alias and not source.mutable:
        source = source.replace(path=show_under(cache, request.source.alias, source.path))
    environment, caveats = prepare_child_environment(environ, toolchain)
    return Preparation(
        cache=str(cache),
        node=request.node,
        toolchain=toolchain,
        source=source,
        environment=environment,
        caveats=caveats,
    )


def prepare_child_environment(
    environ: Mapping[str, str], toolchain: Toolchain
) -> tuple[tuple[tuple[str, str], ...], tuple[Caveat, ...]]:
    """Return the environment of every child process, and its caveats."""
    # The tools' own folders come first: ctest and ninja are found even when the environment is not on PATH.
    folders = dict.fromkeys(
        str(Path(path).parent) for path in (toolchain.cmake.path, toolchain.ninja.path, sys.executable)
    )
    environ, left_out = drop_rivals(environ)
    environment, caveats = choose_child_variables(environ, path=[*folders, sysconfig.get_path("scripts")])
    return environment, (*caveats, *left_out)


def prepare_weights(model: str, request: WeightsRequest, work: Workplace, source: Source | None = None) -> Ready:
    """Return the verified weights of one model, and their caveats.

    Quantised weights in `request.made` are only planned: a step of the run makes them with the program of `source`.
    """
    origin, kind = split_name(model)
    made = source is not None and kind != UNQUANTISED and kind in request.made
    store = WeightsStore(
        cache=work.places.cache,
        environ=work.environ,
        progress=lambda done, total: work.console.progress(model, done, total),
    )
    weights, caveats = resolve_weights(origin if made else model, request, store)
    for caveat in caveats:
        work.console.note_once(f"caveat: {caveat.message}")
    if not request.planned:
        mark_used(work.places.cache, Path(weights.path), f"{weights.model} ({weights.kind})")
    if source is None or not made:
        return weights, caveats
    planned = plan_quantised(weights, kind, source, str(work.places.cache / WEIGHTS))
    if not request.planned:
        mark_used(work.places.cache, Path(planned.path), f"{planned.model} ({planned.kind})")
    return planned, (*caveats, caveat_quantised(weights, kind))


def ready_all(request: RunRequest, work: Workplace, source: Source) -> tuple[Ready, ...]:
    """Return the weights of every model of a run, each with its caveats."""
    return tuple(prepare_weights(model, request.weights, work, source) for model in request.measure.suite.models)


def prepare_audio(request: RunRequest, work: Workplace, source: Source) -> tuple[Audio, ...]:
    """Return the requested recordings, converted if necessary."""
    cache, environ = work.places.cache, work.environ
    words = AudioWords(audio=request.measure.audio, texts=request.measure.texts)
    audio = resolve_audio(words, tree=Path(source.path), cache=cache, environ=environ, dry_run=request.dry)
    for one in audio:
        mark_used(cache, Path(one.path), one.name)
    return audio


def begin_run(
    prepared: Preparation, request: RunRequest, supplies: Supplies, *, drawn: bool = False
) -> tuple[Run, PlanInputs]:
    """Return an empty run and the inputs of its plan.

    A `drawn` build can be linked in another code layout.
    """
    inputs, suite = gather_inputs(prepared, request, supplies, drawn=drawn), request.measure.suite
    timed = inputs.sites[-1]
    begun = datetime.now(UTC)
    run = Run(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{prepared.source.commit.short}-{timed.config.id}",
        harness=__version__,
        start=begun.isoformat(timespec="seconds"),
        node=prepared.node,
        source=prepared.source,
        config=timed.config,
        toolchain=prepared.toolchain,
        suite=suite,
        weights=supplies.weights,
        environment=prepared.environment,
        settings=request.used,
        caveats=(
            *prepared.caveats,
            *caveat_influences(prepared.environment, timed.config, prepared.node.os),
            *supplies.caveats,
            *warn_threads(suite.threads, prepared.node.cpu.cores),
        ),
        audio=supplies.audio,
        purpose=request.purpose,
        asked_by=request.asked_by,
        job=request.job,
    )
    return run.add_caveat(caveat_likeness(request.like, run)) if request.like else run, inputs


def gather_inputs(prepared: Preparation, request: RunRequest, supplies: Supplies, *, drawn: bool = False) -> PlanInputs:
    """Return the inputs of the plan of a run, when it begins and when it is resumed."""
    suite = request.measure.suite
    timed = prepare_site(prepared, request.build, request.build.recipe.build_type, drawn=drawn)
    types = (one for one in suite.test_build_types if one != timed.config.build_type)
    sites = (*(prepare_site(prepared, request.build, one) for one in types), timed)
    return PlanInputs(
        source=prepared.source,
        toolchain=prepared.toolchain,
        sites=sites,
        suite=suite,
        weights=supplies.weights,
        namespace=isa_fingerprint(prepared.node.cpu),
        jobs=request.build.jobs or choose_jobs(prepared.node),
        library=str(library_project()) if prepared.source.pruned else "",
        python=sys.executable,
        worker_env=tuple(choose_worker_environment(dict(prepared.environment), PACKAGE).items()),
        roofline=choose_roofline(prepared, sites[-1], max(suite.threads)) if request.measure.roofline else None,
        reference=choose_reference_build(prepared.node, prepared.toolchain, Path(prepared.cache))
        if suite.check
        else None,
        threads=describe_threads(suite.threads, prepared.node.cpu.cores),
        audio=supplies.audio,
        code_layouts=keep_code_layouts(Path(prepared.cache), TRIED if drawn else ()),
        relink=keep_include(Path(prepared.cache), RELINK) if drawn else "",
        vad_model=find_vad_model(Path(prepared.source.path)) if any(suite.vad) else "",
        references=str(Path(prepared.cache) / REFERENCES),
    )


def choose_roofline(prepared: Preparation, site: BuildSite, threads: int) -> RooflineBuild:
    """Return the build of the roofline probe, with the compiler and CPU of `site`; all sources share it."""
    digest, fingerprint = roofline_digest(), isa_fingerprint(prepared.node.cpu)
    name = f"roof-{digest}-{site.config.id}-{prepared.toolchain.id}-{fingerprint[:8]}"
    return RooflineBuild(
        project=str(roofline_project()),
        digest=digest,
        site=choose_roofline_site(site, prepared.node.cpu.arch, str(Path(prepared.cache) / "builds" / name)),
        array_bytes=choose_array_bytes(prepared.node, threads),
        namespace=fingerprint,
    )


def mark_builds(plan: Plan, run: Run, cache: Path) -> None:
    """Note in the cache that the builds of a plan are used now, and what each is.

    Raises UnfitError if the plan would write outside the cache.
    """
    stray = find_stray(plan, str(cache))
    if stray:
        raise UnfitError(f"the plan would write outside the cache {cache}", cause=stray, hint=hint_afresh(run))
    sites = {site.folder: f"{site.config.build_type} {site.config.isa}, {site.config.compiler}" for site in plan.sites}
    release = run.source.commit.release or run.source.commit.short or run.source.path
    for step in plan.steps:
        if step.wipe:  # every build begins with an empty folder
            own = _OWN_PROGRAMS.get(step.phase)
            purpose = own or f"{release}, {sites.get(step.wipe, '')}"
            mark_used(cache, Path(step.wipe), purpose)
            mark_used(cache, cache / "logs" / Path(step.wipe).name, purpose)
        for product in step.products if step.phase is Phase.REFERENCE else ():
            if Path(product).parent.name == REFERENCES:
                mark_used(cache, Path(product), step.title)


def remove_builds(plan: Plan, request: BuildRequest, console: Console) -> None:
    """Remove the build folders if --rebuild is given, after waiting for other runs that build in them."""
    if request.rebuild:
        for site in plan.sites:
            if Path(site.folder).exists():
                with locked(Path(site.folder), note=console.warn):
                    shutil.rmtree(site.folder)


def prepare_site(prepared: Preparation, request: BuildRequest, build_type: str, *, drawn: bool = False) -> BuildSite:
    """Return the build of one type: its config and its folder, one per source, config, toolchain and CPU.

    A `drawn` build, which can be linked again in another code layout, has a folder of its own.
    """
    loadable = bool(request.variant)
    config = choose_config(request, build_type, prepared.toolchain.cc.name)
    # Transcription times whisper-cli, too: that needs a separate build in which it is compiled as users compile it.
    whole = request.whole and build_type == request.recipe.build_type
    include = "" if whole else keep_include(Path(prepared.cache), PROJECT)
    wiring = choose_wiring(prepared.toolchain, config, defines=request.defines, project_include=include)
    if loadable:
        reason = "only the requested variants are compiled"
        wiring += (CMakeOption(name="HARNESS_LOADABLE", value="ON", reason=reason),)
    if drawn:
        include, reason = keep_include(Path(prepared.cache), LAYOUT), "lets functions be linked in a random order"
        wiring += (CMakeOption(name="CMAKE_PROJECT_INCLUDE_BEFORE", value=include, reason=reason),)
    # A user's tree is built incrementally in one folder; an immutable source has its own key.
    source = short_hash(prepared.source.path, length=8) if prepared.source.mutable else prepared.source.id
    cpu = isa_fingerprint(prepared.node.cpu)[:8]
    # Every variant is in the same build.
    build = config.replace(isa=LOADABLE).id if loadable else config.id
    name = f"{source}{'-whole' if whole else ''}{'-drawn' if drawn else ''}-{build}-{prepared.toolchain.id}-{cpu}"
    return BuildSite(
        config=config, wiring=wiring, folder=str(Path(prepared.cache) / "builds" / name), variant=request.variant
    )
