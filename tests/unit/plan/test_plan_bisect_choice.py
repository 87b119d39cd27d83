import math

from harness.plan.bisect_choice import choose_block, estimate_builds, forecast_search, measure_ways
from harness.records.bisection import CandidateCommit, Effort, LineBlock, LineSearch
from harness.records.measurement import Case
from harness.records.trial import TrialPurpose
from harness.stats.first_change import FirstChange


def make_search(count: int = 8, *, wide: tuple[int, ...] = (), built: tuple[int, ...] = ()) -> LineSearch:
    return LineSearch(
        case=Case.of("whisper", model="tiny"),
        metric="encode",
        candidates=tuple(CandidateCommit(commit=f"c{place}", wide=place in wide) for place in range(1, count + 1)),
        effort=Effort(block_s=10.0, near_s=20.0, full_s=100.0),
        built=(count, *built),
    )


def make_change(*chances: float, size: float = 0.05, scale: float = 0.02) -> FirstChange:
    return FirstChange((0.0, *chances), 1 - math.fsum(chances), size, scale)


EVEN = make_change(*[1 / 8] * 8)


def test_builds_take_what_lies_between_but_no_more_than_a_full_one() -> None:
    assert estimate_builds(make_search(built=(3,))) == [0, 20, 20, 0, 20, 40, 40, 20, 0]
    assert estimate_builds(make_search(16)) == [0, 20, 40, 60, 80, *[100] * 7, 80, 60, 40, 20, 0]


def test_what_most_files_include_is_compiled_whole() -> None:
    """Commit 2 changes it: all between 2 and BAD has the new one, and only 1 is near GOOD."""
    assert estimate_builds(make_search(wide=(2,))) == [0, 20, 100, 100, 80, 60, 40, 20, 0]


def test_a_file_is_compiled_once_however_many_commits_change_it() -> None:
    changed = ("a",), ("a", "b"), ("a",), ("c",), ("b",)
    candidates = [CandidateCommit(commit=f"c{at}", files=files) for at, files in enumerate(changed, 1)]
    assert measure_ways(candidates, (5,)) == [0, 1, 2, 2, 1, 0]
    assert measure_ways(candidates, ()) == [0, 1, 2, 2, 3, 3], "nothing is built behind"
    candidates[2] = candidates[2].replace(wide=True)
    assert measure_ways(candidates, (5,)) == [0, 1, 2, 2, 1, 0]
    assert measure_ways(candidates, ()) == [0, 1, 2, None, None, None]


def test_a_forecast_reckons_with_what_the_commits_change() -> None:
    effort = Effort(block_s=10.0, near_s=20.0, full_s=100.0)
    lines = [
        [CandidateCommit(commit=f"c{at}", files=(name or f"f{at}",), wide=wide) for at in range(64)]
        for name, wide in (("a", False), ("", False), ("a", True))
    ]
    forecasts = [forecast_search(line, effort) for line in lines]
    assert len({(one.blocks, one.builds) for one in forecasts}) == 1
    near, far, wide = (one.seconds - one.blocks * 10 - 200 for one in forecasts)
    built = forecasts[0].builds - 2
    assert near == 20 * built < far < wide == 100 * built


def test_where_builds_cost_the_same_the_even_chance_is_taken() -> None:
    search = make_search().replace(effort=Effort(block_s=10.0, near_s=0.0, full_s=0.0))
    chosen = choose_block(search, EVEN, 0)
    assert chosen is not None
    assert (chosen.purpose, chosen.baseline, chosen.contender, chosen.blocks) == (TrialPurpose.SEARCH, 0, 4, 1)


def test_what_is_built_is_preferred_where_it_tells_nearly_as_much() -> None:
    chosen = choose_block(make_search(built=(3,)), EVEN, 0)
    assert chosen is not None
    assert (chosen.contender, chosen.seconds) == (3, 10.0)


def test_what_there_is_no_time_to_build_is_not_chosen() -> None:
    search = make_search(built=(1,)).replace(effort=Effort(block_s=10.0, near_s=0.125, full_s=100.0))
    chosen = [choose_block(search.replace(left_s=left_s), EVEN, 0) for left_s in (1000.0, 10.125, 10.0, 9.0)]
    assert [one and one.contender for one in chosen] == [4, 2, 1, None]


def test_a_build_pays_over_several_blocks() -> None:
    search = make_search().replace(effort=Effort(block_s=1.0, near_s=500.0, full_s=500.0))
    chosen = choose_block(search, EVEN, 0)
    assert chosen is not None
    assert chosen.contender == 4
    assert chosen.blocks > 2
    assert chosen.seconds == 500 + chosen.blocks


def test_what_does_not_build_is_passed_over() -> None:
    search = make_search().replace(effort=Effort(block_s=10.0, near_s=0.0, full_s=0.0), unbuildable=(4, 5))
    chosen = choose_block(search, EVEN, 0)
    assert chosen is not None
    assert chosen.contender == 3


def test_nothing_is_chosen_where_all_is_known() -> None:
    assert choose_block(make_search(), make_change(0, 0, 0, 1.0, 0, 0, 0, 0), 0) is None


def test_behind_a_culprit_both_levels_are_measured() -> None:
    """Whether BAD is slower than the culprit is a question about both."""
    pair = ((1.0, 1.05),)
    bad = LineBlock(purpose=TrialPurpose.ENDS, baseline=0, contender=8, pairs=pair)
    culprit = LineBlock(purpose=TrialPurpose.SEARCH, baseline=0, contender=5, pairs=pair)
    search = make_search(built=tuple(range(1, 8))).replace(blocks=(bad, bad, culprit))
    rest = make_change(0, 0, 0, 0, 0, 0, 0, 0.2)
    chosen = choose_block(search, rest, 5)
    assert chosen is not None
    assert chosen.contender == 5
    chosen = choose_block(search.replace(blocks=(bad, bad, culprit, culprit)), rest, 5)
    assert chosen is not None
    assert chosen.contender == 8
