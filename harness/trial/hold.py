"""A whole live comparison: builds, seats, the contest, and the two runs that record it."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import HarnessError, UnfitError
from harness.judge.comparison import Question, judge_trials
from harness.judge.trial import EQUAL, Circumstance, caveat_trial, list_unmeasured
from harness.plan.block import ROLES
from harness.records.build import are_equal
from harness.records.caveat import Caveat
from harness.records.comparison import Family
from harness.records.node import Node
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Engine
from harness.records.trial import Role, Trial
from harness.render.origin import name_fixture
from harness.run.build_file import RELINK, keep_include
from harness.run.builder import Built, check_build
from harness.run.constancy import Constancy
from harness.run.finish import conclude, recheck_files
from harness.run.places import Workplace
from harness.settings.request import Design
from harness.store.bundle import Bundle, create_bundle
from harness.store.unfinished import KEPT, describe_kept
from harness.system.limit import limit_of, stop_at_limit
from harness.system.scratch import BLOCK, scratch_folder
from harness.trial.blackbox import BlackBoxEngine
from harness.trial.fresh_file import FreshFiles, Relinking
from harness.trial.live import LiveEngine
from harness.trial.loop import INTERRUPTED, LOST, SETTLED, Contest, Tally, pair_cases
from harness.trial.loop import Engine as Player
from harness.trial.setup import Scene
from harness.trial.side import Entrant, build_entrant, take_seats
from harness.trial.side_case import Lost, Seat

Entrants = tuple[Entrant, Entrant]
_LEAST_TIMEOUT_S = 60.0


class Held(Record):
    """A trial that has ended: its verdicts, and the two runs with their bundles, baseline first.

    A build that failed leaves no tally, but its own record and logs. `failure` is the block that ended the trial,
    `missing` what was asked for and never measured.
    """

    runs: tuple[Run, ...]
    paths: tuple[str, ...] = ()
    family: Family | None = None
    tally: Tally | None = None
    failure: Lost | None = None
    missing: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return self.tally is not None and self.tally.stopped == INTERRUPTED


def hold_trial(
    entrants: Entrants,
    design: Design,
    scene: Scene,
    work: Workplace,
    *,
    plant: float = 0.0,
    command: str = "harness ab",
) -> Held:
    """Return a trial held from builds to sealed runs; the caller holds the node's lock.

    `command` is what begins another one like it.
    """
    _check_options(entrants, work)
    done: dict[tuple[str, ...], Built] = {}
    built, cache, console = (
        [build_entrant(entrant, done, work) for entrant in entrants],
        work.places.cache,
        work.console,
    )
    broken = next((one for one in built if not one.ok), None)
    if broken:
        return Held(runs=(broken.run,), paths=(broken.logs,))
    seated = [
        take_seats(entrant, one, plant=plant if entrant.role is Role.CONTENDER else 0.0)
        for entrant, one in zip(entrants, built, strict=True)
    ]
    runs = [run.replace(caveats=(*run.caveats, *scene.describe(run))) for run, _ in seated]
    cases = [dict(zip(ROLES, pair, strict=True)) for pair in zip(*(seats for _, seats in seated), strict=True)]
    codes = [one.run.code for one in built]
    same_code = are_equal(*codes)
    if same_code and _have_same_cases(cases):
        console.note(f"{EQUAL}: an A/A trial")
    for reason in dict.fromkeys(code.reason for code in codes if code and code.reason):
        console.note(f"it is not known whether the sides have equal code: {reason}")
    bundles = _open(runs, design, work.places.results)
    runs, seats = [run for run, _ in bundles], [map(scene.place, seats) for _, seats in seated]
    cases = [dict(zip(ROLES, pair, strict=True)) for pair in zip(*seats, strict=True)]
    logs = {role: bundle.logs for role, (_, bundle) in zip(ROLES, bundles, strict=True)}

    def save(tally: Tally) -> None:
        for run, (_, bundle), side in zip(runs, bundles, (0, 1), strict=True):
            bundle.save_run(run.replace(results=tuple(pair[side] for pair in tally.results)))

    constancy, folders = Constancy(scene.vigil.watch), [entrant.folder for entrant in entrants]
    for folder, run in zip(folders, runs, strict=True):
        constancy.begin(folder, run, linked=design.relink)
    with _telling([bundle.path for _, bundle in bundles], command):
        engine = _choose_engine(entrants[0], logs, design, scene.vigil.retries)
        with scratch_folder(cache, BLOCK) as fresh:
            files = FreshFiles(fresh, logs, _list_relinkings(entrants, cache) if design.relink else None)
            contest = Contest(design, cases, engine, console, save, provide=files.provide, wait=scene.vigil.wait)
            tally = contest.go()
        if scene.vigil.caveat:
            runs = [run.replace(caveats=(*run.caveats, scene.vigil.caveat)) for run in runs]
        runs = [constancy.check(recheck_files(run, cache), one) for run, one in zip(runs, folders, strict=True)]
        caveats = caveat_trial(_look_at(entrants, cases, design, tally, same_code=same_code))
        asked = (pair_cases(seats) for seats in cases)
        missing = list_unmeasured(asked, design.metrics, tally.samples, named=design.named) if tally.results else ()
        concluded = [
            _conclude(run, bundle, tally, caveats, role, cache, missing)
            for run, (_, bundle), role in zip(runs, bundles, ROLES, strict=True)
        ]
    family = None
    if tally.results:
        question = Question(threshold=design.threshold, metrics=frozenset(design.metrics))
        family = judge_trials([(concluded[0][0], concluded[1][0])], question)
        family = family.replace(caveats=(*family.caveats, *_merge(runs, caveats)))
    return Held(
        runs=tuple(run for run, _ in concluded),
        paths=tuple(path for _, path in concluded),
        family=family,
        tally=tally,
        failure=tally.lost[-1] if tally.stopped == LOST else None,
        missing=missing,
    )


@contextlib.contextmanager
def _telling(bundles: Sequence[Path], command: str) -> Iterator[None]:
    """Say what has become of the numbers, whatever the system refuses from here on."""
    try:
        yield
    except (HarnessError, OSError, MemoryError) as error:
        kept = describe_kept(bundles)
        again = f"{command}, which also finishes the records of what was measured" if kept == KEPT else command
        if limit_of(error):
            raise stop_at_limit("comparison", error, kept, again) from None
        if not isinstance(error, OSError):
            raise
        what = f"the comparison stopped: {error.strerror or error} ({error.filename or bundles[0]})"
        raise UnfitError(what, cause=kept, hint=f"remove the cause, then {again}") from None


def _check_options(entrants: Entrants, work: Workplace) -> None:
    """Raise UsageError for an option that the tree of either side does not know, before anything is built."""
    for one in {entrant.plan.sites[-1].folder: entrant for entrant in entrants}.values():
        check_build(one.state, one.plan, work)


def _merge(runs: Sequence[Run], caveats: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """Return what must be known of either side, and of the trial, each once."""
    return tuple(dict.fromkeys((*(caveat for run in runs for caveat in run.caveats), *caveats)))


def _list_relinkings(entrants: Entrants, cache: Path) -> dict[Role, Relinking]:
    script = keep_include(cache, RELINK)
    return {
        entrant.role: Relinking(
            cmake=entrant.state.toolchain.cmake.path, script=script, timeout_s=entrant.suite.timeouts.build_s
        )
        for entrant in entrants
    }


def _open(runs: Sequence[Run], design: Design, results: Path) -> list[tuple[Run, Bundle]]:
    opened: list[tuple[Run, Bundle]] = []
    for run, role in zip(runs, ROLES, strict=True):
        opening, bundle = create_bundle(results, run)
        trial = Trial(
            id=opened[0][0].id if opened else opening.id,
            role=role,
            seed=design.seed,
            pairs=design.pairs,
            relinked=design.relink,
        )
        opening = opening.replace(trial=trial)
        bundle.save_run(opening)  # what is killed before its first block says what it was
        opened.append((opening, bundle))
    return opened


def _choose_engine(entrant: Entrant, logs: Mapping[Role, Path], design: Design, retries: int) -> Player:
    if entrant.suite.engine is Engine.BENCH:
        return BlackBoxEngine(logs, retries=retries)
    # One call that outlasts the whole trial would be the last one anyway.
    timeout_s = min(entrant.suite.timeouts.bench_s, max(_LEAST_TIMEOUT_S, design.max_time_s))
    return LiveEngine(logs, timeout_s=timeout_s, retries=retries)


def _have_same_cases(cases: Sequence[Mapping[Role, Seat]]) -> bool:
    pairs = ((seats[Role.BASELINE], seats[Role.CONTENDER]) for seats in cases)
    return all(
        (here.case, here.weights, here.plant, here.backend) == (there.case, there.weights, there.plant, there.backend)
        for here, there in pairs
    )


def _look_at(
    entrants: Entrants, cases: Sequence[Mapping[Role, Seat]], design: Design, tally: Tally, *, same_code: bool
) -> Circumstance:
    baseline, contender = entrants
    node: Node = baseline.state.node
    return Circumstance(
        same_build=baseline.folder == contender.folder,
        same_case=_have_same_cases(cases),
        same_code=same_code,
        relinked=design.relink,
        shared=tally.shared,
        usable_cpus=node.cpu.cores.affinity,
        pairs=len(tally.measurements(Role.BASELINE)),
        disturbed=tally.disturbed,
        retried=tally.retried,
        stood=tally.stood,
        lost=tuple(lost.reason for lost in tally.lost),
        idle_share=tally.idle_share,
        stopped_early=tally.stopped if design.early and tally.stopped != SETTLED else "",
        fixed_by=name_fixture(baseline.asked.used),
    )


def _conclude(
    run: Run,
    bundle: Bundle,
    tally: Tally,
    caveats: tuple[Caveat, ...],
    role: Role,
    cache: Path,
    missing: Sequence[str],
) -> tuple[Run, str]:
    results = tuple(pair[ROLES.index(role)] for pair in tally.results)
    if run.code and run.trial and not run.trial.relinked:  # else each block is another code layout
        results = tuple(one.replace(build=run.code.id) for one in results)
    if tally.stopped == LOST or missing or not results:  # no run that holds nothing has passed
        reason = tally.lost[-1].reason if tally.lost else f"no block has ended: {tally.stopped}"
        reason = f"never measured: {', '.join(missing)} ({tally.stopped})" if missing else reason
        cause = tally.lost[-1].cause if tally.lost and not missing else None
        results += (StepResult(step="trial", phase=Phase.BENCH, status=Status.FAILED, reason=reason, cause=cause),)
    trial = run.trial.replace(discarded=len(tally.lost), stopped=tally.stopped) if run.trial else None
    run = run.replace(trial=trial, results=results, caveats=(*run.caveats, *caveats), wall_s=tally.wall_s)
    run, _, folder = conclude(run, bundle, cache)
    return run, str(folder)
