import math
import random
from collections.abc import Mapping

import pytest

from harness.plan import bisect
from harness.plan.bisect import plan_next
from harness.records.bisection import (
    Bisection,
    BisectVerdict,
    CandidateCommit,
    Effort,
    LineBlock,
    LineSearch,
    NextBlock,
)
from harness.records.comparison import Verdict
from harness.records.measurement import Case
from harness.records.trial import TrialPurpose

EFFORT = Effort(block_s=10.0, near_s=0.0, full_s=0.0)


def make_search(count: int, **changes: object) -> LineSearch:
    search = LineSearch(
        case=Case.of("whisper", model="tiny"),
        metric="encode",
        candidates=tuple(CandidateCommit(commit=f"c{place}") for place in range(1, count + 1)),
        effort=EFFORT,
    )
    return search.replace(**changes)


class Line:
    """A line of commits with changes at some places; blocks scatter, and some commits do not build."""

    def __init__(self, steps: Mapping[int, float], *, scatter: float = 0.01, broken: tuple[int, ...] = ()) -> None:
        self.steps, self.scatter, self.broken = steps, scatter, broken
        self.draw = random.Random(11)
        self.asked: list[NextBlock] = []

    def level(self, place: int) -> float:
        return sum(math.log1p(size) for at, size in self.steps.items() if at <= place)

    def measure(self, following: NextBlock) -> LineBlock:
        shift = self.level(following.contender) - self.level(following.baseline) + self.draw.gauss(0, self.scatter)
        return LineBlock(
            purpose=following.purpose,
            baseline=following.baseline,
            contender=following.contender,
            pairs=((100.0, 100 * math.exp(shift)),),
            start=self.draw.choice((1, -1)),
        )

    def run(self, search: LineSearch, most: int = 1000) -> Bisection:
        for _ in range(most):
            following = plan_next(search)
            if isinstance(following, Bisection):
                self.search = search
                return following
            self.asked.append(following)
            if following.contender in self.broken:
                search = search.replace(unbuildable=(*search.unbuildable, following.contender))
                continue
            search = search.replace(
                blocks=(*search.blocks, self.measure(following)),
                left_s=search.left_s - following.seconds,
                spent_s=search.spent_s + following.seconds,
            )
        raise AssertionError("the search came to no end")


def name(found: Bisection) -> list[tuple[str, ...]]:
    return [tuple(sorted(one.commit for one in culprit.suspects)) for culprit in found.culprits]


@pytest.mark.parametrize("place", [1, 13, 32])
@pytest.mark.parametrize("size", [0.05, -0.04])
def test_the_culprit_is_found_and_tried_against_its_parent(place: int, size: float) -> None:
    line = Line({place: size})
    found = line.run(make_search(32))
    assert (found.verdict, name(found)) == (BisectVerdict.FOUND, [(f"c{place}",)])
    (culprit,) = found.culprits
    assert culprit.probability >= 0.95
    assert (culprit.baseline, culprit.contender) == (f"c{place - 1}" if place > 1 else "GOOD", f"c{place}")
    assert culprit.final.verdict is (Verdict.REGRESSED if size > 0 else Verdict.IMPROVED)
    assert culprit.final.change == pytest.approx(size, abs=0.02)
    assert found.ends is not None
    assert found.ends.change == pytest.approx(size, abs=0.02)
    counts = found.ends_blocks, found.search_blocks, found.final_blocks
    assert sum(counts) == len(line.search.blocks)
    assert min(counts) > 0
    assert found.spent_s == 10 * sum(counts)


def test_the_ends_come_first_and_what_follows_is_a_matter_of_the_blocks_alone() -> None:
    line = Line({5: 0.05})
    line.run(make_search(8))
    purposes = [one.purpose for one in line.asked]
    assert purposes == sorted(purposes, key=[TrialPurpose.ENDS, TrialPurpose.SEARCH, TrialPurpose.FINAL].index)
    for count in range(0, len(line.search.blocks), 5):
        cut = line.search.replace(blocks=line.search.blocks[:count], spent_s=0.0, left_s=math.inf)
        following = plan_next(cut)
        assert isinstance(following, NextBlock)
        assert following.contender == line.search.blocks[count].contender


def test_nothing_is_found_where_nothing_is() -> None:
    found = Line({}).run(make_search(32))
    assert (found.verdict, found.culprits, found.suspects) == (BisectVerdict.NOTHING, (), ())
    assert found.why == "a change of 2 % between GOOD and BAD is excluded"
    assert found.search_blocks == 0


@pytest.mark.parametrize(("size", "scatter"), [(0.01, 0.001), (-0.015, 0.003)])
def test_what_is_less_than_is_looked_for_is_nothing(size: float, scatter: float) -> None:
    found = Line({3: size}, scatter=scatter).run(make_search(8))
    assert (found.verdict, found.search_blocks) == (BisectVerdict.NOTHING, 0)
    assert found.ends is not None
    assert found.ends.change == pytest.approx(size, abs=scatter)


def test_commits_that_do_not_build_stay_under_suspicion() -> None:
    found = Line({13: 0.05}, broken=(12, 13)).run(make_search(32))
    assert found.verdict is BisectVerdict.FOUND
    (culprit,) = found.culprits
    assert name(found) == [("c12", "c13", "c14")]
    assert (culprit.baseline, culprit.contender) == ("c11", "c14")
    assert {one.commit for one in culprit.suspects if one.unbuildable} == {"c12", "c13"}
    assert all(one.probability == pytest.approx(culprit.probability / 3) for one in culprit.suspects)


def test_all_between_the_ends_may_not_build() -> None:
    found = Line({2: 0.05}, broken=(1, 2)).run(make_search(3))
    assert (found.verdict, name(found)) == (BisectVerdict.FOUND, [("c1", "c2", "c3")])
    assert found.culprits[0].final == found.ends


def test_a_range_of_one_commit_needs_no_search() -> None:
    found = Line({1: 0.05}).run(make_search(1))
    assert (found.verdict, name(found)) == (BisectVerdict.FOUND, [("c1",)])
    assert found.final_blocks == 0


@pytest.mark.parametrize(
    "steps", [{7: 0.05, 20: 0.05}, {7: 0.06, 20: -0.03}, {7: 0.04, 8: 0.04}, {7: 0.2, 20: -0.14}, {7: 9.0, 20: 0.05}]
)
def test_several_culprits_are_found_one_after_the_other(steps: dict[int, float]) -> None:
    found = Line(steps).run(make_search(32))
    assert (found.verdict, name(found)) == (BisectVerdict.FOUND, [(f"c{place}",) for place in steps])


def test_when_the_time_is_up_the_set_so_far_is_the_answer() -> None:
    line = Line({13: 0.05}, scatter=0.03)
    found = line.run(make_search(64, left_s=300.0))
    assert (found.verdict, found.why) == (BisectVerdict.UNRESOLVED, "the time was up")
    assert 1 < len(found.suspects) < 64
    assert found.probability >= 0.95
    assert found.spent_s <= 300
    found = line.run(make_search(64, left_s=35.0))
    assert (found.verdict, found.ends_blocks, found.suspects) == (BisectVerdict.UNRESOLVED, 3, ())


def test_time_that_is_up_in_the_final_trial_keeps_the_suspect() -> None:
    line = Line({13: 0.05})
    line.run(make_search(32))
    first = next(index for index, one in enumerate(line.search.blocks) if one.purpose is TrialPurpose.FINAL)
    found = plan_next(line.search.replace(blocks=line.search.blocks[: first + 2], left_s=1.0))
    assert isinstance(found, Bisection)
    assert found.verdict is BisectVerdict.UNRESOLVED
    assert found.why == "the time was up before the final trial had a verdict"
    assert [one.commit for one in found.suspects] == ["c13"]


def test_a_final_trial_ends_with_a_commit_that_can_no_longer_be_measured() -> None:
    line = Line({13: 0.05})
    line.run(make_search(32))
    first = next(index for index, one in enumerate(line.search.blocks) if one.purpose is TrialPurpose.FINAL)
    following = plan_next(line.search.replace(blocks=line.search.blocks[: first + 2], unbuildable=(12,), left_s=1e4))
    assert isinstance(following, NextBlock)
    assert 12 not in (following.baseline, following.contender)


def test_a_final_trial_that_shows_nothing_accuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bisect, "MOST_BLOCKS", 20)
    line = Line({13: 0.05})
    line.run(make_search(32))
    first = next(index for index, one in enumerate(line.search.blocks) if one.purpose is TrialPurpose.FINAL)
    search = line.search.replace(blocks=line.search.blocks[:first], left_s=600.0)
    draw = random.Random(2)
    for _ in range(1000):
        following = plan_next(search)
        if isinstance(following, Bisection):
            break
        # Only the search sees the step: whatever is tried against its parent shows none.
        shift = 0.0 if following.purpose is TrialPurpose.FINAL else line.level(following.contender)
        pair = (1.0, math.exp(shift + draw.gauss(0, 0.01)))
        block = LineBlock(
            purpose=following.purpose, baseline=following.baseline, contender=following.contender, pairs=(pair,)
        )
        search = search.replace(blocks=(*search.blocks, block), left_s=search.left_s - following.seconds)
    assert isinstance(following, Bisection)
    assert (following.verdict, following.culprits) == (BisectVerdict.UNRESOLVED, ())


def test_ends_without_a_verdict_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bisect, "MOST_BLOCKS", 20)
    line = Line({3: 0.02}, scatter=0.3)
    found = line.run(make_search(8))
    assert (found.verdict, found.ends_blocks) == (BisectVerdict.UNRESOLVED, 20)
    assert found.why == "GOOD against BAD has no verdict after 20 blocks"


def test_what_is_merged_with_a_suspect_is_named_with_it() -> None:
    search = make_search(4)
    candidates = [one.replace(merged=("docs",)) if one.commit == "c2" else one for one in search.candidates]
    found = Line({2: 0.05}).run(search.replace(candidates=tuple(candidates)))
    assert [one.merged for one in found.culprits[0].suspects] == [("docs",)]


def test_values_without_a_logarithm_are_left_out() -> None:
    line = Line({2: 0.05})
    line.run(make_search(4))
    broken = LineBlock(purpose=TrialPurpose.SEARCH, baseline=0, contender=2, pairs=((0.0, 1.0),))
    blocks = line.search.blocks
    assert plan_next(line.search.replace(blocks=(*blocks[:-1], broken, blocks[-1]))) == plan_next(line.search).replace(
        search_blocks=1 + sum(one.purpose is TrialPurpose.SEARCH for one in blocks)
    )
