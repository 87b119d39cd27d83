import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records.comparison import Comparison, Verdict
from harness.records.measurement import Case
from harness.stats.verdict import PairedSample, UnpairedSample, judge_pairs, judge_unpaired, list_settled

CASE = Case.of("whisper", model="tiny", threads=2)
ALPHA, THRESHOLD = 0.01, 0.02
Blocks = tuple[tuple[tuple[float, float], ...], ...]


def draw_blocks(n: int, change: float, *, sd: float = 0.01, pairs: int = 3, seed: int = 1) -> Blocks:
    draw = random.Random(seed)
    return tuple(
        tuple((100 * draw.lognormvariate(0, sd), 100 * (1 + change) * draw.lognormvariate(0, sd)) for _ in range(pairs))
        for _ in range(n)
    )


def paired(blocks: Blocks, metric: str = "encode") -> PairedSample:
    return PairedSample(case=CASE, metric=metric, blocks=blocks)


def judge(blocks: Blocks, metric: str = "encode", *, threshold: float = THRESHOLD) -> Comparison:
    (comparison,) = judge_pairs([paired(blocks, metric)], alpha=ALPHA, threshold=threshold).comparisons
    return comparison


def codes(comparison: Comparison) -> list[str]:
    return [caveat.code for caveat in comparison.caveats]


def draw_layouts(seed: int, change: float, *, each: bool, blocks: int = 40) -> Blocks:
    """Return blocks of sides whose layouts differ by 2 %: another one in `each` block, or one for all of them."""
    draw = random.Random(f"{seed}/{each}")
    sides = [[draw.gauss(0, 0.02) for _ in range(blocks if each else 1)] * (1 if each else blocks) for _ in range(2)]
    return tuple(
        tuple(
            (100 * draw.lognormvariate(here, 0.006), 100 * (1 + change) * draw.lognormvariate(there, 0.006))
            for _ in range(2)
        )
        for here, there in zip(*sides, strict=True)
    )


def test_layouts_that_are_drawn_for_each_block_are_noise_and_one_for_all_is_a_difference() -> None:
    def judged(change: float, *, each: bool) -> list[Verdict]:
        return [judge(draw_layouts(seed, change, each=each)).verdict for seed in range(30)]

    certain = (Verdict.IMPROVED, Verdict.REGRESSED)
    assert sum(verdict in certain for verdict in judged(0.0, each=True)) <= 1
    assert set(judged(0.05, each=True)) == {Verdict.REGRESSED}
    assert sum(verdict in certain for verdict in judged(0.0, each=False)) > 15, "what no coin takes out"


@pytest.mark.parametrize(
    ("change", "metric", "verdict", "weight"),
    [
        (0.0, "encode", Verdict.UNCHANGED, "irrelevant"),
        (0.05, "encode", Verdict.REGRESSED, "relevant"),
        (-0.05, "encode", Verdict.IMPROVED, "relevant"),
        (0.05, "copy_rate", Verdict.IMPROVED, "relevant"),
        (-0.05, "flop_rate", Verdict.REGRESSED, "relevant"),
    ],
)
def test_verdict(change: float, metric: str, verdict: Verdict, weight: str) -> None:
    comparison = judge(draw_blocks(25, change), metric)
    assert (comparison.verdict, comparison.relevant) == (verdict, weight == "relevant")
    assert comparison.low is not None
    assert comparison.high is not None
    assert comparison.low < change < comparison.high
    assert comparison.low < comparison.change < comparison.high
    assert (comparison.n, comparison.confidence) == (25, 0.99 if change else 0.98)
    assert comparison.baseline.n == comparison.contender.n == 75
    assert comparison.contender.median == pytest.approx(100 * (1 + change), rel=0.01)
    assert comparison.caveats == ()


def test_certain_is_not_relevant() -> None:
    blocks = draw_blocks(60, 0.01, sd=0.003)
    comparison = judge(blocks)
    assert comparison.verdict is Verdict.UNCHANGED
    assert comparison.p < ALPHA
    assert comparison.low is not None
    assert comparison.low > 0
    comparison = judge(draw_blocks(25, 0.012), threshold=0.015)
    assert (comparison.verdict, comparison.relevant) == (Verdict.REGRESSED, False)


def test_threshold_0_calls_nothing_unchanged() -> None:
    assert judge(draw_blocks(40, 0.0), threshold=0.0).verdict is Verdict.UNRESOLVED
    assert judge(draw_blocks(40, 0.05), threshold=0.0).relevant
    assert judge((((5.0, 5.0),),) * 40, threshold=0.0).verdict is Verdict.UNRESOLVED


def test_threshold_beyond_all_of_it_still_bounds_a_slowdown() -> None:
    assert judge(draw_blocks(25, 0.3), threshold=1.5).verdict is Verdict.UNCHANGED
    assert judge(draw_blocks(25, 3.0), threshold=1.5).relevant


def test_noise_is_unresolved_and_says_what_it_would_have_shown() -> None:
    comparison = judge(draw_blocks(25, 0.0, sd=0.2))
    assert comparison.verdict is Verdict.UNRESOLVED
    assert comparison.low is not None
    assert comparison.mde is not None
    assert comparison.mde > THRESHOLD
    assert comparison.low < 0
    assert judge(draw_blocks(25, comparison.mde, sd=0.2, seed=4)).p <= ALPHA


@pytest.mark.parametrize("n", range(9))
def test_thin_data_are_unresolved(n: int) -> None:
    comparison = judge(draw_blocks(n, 0.5))
    assert comparison.verdict is Verdict.UNRESOLVED
    assert (comparison.low, comparison.high, comparison.mde, comparison.confidence) == (None, None, None, 0.0)
    assert codes(comparison) == ["thin"]
    assert "takes at least 9" in comparison.caveats[0].message
    assert comparison.n == comparison.baseline.n / 3 == n
    assert comparison.change == pytest.approx(0.5 if n else 0.0, rel=0.1)


def test_nine_blocks_are_not_thin_any_more() -> None:
    comparison = judge(draw_blocks(9, 0.5))
    assert (comparison.verdict, codes(comparison)) == (Verdict.REGRESSED, [])


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_numbers_of_a_broken_clock_are_left_out(bad: float) -> None:
    blocks = draw_blocks(20, 0.05)
    broken = (*blocks, ((100.0, bad),), ((bad, 100.0), (100.0, 105.0)))
    comparison = judge(broken)
    assert (comparison.verdict, comparison.n) == (Verdict.REGRESSED, 21)
    assert codes(comparison) == ["unusable"]
    assert comparison.caveats[0].message.endswith(": 2")
    nothing = judge((((bad, bad),),))
    assert (nothing.verdict, nothing.n, nothing.baseline.n) == (Verdict.UNRESOLVED, 0, 0)
    assert codes(nothing) == ["thin", "unusable"]


def test_absurd_numbers_do_no_harm() -> None:
    comparison = judge((((1e-300, 1e300), (1e300, 1e-300), (1e-300, 1e300)),) * 30)
    assert comparison.verdict is Verdict.REGRESSED
    assert math.isfinite(comparison.change)
    wide = UnpairedSample(case=CASE, metric="encode", baseline=(1e-300,) * 9, contender=(1e300,) * 9)
    (comparison,) = judge_unpaired([wide], alpha=ALPHA, threshold=THRESHOLD).comparisons
    assert comparison.mde is not None
    assert math.isfinite(comparison.mde)


def test_equal_numbers_are_unchanged() -> None:
    comparison = judge((((5.0, 5.0), (5.0, 5.0)),) * 15)
    assert (comparison.verdict, comparison.change, comparison.p) == (Verdict.UNCHANGED, 0.0, 1.0)


def test_a_change_that_turns_round_is_unsteady() -> None:
    comparison = judge(draw_blocks(30, 0.1) + draw_blocks(90, -0.1))
    assert (comparison.verdict, comparison.low, codes(comparison)) == (Verdict.UNRESOLVED, None, ["unsteady"])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.01, 0.05]), st.integers(1, 40), st.integers(1, 5))
def test_swapping_the_sides_mirrors_the_verdict(seed: int, change: float, n: int, pairs: int) -> None:
    blocks = draw_blocks(n, change, pairs=pairs, seed=seed)
    one = judge(blocks, threshold=1e-9)
    other = judge(tuple(tuple(pair[::-1] for pair in block) for block in blocks), threshold=1e-9)
    assert other.change == pytest.approx(1 / (1 + one.change) - 1, abs=1e-9)
    assert other.p_raw == pytest.approx(one.p_raw)
    opposite = {Verdict.IMPROVED: Verdict.REGRESSED, Verdict.REGRESSED: Verdict.IMPROVED}
    assert other.verdict is opposite.get(one.verdict, one.verdict)
    assert (other.baseline, other.contender) == (one.contender, one.baseline)
    if one.low is not None and other.high is not None:
        assert other.high == pytest.approx(1 / (1 + one.low) - 1, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.5, 0.98, 1.03, 2.0]))
def test_scaling_a_side_moves_the_change_and_the_interval(seed: int, factor: float) -> None:
    blocks = draw_blocks(20, 0.0, seed=seed)
    one = judge(blocks, threshold=0.0)
    other = judge(tuple(tuple((a, b * factor) for a, b in block) for block in blocks), threshold=0.0)
    assert other.change == pytest.approx((1 + one.change) * factor - 1, rel=1e-4, abs=1e-5)
    assert one.low is not None
    assert other.low == pytest.approx((1 + one.low) * factor - 1, rel=1e-4, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_the_pairs_in_a_block_is_nothing(seed: int) -> None:
    blocks = draw_blocks(12, 0.02, pairs=4, seed=seed)
    draw = random.Random(seed)
    assert judge(tuple(tuple(draw.sample(block, len(block))) for block in blocks)) == judge(blocks)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.sampled_from([0.0, 0.01, 0.02, 0.04]), st.integers(1, 50)),
        min_size=1,
        max_size=5,
    )
)
def test_verdict_and_interval_never_contradict(kinds: Sequence[tuple[int, float, int]]) -> None:
    samples = [paired(draw_blocks(n, change, sd=0.02, seed=seed)) for seed, change, n in kinds]
    family = judge_pairs(samples, alpha=ALPHA, threshold=THRESHOLD)
    known = list_settled(samples, planned=len(samples), alpha=ALPHA, threshold=THRESHOLD)
    for settled, one in zip(known, family.comparisons, strict=True):
        certain = one.verdict in {Verdict.IMPROVED, Verdict.REGRESSED}
        excluded = one.low is not None and one.high is not None and (one.low >= 0 or one.high <= 0)
        inside = one.low is not None and one.high is not None and max(-one.low, one.high) < THRESHOLD + 1e-12
        assert one.verdict is not Verdict.UNCHANGED or inside
        assert not certain or (excluded and one.p <= ALPHA)
        assert one.verdict is not Verdict.UNRESOLVED or not (excluded or inside)
        assert one.low is None or excluded == (one.p_raw <= 1 - one.confidence + 1e-12)
        assert settled == (one.verdict is not Verdict.UNRESOLVED)


def test_a_settled_sample_stays_settled() -> None:
    for change in (0.0, 0.05):
        blocks = draw_blocks(60, change, sd=0.02, seed=3)
        settled = [
            list_settled([paired(blocks[:n])], planned=4, alpha=ALPHA, threshold=THRESHOLD)[0] for n in range(61)
        ]
        assert settled == sorted(settled)
        assert settled[-1]
        assert not settled[10]


def test_holm_spares_the_last_question_the_full_correction() -> None:
    clear = [paired(draw_blocks(30, 0.1, seed=seed)) for seed in range(3)]
    borderline = paired(draw_blocks(12, 0.03, sd=0.025, seed=13), "decode")
    alone = judge(borderline.blocks)
    family = judge_pairs([borderline, *clear], alpha=ALPHA, threshold=THRESHOLD)
    assert 0.0025 < alone.p_raw <= ALPHA  # what the test needs
    assert family.comparisons[0].p == alone.p_raw
    assert family.comparisons[0].verdict is alone.verdict is Verdict.REGRESSED
    assert [one.metric for one in family.comparisons] == ["decode", "encode", "encode", "encode"]
    quiet = [paired(draw_blocks(30, 0.0, seed=seed)) for seed in range(3)]
    crowded = judge_pairs([borderline, *quiet], alpha=ALPHA, threshold=THRESHOLD).comparisons[0]
    assert crowded.p == pytest.approx(4 * alone.p_raw)
    assert crowded.verdict is Verdict.UNRESOLVED
    assert crowded.confidence == 0.9975


def test_holm_spares_the_last_unchanged_the_full_correction_too() -> None:
    quiet = [paired(draw_blocks(30, 0.0, seed=seed)) for seed in range(3)]
    borderline = paired(draw_blocks(14, 0.0, sd=0.015, seed=4), "decode")
    family = judge_pairs([borderline, *quiet], alpha=ALPHA, threshold=THRESHOLD)
    assert {one.verdict for one in family.comparisons} == {Verdict.UNCHANGED}
    confidences = sorted(one.confidence for one in family.comparisons)
    assert confidences == pytest.approx([1 - 2 * ALPHA / left for left in (1, 2, 3, 4)])
    noisy = [paired(draw_blocks(30, 0.0, sd=0.2, seed=seed)) for seed in range(3)]
    crowded = judge_pairs([borderline, *noisy], alpha=ALPHA, threshold=THRESHOLD).comparisons[0]
    assert (crowded.verdict, crowded.confidence) == (Verdict.UNRESOLVED, 0.9975)
    assert judge(borderline.blocks).verdict is Verdict.UNCHANGED


def draw_samples(kinds: Sequence[tuple[int, float, int]]) -> list[PairedSample]:
    return [paired(draw_blocks(n, change, sd=0.015, seed=seed)) for seed, change, n in kinds]


KINDS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from([0.0, 0.01, 0.02, 0.04]), st.integers(1, 40)),
    min_size=2,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(KINDS, st.data())
def test_what_is_settled_in_a_family_has_a_verdict_in_any_part_of_it(
    kinds: Sequence[tuple[int, float, int]], data: st.DataObject
) -> None:
    samples = draw_samples(kinds)
    settled = list_settled(samples, planned=len(samples), alpha=ALPHA, threshold=THRESHOLD)
    part = data.draw(st.sets(st.sampled_from(range(len(samples))), min_size=1))
    family = judge_pairs([samples[index] for index in sorted(part)], alpha=ALPHA, threshold=THRESHOLD)
    for index, one in zip(sorted(part), family.comparisons, strict=True):
        assert not settled[index] or one.verdict is not Verdict.UNRESOLVED
    fewer = list_settled(samples, planned=len(samples) + 3, alpha=ALPHA, threshold=THRESHOLD)
    assert all(now or not then for now, then in zip(settled, fewer, strict=True)), "what is not measured yet is open"


@settings(max_examples=20, deadline=None)
@given(KINDS)
def test_what_is_settled_and_left_alone_stays_settled_whatever_the_others_show(
    kinds: Sequence[tuple[int, float, int]],
) -> None:
    samples = draw_samples(kinds)
    ends = [0] * len(samples)
    known: tuple[bool, ...] = (False,) * len(samples)
    for n in range(4, 41, 4):
        ends = [end if left else min(n, len(one.blocks)) for end, left, one in zip(ends, known, samples, strict=True)]
        cut = [one.replace(blocks=one.blocks[:end]) for one, end in zip(samples, ends, strict=True)]
        now = list_settled(cut, planned=len(samples), alpha=ALPHA, threshold=THRESHOLD)
        assert all(new or not old for new, old in zip(now, known, strict=True))
        known = now


@pytest.mark.parametrize("contender", [102.0, 98.0])
def test_exactly_the_threshold_is_relevant_in_either_direction(contender: float) -> None:
    assert judge((((100.0, contender), (100.0, contender)),) * 20).relevant
    one = UnpairedSample(case=CASE, metric="encode", baseline=(100.0,) * 9, contender=(contender,) * 9)
    assert judge_unpaired([one], alpha=ALPHA, threshold=THRESHOLD).comparisons[0].relevant


def test_an_empty_family() -> None:
    assert judge_pairs([], alpha=ALPHA, threshold=THRESHOLD).comparisons == ()
    assert judge_unpaired([], alpha=ALPHA, threshold=THRESHOLD).comparisons == ()


@pytest.mark.parametrize(("alpha", "threshold"), [(0.0, 0.02), (1.0, 0.02), (math.nan, 0.02), (0.01, -0.1)])
def test_impossible_levels(alpha: float, threshold: float) -> None:
    with pytest.raises(ValueError, match="alpha must be between"):
        judge_pairs([], alpha=alpha, threshold=threshold)
    with pytest.raises(ValueError, match="alpha must be between"):
        list_settled([paired(())], planned=1, alpha=alpha, threshold=threshold)


def unpaired(n: int, m: int, change: float, *, sd: float = 0.005, metric: str = "encode") -> UnpairedSample:
    draw = random.Random(100 * n + m)
    return UnpairedSample(
        case=CASE,
        metric=metric,
        baseline=tuple(10 * draw.lognormvariate(0, sd) for _ in range(n)),
        contender=tuple(10 * (1 + change) * draw.lognormvariate(0, sd) for _ in range(m)),
    )


@pytest.mark.parametrize(
    ("change", "metric", "verdict"),
    [
        (0.0, "encode", Verdict.UNCHANGED),
        (0.05, "encode", Verdict.REGRESSED),
        (-0.05, "encode", Verdict.IMPROVED),
        (0.05, "flop_rate", Verdict.IMPROVED),
    ],
)
def test_runs(change: float, metric: str, verdict: Verdict) -> None:
    family = judge_unpaired([unpaired(12, 10, change, metric=metric)], alpha=ALPHA, threshold=THRESHOLD)
    (comparison,) = family.comparisons
    assert (comparison.verdict, comparison.n) == (verdict, 10)
    assert comparison.confidence == (0.99 if change else 0.98), "the two errors of UNCHANGED exclude each other"
    assert comparison.low is not None
    assert comparison.high is not None
    assert comparison.mde is not None
    assert comparison.low < change < comparison.high
    assert comparison.change == pytest.approx(change, abs=0.01)
    assert 0 < comparison.mde < 0.03
    assert family.method.startswith("order of runs")


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 9), (1, 1), (1, 40), (5, 5)])
def test_too_few_runs(n: int, m: int) -> None:
    (comparison,) = judge_unpaired([unpaired(n, m, 0.5)], alpha=ALPHA, threshold=THRESHOLD).comparisons
    assert (comparison.verdict, comparison.low, comparison.mde) == (Verdict.UNRESOLVED, None, None)
    assert codes(comparison) == ["thin"]
    assert comparison.caveats[0].message == f"runs: {n} and {m}; an interval takes at least 6 of each side"
    assert comparison.change == pytest.approx(0.5 if n and m else 0.0, abs=0.02)
    assert (comparison.baseline.n, comparison.contender.n) == (n, m)


def test_a_few_runs_against_many_may_do() -> None:
    (comparison,) = judge_unpaired([unpaired(3, 40, 0.5)], alpha=ALPHA, threshold=THRESHOLD).comparisons
    assert comparison.verdict is Verdict.REGRESSED
    assert comparison.caveats == ()


def test_false_verdicts_under_processes_of_their_own_speed_stay_rare() -> None:
    """A hundred families of two, looked at after every block; at 5 %, to have something to see."""
    draw = random.Random(12)
    false = 0
    for _ in range(100):
        wrong = False
        for _ in range(2):
            blocks: Blocks = ()
            for _ in range(20):
                one, other = draw.gauss(0, 0.02), draw.gauss(0, 0.02)
                pairs = range(3)
                values = tuple(
                    (math.exp(one + draw.gauss(0, 0.01)), math.exp(other + draw.gauss(0, 0.01))) for _ in pairs
                )
                blocks = (*blocks, values)
            sample = paired(blocks)
            wrong = wrong or judge_pairs([sample], alpha=0.025, threshold=1e-9).comparisons[0].p <= 0.025
        false += wrong
    assert false <= 10  # more than that: 1 chance in 90 at the full 5 %
