"""Time and instructions together: more work, or the same work at another pace."""

import pytest

from harness.judge.comparison import judge_trials
from harness.judge.counter import INSTRUCTION_THRESHOLD, judge_counts, remark_counts
from harness.records.comparison import ALPHA, Comparison, CounterSign, Family, Summary, Verdict
from harness.records.measurement import Case
from harness.records.plan import Phase
from harness.records.run import Run
from tests import factory
from tests.counted import LEVELS, NOISES, QUESTION, SURE, draw_pair, judge_pair

INSTRUCTIONS, CYCLES, MISSES = (name for name in LEVELS if name != "encode")
SLOWER = {"encode": 0.04, CYCLES: 0.04}


def only(pair: tuple[Run, Run]) -> tuple[CounterSign, str]:
    (remark,) = judge_pair(pair).remarks
    assert remark.metric == "encode"
    return remark.sign, remark.message.partition("fa=0 ")[2] or remark.message


def without(pair: tuple[Run, Run], *metrics: str) -> tuple[Run, Run]:
    """Return the runs without these counters."""
    one, other = (
        run.replace(
            results=tuple(
                result.replace(counts=tuple(count for count in result.counts if count.metric not in metrics))
                for result in run.results
            )
        )
        for run in pair
    )
    return one, other


def relinked(pair: tuple[Run, Run]) -> tuple[Run, Run]:
    one, other = (run.replace(trial=run.trial.replace(relinked=True)) for run in pair if run.trial)
    return one, other


def test_a_slower_contender_with_the_same_instructions() -> None:
    sign, message = only(draw_pair(SLOWER))
    assert sign is CounterSign.SAME_WORK
    assert "slower with the same instructions (" in message
    assert "but other cycles (+" in message
    assert message.endswith(
        "code layout, memory or other instructions, not more work in the program; --relink averages code layout out"
    )


def test_where_layouts_were_averaged_out_they_are_no_reason() -> None:
    _, message = only(relinked(draw_pair(SLOWER)))
    assert message.endswith(": memory or other instructions, not more work in the program")


def test_without_cycles_the_clock_may_be_the_reason() -> None:
    _, message = only(without(draw_pair(SLOWER), CYCLES, MISSES))
    assert message.endswith(
        "slower with the same instructions (+0.0 %): code layout, clock, memory or the kernel, "
        "not more work in the program; --relink averages code layout out"
    )


def test_the_same_cycles_leave_the_clock() -> None:
    _, message = only(draw_pair({"encode": 0.04}))
    assert "and the same cycles (" in message
    assert "the clock of the CPU, waiting or the kernel, not more work in the program" in message


@pytest.mark.parametrize(
    ("changes", "sign", "words"),
    [
        (
            SLOWER | {INSTRUCTIONS: 0.04},
            CounterSign.OTHER_WORK,
            "more instructions: the code does more work, or thread",
        ),
        ({"encode": -0.1, INSTRUCTIONS: -0.1}, CounterSign.OTHER_WORK, "fewer instructions: the code does less work"),
        (
            {"encode": -0.1, INSTRUCTIONS: 0.05},
            CounterSign.OTHER_PACE,
            "more instructions: on average each of them takes less time, waiting included",
        ),
        (
            SLOWER | {INSTRUCTIONS: -0.05},
            CounterSign.OTHER_PACE,
            "fewer instructions: on average each of them takes longer",
        ),
        ({INSTRUCTIONS: 0.12}, CounterSign.HIDDEN_WORK, "takes 12.0 % more instructions and the same time ("),
        (
            SLOWER | {INSTRUCTIONS: 0.006},
            CounterSign.OTHER_WORK,
            "the code does more work, which is only a part of it, or",
        ),
    ],
)
def test_what_time_and_instructions_say_together(changes: dict[str, float], sign: CounterSign, words: str) -> None:
    found, message = only(draw_pair(changes))
    assert found is sign
    assert words in message


def test_one_thread_waits_for_nobody() -> None:
    _, message = only(draw_pair(SLOWER | {INSTRUCTIONS: 0.04}, threads=1))
    assert message.endswith("more instructions: the code does more work")


def judged(metric: str, verdict: Verdict, change: float, low: float, high: float, *, threads: int = 1) -> Comparison:
    nothing = Summary(n=30, median=1.0, minimum=1.0, maximum=1.0, spread=0.0)
    threshold = 0.02 if metric == "encode" else INSTRUCTION_THRESHOLD
    return Comparison(
        case=Case.of("whisper", model="base", threads=threads),
        metric=metric,
        n=30,
        change=change,
        p=0.001,
        p_raw=0.001,
        verdict=verdict,
        relevant=abs(change) >= threshold,
        baseline=nothing,
        contender=nothing,
        low=low,
        high=high,
    )


def say(time: Comparison, *counts: Comparison) -> tuple[CounterSign | None, str]:
    family = Family(comparisons=(time,), alpha=ALPHA, threshold=0.02, method="")
    found = [(one.sign, one.message) for one in remark_counts(family, counts, relinked=False)]
    return found[0] if found else (None, "")


R, S = Verdict.REGRESSED, Verdict.UNCHANGED


@pytest.mark.parametrize(
    ("time", "instructions", "sign"),
    [
        ((R, 0.008, 0.001, 0.021), (S, 0.002, -0.001, 0.0045), None),
        ((S, 0.001, -0.01, 0.012), (R, 0.004, 0.001, 0.007), None),  # certain, but less than what matters
        ((R, 0.04, 0.001, 0.079), (S, 0.002, -0.001, 0.0045), CounterSign.SAME_WORK),
        ((R, 0.008, 0.001, 0.021), (S, -0.002, -0.0045, 0.001), CounterSign.SAME_WORK),
        ((S, 0.004, -0.01, 0.018), (R, 0.006, 0.001, 0.011), CounterSign.WORK_ONLY),
        ((S, 0.001, -0.002, 0.0025), (R, 0.006, 0.001, 0.011), CounterSign.HIDDEN_WORK),
        ((S, -0.004, -0.018, 0.0025), (R, 0.006, 0.001, 0.011), CounterSign.HIDDEN_WORK),
    ],
)
def test_the_same_is_said_only_where_half_of_the_other_change_is_ruled_out(
    time: tuple[Verdict, float, float, float],
    instructions: tuple[Verdict, float, float, float],
    sign: CounterSign | None,
) -> None:
    assert say(judged("encode", *time), judged(INSTRUCTIONS, *instructions))[0] is sign


@pytest.mark.parametrize(
    ("cycles", "words"),
    [
        ((S, 0.007, -0.002, 0.015), "with the same instructions (+0.0 %): code layout, clock, memory or the kernel"),
        ((S, 0.0, -0.002, 0.002), "and the same cycles (+0.0 %): the clock of the CPU, waiting or the kernel"),
        ((R, 0.002, 0.001, 0.022), "with the same instructions (+0.0 %): code layout, clock, memory or the kernel"),
        ((R, 0.009, 0.001, 0.022), "but other cycles (+0.9 %): code layout, memory or other instructions"),
    ],
)
def test_cycles_count_as_a_reason_only_where_they_rule_another_out(
    cycles: tuple[Verdict, float, float, float], words: str
) -> None:
    time, same = judged("encode", R, 0.01, 0.001, 0.021), judged(INSTRUCTIONS, S, 0.0, -0.001, 0.001)
    assert words in say(time, same, judged(CYCLES, *cycles))[1]


def test_more_instructions_may_be_those_of_threads_that_wait() -> None:
    time, more = (S, 0.0, -0.001, 0.001), (R, 0.01, 0.008, 0.012)
    message = say(judged("encode", *time, threads=4), judged(INSTRUCTIONS, *more, threads=4))[1]
    assert message.endswith("is the limit, or threads that wait in a loop wait longer or less long")
    assert say(judged("encode", *time), judged(INSTRUCTIONS, *more))[1].endswith("is the limit")


def test_of_what_a_gpu_does_nothing_is_said() -> None:
    pair = draw_pair(SLOWER)
    one, other = (run.replace(config=run.config.replace(backend="cuda")) for run in pair)
    report = judge_pair((one, other))
    assert report.instructions.comparisons
    assert report.remarks == ()


def test_counts_of_a_case_without_times_do_not_stop_a_comparison() -> None:
    pair = draw_pair(SLOWER)
    stray = Case.of("whisper", model="no-such", threads=1)

    def move(run: Run) -> Run:
        """Return the run with all its counts in a step of their own, for a case that nothing timed."""
        counts = tuple(count.replace(case=stray) for count in run.counts)
        step = factory.result("stray", Phase.BENCHMARK).replace(case=stray, counts=counts)
        return run.replace(results=(*(result.replace(counts=()) for result in run.results), step))

    one, other = map(move, pair)
    report = judge_counts([(one, other)], judge_trials([(one, other)], QUESTION))
    assert report
    assert {one.case.get("model") for one in report.instructions.comparisons} == {"no-such"}


def test_an_open_time_is_no_same_time() -> None:
    noisy = NOISES["threads that wait in a loop: 25 times the scatter"]
    changes = {"encode": 0.01, INSTRUCTIONS: 0.3}
    found, message = only(draw_pair(changes, noise=noisy))
    assert found is CounterSign.WORK_ONLY
    assert message.endswith("more instructions; whether its time follows is not resolved")


def test_a_change_below_the_threshold_is_no_other_work() -> None:
    report = judge_pair(draw_pair({INSTRUCTIONS: 0.002}))
    assert report.instructions.comparisons[0].verdict is Verdict.UNCHANGED
    assert report.remarks == ()


def test_the_times_are_judged_as_they_are_without_counters() -> None:
    pair = draw_pair(SLOWER)
    assert judge_trials([pair], QUESTION) == judge_trials([without(pair, INSTRUCTIONS, CYCLES, MISSES)], QUESTION)
    report = judge_pair(pair)
    assert [one.metric for one in report.instructions.comparisons] == [INSTRUCTIONS]
    assert [one.metric for one in report.others.comparisons] == [CYCLES, MISSES]
    assert report.instructions.alpha == report.others.alpha == ALPHA
    assert (report.instructions.threshold, report.others.threshold) == (0.005, 0.02)
    assert {one.case for one in report.instructions.comparisons} == {
        one.case for one in judge_trials([pair], QUESTION).comparisons
    }


def test_without_counters_on_both_sides_there_is_nothing_to_say() -> None:
    baseline, contender = draw_pair(SLOWER)
    _, bare = without((baseline, contender), INSTRUCTIONS, CYCLES, MISSES)
    assert judge_counts([(baseline, bare)], judge_trials([(baseline, bare)], QUESTION)) is None


def test_counters_of_calls_that_were_not_judged_are_left_out() -> None:
    pair = draw_pair(SLOWER)
    times = judge_trials([pair], QUESTION.replace(metrics=frozenset({"decode"})))
    assert judge_counts([pair], times) is None


@pytest.mark.parametrize("name", NOISES)
def test_equal_sides_get_hardly_any_verdict(name: str) -> None:
    """At most 1 % of comparisons have a false one: three of twenty would be no chance."""
    found = [judge_pair(draw_pair({}, blocks=16, seed=seed, noise=NOISES[name])) for seed in range(20)]
    for families in ([one.instructions for one in found], [one.others for one in found]):
        assert sum(any(one.verdict in SURE for one in family.comparisons) for family in families) < 3


def test_exactly_equal_counts_are_unchanged() -> None:
    report = judge_pair(draw_pair({}, noise=NOISES["exactly equal counts"]))
    assert {one.verdict for one in (*report.instructions.comparisons, *report.others.comparisons)} == {
        Verdict.UNCHANGED
    }
    assert report.instructions.comparisons[0].change == 0
