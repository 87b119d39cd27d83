"""What programs are told of a run is what people are shown."""

import msgspec
import pytest

from harness.judge.run_answer import describe_run
from harness.records.outcome import Status
from harness.records.run import Run
from harness.records.run_answer import CheckCount, RunAnswer, StepFailure
from harness.render.terminal import render_summary
from harness.stats.series import summarize_counts, summarize_run
from tests import factory
from tests.counted import draw_pair
from tests.unit.render.test_render_terminal import results


@pytest.fixture
def run() -> Run:
    return factory.run(*results())


def test_every_number_of_the_text_is_among_those_for_programs(run: Run) -> None:
    answer = describe_run(run, "/results/a")
    shown = render_summary(run, "/results/a")
    assert {(one.case, one.metric): one.median for one in answer.numbers} == {
        (str(case), metric): summary.median for (case, metric), summary in summarize_run(run).items()
    }
    (encode,) = (one for one in answer.numbers if one.params.get("model") == "tiny" and one.metric == "encode")
    assert (encode.n, encode.median, encode.low, encode.unit) == (3, 1005.23, None, "ms/pass")
    assert f"{encode.median:.2f}" in shown
    (tiny,) = (one for one in answer.cases if "model=tiny" in one.case)
    assert tiny.rtf
    assert tiny.peak_bytes == 330_000_000
    assert f"{tiny.rtf:.3f}" in shown
    (small,) = (one for one in answer.cases if "model=small" in one.case)
    assert (small.rtf, small.peak_bytes) == (None, None)


def test_tests_and_failures_are_those_of_the_text(run: Run) -> None:
    answer = describe_run(run, "/results/a")
    assert answer.tests == (
        CheckCount(build="debug", passed=1, failed=(), timed_out=(), skipped=0),
        CheckCount(build="release", passed=1, failed=("test-vad",), timed_out=(), skipped=1),
    )
    assert answer.failures[-1] == StepFailure(
        step="bench_small_r2",
        status=Status.TIMED_OUT,
        reason="timed out after 3600 s",
        log="bench-bench-small-t4-fa0-r2.log",
        alike=0,
    )
    assert (answer.status, answer.exit_code, answer.outcome) == (Status.FAILED, 11, "tests-failed")


def test_nothing_is_lost(run: Run) -> None:
    answer = describe_run(run, "/results/a")
    assert answer.run == run
    assert answer.caveats == tuple(dict.fromkeys(one.code for one in run.caveats))
    assert msgspec.json.decode(msgspec.json.encode(answer), type=RunAnswer) == answer


def test_what_the_hardware_counted_is_beside_the_times() -> None:
    counted, _ = draw_pair({}, blocks=5)
    answer = describe_run(counted, "/results/a")
    assert {one.metric: (one.n, one.unit) for one in answer.counters} == {
        "encode_instructions": (5, "instructions/pass"),
        "encode_cycles": (5, "cycles/pass"),
        "encode_cache_misses": (5, "misses/pass"),
    }
    assert {(one.case, one.metric): one.median for one in answer.counters} == {
        (str(case), metric): summary.median for (case, metric), summary in summarize_counts(counted).items()
    }
    assert [one.metric for one in answer.numbers] == ["encode"]
