"""The run, the measurements and the placement that the settings ask for."""

import re
from collections.abc import Mapping, Sequence

from harness.commands.request.build import resolve_build, resolve_source_request
from harness.commands.request.job import resolve_job
from harness.commands.request.place import resolve_cache, resolve_results
from harness.commands.request.recording import choose_recordings, choose_texts
from harness.errors import UnreadableError, UsageError
from harness.judge.resume import hint_afresh
from harness.parse.host.cpu import rank_cores
from harness.parse.pin import expand_models
from harness.plan.placement import choose_placement_request, require_cpus
from harness.plan.thread import choose_threads, refuse_crowd
from harness.plan.transcription import SAMPLE
from harness.records.node import Node
from harness.records.run import Run
from harness.records.suite import OF_AUDIO, OF_MODELS, Benchmark, Engine, Suite, Timeouts
from harness.run.places import Workplace
from harness.settings.layer import Settings, nearest
from harness.settings.recall import restore_settings
from harness.settings.request import CheckupRequest, MeasureRequest, NoiseRefusal, Places, RunRequest, WeightsRequest
from harness.settings.weights_sum import read_sum
from harness.system.probe import probe_capture, probe_node
from harness.system.process.placement import require_placement
from harness.system.weights import load_catalog
from harness.whisper.quantisation import ENGLISH_ONLY, expand_quantisations, split_name

# How often Slurm has started a job again.
_RESTARTS = "SLURM_RESTART_COUNT"
# What a server gets at once; more than the most are no load, but an attack.
_CLIENTS, _MOST_CLIENTS = (1, 4), 256
# The suite of a mere build.
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
    """Return the run that the settings describe, on this node; raises UsageError or UnfitError for bad settings."""
    node = resolve_node(settings, work.environ)
    suite = choose_suite(settings, node)
    if suite.precision and not suite.models:
        raise UsageError(
            "--precision needs a benchmark with models",
            cause="only benchmarks with models are repeated",
            hint="--bench whisper",
        )
    return resolve_measured(settings, work, node, suite)


def resolve_roofline(settings: Settings, work: Workplace) -> RunRequest:
    """Return the run that measures the node itself; raises UsageError or UnfitError for bad settings."""
    node = resolve_node(settings, work.environ)
    asked = choose_suite(settings, node)
    suite = asked.replace(
        benchmarks=(), models=(), tests=False, test_build_types=(), threads=tuple(sorted({1, *asked.threads}))
    )
    return resolve_unmeasured(settings, work.places, node).take(suite)


def resolve_kept_run(state: Run, work: Workplace) -> RunRequest:
    """Return the request of an unfinished run, from its recorded settings and its node as it was then.

    Raises UnreadableError for settings that cannot be parsed, and UsageError for invalid ones.
    """
    try:
        settings = restore_settings(state.settings)
    except ValueError as error:
        raise UnreadableError(
            f"cannot read the settings of {state.id}", cause=str(error), hint=hint_afresh(state)
        ) from None
    # A sweep gives each of its runs a suite.
    suite = state.suite if state.sweep else choose_suite(settings, state.node)
    return resolve_measured(settings, work, state.node, suite)


def resolve_checkup(settings: Settings, environ: Mapping[str, str]) -> CheckupRequest:
    """Return what a node must be fit for; too many threads are not refused here, but reported as a finding."""
    node = resolve_node(settings, environ)
    return CheckupRequest(
        node=node,
        threads=max(choose_suite(settings.override({"force_threads": True}, "doctor"), node).threads),
        cache=resolve_cache(settings),
        results=resolve_results(settings),
        weights=resolve_weights_request(settings),
        compiler=settings.text("compiler"),
        tools=settings.text("tools"),
        strict=settings.flag("strict"),
    )


def resolve_node(settings: Settings, environ: Mapping[str, str]) -> Node:
    """Return this node, under the name from the settings."""
    return probe_node(settings.text("as_node"), environ)


def resolve_measured(settings: Settings, work: Workplace, node: Node, suite: Suite) -> RunRequest:
    """Return the run that measures a suite on a node; raises UsageError or UnfitError for bad settings."""
    request = resolve_unmeasured(settings, work.places, node)
    return request.replace(measure=resolve_measure(settings, work.environ, suite))


def resolve_unmeasured(settings: Settings, places: Places, node: Node) -> RunRequest:
    """Return a run that only builds, on a node; raises UsageError or UnfitError for bad settings."""
    return RunRequest(
        node=node,
        build=resolve_build(settings, node),
        source=resolve_source_request(settings, places),
        weights=resolve_weights_request(settings),
        measure=MeasureRequest(suite=NOTHING, roofline=settings.flag("roofline")),
        used=settings.describe(),
        dry=settings.flag("dry_run"),
        job=resolve_job(settings),
    )


def resolve_measure(settings: Settings, environ: Mapping[str, str], suite: Suite = NOTHING) -> MeasureRequest:
    """Return how to measure a suite; raises UsageError or UnfitError for CPUs and priorities that are not possible."""
    request = choose_placement_request(
        settings.text("pin"), settings.text("nice"), huge_pages=settings.flag("huge_pages")
    )
    require_placement(request)
    ranking = rank_cores(probe_capture(environ)) if request.pin else ()
    require_cpus(request.pin, ranking, max(suite.threads, default=0))
    return MeasureRequest(
        suite=suite,
        audio=choose_recordings(settings),
        texts=choose_texts(settings) if suite.benchmarks else (),
        roofline=settings.flag("roofline"),
        placement_request=request,
        ranking=ranking,
        wait_s=settings.number("wait_quiet"),
        retries=int(settings.number("retries")),
        refusal=_choose_refusal(settings, environ),
    )


def _choose_refusal(settings: Settings, environ: Mapping[str, str]) -> NoiseRefusal | None:
    """Return what to do about a node that is not quiet, None to measure all the same."""
    if not settings.flag("refuse_noise"):
        return None
    restarts = environ.get(_RESTARTS, "")
    return NoiseRefusal(restarts=int(restarts) if re.fullmatch("[0-9]{1,9}", restarts) else 0)


def resolve_weights_request(settings: Settings) -> WeightsRequest:
    """Return which weights to use; raises UsageError for what is no sum of a file."""
    read_sum(settings.text("weights"))
    return WeightsRequest(
        choice=settings.text("weights"),
        mirror=settings.text("weights_mirror"),
        made=settings.words("quant"),
        planned=settings.flag("dry_run"),
    )


def choose_suite(settings: Settings, node: Node) -> Suite:
    """Return the suite that the settings describe; raises UsageError for unknown names and bad numbers.

    More threads than usable CPUs are refused as well, unless they are forced.
    """
    benchmarks = _choose_benchmarks(settings)
    heard = any(one in OF_AUDIO for one in benchmarks)
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
        repetitions=choose_count(settings, "repetitions", 1, 1_000_000),
        tests=tests,
        test_build_types=("Debug", "Release") if tests else (),
        seed=int(settings.number("seed")),
        timeouts=Timeouts(bench_s=settings.number("timeout")),
        engine=choose_engine(settings, Engine.BENCH),
        precision=settings.number("precision"),
        max_time_s=settings.number("max_time") if settings.number("precision") else 0.0,
        language=_choose_language(settings, benchmarks, models),
        clients=_choose_clients(settings, benchmarks),
        vad=_choose_vad(settings, heard=heard),
        check=settings.flag("check"),
    )


def _choose_benchmarks(settings: Settings) -> tuple[Benchmark, ...]:
    """Return the benchmarks that the settings name, in their fixed order; without audio, not the transcription."""
    wanted, audio = settings.words("bench"), choose_recordings(settings)
    known = {benchmark.value: benchmark for benchmark in Benchmark if benchmark is not Benchmark.CHECK}
    for name in wanted:
        if name not in known:
            raise UsageError(f"unknown benchmark {name!r}", hint=nearest(name, known))
    if audio and not any(one in OF_AUDIO for one in wanted):
        hint = f"--bench {','.join([*wanted, Benchmark.TRANSCRIBE])}  # quality and server use recordings, too"
        raise UsageError("--audio has no effect: no benchmark that --bench names uses a recording", hint=hint)
    if set(wanted) == {Benchmark.TRANSCRIBE} and not audio:
        hint = f"--audio {SAMPLE}  # whisper.cpp's own sample, or --audio FILE"
        raise UsageError(f"--bench {Benchmark.TRANSCRIBE} needs --audio", hint=hint)
    return tuple(known[name] for name in known if name in wanted and (audio or name != Benchmark.TRANSCRIBE))


def _choose_clients(settings: Settings, benchmarks: Sequence[Benchmark]) -> tuple[int, ...]:
    """Return how many clients a server gets at once, none without one; raises UsageError for bad numbers."""
    clients = _counts(settings, "clients", 1, _MOST_CLIENTS)
    if Benchmark.SERVER in benchmarks:
        return clients or _CLIENTS
    if clients:
        raise UsageError("--clients has no effect without the benchmark server", hint=f"--bench {Benchmark.SERVER}")
    return ()


def _choose_vad(settings: Settings, *, heard: bool) -> tuple[int, ...]:
    """Return whether speech is detected first; raises UsageError where nothing is heard."""
    vad = _counts(settings, "vad", 0, 1) or (0,)
    if any(vad) and not heard:
        hint = f"--audio {SAMPLE}  # whisper.cpp's own sample, or --audio FILE"
        raise UsageError("--vad has no effect without a recording", hint=hint)
    return vad


def _choose_language(settings: Settings, benchmarks: Sequence[Benchmark], models: Sequence[str]) -> str:
    """Return the language of the recordings, empty without any; raises UsageError for one that a model cannot know."""
    if not any(benchmark in benchmarks for benchmark in OF_AUDIO):
        return ""
    language = settings.text("language")
    english = next((model for model in models if split_name(model)[0].endswith(ENGLISH_ONLY)), "")
    if english and language not in ("en", "auto"):
        other = split_name(english)[0].removesuffix(ENGLISH_ONLY)
        raise UsageError(
            f"--language {language}: {english} knows English alone",
            cause=f"the names of models for English end in {ENGLISH_ONLY}",
            hint=f"--model {other} --language {language}",
        )
    return language


def choose_engine(settings: Settings, default: Engine) -> Engine:
    """Return the engine that the settings name, else `default`; raises UsageError for an unknown name."""
    name = settings.text("engine") or default.value
    if name not in tuple(Engine):
        raise UsageError(f"unknown engine {name!r}", hint=nearest(name, list(Engine)))
    return Engine(name)


def _counts(settings: Settings, name: str, low: int, high: int) -> tuple[int, ...]:
    words = settings.words(name)
    if not all(word.isdecimal() and low <= int(word) <= high for word in words):
        option = f"--{name.replace('_', '-')}"
        raise UsageError(
            f"{option}: expected whole numbers from {low} to {high}, not {','.join(words)!r}", hint=f"{option} {low}"
        )
    return tuple(dict.fromkeys(int(word) for word in words))


def choose_count(settings: Settings, name: str, low: int, high: int) -> int:
    """Return a setting that is a whole number; raises UsageError for one that is not from `low` to `high`."""
    number = int(settings.number(name))
    if not low <= number <= high:
        option = f"--{name.replace('_', '-')}"
        raise UsageError(f"{option}: expected a number from {low} to {high}, not {number}", hint=f"{option} {low}")
    return number
