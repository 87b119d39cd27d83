"""Records that earlier versions wrote say what later ones say in fields of their own."""

import pytest

from harness.parse.earlier import complete_run
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Phase, StepQuestion
from tests import factory


def complete(result: StepResult) -> StepResult:
    return complete_run(factory.run(result)).results[0]


@pytest.mark.parametrize(
    ("name", "phase", "build_type", "asks"),
    [
        ("configure_debug", Phase.CONFIGURE, "Debug", None),
        ("ctest_release", Phase.TEST, "Release", None),
        ("build_relwithdebinfo", Phase.BUILD, "RelWithDebInfo", None),
        ("list_debug", Phase.LIST, "Debug", StepQuestion.TESTS),
        ("targets_release", Phase.LIST, "Release", StepQuestion.TARGETS),
        ("dialect", Phase.PROBE, "", StepQuestion.DIALECT),
        ("features", Phase.PROBE, "", StepQuestion.FEATURES),
        ("blas_library", Phase.PROBE, "", StepQuestion.BLAS_LIBRARY),
        ("gpu_driver", Phase.PROBE, "", StepQuestion.GPU_DRIVER),
        ("roof_build", Phase.ROOFLINE, "", None),
        ("bench_my_debug_t4_fa0_r1", Phase.BENCHMARK, "", None),
    ],
)
def test_what_a_step_is_was_in_its_name(name: str, phase: Phase, build_type: str, asks: StepQuestion | None) -> None:
    found = complete(factory.result(name, phase))
    assert (found.build_type, found.asks) == (build_type, asks)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("killed by SIGILL (the build uses an instruction that this CPU lacks)", Cause.ILLEGAL_INSTRUCTION),
        ("failed: test-vad; killed by SIGILL: test-vad", Cause.ILLEGAL_INSTRUCTION),
        ("measured with another build", Cause.OTHER_BUILD),
        ("it printed more than 64 MB: it was stopped, and the rest is not kept", Cause.FLOODED),
        ("exit code 1", None),
    ],
)
def test_a_cause_was_in_the_reason(reason: str, cause: Cause | None) -> None:
    failed = factory.result("memcpy", Phase.BENCHMARK, Status.FAILED).replace(reason=reason)
    assert complete(failed).cause is cause
    assert complete(failed.replace(cause=Cause.CLOCK)).cause is Cause.CLOCK, "what is recorded counts"


def test_what_blocked_a_step_was_in_the_reason() -> None:
    skipped = factory.result("memcpy", Phase.BENCHMARK, Status.SKIPPED).replace(
        reason="needs build_release, which failed"
    )
    assert complete(skipped).blocked_by == "build_release"


def test_discarded_numbers_are_told_from_disturbed_attempts() -> None:
    aside = factory.result("memcpy", Phase.BENCHMARK)
    run = factory.run().replace(discarded=(aside, aside.replace(reason="measured with another build")))
    assert complete_run(run).attempts == (aside,)


def test_a_present_record_is_left_as_it_is() -> None:
    run = factory.run(factory.result("memcpy", Phase.BENCHMARK))
    assert complete_run(run) is run
