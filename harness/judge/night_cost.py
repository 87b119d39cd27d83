"""How long the work of a night takes on a node, from how long it took before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import median

from harness.plan.night_branch import read_time
from harness.records.night import NightCosts
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RunDetail

# The newest ones tell how things are now.
_LATEST = 9
_WHOLE = frozenset({RunPurpose.NIGHT, RunPurpose.HISTORY, RunPurpose.MANUAL})
# A suspended laptop makes a run of days.
_LONGEST = timedelta(hours=12)


def estimate_costs(details: Iterable[RunDetail], cells: dict[str, int], wanted: int) -> NightCosts:
    """Return the expected seconds of builds, runs and blocks; what was never timed is as usual.

    `details` are the runs of a node with one config, `cells` is for each the number of cases with a number, by its id,
    `wanted` how many cases the suite has. Of a live comparison one side counts, as both were measured at
    once, without the builds of both.
    """
    usual = NightCosts()
    ordered = sorted(details, key=lambda one: one.start)
    builds = [one.build_s for one in ordered if one.build_s >= 1 and not one.failure][-_LATEST:]
    runs = [one for one in ordered if not one.trial and one.purpose in _WHOLE and not one.failure]
    whole = [time_run(one) - one.build_s for one in runs if wanted and cells.get(one.run_id, 0) >= wanted]
    each = [(time_run(one) - one.build_s) / cells[one.run_id] for one in runs if cells.get(one.run_id)]
    trials = {one.trial: one for one in ordered if one.trial and one.blocks}
    built: defaultdict[str, float] = defaultdict(float)
    for one in ordered:
        built[one.trial] += one.build_s
    blocks = [
        (time_run(one) - built[one.trial]) / one.blocks / max(1, cells.get(one.run_id, 1)) for one in trials.values()
    ]
    return NightCosts(
        full_build_s=max(builds, default=usual.full_build_s),
        near_build_s=min(_middle(builds) or usual.near_build_s, max(builds, default=usual.near_build_s)),
        run_s=_middle(whole) or (_middle(each) or usual.cell_s) * max(1, wanted),
        cell_s=_middle(each) or usual.cell_s,
        block_s=_middle(blocks) or usual.block_s,
    )


def time_run(run: RunDetail) -> float:
    """Return the wall seconds of a run; 0 where that is not known, or cannot be."""
    took = read_time(run.ended) - read_time(run.start) if run.ended else timedelta()
    return took.total_seconds() if timedelta() < took <= _LONGEST else 0.0


def _middle(values: Sequence[float]) -> float:
    """Return the median of the newest values that are above zero, 0 without any."""
    known = [value for value in values if value > 0][-_LATEST:]
    return median(known) if known else 0.0
