"""Benchmark steps by either engine: the same cases, asked in other words."""

from harness.plan.bench import plan_benchmarks
from harness.plan.inputs import PlanInputs
from harness.plan.worker import WHOLE
from harness.records.build import CMakeOption
from harness.records.plan import Phase, Step
from harness.records.suite import Benchmark, Engine
from harness.whisper.memory import estimate_memory
from tests import factory

WORKER_ENV = (("KMP_BLOCKTIME", "1"), ("PYTHONPATH", "/package"))


def plan(engine: Engine, backend: str = "auto") -> list[Step]:
    site = factory.site("Release")
    inputs = PlanInputs(
        source=factory.source(),
        toolchain=factory.toolchain(),
        sites=(site.replace(config=site.config.replace(backend=backend)),),
        suite=factory.suite().replace(engine=engine, flash_attn=(0, 1)),
        weights=(factory.weights("tiny"), factory.weights("base")),
        namespace="avx2",
        jobs=2,
        python="/bin/python",
        worker_env=WORKER_ENV,
    )
    return list(plan_benchmarks(inputs, inputs.sites[-1]))


def asked(step: Step) -> list[str]:
    at = step.argv.index("@library")
    assert step.argv[:at] == ("/bin/python", "-s", "-P", "-m", "harness.worker")
    assert set(step.argv[at + 1 :: 2]) == {"--do"}
    return list(step.argv[at + 2 :: 2])


def test_both_engines_measure_the_same_cases_in_the_same_order() -> None:
    bench, worker = ([step for step in plan(engine) if step.phase is Phase.BENCHMARK] for engine in Engine)
    assert [(step.name, step.case, step.repetition, step.log, step.title) for step in bench] == [
        (step.name, step.case, step.repetition, step.log, step.title) for step in worker
    ]
    assert len({step.name for step in worker}) == len(worker) == 2 + 2 * 2 * 2


def test_the_worker_does_the_whole_work_of_the_bench_program() -> None:
    steps = {str(step.case): step for step in plan(Engine.LIBRARY)}
    model = steps["whisper/fa=1/model=tiny/threads=4"]
    assert asked(model) == ["load /w/tiny.bin 4 1", "warm", *WHOLE.values(), "quit"]
    assert asked(steps["memcpy/threads=4"]) == ["memcpy 4", "quit"]
    assert asked(steps["mul_mat/threads=4"]) == ["mul_mat 4", "quit"]
    assert steps["memcpy/threads=4"].min_memory_bytes > 2e9


def test_a_worker_needs_no_bench_program_but_its_environment() -> None:
    for step in plan(Engine.LIBRARY):
        assert step.phase is Phase.BENCHMARK, "nothing is asked of the bench program"
        assert step.needs == ("build_release",)
        assert (step.env, step.engine) == (WORKER_ENV, Engine.LIBRARY)


def test_the_bench_program_is_asked_for_its_dialect_first() -> None:
    dialect, features, *benches = plan(Engine.BENCH)
    assert (dialect.name, features.name) == ("dialect", "features")
    assert features.needs == ("dialect",)
    for step in benches:
        assert (step.needs, step.env, step.engine) == (("dialect",), (), Engine.BENCH)
        assert "@bench" in step.argv


def test_only_what_the_suite_asks_for() -> None:
    inputs = PlanInputs(
        source=factory.source(),
        toolchain=factory.toolchain(),
        sites=(factory.site("Release"),),
        suite=factory.suite().replace(engine=Engine.LIBRARY, benchmarks=(Benchmark.MEMCPY,)),
        weights=(),
        namespace="avx2",
        jobs=2,
    )
    assert [step.name for step in plan_benchmarks(inputs, inputs.sites[-1])] == ["memcpy"]


def with_backend(backend: str, *options: CMakeOption) -> dict[str, Step]:
    site = factory.site().replace(config=factory.config().replace(backend=backend, options=options))
    inputs = PlanInputs(
        source=factory.source(),
        toolchain=factory.toolchain(),
        sites=(site,),
        suite=factory.suite(),
        weights=(factory.weights("tiny"),),
        namespace="avx2",
        jobs=2,
        python="/bin/python",
    )
    return {step.name: step for step in plan_benchmarks(inputs, site)}


def test_a_build_with_blas_is_asked_for_its_library() -> None:
    steps = with_backend("blas", CMakeOption(name="GGML_BLAS", value="ON", reason="--backend blas"))
    assert steps["blas_library"].argv[-2:] == ("harness.worker.blas", "@library")
    model = steps["bench_tiny_t4_fa0_r1"]
    assert model.backend == "blas"
    assert "@no-gpu" in model.argv, "BLAS is the CPU's"
    assert "blas_library" not in {step.name for step in plan(Engine.BENCH)}


def test_beside_a_build_with_cuda_the_driver_is_asked_for() -> None:
    steps = with_backend("cuda")
    assert "nvidia-smi" in steps["gpu_driver"].argv
    assert "@no-gpu" not in steps["bench_tiny_t4_fa0_r1"].argv
    assert "gpu_driver" not in with_backend("vulkan")


def test_a_model_needs_memory_that_depends_on_engine_and_flash_attention_but_not_where_a_gpu_has_it() -> None:
    for engine in Engine:
        for step in plan(engine, backend="cpu"):
            if step.case and step.case.get("model"):
                weights, flash_attn = factory.weights(step.case.get("model")), int(step.case.get("fa"))
                assert step.min_memory_bytes == estimate_memory(weights, flash_attn=flash_attn, engine=engine) > 1e8
        models = [step for step in plan(engine, backend="cuda") if step.case and step.case.get("model")]
        assert {step.min_memory_bytes for step in models} == {0}
