"""Differences that some builds of the same code do not show are taken back."""

import pytest

from harness.records.case import Case
from harness.records.comparison import Comparison, Family, Verdict
from harness.records.summary import Summary
from harness.stats.layout import question_layout
from harness.stats.verdict import PairedSample

CASE = Case.of("whisper", model="tiny", threads=2)
SUMMARY = Summary(n=9, median=1.0, minimum=1.0, maximum=1.0, spread=0.0)


def family(verdict: Verdict) -> Family:
    comparison = Comparison(
        case=CASE,
        metric="encode",
        n=9,
        change=0.04,
        p=0.001,
        p_raw=0.001,
        verdict=verdict,
        relevant=verdict is not Verdict.UNCHANGED,
        baseline=SUMMARY,
        contender=SUMMARY,
    )
    return Family(comparisons=(comparison,), alpha=0.01, threshold=0.02, method="some")


def build(*changes: float, metric: str = "encode", case: Case = CASE) -> tuple[PairedSample, ...]:
    blocks = tuple(((10.0, 10.0 * (1 + change)),) for change in changes)
    return (PairedSample(case=case, metric=metric, blocks=blocks),)


def question(verdict: Verdict, *builds: tuple[PairedSample, ...]) -> Comparison:
    (comparison,) = question_layout(family(verdict), builds).comparisons
    return comparison


@pytest.mark.parametrize("verdict", [Verdict.REGRESSED, Verdict.IMPROVED])
def test_builds_that_contradict_each_other(verdict: Verdict) -> None:
    found = question(verdict, build(0.08, 0.09, 0.07), build(-0.01, -0.02, 0.5))
    assert (found.verdict, found.relevant) == (Verdict.UNRESOLVED, False)
    (caveat,) = found.caveats
    assert caveat.code == "layout"
    assert "the medians of 2 pairs of builds lie between -1.0% and +8.0%" in caveat.message


def test_builds_that_agree() -> None:
    found = question(Verdict.REGRESSED, build(0.08), build(0.01), build(0.03, 0.05))
    assert (found.verdict, found.relevant) == (Verdict.REGRESSED, True)
    (caveat,) = found.caveats
    assert (caveat.code, "3 pairs of builds" in caveat.message) == ("builds", True)


@pytest.mark.parametrize("verdict", [Verdict.UNCHANGED, Verdict.UNRESOLVED])
def test_where_no_difference_was_claimed_nothing_is_taken_back(verdict: Verdict) -> None:
    found = question(verdict, build(0.01), build(-0.01))
    assert found.verdict is verdict
    assert [caveat.code for caveat in found.caveats] == ["builds"]


def test_one_pair_of_builds_says_nothing() -> None:
    assert question(Verdict.REGRESSED, build(0.05, -0.05)) == family(Verdict.REGRESSED).comparisons[0]


def test_other_metrics_and_cases_are_none_of_its_business() -> None:
    other = build(-0.5, case=Case.of("whisper", model="base", threads=2))
    found = question(Verdict.REGRESSED, build(0.05), build(-0.5, metric="decode"), other)
    assert found == family(Verdict.REGRESSED).comparisons[0]
