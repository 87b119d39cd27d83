"""What the settings ask to have measured, and how."""

from collections.abc import Mapping

from harness.commands.request.build import resolve_build, resolve_source_request
from harness.commands.request.place import resolve_cache
from harness.errors import UnreadableError, UsageError
from harness.judge.resume import HINT
from harness.parse.host.cpu import rank_cores
from harness.parse.pin import expand_models
from harness.plan.placement import choose_placement_request, require_cpus
from harness.plan.thread import choose_threads, refuse_crowd
from harness.plan.transcription import SAMPLE
from harness.records.node import Node
from harness.records.run import Run
from harness.records.suite import OF_MODELS, Benchmark, Engine, Suite, Timeouts
from harness.run.places import Workplace
from harness.settings.layer import Settings, nearest
from harness.settings.recall import restore_settings
from harness.settings.request import CheckupRequest, MeasureRequest, Places, RunRequest, WeightsRequest
from harness.system.probe import probe_capture, probe_node
from harness.system.process.placement import require_placement
from harness.system.weights import load_catalog
from harness.whisper.quantisation import expand_quantisations

# Of a build alone nothing is measured.
NOTHING = Suite(
    benchmarks=(),
    models=(),
    threads=(1,),
    flash_attn=(0,),
    repetitions=1,
    tests=False,
    test_build_types=(),
    seed=1,
)


def resolve_run(settings: Settings, work: Workplace) -> RunRequest:
    """Return the run that is asked for on this node; raises UsageError or UnfitError for what cannot be."""
    node = resolve_node(settings, work.environ)
    suite = choose_suite(settings, node)
    if suite.precision and not suite.models:
        raise UsageError("--precision: no model is measured", hint="only models are repeated: add --bench whisper")
    return resolve_measured(settings, work, node, suite)


def resolve_roofline(settings: Settings, work: Workplace) -> RunRequest:
    """Return what the node itself is measured with; raises UsageError or UnfitError for what cannot be."""
    node = resolve_node(settings, work.environ)
    asked = choose_suite(settings, node)
    suite = asked.replace(
        benchmarks=(), models=(), tests=False, test_build_types=(), threads=tuple(sorted({1, *asked.threads}))
    )
    return resolve_unmeasured(settings, work.places, node).take(suite)


def resolve_kept_run(state: Run, work: Workplace) -> RunRequest:
    """Return what an unfinished run was asked for, of the settings that it keeps and on the node as it was then.

    Raises UnreadableError for settings that cannot be understood, and UsageError for what cannot be.
    """
    try:
        settings = restore_settings(state.settings)
    except ValueError as error:
        raise UnreadableError(f"the settings of {state.id} cannot be understood", cause=str(error), hint=HINT) from None
    # A sweep gives each of its runs a suite.
    suite = state.suite if state.sweep else choose_suite(settings, state.node)
    return resolve_measured(settings, work, state.node, suite)


def resolve_checkup(settings: Settings, environ: Mapping[str, str]) -> CheckupRequest:
    """Return what a node is to be fit for; what would be refused elsewhere is explained by whoever looks at it."""
    node = resolve_node(settings, environ)
    return CheckupRequest(
        node=node,
        threads=max(choose_suite(settings.override({"force_threads": True}, "doctor"), node).threads),
        cache=resolve_cache(settings),
        compiler=settings.text("compiler"),
        tools=settings.text("tools"),
        strict=settings.flag("strict"),
    )


def resolve_node(settings: Settings, environ: Mapping[str, str]) -> Node:
    """Return this node under the name that it is given."""
    return probe_node(settings.text("as_node"), environ)


def resolve_measured(settings: Settings, work: Workplace, node: Node, suite: Suite) -> RunRequest:
    """Return the run that measures a suite on a node; raises UsageError or UnfitError for what cannot be."""
    asked = resolve_unmeasured(settings, work.places, node)
    return asked.replace(measure=resolve_measure(settings, work.environ, suite))


def resolve_unmeasured(settings: Settings, places: Places, node: Node) -> RunRequest:
    """Return the build that is asked for on a node; raises UsageError or UnfitError for what cannot be."""
    return RunRequest(
        node=node,
        build=resolve_build(settings, node),
        source=resolve_source_request(settings, places),
        weights=resolve_weights_request(settings),
        measure=MeasureRequest(suite=NOTHING, roofline=settings.flag("roofline")),
        used=settings.describe(),
        dry=settings.flag("dry_run"),
    )


def resolve_measure(settings: Settings, environ: Mapping[str, str], suite: Suite = NOTHING) -> MeasureRequest:
    """Return how a suite is measured; raises UsageError or UnfitError for CPUs and priorities that cannot be."""
    request = choose_placement_request(
        settings.text("pin"), settings.text("nice"), huge_pages=settings.flag("huge_pages")
    )
    require_placement(request)
    ranking = rank_cores(probe_capture(environ)) if request.pin else ()
    require_cpus(request.pin, ranking, max(suite.threads, default=0))
    return MeasureRequest(
        suite=suite,
        audio=settings.words("audio"),
        roofline=settings.flag("roofline"),
        placement_request=request,
        ranking=ranking,
        wait_s=settings.number("wait_quiet"),
        retries=int(settings.number("retries")),
    )


def resolve_weights_request(settings: Settings) -> WeightsRequest:
    """Return where weights come from."""
    return WeightsRequest(
        choice=settings.text("weights"),
        mirror=settings.text("weights_mirror"),
        made=settings.words("quant"),
        planned=settings.flag("dry_run"),
    )


def choose_suite(settings: Settings, node: Node) -> Suite:
    """Return what to run; raises UsageError for benchmarks, models and numbers that do not exist.

    So it does for more threads than the node has CPUs for them, unless they are forced.
    """
    benchmarks = _choose_benchmarks(settings)
    tests = settings.flag("tests")
    models: tuple[str, ...] = ()
    if any(benchmark in benchmarks for benchmark in OF_MODELS):
        models = expand_models(settings.words("model"), load_catalog())
        models = expand_quantisations(models, settings.words("quant"))
    threads = _counts(settings, "threads", 1, 4096) or (choose_threads(node.cpu.cores),)
    if not settings.flag("force_threads"):
        refuse_crowd(threads, node.cpu.cores)
    return Suite(
        benchmarks=benchmarks,
        models=models,
        threads=threads,
        flash_attn=_counts(settings, "flash_attn", 0, 1),
        repetitions=_count(settings, "repetitions", 1, 1_000_000),
        tests=tests,
        test_build_types=("Debug", "Release") if tests else (),
        seed=int(settings.number("seed")),
        timeouts=Timeouts(bench_s=settings.number("timeout")),
        engine=choose_engine(settings, Engine.BENCH),
        precision=settings.number("precision"),
        max_time_s=settings.number("max_time") if settings.number("precision") else 0.0,
        language=settings.text("language") if Benchmark.TRANSCRIBE in benchmarks else "",
    )


def _choose_benchmarks(settings: Settings) -> tuple[Benchmark, ...]:
    """Return the benchmarks that the settings name, in their own order; without audio nothing is transcribed."""
    wanted, audio = settings.words("bench"), settings.words("audio")
    known = {benchmark.value: benchmark for benchmark in Benchmark}
    for name in wanted:
        if name not in known:
            raise UsageError(f"unknown benchmark {name!r}", hint=nearest(name, known))
    if audio and Benchmark.TRANSCRIBE not in wanted:
        hint = f"--bench {','.join([*wanted, Benchmark.TRANSCRIBE])}"
        raise UsageError("--audio is given, but --bench leaves out what would transcribe it", hint=hint)
    if set(wanted) == {Benchmark.TRANSCRIBE} and not audio:
        hint = f"--audio {SAMPLE} takes whisper.cpp's own sample, --audio FILE a recording of yours"
        raise UsageError(f"--bench {Benchmark.TRANSCRIBE} transcribes nothing without audio", hint=hint)
    return tuple(known[name] for name in known if name in wanted and (audio or name != Benchmark.TRANSCRIBE))


def choose_engine(settings: Settings, default: Engine) -> Engine:
    """Return the engine that the settings name, else `default`; raises UsageError for one that does not exist."""
    name = settings.text("engine") or default.value
    if name not in tuple(Engine):
        raise UsageError(f"unknown engine {name!r}", hint=nearest(name, list(Engine)))
    return Engine(name)


def _counts(settings: Settings, name: str, low: int, high: int) -> tuple[int, ...]:
    words = settings.words(name)
    if not all(word.isdecimal() and low <= int(word) <= high for word in words):
        raise UsageError(
            f"--{name.replace('_', '-')}: {','.join(words)!r} is not a list of whole numbers from {low} to {high}"
        )
    return tuple(dict.fromkeys(int(word) for word in words))


def _count(settings: Settings, name: str, low: int, high: int) -> int:
    number = int(settings.number(name))
    if not low <= number <= high:
        raise UsageError(f"--{name.replace('_', '-')}: {number} is not a number from {low} to {high}")
    return number
