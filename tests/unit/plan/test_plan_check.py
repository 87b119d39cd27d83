"""The check of a build: what is asked, of which build, and what it blocks."""

import json

from harness.build.isa import name_variant_library
from harness.plan.inputs import PlanInputs, ReferenceBuild
from harness.plan.need import blockers, blocks, list_needed
from harness.plan.placeholder import Unfilled, fill_placeholders
from harness.plan.reference import name_reference, reference_path
from harness.plan.run import find_plan_flaw, is_measured, plan_build, plan_run
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult, is_check
from harness.records.plan import Inventory, Plan, Step
from harness.records.suite import Benchmark
from harness.records.weights import Audio, WeightsKind
from tests import factory

BUILD = ReferenceBuild(
    project="/harness/native/reference",
    digest="d1",
    folder="/cache/builds/reference-d1",
    references="/cache/references",
    threads=2,
)


def given(**changes: object) -> PlanInputs:
    """Return the inputs of a plan that checks; `changes` are those of the suite."""
    inputs = factory.plan_inputs(python="/usr/bin/python3", reference=BUILD)
    return inputs.replace(suite=inputs.suite.replace(check=True, **changes))


def list_checks(plan: Plan) -> list[Step]:
    return [step for step in plan.steps if is_check(step)]


def find(plan: Plan, name: str) -> Step:
    return next(step for step in plan.steps if step.name == name)


def block(plan: Plan, name: str, *failed: str) -> tuple[str, ...]:
    return blockers(find(plan, name), plan, frozenset(failed))


def test_each_weights_with_each_flash_attention_is_checked_once_before_its_benchmarks() -> None:
    inputs = given(flash_attn=(0, 1), threads=(1, 4)).replace(weights=(factory.weights("tiny"), factory.weights()))
    plan = plan_run(inputs)
    assert not find_plan_flaw(plan)
    assert [step.name for step in list_checks(plan)] == [
        "check_tiny_fa0",
        "check_tiny_fa1",
        "check_base_fa0",
        "check_base_fa1",
    ]
    assert {step.case for step in list_checks(plan)} == {
        Case.of("check", model=model, threads=4, fa=fa) for model in ("tiny", "base") for fa in (0, 1)
    }
    names = [step.name for step in plan.steps]
    timed = [step for step in plan.steps if step.case and step.case.benchmark == Benchmark.WHISPER]
    assert len(timed) == 16
    for step in timed:
        assert step.case
        check = f"check_{step.case.get('model')}_fa{step.case.get('fa')}"
        assert check in step.needs
        assert names.index(check) < names.index(step.name)
    assert not any("check" in need for name in ("memcpy", "mul_mat") for need in find(plan, name).needs)


def test_the_worker_compares_what_is_measured_with_what_was_computed_without_ggml() -> None:
    (step,) = list_checks(plan_run(given()))
    weights = factory.weights()
    path = reference_path(BUILD, weights)
    commands = [word for word, before in zip(step.argv[1:], step.argv, strict=False) if before == "--do"]
    assert commands == ["load /w/base.bin 4 0", f"check {json.dumps([path])}", "quit"]
    assert "--no-gpu" not in step.argv, "this build is for whatever GPU there is"
    assert set(step.needs) == {"build_release", name_reference(weights)}
    site = factory.site()
    cpu = given().replace(sites=(site.replace(config=site.config.replace(backend="cpu")),))
    assert "--no-gpu" in list_checks(plan_run(cpu))[0].argv
    assert list_checks(plan_run(cpu))[0].min_memory_bytes > 100_000_000


def test_a_variant_is_checked_and_not_the_best_kernels_of_this_cpu() -> None:
    site = factory.site().replace(variant="haswell")
    (step,) = list_checks(plan_run(given().replace(sites=(site,))))
    assert ("GGML_BACKEND_PATH", f"{site.folder}/bin/{name_variant_library('haswell')}") in step.env


def test_a_failed_check_blocks_the_benchmarks_of_its_weights_alone() -> None:
    inputs = given(flash_attn=(0, 1)).replace(weights=(factory.weights("tiny"), factory.weights()))
    plan = plan_run(inputs)
    assert block(plan, "bench_base_t4_fa0_r1", "check_base_fa0") == ("check_base_fa0",)
    assert block(plan, "bench_base_t4_fa1_r1", "check_base_fa0") == ()
    assert block(plan, "bench_tiny_t4_fa0_r1", "check_base_fa0") == ()
    assert block(plan, "memcpy", "check_base_fa0") == ()


def test_what_a_check_lacks_blocks_the_check_alone() -> None:
    plan = plan_run(given())
    assert block(plan, "check_base_fa0", "reference_base") == ("reference_base",)
    assert block(plan, "bench_base_t4_fa0_r1", "reference_base", "reference_build") == ()
    assert block(plan, "bench_base_t4_fa0_r1", "build_release") == ("build_release",)
    needed = [step.name for step in list_needed(find(plan, "bench_base_t4_fa0_r1"), plan)]
    assert {"reference_base", "check_base_fa0"} <= set(needed), "a search makes both just before the benchmark"


def test_a_check_that_could_not_look_blocks_nothing() -> None:
    (step,) = list_checks(plan_run(given()))
    assert not blocks(StepResult.unexecuted(step, Status.SKIPPED, "no reference"))
    assert blocks(StepResult.unexecuted(step, Status.FAILED, "wrong result"))
    assert blocks(StepResult.unexecuted(step, Status.TIMED_OUT, "timed out after 9 s"))


def test_transcriptions_need_the_check_too() -> None:
    weights = factory.weights().replace(kind=WeightsKind.OFFICIAL)
    audio = Audio(name="jfk", path="/w/jfk.wav", sha256="1" * 64, duration_s=11)
    plan = plan_run(given(benchmarks=(Benchmark.TRANSCRIBE,)).replace(weights=(weights,), audio=(audio,)))
    assert "check_base_fa0" in find(plan, "transcribe_base_jfk_t4_fa0_r1").needs


def test_only_settings_that_are_measured_are_checked() -> None:
    wanted = (Case.of("whisper", model="base", threads=4, fa=1),)
    assert [step.name for step in list_checks(plan_run(given(flash_attn=(0, 1), cases=wanted)))] == ["check_base_fa1"]
    plan = plan_run(given(benchmarks=(Benchmark.MEMCPY,), models=()).replace(weights=()))
    assert list_checks(plan) == []
    assert not any(step.name.startswith("reference") for step in plan.steps)


def test_without_checks_no_reference_is_computed_either() -> None:
    plan = plan_run(given().replace(suite=factory.suite()))
    assert not any(step.name.startswith(("check", "reference")) for step in plan.steps)


def test_a_mere_build_is_checked_for_those_who_compare_it() -> None:
    weights = factory.weights("base-q5_0").replace(parent="/w/base.bin", sha256="")
    plan = plan_build(given().replace(weights=(weights,)))
    assert not find_plan_flaw(plan)
    (step,) = list_checks(plan)
    assert set(step.needs) == {"build_release", "quantise_base-q5_0", "reference_base-q5_0"}
    assert plan.steps[-1] == step


def test_a_check_is_no_measurement_that_waits_for_a_quiet_node() -> None:
    plan = plan_run(given())
    assert not is_measured(list_checks(plan)[0])
    assert is_measured(find(plan, "bench_base_t4_fa0_r1"))


def test_a_static_build_cannot_be_looked_at() -> None:
    (step,) = list_checks(plan_run(given()))
    unfilled = fill_placeholders(step, Inventory(targets=("bin/whisper-bench",)))
    assert isinstance(unfilled, Unfilled)
    assert unfilled.status is Status.SKIPPED
