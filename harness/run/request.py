"""What the settings ask for: the suite of a run, and the engine that measures it."""

from harness.errors import UsageError
from harness.parse.pin import expand_models
from harness.plan.thread import choose_threads, refuse_crowd
from harness.plan.transcription import SAMPLE
from harness.records.node import Node
from harness.records.suite import OF_MODELS, Benchmark, Engine, Suite, Timeouts
from harness.settings.layer import Settings, nearest
from harness.system.weights import load_catalog
from harness.whisper.quantisation import expand_quantisations


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
