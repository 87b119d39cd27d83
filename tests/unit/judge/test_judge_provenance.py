"""Numbers and the builds that they came from."""

import pytest

from harness.judge.caveat import derive_caveats
from harness.judge.provenance import (
    Files,
    discard_other_build,
    find_other_file,
    is_compiling,
    is_same_build,
    keep_one_build,
    list_dependents,
)
from harness.records.build import CodeDigests
from harness.records.measurement import Case
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Phase
from tests import factory
from tests.unit.judge.test_judge_resume import plan

ONE, OTHER = CodeDigests(objects=(("a.o", "1"),), link="x"), CodeDigests(objects=(("a.o", "2"),), link="x")
UNKNOWN = CodeDigests.unknown("no ELF")
CASE = Case.of("whisper", model="base", threads=4, fa=0)


def done() -> tuple[StepResult, ...]:
    """Return results of a whole plan; benchmarks have numbers of the build ONE."""
    results = []
    for step in plan().steps:
        values = ((step.case, "encode", 1.0),) if step.case else ()
        result = factory.result(step.name, step.phase, Status.PASSED, *values)
        results.append(result.replace(case=step.case, log=step.log, build=ONE.id if values else ""))
    return tuple(results)


@pytest.mark.parametrize(
    ("before", "after", "untouched", "same"),
    [
        (ONE, ONE, False, True),
        (ONE, OTHER, True, False),
        (ONE, UNKNOWN, False, False),
        (UNKNOWN, ONE, False, False),
        (UNKNOWN, UNKNOWN, False, False),
        (None, None, False, False),
        (UNKNOWN, UNKNOWN, True, True),
        (None, ONE, True, True),
    ],
)
def test_what_is_not_known_is_the_same_only_where_nobody_touched_it(
    before: CodeDigests | None, after: CodeDigests | None, *, untouched: bool, same: bool
) -> None:
    assert is_same_build(before, after, untouched=untouched) is same


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ((("a", "1"), ("b", "2")), (("a", "1"), ("b", "2")), ""),
        ((("a", "1"),), (("a", "1"), ("variant", "2")), ""),
        ((("a", "1"), ("b", "2")), (("a", "1"), ("b", "3")), "b has changed"),
        ((("a", "1"), ("b", "2")), (("a", "1"),), "b has changed"),
        ((("a", ""),), (("a", ""),), "a has changed"),
        ((), (("a", "1"),), "does not record"),
        ((("a", "1"),), (), "a has changed"),
    ],
)
def test_a_build_is_the_one_from_before_only_where_every_file_is_known_to_be(
    before: Files, now: Files, said: str
) -> None:
    found = find_other_file(before, now)
    assert said in found
    assert bool(found) is bool(said)


def test_a_code_has_a_name_where_it_is_known() -> None:
    assert ONE.id
    assert ONE.id != OTHER.id
    assert UNKNOWN.id == ""


def test_what_depends_on_a_build_is_what_was_done_with_it() -> None:
    steps = {step.name: step for step in plan().steps}
    compiling = [name for name in steps if is_compiling(steps[name], plan())]
    assert compiling == ["build_debug", "build_release"]
    run = factory.run(*done())
    assert [one.step for one in list_dependents(steps["build_debug"], plan(), run)] == ["ctest_debug"]
    release = [one.step for one in list_dependents(steps["build_release"], plan(), run)]
    assert release[:3] == ["ctest_release", "dialect", "features"]
    assert release[3:] == [step.name for step in plan().steps if step.phase is Phase.BENCHMARK]


def test_numbers_of_another_build_are_set_aside_and_the_rest_has_no_result() -> None:
    run = factory.run(*done())
    build = next(step for step in plan().steps if step.name == "build_release")
    stale = list_dependents(build, plan(), run)
    parted = discard_other_build(run, stale, known=True)
    assert [one.step for one in parted.results] == [one.step for one in run.results if one not in stale]
    assert parted.measurements == ()
    assert {one.cause for one in parted.discarded} == {Cause.OTHER_BUILD}
    assert all(one.log.endswith(".other-build-1.log") and one.measurements for one in parted.discarded)
    assert parted.attempts == (), "no attempt that was disturbed"
    assert [caveat.code for caveat in parted.caveats] == ["other-build"]
    again = discard_other_build(parted.replace(results=run.results), stale, known=False)
    assert again.discarded[-1].log.endswith(".other-build-2.log")
    assert "not known whether its code is the same" in again.caveats[-1].message


def test_a_record_of_two_builds_is_no_sample() -> None:
    first, second = (
        factory.result(f"bench_{number}", Phase.BENCHMARK, Status.PASSED, (CASE, "encode", 1.0)).replace(case=CASE)
        for number in (1, 2)
    )
    old = factory.run(first, second)
    assert keep_one_build(old) is old, "records from before name no build"
    mixed = factory.run(first.replace(build=ONE.id), second.replace(build=OTHER.id)).replace(code=ONE)
    assert "mixed-builds" in {caveat.code for caveat in derive_caveats(mixed)}
    kept = keep_one_build(mixed)
    assert [one.status for one in kept.results] == [Status.PASSED, Status.FAILED]
    assert len(kept.measurements) == 1
    assert [one.step for one in kept.discarded] == ["bench_2"]
    assert "mixed-builds" not in {caveat.code for caveat in derive_caveats(kept)}
    assert kept.status is Status.FAILED
