"""The caveats of a live comparison."""

from collections.abc import Iterable, Iterator, Sequence

from harness.records.caveat import Caveat, CaveatCode
from harness.records.measurement import Case, name_cases
from harness.records.record import Record
from harness.records.trial import TrialEnd
from harness.records.wording import were
from harness.stats.verdict import PairedSample

EQUAL = "baseline and contender have the same machine code"
# Above this share of the other's turns a waiting worker competes with the one that measures.
_IDLE_SHARE = 0.05


class TrialFacts(Record):
    """What is known about a trial after its end; `pairs` counts all, `disturbed` those under load from others.

    `retried` were measured again for such load, `stood` because a side, the harness or the node was stopped or frozen.

    `same_code` says that two different builds have the same machine code, as far as that is known; `relinked` that each
    block drew its own code layouts. `shared` is a library that all blocks loaded. `fixed_by` names the file or variable
    that gives this seed to every trial, and is empty if there is none.
    """

    same_build: bool
    same_case: bool
    relinked: bool
    usable_cpus: int
    pairs: int
    disturbed: int
    retried: int
    lost: tuple[str, ...]
    idle_share: float
    stopped_early: TrialEnd | None = None
    stood: int = 0
    same_code: bool = False
    fixed_by: str = ""
    shared: str = ""


def list_unmeasured(
    cases: Iterable[Case], metrics: Sequence[str], samples: Iterable[PairedSample], *, named: bool
) -> tuple[str, ...]:
    """Return what was asked for but not measured, for people: metrics that were `named`, and whole cases.

    A case is made by `Case.against` of both sides, as in the samples.

    Not every whisper-bench has every metric: one that was not named is not missing if its case has another.
    """
    known = {(sample.case, sample.metric) for sample in samples}
    measured = {case for case, _ in known}
    gaps = []
    for case, name in name_cases(cases).items():
        if case not in measured:
            gaps.append(str(name))
        elif named:
            gaps += [f"{metric} of {name}" for metric in metrics if (case, metric) not in known]
    return tuple(gaps)


def caveat_trial(found: TrialFacts) -> tuple[Caveat, ...]:
    """Return the caveats of a trial."""
    return tuple(_caveats(found))


def _caveats(found: TrialFacts) -> Iterator[Caveat]:
    if found.same_build and found.same_case:
        message = "baseline and contender are the same: this is an A/A trial, any difference found is a false positive"
        yield Caveat(code=CaveatCode.A_A, message=message)
    elif found.same_code and found.same_case:
        yield Caveat(
            code=CaveatCode.EQUAL_CODE,
            message=f"{EQUAL}: this is an A/A trial, any difference found is a false positive",
        )
    elif not found.same_build and not found.same_code and not found.relinked:
        message = (
            "each side was built only once: on some CPUs, the order of functions in memory alone changes timings by "
            "several per cent. Use --relink to average that out: it links both sides again for every block, with their "
            "functions in a new random order"
        )
        yield Caveat(code=CaveatCode.ONE_BUILD, message=message)
    if found.fixed_by:
        message = (
            f"the seed is fixed by {found.fixed_by}: every trial has the same random orders, so repeating one "
            "confirms nothing, and several do not add up; without it, each trial draws its own seed"
        )
        yield Caveat(code=CaveatCode.FIXED_SEED, message=message)
    if found.usable_cpus == 1:
        message = "only one CPU is usable: the workers share it with everything else on this node"
        yield Caveat(code=CaveatCode.ONE_CPU, message=message)
    yield from _about_repeating(found)
    if found.lost:
        message = f"{were(len(found.lost), 'block')} lost and left out; the last reason: {found.lost[-1]}"
        yield Caveat(code=CaveatCode.BLOCKS_LOST, message=message)
    if found.idle_share > _IDLE_SHARE:
        message = (
            f"a waiting worker used {found.idle_share:.0%} of a CPU while the other side was measured: its threads "
            "spin (OMP_WAIT_POLICY=active does that)"
        )
        yield Caveat(code=CaveatCode.SPINNING, message=message)
    if found.shared:
        message = (
            f"all blocks loaded the same file {found.shared}: where its pages lie in memory may differ between the "
            "sides, and can look like a difference"
        )
        yield Caveat(code=CaveatCode.SHARED_FILES, message=message)
    if found.stopped_early:
        yield Caveat(
            code=CaveatCode.STOPPED, message=f"ended before every comparison was decided: {found.stopped_early}"
        )


def _about_repeating(found: TrialFacts) -> Iterator[Caveat]:
    if found.disturbed:
        verb = "was" if found.disturbed == 1 else "were"
        message = (
            f"{found.disturbed} of {found.pairs} pairs {verb} measured while other processes used the CPUs, even "
            "after retries"
        )
        yield Caveat(code=CaveatCode.UNDER_LOAD, message=message)
    if found.retried and not found.disturbed:
        again = f"{were(found.retried, 'pair')} measured again"
        message = f"{again}, because other processes used the CPUs; the last attempt at each was undisturbed"
        yield Caveat(code=CaveatCode.RETRIED, message=message)
    if found.stood:
        again = f"{were(found.stood, 'pair')} measured again"
        yield Caveat(
            code=CaveatCode.RETRIED, message=f"{again}, because a side, the harness or the node was stopped or frozen"
        )
