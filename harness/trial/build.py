"""The builds of a trial: all are configured before any is compiled, and each is made once."""

from collections.abc import Sequence

from harness.plan.code_layout import TRIED, name_folder
from harness.records.plan import Phase, Step
from harness.run.build_file import require_distinct
from harness.run.builder import BuildResult, OpenBuild, conclude_build, learn_builds, open_build
from harness.run.pace import pace_step
from harness.run.places import Workplace
from harness.store.duration import load_durations
from harness.system.cache.stamp import is_done
from harness.trial.side import Side


def list_builds(sides: Sequence[Side]) -> list[Side]:
    """Return the sides without those for which nothing else is built than for an earlier one.

    That one has the steps of both: the other may have another setting of flash attention to check.
    """
    first: dict[tuple[str, ...], Side] = {}
    for side in sides:
        one = first.setdefault(side.made, side)
        known = {step.name for step in one.plan.steps}
        more = (step for step in side.plan.steps if step.name not in known)
        first[side.made] = one.replace(plan=one.plan.replace(steps=(*one.plan.steps, *more)))
    return list(first.values())


def build_sides(sides: Sequence[Side], work: Workplace) -> list[BuildResult]:
    """Build all sides and return the results, in the same order.

    Raises UsageError, before anything is compiled, for an option that a tree does not know, and UnfitError if different
    code layouts give the same bytes.
    """
    building = list_builds(sides)
    builds = [_open(side, work, named=len(building) > 1) for side in building]
    try:
        _carry_out(builds, work)
    finally:
        learn_builds(builds, work.places.cache)
    done = {side.made: conclude_build(build) for side, build in zip(building, builds, strict=True)}
    for side in sides:
        if side.drawn and done[side.made].ok:
            require_distinct([name_folder(side.folder, seed) for seed in TRIED])
    return [done[side.made] for side in sides]


def _open(side: Side, work: Workplace, *, named: bool) -> OpenBuild:
    """Return the build of a side, whose steps name the side if there are several."""
    steps = tuple(step.replace(title=f"{step.title}, {side.role}") for step in side.plan.steps)
    plan = side.plan.replace(steps=steps) if named else side.plan
    return open_build(side.state, plan, side.request.build, work)


def _carry_out(builds: Sequence[OpenBuild], work: Workplace) -> None:
    every = [(build, step) for build in builds for step in build.session.plan.steps]
    order = sorted(every, key=lambda one: one[1].phase is not Phase.CONFIGURE)
    known = load_durations(work.places.cache)
    for number, (build, step) in enumerate(order, 1):
        later = (other for _, other in order[number:] if not is_done(other))
        left: list[Step] = [step, *later]
        build.session.do(step, pace_step((number, len(order)), left, known, goal="to build"))
