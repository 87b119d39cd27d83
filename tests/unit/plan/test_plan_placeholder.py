"""Placeholders: filled in from what the tree offers, or a reason why not."""

import pytest

from harness.plan.placeholder import Unfilled, choose_bench_target, choose_library, choose_tests, fill_placeholders
from harness.records.outcome import Status
from harness.records.plan import Dialect, Inventory, ListedTest, Phase, Step

TESTS = (
    ListedTest(name="test-whisper-cli-tiny", labels=("tiny", "gh"), program="/build/bin/whisper-cli"),
    ListedTest(name="test-whisper-cli-large", labels=("large",), program="/build/bin/whisper-cli"),
    ListedTest(name="test-vad", labels=("unit",), program="/build/bin/test-vad"),
)
FULL = Inventory(
    targets=("all", "bench", "whisper-bench"),
    tests=(("Debug", TESTS), ("Release", TESTS)),
    dialect=Dialect(no_gpu=True, flash_attn=True, no_flash_attn=True),
)


def step(*argv: str, phase: Phase = Phase.BENCHMARK, build_type: str = "") -> Step:
    log, cwd = "some.log", "/build"
    return Step(name="s", title="s", phase=phase, argv=argv, cwd=cwd, log=log, timeout_s=1, build_type=build_type)


def bound(given: Step, inventory: Inventory = FULL) -> tuple[str, ...]:
    answer = fill_placeholders(given, inventory)
    assert isinstance(answer, Step)
    return answer.argv


def unfilled(given: Step, inventory: Inventory) -> Unfilled:
    answer = fill_placeholders(given, inventory)
    assert isinstance(answer, Unfilled)
    return answer


def test_the_new_name_wins_over_the_stub_of_the_old_one() -> None:
    assert choose_bench_target({"bench", "whisper-bench"}) == "whisper-bench"
    assert choose_bench_target({"bench", "main"}) == "bench"
    assert choose_bench_target({"main"}) == ""


def test_tests_are_chosen_by_label() -> None:
    assert [test.name for test in choose_tests(TESTS)] == ["test-whisper-cli-tiny", "test-vad"]


def test_flash_attention_is_always_said_where_the_dialect_can() -> None:
    assert bound(step("@bench", "@fa=0")) == ("/build/bin/whisper-bench", "-nfa")
    assert bound(step("@bench", "@fa=1")) == ("/build/bin/whisper-bench", "-fa")
    assert bound(step("@bench", "@no-gpu", "@fa=1")) == ("/build/bin/whisper-bench", "-ng", "-fa")


def test_an_old_dialect_has_it_off_without_a_flag_and_cannot_have_it_on() -> None:
    old = FULL.replace(dialect=Dialect())
    assert bound(step("@bench", "@no-gpu", "@fa=0"), old) == ("/build/bin/whisper-bench",)
    assert unfilled(step("@bench", "@fa=1"), old).status is Status.SKIPPED


def test_only_the_programs_of_chosen_tests_are_built() -> None:
    build = step("cmake", "--target", "@bench-target", "@tests=Release", phase=Phase.BUILD)
    assert bound(build) == ("cmake", "--target", "whisper-bench", "bin/test-vad", "bin/whisper-cli")


@pytest.mark.parametrize(
    ("tests", "reason"),
    [((), "registers no tests"), ((("Debug", TESTS[1:2]),), "none of the tree's 1 tests has the label gh or unit")],
)
def test_a_tree_without_fitting_tests_is_skipped_and_never_a_success(
    tests: tuple[tuple[str, tuple[ListedTest, ...]], ...], reason: str
) -> None:
    without = FULL.replace(tests=tests)
    answer = unfilled(step("ctest", phase=Phase.TEST, build_type="Debug"), without)
    assert answer.status is Status.SKIPPED
    assert reason in answer.reason
    assert unfilled(step("cmake", "--target", "@tests=Debug", phase=Phase.BUILD), without).status is Status.SKIPPED


def test_a_tree_without_a_bench_program_has_failed() -> None:
    assert unfilled(step("@bench", "-h"), FULL.replace(targets=("all",))).status is Status.FAILED


@pytest.mark.parametrize("room", ["src", "bin", "lib"])
@pytest.mark.parametrize("suffix", ["so", "dylib"])
def test_the_library_is_found_where_each_release_puts_it(room: str, suffix: str) -> None:
    file = f"{room}/libwhisper.{suffix}"
    offered = FULL.replace(targets=("libwhisper.so", f"{file}.1", file, f"{file}.1.8.5", "ggml/src/libggml.so"))
    assert choose_library(offered.targets) == file
    sampled = step("python", "-m", "harness.worker", "@library", "--do", "quit")
    assert bound(sampled, offered) == ("python", "-m", "harness.worker", f"/build/{file}", "--do", "quit")


def test_a_static_build_has_no_library_to_load() -> None:
    answer = unfilled(step("python", "@library"), FULL.replace(targets=("src/libwhisper.a", "whisper-bench")))
    assert answer.status is Status.FAILED
    assert "no shared libwhisper" in answer.reason
