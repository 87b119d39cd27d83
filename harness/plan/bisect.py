"""The next block of a search for the commit that changed the speed, or its answer: by all that was measured so far."""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.plan.bisect_choice import choose_block, estimate_builds
from harness.records.bisection import (
    NAME_OF_GOOD,
    Bisection,
    BisectVerdict,
    Culprit,
    LineBlock,
    LineSearch,
    NextBlock,
    Suspect,
)
from harness.records.comparison import Comparison, Verdict
from harness.records.measurement import Case
from harness.records.trial import TrialPurpose
from harness.stats.evidence import PairedEvidence, find_centre, is_usable
from harness.stats.first_change import FirstChange, find_first_change, find_smallest_set
from harness.stats.level_chain import Shift
from harness.stats.verdict import PairedSample, judge_pairs, list_settled

# Below this probability no set of commits is named as holding the culprit.
SURE = 0.95
# A trial that has no verdict after so many blocks will have none.
MOST_BLOCKS = 200
_FINAL = "does the culprit differ from the commit before it?"


def plan_next(search: LineSearch) -> NextBlock | Bisection:
    """Return the next block to measure, or the answer; a pure function of what was measured.

    First GOOD against BAD, until there is a verdict. Then the block that is expected to tell most of the first commit
    that changed the level, for each second that it takes. Once a set that cannot be told apart holds it at 95 %, the
    commit before the set against the last one in it, as a trial of its own. Then the same for what comes behind, until
    it is 95 % sure that nothing more changes it. A commit that turns out not to build, or not to run,
    belongs into `unbuildable`.
    """
    ends = _trial(search, TrialPurpose.ENDS, 0, len(search.candidates))
    if not ends.settled:
        return _measure(search, ends, (), "does GOOD differ from BAD?")
    if ends.verdict is Verdict.UNCHANGED:
        why = f"a change of {100 * search.threshold:g} % between GOOD and BAD is excluded"
        return _conclude(search, (BisectVerdict.NOTHING, why), ends, ())
    if ends.comparison and _is_minor(ends.comparison):
        why = f"GOOD and BAD differ by {100 * ends.comparison.change:+.1f} %, less than is looked for"
        return _conclude(search, (BisectVerdict.NOTHING, why), ends, ())
    last = search.blocks[-1]
    broken = {last.baseline, last.contender} & set(search.unbuildable)
    if last.purpose is TrialPurpose.FINAL and not broken and search.effort.block_s <= search.left_s:
        final = _trial(search, TrialPurpose.FINAL, last.baseline, last.contender)
        if not final.settled and len(final.blocks) < MOST_BLOCKS:
            return _measure(search, final, (), _FINAL)
    return _search(search, ends)


def conclude_same(search: LineSearch) -> Bisection:
    """Return the answer where GOOD and BAD have the same machine code, so that nothing has to be measured."""
    nobody = _Trial(TrialPurpose.ENDS, 0, 0, (), settled=True, comparison=None)
    return _conclude(search, (BisectVerdict.NOTHING, "GOOD and BAD have the same machine code"), nobody, ())


def weigh_line(search: LineSearch) -> FirstChange | None:
    """Return the probabilities of all candidates to be the first change, None before both ends were measured."""
    shifts = [shift for block in search.blocks if (shift := _read(block))]
    if not any((one.baseline, one.contender) == (0, len(search.candidates)) for one in shifts):
        return None
    least = _find_least(_list_ends(search), search.threshold)
    return find_first_change([1.0] * len(search.candidates), shifts, least=least)


class _Trial(NamedTuple):
    """The blocks of a trial of two places, and what they say."""

    purpose: TrialPurpose
    baseline: int
    contender: int
    blocks: tuple[LineBlock, ...]
    settled: bool
    comparison: Comparison | None

    @property
    def verdict(self) -> Verdict:
        return self.comparison.verdict if self.comparison else Verdict.UNRESOLVED


def _search(search: LineSearch, ends: _Trial) -> NextBlock | Bisection:
    shifts = [shift for block in search.blocks if (shift := _read(block))]
    weights = [1.0] * len(search.candidates)  # before any block one is as likely as another
    least = _find_least(_list_ends(search), search.threshold)
    culprits: tuple[Culprit, ...] = ()
    base = 0
    while base < len(weights):
        change = find_first_change(weights, shifts, least=least, base=base)
        if change.none >= SURE:
            break
        suspected = find_smallest_set(change.chances, SURE)
        parent, place, divisible = _bracket(search, suspected, base)
        if divisible or math.fsum(change.chances[one] for one in suspected) < SURE:
            return _go_on(search, change, base, ends, culprits)
        final = _trial(search, TrialPurpose.FINAL, parent, place)
        if (parent, place) == (0, len(weights)):
            final = ends
        if not final.blocks or (not final.settled and len(final.blocks) < MOST_BLOCKS):
            return _measure(search, final, culprits, _FINAL, change)
        if final.comparison is None or final.verdict not in {Verdict.REGRESSED, Verdict.IMPROVED}:
            why = f"the search points to {_name(search, place)}, but its final trial shows no change"
            return _conclude(search, (BisectVerdict.UNRESOLVED, why), ends, culprits, change)
        culprits = (*culprits, _accuse(search, change, suspected, (parent, place), final.comparison))
        base = place
    else:
        return _conclude(search, (BisectVerdict.FOUND, "nothing is left behind the culprit"), ends, culprits)
    if culprits:
        return _conclude(search, (BisectVerdict.FOUND, "the whole step is explained"), ends, culprits, change)
    why = "measured again, GOOD and BAD no longer differ"
    return _conclude(search, (BisectVerdict.NOTHING, why), ends, (), change)


def _go_on(
    search: LineSearch, change: FirstChange, base: int, ends: _Trial, culprits: tuple[Culprit, ...]
) -> NextBlock | Bisection:
    best = choose_block(search, change, base)
    if best:
        return best
    late = choose_block(search.replace(left_s=math.inf), change, base)
    why = "the time was up" if late else "nothing that can be measured would tell more"
    return _conclude(search, (BisectVerdict.UNRESOLVED, why), ends, culprits, change)


def _bracket(search: LineSearch, suspected: Sequence[int], base: int) -> tuple[int, int, bool]:
    """Return the places to measure before and at the end of a set, and whether a place inside can divide it."""
    missing = set(search.unbuildable)
    first, last = min(suspected), max(suspected)
    parent = next(place for place in range(first - 1, base - 1, -1) if place not in missing)
    end = next(place for place in range(last, len(search.candidates) + 1) if place not in missing)
    return parent, end, any(place not in missing for place in range(first, last))


def _trial(search: LineSearch, purpose: TrialPurpose, baseline: int, contender: int) -> _Trial:
    blocks = tuple(
        one
        for one in search.blocks
        if one.purpose is purpose and (one.baseline, one.contender) == (baseline, contender)
    )
    threshold = (
        search.threshold
        if purpose is TrialPurpose.ENDS
        else math.expm1(_find_least(_list_ends(search), search.threshold))
    )
    settled, comparison = _judge(blocks, search.case, search.metric, search.alpha, threshold)
    if purpose is TrialPurpose.ENDS and comparison and _is_minor(comparison):
        settled = len(blocks) >= MOST_BLOCKS  # it may yet come out that it is large enough, or that it is not
    return _Trial(purpose, baseline, contender, blocks, settled, comparison)


def _is_minor(comparison: Comparison) -> bool:
    """Return whether there is a difference for certain, and the estimate says that it is too small to matter."""
    return comparison.verdict in {Verdict.REGRESSED, Verdict.IMPROVED} and not comparison.relevant


@functools.lru_cache(maxsize=16)
def _judge(
    blocks: tuple[LineBlock, ...], case: Case, metric: str, alpha: float, threshold: float
) -> tuple[bool, Comparison | None]:
    """Return whether more blocks could change the verdict, and the verdict where they could not."""
    if not blocks:
        return False, None
    starts = tuple(one.start for one in blocks)
    sample = PairedSample(case=case, metric=metric, blocks=tuple(one.pairs for one in blocks), starts=starts)
    (settled,) = list_settled([sample], planned=1, alpha=alpha, threshold=threshold)
    if not settled and len(blocks) < MOST_BLOCKS:
        return False, None
    (comparison,) = judge_pairs([sample], alpha=alpha, threshold=threshold).comparisons
    return settled, comparison


def _list_ends(search: LineSearch) -> tuple[LineBlock, ...]:
    return tuple(one for one in search.blocks if one.purpose is TrialPurpose.ENDS)


@functools.lru_cache(maxsize=16)
def _find_least(ends: tuple[LineBlock, ...], threshold: float) -> float:
    """Return the smallest change that a culprit may have, as a logarithm: half of what is looked for, or of the whole.

    Two culprits may share the step.
    """
    centre = abs(PairedEvidence([one.pairs for one in ends], [one.start for one in ends]).centre)
    wanted = math.log1p(threshold)
    return min(wanted, centre) / 2 if wanted else centre / 4


@functools.lru_cache(maxsize=1024)
def _read(block: LineBlock) -> Shift | None:
    usable = [math.log(there / here) for here, there in block.pairs if is_usable(here) and is_usable(there)]
    return Shift(block.baseline, block.contender, find_centre(usable)) if usable else None


def _measure(
    search: LineSearch, trial: _Trial, culprits: tuple[Culprit, ...], reason: str, change: FirstChange | None = None
) -> NextBlock | Bisection:
    """Return the next block of a trial of two places, or that there will be no verdict."""
    ends = trial if trial.purpose is TrialPurpose.ENDS else _trial(search, TrialPurpose.ENDS, 0, len(search.candidates))
    missing = {trial.baseline, trial.contender} - {0, *search.built}
    build_s = max((estimate_builds(search)[place] for place in missing), default=0.0)
    if trial.purpose is TrialPurpose.ENDS and len(trial.blocks) >= MOST_BLOCKS:
        why = f"GOOD against BAD has no verdict after {len(trial.blocks)} blocks"
        return _conclude(search, (BisectVerdict.UNRESOLVED, why), ends, culprits, change)
    seconds = build_s + search.effort.block_s
    if seconds > search.left_s:
        whose = "GOOD against BAD" if trial.purpose is TrialPurpose.ENDS else "the final trial"
        why = f"the time was up before {whose} had a verdict"
        return _conclude(search, (BisectVerdict.UNRESOLVED, why), ends, culprits, change)
    return NextBlock(
        purpose=trial.purpose,
        baseline=trial.baseline,
        contender=trial.contender,
        blocks=1,
        bits=0.0,
        seconds=seconds,
        reason=reason,
    )


def _accuse(
    search: LineSearch, change: FirstChange, suspected: Sequence[int], sides: tuple[int, int], final: Comparison
) -> Culprit:
    return Culprit(
        suspects=_list_suspects(search, change, suspected),
        probability=math.fsum(change.chances[place] for place in suspected),
        baseline=_name(search, sides[0]),
        contender=_name(search, sides[1]),
        final=final,
    )


def _list_suspects(search: LineSearch, change: FirstChange, places: Sequence[int]) -> tuple[Suspect, ...]:
    named = ((place, search.candidates[place - 1]) for place in places)
    return tuple(
        Suspect(
            commit=one.commit,
            probability=change.chances[place],
            merged=one.merged,
            unbuildable=place in search.unbuildable,
        )
        for place, one in named
    )


def _conclude(
    search: LineSearch,
    outcome: tuple[BisectVerdict, str],
    ends: _Trial,
    culprits: tuple[Culprit, ...],
    change: FirstChange | None = None,
) -> Bisection:
    """Return the answer; `outcome` is its verdict, and why."""
    verdict, why = outcome
    suspected = find_smallest_set(change.chances, SURE) if change and verdict is BisectVerdict.UNRESOLVED else ()
    counts = {purpose: sum(one.purpose is purpose for one in search.blocks) for purpose in TrialPurpose}
    return Bisection(
        verdict=verdict,
        why=why,
        ends=ends.comparison,
        culprits=culprits,
        suspects=_list_suspects(search, change, suspected) if change else (),
        probability=math.fsum(change.chances[place] for place in suspected) if change else 0.0,
        nothing=change.none if change else 0.0,
        ends_blocks=counts[TrialPurpose.ENDS],
        search_blocks=counts[TrialPurpose.SEARCH],
        final_blocks=counts[TrialPurpose.FINAL],
        builds=search.builds,
        spent_s=search.spent_s,
    )


def _name(search: LineSearch, place: int) -> str:
    return search.candidates[place - 1].commit if place else NAME_OF_GOOD
