"""What a suite asks for and a record says nothing of is a failure, whatever else was measured."""

from collections.abc import Iterator

import pytest

from harness.judge.caveat import derive_caveats
from harness.records.exit_code import ExitCode
from harness.records.gap import find_gaps
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import GGML_CI, Run
from harness.records.suite import Benchmark
from harness.records.trial import Role, Trial
from harness.records.weights import Audio, WeightsKind
from tests import factory

SUITE = factory.suite()


def answers() -> Iterator[StepResult]:
    """Yield everything that the suite asks for: two tests, memcpy, mul_mat, and two processes of one model."""
    for kind in ("Debug", "Release"):
        found = factory.result(f"ctest_{kind.lower()}", Phase.TEST, Status.SKIPPED)
        yield found.replace(build_type=kind, reason="the tree has no tests")
    for name in ("memcpy", "mul_mat"):
        yield measured(Case.of(name, threads=4))
    for repetition in (1, 2):
        yield measured(Case.of("whisper", model="base", threads=4, fa=0), repetition)


def measured(case: Case, repetition: int = 1) -> StepResult:
    found = factory.result(f"{case}-{repetition}", Phase.BENCHMARK, Status.PASSED, (case, "encode", 1.0))
    return found.replace(case=case, repetition=repetition)


def finished(*results: StepResult) -> Run:
    return factory.run(*results).replace(end="2026-01-01T01:00:00+00:00")


def test_a_whole_run_has_no_gaps() -> None:
    run = finished(*answers())
    assert not run.gaps
    assert run.exit_code is ExitCode.OK
    assert "incomplete" not in {caveat.code for caveat in derive_caveats(run)}


@pytest.mark.parametrize("left_out", range(6))
def test_every_missing_answer_fails_the_run(left_out: int) -> None:
    whole = list(answers())
    gone = whole.pop(left_out)
    run = finished(*whole)
    (gap,) = run.gaps
    assert run.exit_code is (ExitCode.TESTS_FAILED if gone.phase is Phase.TEST else ExitCode.BENCHMARK_FAILED)
    (told,) = [caveat.message for caveat in derive_caveats(run) if caveat.code == "incomplete"]
    assert gap.name in told
    assert str(gone.case or "tests") in gap.name


@pytest.mark.parametrize(
    ("changes", "is_gap"),
    [
        ({"measurements": ()}, True),
        ({"measurements": (), "status": Status.SKIPPED}, True),
        ({"measurements": (), "status": Status.SKIPPED, "reason": "needs 3 GB of memory, 1 GB is free"}, False),
        ({"measurements": (), "status": Status.FAILED, "reason": "exit code 2"}, False),
        ({"repetition": 3}, True),
        ({"case": Case.of("whisper", model="base", threads=2, fa=0)}, True),
    ],
)
def test_an_answer_is_a_number_or_a_reason(changes: dict[str, object], is_gap: bool) -> None:  # noqa: FBT001
    *others, last = answers()
    assert bool(find_gaps(SUITE, (), (), [*others, last.replace(**changes)])) is is_gap


def test_what_is_not_known_is_not_missing() -> None:
    run = finished()
    assert run.exit_code is ExitCode.BENCHMARK_FAILED or run.exit_code is ExitCode.TESTS_FAILED
    trial = Trial(id=run.id, role=Role.BASELINE, seed=1, pairs=2, builds=1)
    for other in (
        run.replace(end=""),
        run.replace(origin=GGML_CI),
        run.replace(trial=trial),
        run.replace(sweep="20260101T000000Z-tune-01234567"),
    ):
        assert not other.gaps


def test_every_run_that_was_skipped_has_failed() -> None:
    suite = SUITE.replace(tests=False, test_build_types=(), benchmarks=(Benchmark.MEMCPY,))
    skipped = measured(Case.of("memcpy", threads=4)).replace(measurements=(), status=Status.SKIPPED, reason="memory")
    run = finished(skipped).replace(suite=suite)
    assert not run.gaps
    assert run.exit_code is ExitCode.BENCHMARK_FAILED
    assert "incomplete" in {caveat.code for caveat in derive_caveats(run)}


def test_only_cells_that_were_asked_for_can_be_missing() -> None:
    cases = (Case.of("whisper", model="base", threads=4, fa=0),)
    suite = SUITE.replace(benchmarks=(Benchmark.WHISPER,), tests=False, threads=(2, 4), cases=cases)
    assert [gap.name for gap in find_gaps(suite, (), (), ())] == [f"{cases[0]}, repetition {n}" for n in (1, 2)]


@pytest.mark.parametrize(("kind", "count"), [(WeightsKind.SYNTHETIC, 0), (WeightsKind.OFFICIAL, 2)])
def test_real_weights_transcribe(kind: WeightsKind, count: int) -> None:
    suite = SUITE.replace(benchmarks=(Benchmark.TRANSCRIBE,), tests=False)
    audio = Audio(name="jfk", path="/jfk.wav", duration_s=11.0, sha256="0" * 64)
    weights = factory.weights().replace(kind=kind)
    assert len(find_gaps(suite, (weights,), (audio,), ())) == count
