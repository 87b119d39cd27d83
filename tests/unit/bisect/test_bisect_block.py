"""The blocks of a bisection, from the measurements of its trials to places on the line."""

from harness.bisect.block import CommitBlock, list_blocks, place_blocks
from harness.plan.commit_line import Line
from harness.records.bisection import BisectTrial
from harness.records.measurement import Case, Measurement
from harness.records.trial import TrialPurpose

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
TRIAL = BisectTrial(purpose=TrialPurpose.SEARCH, baseline="good", contender="b", runs=("x", "y"))


def measure(process: int, value: float, place: int, metric: str = "encode", case: Case = CASE) -> Measurement:
    return Measurement(case=case, metric=metric, value=value, repetition=1, process=process, place=place)


def test_a_block_keeps_its_number_its_order_and_its_pairs() -> None:
    here = [measure(7, 100.0, 1), measure(9, 101.0, 2), measure(9, 5.0, 2, "decode")]
    there = [measure(7, 110.0, 2), measure(9, 111.0, 1), measure(9, 6.0, 1, "decode")]
    blocks = list_blocks(TRIAL, here, there, (CASE, "encode"))
    assert [(one.number, one.pairs, one.start) for one in blocks] == [
        (7, ((100.0, 110.0),), 1),
        (9, ((101.0, 111.0),), -1),
    ]
    assert {(one.purpose, one.baseline, one.contender) for one in blocks} == {(TrialPurpose.SEARCH, "good", "b")}
    assert list_blocks(TRIAL, here, there, (CASE, "prompt")) == []


def test_blocks_of_one_place_or_of_none_are_left_out() -> None:
    def block(baseline: str, contender: str) -> CommitBlock:
        return CommitBlock(
            number=1, purpose=TrialPurpose.SEARCH, baseline=baseline, contender=contender, pairs=((1.0, 2.0),), start=-1
        )

    line = Line((), (), {"good": 0, "a": 0, "b": 1, "c": 2}, passed=0, equal=0, same_ends=False)
    blocks = [block("good", "c"), block("good", "a"), block("b", "c"), block("good", "gone")]
    placed = place_blocks(blocks, line)
    assert [(one.baseline, one.contender, one.start) for one in placed] == [(0, 2, -1), (1, 2, -1)]
