"""`harness sweep`: measure many settings side by side, and print a table of the results."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from harness.commands.finished_job import find_done, show_done
from harness.commands.output import Output
from harness.commands.request.measure import resolve_kept_run, resolve_node
from harness.commands.request.place import open_workplace
from harness.commands.request.resume import refuse_idle_options
from harness.commands.request.sweep import (
    KeptSweep,
    SweepRequest,
    read_sweep_file,
    resolve_kept_sweep,
    resolve_sweep,
)
from harness.commands.sweep_table import (
    FORMS,
    PIVOT,
    Pivot,
    choose_pivot,
    complain_blank,
    describe_sweep,
    require_axes,
    show_plan,
    show_table,
)
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import (
    HarnessError,
    InterruptedRunError,
    UnavailableError,
    UnfitError,
    UnreadableError,
    UsageError,
)
from harness.plan.guard import require_text
from harness.records.exit_code import ExitCode
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.sweep import SweepEntry
from harness.render.sweep import describe_equals, render_sweep, render_sweep_csv, render_sweep_markdown
from harness.run.places import Workplace, hold_node
from harness.run.prepare import mark_builds, remove_builds
from harness.run.recovery import settle_unfinished
from harness.run.resume import find_unfinished, take_up
from harness.run.session import Session
from harness.settings.layer import Settings
from harness.settings.request import RunRequest
from harness.store.duration import load_durations, save_durations
from harness.store.job_trace import list_begun
from harness.store.sweep_file import find_sweep, save_tables
from harness.store.unfinished import describe_kept
from harness.sweep.design import prepare_entry
from harness.sweep.remainder import adopt, list_open, look_for_runs, refuse_mixture
from harness.sweep.schedule import SweepSchedule
from harness.sweep.sessions import Prepare, SweepSessions, prepare_all
from harness.system.limit import explain_stop
from harness.trial.setup import Setup, make_setup


class SweepWords(Record):
    """The command line without the settings; `resume` is None, or the beginning of an id, empty for the latest."""

    file: str = ""
    axes: tuple[str, ...] = ()
    resume: str | None = None
    pivot: Pivot = Pivot()


def sweep(settings: Settings, environ: Mapping[str, str], output: Output, words: SweepWords) -> int:
    """Measure the cross product of the axes, or resume an unfinished sweep; return the exit code."""
    if words.resume is not None:
        _refuse_idle(settings, words)
    settings, file = read_sweep_file(settings, words.file)
    node = resolve_node(settings, environ)
    work = open_workplace(settings, environ, output.console)
    if words.resume is not None:
        with hold_node(work):
            settle_unfinished(work.places, node.name, work.console)
            sessions = _take_up(settings, work, node, words.resume, words.pivot)
            runs = _measure(sessions, work)
        return _finish(sessions, runs, work.places.results, words, output)
    request = resolve_sweep(settings, work, node, file, words.axes)
    require_axes(request.design, words.pivot)
    setup = make_setup(request.measure, work)
    prepare = _preparing(request, work, setup)
    if request.dry:
        planned, ready = prepare_all(request.design, prepare)
        show_plan(planned, ready, request, work, output)
        return 0
    results, job = work.places.results, request.design.job
    if done := find_done(results, job, node.name):
        return show_done(done, results, output)
    with hold_node(work):
        done = find_done(results, job, node.name)  # another process may have done it meanwhile
        if done is None:
            settle_unfinished(work.places, node.name, work.console)
            begun = _go_on(settings, work, node, job, words.pivot)
            sessions = begun or _begin(request, work, setup, prepare)
            try:
                runs = _measure(sessions, work)
            except UsageError:  # an option that a tree does not know; nothing is built yet
                if not begun:
                    sessions.discard()
                raise
    if done:
        return show_done(done, results, output)
    return _finish(sessions, runs, work.places.results, words, output)


def _begin(request: SweepRequest, work: Workplace, setup: Setup, prepare: Prepare) -> SweepSessions:
    """Return a new sweep, with a run on the disk for each of its configs."""
    planned, ready = prepare_all(request.design, prepare)
    sessions = SweepSessions(planned, work.places.results, work.places.cache, {})
    sessions.begin()
    for number, prepared in ready.items():
        remove_builds(prepared[1], _need_run(request, number).build, work.console)
        _open(sessions, number, prepared, setup, work)
    work.console.note(describe_sweep(planned))
    return sessions


def _go_on(settings: Settings, work: Workplace, node: Node, job: str, pivot: Pivot) -> SweepSessions | None:
    """Return the newest unfinished sweep of a job that can go on, None if there is none; others are named."""
    results = work.places.results
    for begun in (one.sweep for one in list_begun(results, job, node.name) if one.sweep) if job else ():
        try:
            return _take_up(settings, work, node, begun, pivot)
        except (UsageError, UnavailableError, UnreadableError) as error:
            work.console.note(f"{begun} does not go on: {error.line}")
    return None


def _refuse_idle(settings: Settings, words: SweepWords) -> None:
    """Raise UsageError for what has no effect on a sweep that is resumed."""
    if words.file or words.axes:
        cause = "a sweep that is resumed keeps the axes that it was started with"
        raise UsageError(
            "--resume cannot be combined with FILE or --axis", cause=cause, hint="leave out FILE and --axis"
        )
    refuse_idle_options(settings, "sweep")


def _preparing(request: SweepRequest, work: Workplace, setup: Setup) -> Prepare:
    """Return the function that makes the run and the plan of a config of a sweep."""

    def prepare(entry: SweepEntry, number: int) -> tuple[Run, Plan]:
        state, plan = prepare_entry(_need_run(request, number), work, setup, label=request.design.label(entry.values))
        if Benchmark.QUALITY in state.suite.benchmarks:
            require_text(plan, state.weights, "--quality has nothing to look at")
        return state, plan

    return prepare


def _need_run(request: SweepRequest, number: int) -> RunRequest:
    """Return the run for a config; raises UnavailableError or UnfitError if this node does not support it."""
    asked = request.runs[number]
    if isinstance(asked, RunRequest):
        return asked
    raise asked


def _open(sessions: SweepSessions, number: int, prepared: tuple[Run, Plan], setup: Setup, work: Workplace) -> None:
    state, plan, bundle = sessions.open(number, prepared)
    mark_builds(plan, state, work.places.cache)
    session = Session(plan, state, bundle, work.console, load_durations(work.places.cache), setup.monitor)
    sessions.add(number, session, bundle)


def _take_up(settings: Settings, work: Workplace, node: Node, wanted: str, pivot: Pivot) -> SweepSessions:
    """Return an unfinished sweep as it was left; raises UsageError if it does not have the axes of `pivot`.

    Its finished runs are not measured again. Runs that are missing, do not belong to it, or were not begun are.
    """
    results, cache, note = work.places.results, work.places.cache, work.console.note
    stored = find_sweep(results, node.name, wanted, unfinished=True, note=note)
    require_axes(stored, pivot)
    kept = look_for_runs(results, stored, note, mine=True)
    stored, kept = adopt(results, stored, kept)
    earlier = [one.run for one in kept.values()]
    request = resolve_kept_sweep(settings, work, node, KeptSweep(stored, earlier, list_open(stored, kept)))
    setup = make_setup(request.measure, work)
    sessions = SweepSessions(stored, results, cache, {one.run.id: one.run for one in kept.values() if one.sealed})
    prepare = _preparing(request, work, setup)
    fresh: dict[int, tuple[Run, Plan]] = {}
    for number in request.runs:
        try:
            fresh[number] = prepare(stored.entries[number], number)
        except (UnavailableError, UnfitError):
            if not stored.entries[number].reason:
                raise
            continue  # it could not be prepared when the sweep was begun, either
        refuse_mixture(stored, fresh[number][0], earlier)
    for number, one in kept.items():
        if not one.sealed:
            state, bundle = find_unfinished(work, node.name, one.run.id, sweep=stored.id)
            state, plan = take_up(state, bundle, resolve_kept_run(state, work), work, (node, setup.condition))
            sessions.add(
                number, Session(plan, state, bundle, work.console, load_durations(cache), setup.monitor), bundle
            )
    for number, prepared in fresh.items():
        name = stored.label(stored.entries[number].values) or stored.id
        note(f"will be measured again: {name}" if stored.entries[number].run else f"not started yet: {name}")
        _open(sessions, number, prepared, setup, work)
    return sessions


def _measure(sessions: SweepSessions, work: Workplace) -> dict[str, Run]:
    """Go through all sessions; an error that stops them says how to resume."""
    cache, note = work.places.cache, work.console.note

    def built() -> None:
        for sentence in describe_equals(sessions.table()):
            note(f"  {sentence}")

    schedule = SweepSchedule(sessions.in_order, load_durations(cache), sessions.sweep.seed, built=built)
    hint = f"harness sweep --resume {sessions.sweep.id} {work.places.options}"
    try:
        schedule.go()
        return sessions.conclude()
    except KeyboardInterrupt:
        note(render_sweep(sessions.table()))
        hint = hint if sessions.is_there else "harness sweep"
        raise InterruptedRunError(f"interrupted; {describe_kept(sessions.bundles)}", hint=hint) from None
    except (HarnessError, OSError, MemoryError) as error:
        again = hint if sessions.is_there else "harness sweep"
        stop = explain_stop("sweep", error, describe_kept(sessions.bundles), again, work.places.results)
        if isinstance(stop, UnfitError) and not stop.hint and sessions.is_there:
            stop.hint = hint
        raise stop from None
    finally:
        sessions.release()
        with suppress(OSError):  # a forecast is not worth a failure
            save_durations(cache, schedule.learn())


def _finish(sessions: SweepSessions, runs: Mapping[str, Run], results: Path, words: SweepWords, output: Output) -> int:
    table = sessions.table()
    paths = save_tables(results, sessions.sweep, markdown=render_sweep_markdown(table), csv=render_sweep_csv(table))
    show_table(table, words.pivot, output)
    for path in paths:
        output.console.note(f"  table: {path}")
    codes = [run.exit_code for run in runs.values() if run.exit_code is not ExitCode.OK]
    if complain_blank(table, output) or not any(row.summaries for row in table.rows):
        codes.append(ExitCode.BENCHMARK_FAILED)
    return int(min(codes, default=ExitCode.OK))


def _call(call: Call) -> int:
    words = SweepWords(
        file=call.text("file"), axes=call.words("axis"), resume=call.maybe("resume"), pivot=choose_pivot(call)
    )
    return sweep(call.settings, call.environ, call.output, words)


VERB = Verb(
    name="sweep",
    call=_call,
    arguments=(
        Argument(
            name="FILE",
            metavar="FILE",
            path=True,
            words=CompletionSource.FILE,
            help="a TOML file with the tables [axes], [[exclude]] and [settings]",
        ),
        Argument(
            name="--axis",
            takes=ArgumentKind.MANY,
            metavar="NAME=V,V",
            help="an additional axis, such as GGML_LLAMAFILE=ON,OFF; repeatable. Options with several values are axes, "
            "too: --threads 1,2 --isa avx2,avx",
        ),
        Argument(
            name="--resume",
            takes=ArgumentKind.MAYBE,
            metavar="ID",
            help="resume an unfinished sweep, with its own settings: the latest, or the one whose id starts with ID",
        ),
        *PIVOT,
    ),
    first=("model", "threads", "flash_attn", "quant", "isa", "repetitions", "source", "ref", "dry_run"),
    examples=(
        ("harness sweep --threads 1,2 --quant f16,q5_0", "every combination"),
        ("harness sweep --axis GGML_LTO=OFF,ON --dry-run", "how long it would take"),
        ("harness sweep sweep.toml --format csv", "axes from a file, as CSV"),
        ("harness sweep --quant f16,q5_0,q4_0 --quality", "what fewer bits cost in text"),
        ("harness show sweep --columns threads", "the latest sweep again"),
    ),
    forms=FORMS,
)
