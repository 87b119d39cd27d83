"""What checks say to readers: right, not looked at, and what became of a build."""

from harness.judge.caveat import derive_caveats
from harness.judge.check import caveat_checks, describe_check, describe_fate
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Phase
from harness.records.quality import ResultCheck
from harness.render.environment import render_environment
from harness.render.format import junit
from harness.render.format.format import RunSheet
from harness.render.html.report_step import list_steps
from harness.stats.series import peak_memory
from tests import factory

RIGHT = ResultCheck(errors=(0.0004, 0.00312), tolerance=0.05, agreeing="11")


def check(model: str = "base", fa: int = 0, status: Status = Status.PASSED, **changes: object) -> StepResult:
    case = Case.of("check", model=model, threads=4, fa=fa)
    return factory.result(f"check_{model}_fa{fa}", Phase.BENCHMARK, status).replace(
        case=case, repetition=1, completed=factory.completed(), **changes
    )


def whisper(status: Status = Status.PASSED, **changes: object) -> StepResult:
    case = Case.of("whisper", model="base", threads=4, fa=0)
    numbers = ((case, "encode", 100.0),) if status is Status.PASSED else ()
    return factory.result("bench_base_t4_fa0_r1", Phase.BENCHMARK, status, *numbers).replace(
        case=case, repetition=1, **changes
    )


def test_a_right_result_is_one_line_of_the_report_and_of_the_other_documents() -> None:
    run = factory.run(check(check=RIGHT), whisper())
    words = "within 0.312 % of a plain computation (tolerance 5 %)"
    assert describe_check(run.results[0]) == words
    assert f"HARNESS_CHECK_base_fa_0={words}" in render_environment(run)
    assert f"check/fa=0/model=base/threads=4: {words}" in junit.render([RunSheet(run=run)])
    assert words in str(list(list_steps(run, {}, "")))
    assert list(caveat_checks(run)) == []
    assert {case.benchmark for case in peak_memory(run)} == {"whisper"}, "a check is no model case"


def test_what_could_not_be_checked_is_said_once_for_each_reason() -> None:
    lost = factory.result("reference_base", Phase.REFERENCE, Status.SKIPPED).replace(reason="exit code 3")
    blocked = check(status=Status.SKIPPED, reason="needs reference_base, which failed", blocked_by="reference_base")
    other = blocked.replace(case=Case.of("check", model="base", threads=4, fa=1))
    run = factory.run(lost, blocked, other, check("tiny", 0, Status.SKIPPED, reason="too old"))
    (caveat,) = caveat_checks(run)
    assert caveat.code == "not-checked"
    assert caveat.message == (
        "whether the result is right was not checked (base fa 0, base fa 1: exit code 3; tiny fa 0: too old)"
    )
    codes = [one.code for one in derive_caveats(run)]
    assert codes.count("not-checked") == 1
    assert "benchmark-skipped" not in codes, "a check is no benchmark that was asked for"


def test_a_build_that_failed_is_not_also_one_that_was_not_checked() -> None:
    build = factory.result("build_release", Phase.BUILD, Status.FAILED).replace(reason="exit code 2")
    run = factory.run(build, check(status=Status.SKIPPED, reason="needs build_release", blocked_by="build_release"))
    assert list(caveat_checks(run)) == []
    assert describe_fate(run, "abc") == "the build of abc failed"


def test_a_wrong_result_fails_the_run_and_its_benchmarks_are_no_gaps() -> None:
    reason = "wrong result: 3 logits are not numbers"
    wrong = check(status=Status.FAILED, reason=reason, cause=Cause.WRONG_RESULT)
    blocked = whisper(Status.SKIPPED, reason="needs check_base_fa0, which failed", blocked_by="check_base_fa0")
    run = factory.run(wrong, blocked)
    assert run.exit_code is ExitCode.BENCHMARK_FAILED
    assert f"HARNESS_CHECK_base_fa_0={reason}" in render_environment(run)
    assert describe_check(wrong) == ""
    assert describe_fate(run, "abc") == "abc cannot be measured"
    codes = [one.code for one in derive_caveats(run)]
    assert "benchmark-skipped" in codes
    assert "not-checked" not in codes
