"""The benchmark steps of a run: memcpy, mul_mat, then the models, repetition by repetition."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from harness.build.isa import name_variant_library
from harness.build.recipe import CUDA, ON_CPU
from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import ALONE, BENCH, LIBRARY, NO_GPU, QUANTIZE
from harness.plan.worker import BLAS_MODULE, choose_questions, choose_worker_argv
from harness.records.build import is_on
from harness.records.measurement import Case
from harness.records.plan import BuildSite, Phase, Step, StepQuestion
from harness.records.record import short_hash
from harness.records.suite import Benchmark, Engine
from harness.records.weights import Weights
from harness.records.wording import format_count
from harness.whisper.memory import estimate_memory
from harness.whisper.quantisation import weights_type

# Two buffers of 1.024 GB and some reserve: with less memory the kernel would kill the child, and perhaps others.
MEMCPY_BYTES = 2_150_000_000
# A file that does not exist: since v1.7.6, the bench program reports its features before it opens the weights.
NO_WEIGHTS = "no-weights"
# What the bench program measures without weights, with its values of -w.
_WORK = {Benchmark.MEMCPY: "1", Benchmark.MUL_MAT: "2"}
# `harness.parse.bench.device` reads these columns.
NVIDIA_SMI = ("nvidia-smi", "--query-gpu=driver_version,memory.total,name", "--format=csv,noheader,nounits")


class _BenchProcess(NamedTuple):
    """One process that measures a case: the bench program with `argv`, or a worker that gets the commands in `asked`.

    `made_by` are the steps that make its weights.
    """

    case: Case
    name: str
    title: str
    argv: tuple[str, ...]
    asked: tuple[str, ...]
    log: str
    repetition: int = 1
    min_memory_bytes: int = 0
    made_by: tuple[str, ...] = ()


def plan_benchmarks(inputs: PlanInputs, site: BuildSite) -> Iterator[Step]:
    """Yield the steps of the suite's benchmarks, for the suite's engine."""
    suite = inputs.suite
    if (suite.engine is Engine.BENCH or inputs.audio) and not inputs.library:
        yield from plan_probes(site)
    yield from plan_device_probes(inputs, site)
    threads = max(suite.threads)
    for benchmark, number in _WORK.items():
        if benchmark in suite.benchmarks:
            memcpy = benchmark is Benchmark.MEMCPY
            process = _BenchProcess(
                case=Case.of(benchmark.value, threads=threads),
                name=benchmark.value,
                title=f"{benchmark}, {'up to ' if memcpy else ''}{format_count(threads, 'thread')}",
                argv=(choose_program(site), "-w", number, "-t", str(threads)),
                asked=(f"{benchmark} {threads}",),
                log=f"bench-{benchmark.value}.log",
                min_memory_bytes=MEMCPY_BYTES if memcpy else 0,
            )
            yield _plan_process(inputs, process)
    if Benchmark.WHISPER in suite.benchmarks:
        yield from _plan_rounds(inputs)


def plan_probes(site: BuildSite) -> Iterator[Step]:
    """Yield the steps that ask the bench program for its options and features, before it measures."""
    yield Step(
        name="dialect",
        title="ask the bench program for its options",
        phase=Phase.PROBE,
        argv=(choose_program(site), "-h"),
        cwd=site.folder,
        log="dialect.log",
        timeout_s=60,
        needs=(name_ready(site),),
        asks=StepQuestion.DIALECT,
    )
    yield Step(
        name="features",
        title="ask the bench program what was compiled in",
        phase=Phase.PROBE,
        argv=(choose_program(site), "-m", NO_WEIGHTS, "-t", "1"),
        cwd=site.folder,
        env=choose_variant_env(site),
        log="features.log",
        timeout_s=60,
        needs=("dialect",),
        asks=StepQuestion.FEATURES,
    )


def plan_device_probes(inputs: PlanInputs, site: BuildSite) -> Iterator[Step]:
    """Yield the steps that ask for details of devices that ggml's log does not have, for builds that use them.

    These are the BLAS library that was linked and its kernels, and the driver of CUDA devices.
    """
    if is_on(site.config.value("GGML_BLAS")):
        yield Step(
            name="blas_library",
            title="ask the BLAS library for its kernels",
            phase=Phase.PROBE,
            argv=(inputs.python, "-s", "-P", "-m", BLAS_MODULE, LIBRARY),
            cwd=site.folder,
            log="blas-library.log",
            timeout_s=60,
            needs=(f"build_{site.config.build_type.lower()}",),
            env=inputs.worker_env,
            asks=StepQuestion.BLAS_LIBRARY,
        )
    if site.config.backend == CUDA:
        yield Step(
            name="gpu_driver",
            title="ask for the driver of the GPUs",
            phase=Phase.PROBE,
            # Through CMake: then a missing nvidia-smi is an answer, and not a child that cannot be started.
            argv=(inputs.toolchain.cmake.path, "-E", "env", *NVIDIA_SMI),
            cwd=site.folder,
            log="gpu-driver.log",
            timeout_s=60,
            needs=(f"build_{site.config.build_type.lower()}",),
            asks=StepQuestion.GPU_DRIVER,
        )


def choose_program(site: BuildSite) -> str:
    """Return the placeholder of the bench program; for a build with variants, that of its copy in another folder."""
    return ALONE if site.variant else BENCH


def name_ready(site: BuildSite) -> str:
    """Return the name of the step after which the bench program can be started."""
    kind = site.config.build_type.lower()
    return f"alone_{kind}" if site.variant else f"build_{kind}"


def choose_variant_env(site: BuildSite) -> tuple[tuple[str, str], ...]:
    """Return the variables that make ggml load a CPU variant; none for a build of one instruction set.

    ggml_backend_load_all() loads the library in GGML_BACKEND_PATH, besides those in the folder of the program.
    """
    return (("GGML_BACKEND_PATH", f"{site.folder}/bin/{name_variant_library(site.variant)}"),) if site.variant else ()


def plan_quantising(inputs: PlanInputs, site: BuildSite) -> Iterator[Step]:
    """Yield the steps that quantise F16 weights with the source's own program; the results are kept for all runs."""
    for weights in inputs.weights:
        if weights.parent:
            kind = weights_type(weights.model)
            yield Step(
                name=name_quantising(weights),
                title=f"quantise {weights.model}",
                phase=Phase.QUANTISE,
                argv=(QUANTIZE, weights.parent, weights.path, kind),
                cwd=site.folder,
                log=f"quantize-{weights.model}.log",
                timeout_s=inputs.suite.timeouts.bench_s,
                needs=(f"build_{site.config.build_type.lower()}",),
                stamp=f"{weights.path}.made",
                key=short_hash(weights.parent, weights.path),
                products=(weights.path,),
            )


def name_quantising(weights: Weights) -> str:
    """Return the name of the step that makes these weights."""
    return f"quantise_{weights.model}"


def _plan_rounds(inputs: PlanInputs) -> Iterator[Step]:
    """Yield the processes round by round: each setting once, in an order drawn again from the recorded seed."""
    suite = inputs.suite
    no_gpu = [NO_GPU] if inputs.sites[-1].config.backend in ON_CPU else []
    settings = [
        (weights, threads, fa)
        for weights in inputs.weights
        for threads in suite.threads
        for fa in suite.flash_attn
        if not suite.cases or _name_case(weights, threads, fa) in suite.cases
    ]
    first_of_model = {weights.model: (weights, threads, fa) for weights, threads, fa in reversed(settings)}
    draw = random.Random(suite.seed)  # noqa: S311 - an order to be reproduced, not a secret
    for repetition in range(1, suite.repetitions + 1):
        order = list(settings) if repetition == 1 else draw.sample(settings, len(settings))
        for weights, threads, fa in order:
            case = _name_case(weights, threads, fa)
            name, log = name_benchmark_step(case, repetition)
            upstream_name = repetition == 1 and first_of_model[weights.model] == (weights, threads, fa)
            process = _BenchProcess(
                case=case,
                name=name,
                title=title_bench(case, f"{repetition}/{suite.repetitions}"),
                argv=(choose_program(inputs.sites[-1]), "-m", weights.path, "-t", str(threads), *no_gpu, f"@fa={fa}"),
                asked=(f"load {weights.path} {threads} {fa}", *choose_questions(suite.metrics)),
                log=f"bench-bench-{weights.model}.log" if upstream_name else log,
                repetition=repetition,
                # With a GPU, most of the memory is not this node's.
                min_memory_bytes=estimate_memory(weights, flash_attn=fa, engine=suite.engine) if no_gpu else 0,
                made_by=(name_quantising(weights),) if weights.parent else (),
            )
            yield _plan_process(inputs, process)


def _name_case(weights: Weights, threads: int, fa: int) -> Case:
    return Case.of(Benchmark.WHISPER.value, model=weights.model, threads=threads, fa=fa)


def name_benchmark_step(case: Case, repetition: int) -> tuple[str, str]:
    """Return the names of the step and of the log of one process of a model case."""
    model, setting = case.get("model"), f"t{case.get('threads')}-fa{case.get('fa')}-r{repetition}"
    return f"bench_{model}_{setting.replace('-', '_')}", f"bench-bench-{model}-{setting}.log"


def title_bench(case: Case, number: str) -> str:
    """Return the title of one process of a model case; `number` is its repetition."""
    return f"{case.get('model')}, {format_count(int(case.get('threads')), 'thread')}, fa {case.get('fa')}, {number}"


def repeat_step(step: Step, case: Case, repetition: int, state: str = "") -> Step:
    """Return a step for another process of a model case; `state` is shown after its number."""
    name, log = name_benchmark_step(case, repetition)
    title = title_bench(case, f"{repetition}{state}")
    return step.replace(name=name, log=log, title=title, repetition=repetition)


def _plan_process(inputs: PlanInputs, process: _BenchProcess) -> Step:
    """Return the step of one process, for the suite's engine."""
    site, argv = inputs.sites[-1], process.argv
    sampled = inputs.suite.engine is Engine.LIBRARY
    if sampled:
        commands = [word for command in (*process.asked, "quit") for word in ("--do", command)]
        gpu = site.config.backend not in ON_CPU
        argv = (*choose_worker_argv(inputs.python, LIBRARY, gpu=gpu), *commands)
    return Step(
        name=process.name,
        title=process.title,
        phase=Phase.BENCHMARK,
        argv=argv,
        cwd=site.folder,
        log=process.log,
        timeout_s=inputs.suite.timeouts.bench_s,
        needs=(f"build_{site.config.build_type.lower()}" if sampled else "dialect", *process.made_by),
        case=process.case,
        repetition=process.repetition,
        min_memory_bytes=process.min_memory_bytes,
        env=inputs.worker_env if sampled else choose_variant_env(site),
        engine=inputs.suite.engine,
        backend=site.config.backend,
    )
