"""Measurements taken in turns, put together again."""

from harness.records.measurement import Case, Measurement
from harness.stats.pairing import pair_measurements

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


def one(
    process: int, repetition: int, value: float, *, metric: str = "encode", case: Case = CASE, place: int = 0
) -> Measurement:
    return Measurement(case=case, metric=metric, value=value, repetition=repetition, process=process, place=place)


def test_pairs_meet_in_blocks() -> None:
    baseline = [one(1, 1, 10.0), one(1, 2, 11.0), one(2, 1, 12.0), one(1, 1, 5.0, metric="decode")]
    contender = [one(2, 1, 22.0), one(1, 1, 6.0, metric="decode"), one(1, 2, 21.0), one(1, 1, 20.0)]
    encode, decode = pair_measurements(baseline, contender)
    assert (encode.case, encode.metric) == (CASE, "encode")
    assert encode.blocks == (((10.0, 20.0), (11.0, 21.0)), ((12.0, 22.0),))
    assert decode.blocks == (((5.0, 6.0),),)


def test_the_order_of_the_starts_is_known_where_both_sides_say_so() -> None:
    places = [(1, 2), (2, 1), (0, 0), (1, 1), (2, 0)]
    baseline = [one(block, turn, 1.0, place=here) for turn in (1, 2) for block, (here, _) in enumerate(places, 1)]
    contender = [one(block, turn, 2.0, place=there) for turn in (1, 2) for block, (_, there) in enumerate(places, 1)]
    (sample,) = pair_measurements(baseline, contender)
    assert sample.starts == (1, -1, 0, 0, 0)
    (mirrored,) = pair_measurements(contender, baseline)
    assert mirrored.starts == (-1, 1, 0, 0, 0)


def test_what_has_no_partner_is_left_out() -> None:
    baseline = [one(1, 1, 1.0), one(2, 1, 2.0), one(3, 1, 3.0)]
    contender = [one(1, 1, 1.5), one(3, 2, 9.0)]
    (sample,) = pair_measurements(baseline, contender)
    assert sample.blocks == (((1.0, 1.5),),)
    assert pair_measurements(baseline, []) == pair_measurements([], contender) == ()


def test_the_case_is_that_of_both_sides() -> None:
    other = Case.of("whisper", model="tiny", threads=2, fa=1)
    (sample,) = pair_measurements([one(1, 1, 1.0)], [one(1, 1, 2.0, case=other)])
    assert str(sample.case) == "whisper/fa=0->1/model=tiny/threads=2"
    assert str(sample.case.common) == "whisper/model=tiny/threads=2"


def test_models_that_are_another_type_on_either_side_stay_apart() -> None:
    """What both sides share is one name for both models, and was one sample."""
    tiny, small_tiny, base, small_base = (
        Case.of("whisper", model=model, threads=2, fa=0) for model in ("tiny", "tiny-q5_0", "base", "base-q5_0")
    )
    both = pair_measurements(
        [one(1, 1, 1.0, case=tiny), one(2, 1, 3.0, case=base), one(3, 1, 5.0, case=tiny)],
        [one(1, 1, 2.0, case=small_tiny), one(2, 1, 4.0, case=small_base), one(3, 1, 6.0, case=small_tiny)],
    )
    assert [(str(sample.case), sample.blocks, sample.numbers) for sample in both] == [
        ("whisper/fa=0/model=tiny->tiny-q5_0/threads=2", (((1.0, 2.0),), ((5.0, 6.0),)), (1, 3)),
        ("whisper/fa=0/model=base->base-q5_0/threads=2", (((3.0, 4.0),),), (2,)),
    ]


def test_cases_of_a_trial_stay_apart() -> None:
    single = Case.of("whisper", model="tiny", threads=1, fa=0)
    both = pair_measurements(
        [one(1, 1, 1.0), one(2, 1, 3.0, case=single)], [one(1, 1, 2.0), one(2, 1, 4.0, case=single)]
    )
    assert [(str(sample.case), sample.blocks) for sample in both] == [
        ("whisper/fa=0/model=tiny/threads=2", (((1.0, 2.0),),)),
        ("whisper/fa=0/model=tiny/threads=1", (((3.0, 4.0),),)),
    ]
