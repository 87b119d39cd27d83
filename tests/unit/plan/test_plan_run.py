"""Plans: the right steps, in the right order, with the right dependencies."""

from harness.plan.inputs import PlanInputs
from harness.plan.need import blockers
from harness.plan.run import find_plan_flaw, find_stray, plan_build, plan_run
from harness.records.build import CMakeOption
from harness.records.plan import Phase, Plan, Step
from harness.records.suite import Benchmark
from tests import factory


def plan_inputs() -> PlanInputs:
    return factory.plan_inputs(namespace="avx2", jobs=2)


def names(inputs: PlanInputs) -> list[str]:
    return [step.name for step in plan_run(inputs).steps]


def find(inputs: PlanInputs, name: str) -> Step:
    return next(step for step in plan_run(inputs).steps if step.name == name)


def test_the_order_is_upstreams() -> None:
    assert names(plan_inputs()) == [
        "configure_debug",
        "list_debug",
        "build_debug",
        "ctest_debug",
        "configure_release",
        "targets_release",
        "list_release",
        "build_release",
        "ctest_release",
        "dialect",
        "features",
        "memcpy",
        "mul_mat",
        "bench_base_t4_fa0_r1",
        "bench_base_t4_fa0_r2",
    ]


def test_without_tests_there_is_one_build_and_no_ctest() -> None:
    inputs = plan_inputs()
    suite = inputs.suite.replace(tests=False, test_build_types=())
    planned = names(inputs.replace(suite=suite, sites=inputs.sites[1:]))
    assert planned[:4] == ["configure_release", "targets_release", "build_release", "dialect"]


def test_debug_builds_the_tests_alone_and_release_the_bench_program_too() -> None:
    assert find(plan_inputs(), "build_debug").argv[-2:] == ("--target", "@tests=Debug")
    assert find(plan_inputs(), "build_release").argv[-3:] == ("--target", "@bench-target", "@tests=Release")


def test_ctest_never_passes_with_nothing() -> None:
    argv = find(plan_inputs(), "ctest_release").argv
    assert "--no-tests=error" in argv
    assert argv[argv.index("-L") + 1] == "^(gh|unit)$"


def test_rounds_go_over_all_settings_before_the_next_repetition() -> None:
    inputs = plan_inputs()
    suite = inputs.suite.replace(flash_attn=(0, 1), threads=(1, 2), repetitions=3, benchmarks=(Benchmark.WHISPER,))
    inputs = inputs.replace(suite=suite, weights=(factory.weights("tiny"), factory.weights("base")))
    benches = [step for step in plan_run(inputs).steps if step.phase is Phase.BENCHMARK]
    rounds = [benches[at : at + 8] for at in range(0, 24, 8)]
    for number, steps in enumerate(rounds, 1):
        assert {step.repetition for step in steps} == {number}
        assert len({str(step.case) for step in steps}) == 8
    orders = [[str(step.case) for step in steps] for steps in rounds]
    assert orders[1] != orders[2], "the order is drawn anew in each round"
    assert orders == [[str(s.case) for s in r] for r in rounds], "and is the same for the same seed"
    assert plan_run(inputs) == plan_run(inputs)
    assert plan_run(inputs.replace(suite=suite.replace(seed=2))) != plan_run(inputs)


def test_logs_have_upstreams_names_and_no_two_steps_share_one() -> None:
    inputs = plan_inputs()
    inputs = inputs.replace(suite=inputs.suite.replace(flash_attn=(0, 1)))
    logs = [step.log for step in plan_run(inputs).steps]
    assert len(logs) == len(set(logs))
    assert {
        "ctest_debug-cmake.log",
        "ctest_debug-make.log",
        "ctest_debug-ctest.log",
        "bench-memcpy.log",
        "bench-mul_mat.log",
        "bench-bench-base.log",
        "bench-bench-base-t4-fa1-r1.log",
        "bench-bench-base-t4-fa0-r2.log",
    } <= set(logs)


def test_a_failed_build_blocks_the_rest_and_a_failed_benchmark_nothing() -> None:
    plan = plan_run(plan_inputs())
    by_name = {step.name: step for step in plan.steps}
    for name in ("ctest_debug", "configure_release", "build_release", "mul_mat", "bench_base_t4_fa0_r2"):
        assert blockers(by_name[name], plan, frozenset({"build_debug"})) == ("build_debug",), name
    assert blockers(by_name["mul_mat"], plan, frozenset({"memcpy"})) == ()
    assert blockers(by_name["memcpy"], plan, frozenset({"ctest_release", "ctest_debug"})) == ()


def test_a_stamp_tells_the_source_it_was_made_of() -> None:
    inputs = plan_inputs()
    other = inputs.replace(source=inputs.source.replace(id="src2"))
    assert find(inputs, "build_release").stamp == find(other, "build_release").stamp
    assert find(inputs, "build_release").key != find(other, "build_release").key
    assert find(inputs, "configure_release").key == find(other, "configure_release").key


def test_a_tree_of_the_users_is_always_shown_to_ninja() -> None:
    inputs = plan_inputs()
    assert find(inputs.replace(source=inputs.source.replace(mutable=True)), "build_release").stamp == ""


def test_a_configure_is_made_anew_when_any_option_changes() -> None:
    inputs = plan_inputs()
    wiring = (CMakeOption(name="CMAKE_MAKE_PROGRAM", value="/other/ninja", reason="moved"),)
    moved = inputs.replace(sites=tuple(site.replace(wiring=wiring) for site in inputs.sites))
    assert find(inputs, "configure_release").key != find(moved, "configure_release").key


def test_memcpy_asks_for_the_memory_it_needs() -> None:
    assert find(plan_inputs(), "memcpy").min_memory_bytes > 2.048e9


def test_a_pruned_source_is_built_through_our_own_project() -> None:
    plan = plan_build(plan_inputs().replace(library="/harness/native/library", sites=(factory.site(),)))
    configure, *_, build = plan.steps
    assert configure.argv[4] == "/harness/native/library"
    assert "-DWHISPER_SOURCE=/cache/sources/src1/tree" in configure.argv
    assert build.argv[-2:] == ("--target", "whisper")
    assert all(step.phase in (Phase.CONFIGURE, Phase.LIST, Phase.BUILD) for step in plan.steps)


def test_a_plan_that_was_edited_is_not_followed_and_one_that_was_made_is() -> None:
    plan = plan_run(plan_inputs())
    assert find_plan_flaw(plan) == ""
    first, second, *others = plan.steps
    for steps, told in (
        ((second, first, *others), "needs"),
        ((first.replace(needs=("nobody",)), second, *others), "needs 'nobody'"),
        ((first.replace(needs=(first.name,)), second, *others), f"needs '{first.name}'"),
        ((first, first, second, *others), "two steps"),
        *(
            ((first.replace(log=log), second, *others), "would be outside the bundle")
            for log in ("", ".", "..", "../a.log", "/tmp/a.log", "a\\b", "a\0")
        ),
    ):
        assert told in find_plan_flaw(plan.replace(steps=steps))


def test_whatever_a_plan_makes_or_empties_lies_in_the_cache() -> None:
    plan = plan_run(plan_inputs())
    assert find_stray(plan, "/cache") == ""
    for field, path in (
        ("wipe", "/home"),
        ("wipe", "/cache"),
        ("wipe", "/cache/weights"),
        ("wipe", "/cache/builds/../../home"),
        ("wipe", "/cache/builds/"),
        ("stamp", "/home/x"),
        ("products", ("/cache/x", "/cachet/x")),
        ("output", "../x"),
    ):
        step = plan.steps[0].replace(**{field: path})
        assert "configure_debug" in find_stray(plan.replace(steps=(step, *plan.steps[1:])), "/cache"), path


def test_the_cache_may_be_named_from_where_one_stands() -> None:
    step = plan_run(plan_inputs()).steps[0].replace(wipe="", stamp="", products=("/home/me/../cache/builds/x",))
    plan = Plan(sites=(), steps=(step,))
    assert find_stray(plan, "/home/me/../cache") == ""
    assert find_stray(plan, "/home/me") != ""
