"""`harness index`: the index of the results brought up to date, or made anew, and what it holds."""

import shlex
from collections.abc import Sequence

from harness.commands.output import Output
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, Verb
from harness.errors import UnfitError, UnreadableError, UsageError
from harness.records.card import IndexState, NewestPoint, NodeContent, RunFilter
from harness.records.listing import NodeList, PointList
from harness.records.wording import format_count
from harness.render.overview import render_newest, render_nodes
from harness.settings.layer import Settings
from harness.store.index.history import count_rows, drop_orphans, measure
from harness.store.index.index import RunIndex
from harness.store.index.inquiry import ask_index
from harness.store.index.overview import list_newest, list_nodes


def index(settings: Settings, output: Output, *, rebuild: bool = False, numbers: bool = False) -> int:
    """Bring the index up to date and say what it holds; return 0, or the code of unreadable input.

    With `rebuild` it is made anew. With `numbers` the numbers of all runs are read as well. Raises UnfitError where
    nothing can be added to it from here.
    """
    errors: list[UnreadableError] = []

    def ask(found: RunIndex) -> IndexState:
        errors[:] = bring_up_to_date(found, numbers=numbers)
        return IndexState(**count_rows(found))

    state = ask_index(resolve_places(settings), output.console, ask, rebuild=rebuild)
    runs, trials, sweeps, points = map(
        format_count, (state.runs, state.trials, state.sweeps, state.points), ("run", "trial", "sweep", "point")
    )
    text = f"{runs} ({trials}, {sweeps}); {points} in {state.series} series\n"
    output.show(text, state)
    return _conclude(errors, output)


def bring_up_to_date(found: RunIndex, *, numbers: bool = True) -> list[UnreadableError]:
    """Add to an index what is new, and forget what is gone; return what cannot be read.

    Raises UnfitError where nothing can be added to it from here.
    """
    if found.frozen:
        raise UnfitError(
            "the index cannot be brought up to date from here",
            cause=found.frozen,
            hint="harness index --nodes  # shows what it holds",
        )
    found.refresh()
    errors = [*found.errors, *(measure(found) if numbers else ())]
    drop_orphans(found)
    return errors


def show_nodes(settings: Settings, output: Output) -> int:
    """Print what the index holds of each node; return 0, or the code of unreadable input."""
    places = resolve_places(settings)

    def ask(found: RunIndex) -> tuple[tuple[NodeContent, ...], list[UnreadableError]]:
        found.refresh()
        return list_nodes(found), found.errors

    nodes, errors = ask_index(places, output.console, ask)
    output.show(render_nodes(nodes), NodeList(nodes=nodes))
    return _conclude(errors, output)


def show_newest(settings: Settings, output: Output, node: str) -> int:
    """Print the newest number of each series, of a node or of all; return 0, or the code of unreadable input."""
    places = resolve_places(settings)

    def ask(found: RunIndex) -> tuple[tuple[NewestPoint, ...], list[UnreadableError]]:
        found.refresh()
        unread = measure(found, RunFilter(node=node))
        return list_newest(found, node), [*found.errors, *unread]

    points, errors = ask_index(places, output.console, ask)
    output.show(render_newest(points), PointList(points=points))
    if not points:
        output.console.note(f"no run{f' of {node}' if node else ''} in the index has numbers")
    return _conclude(errors, output)


def _conclude(errors: Sequence[UnreadableError], output: Output) -> int:
    """Complain about runs that cannot be read; return the exit code for them."""
    for error in errors:
        output.console.warn(f"harness: {error}")
    return errors[-1].exit_code if errors else 0


def _call(call: Call) -> int:
    rebuild, numbers, node = call.flag("rebuild"), call.flag("numbers"), call.text("node")
    if node and not call.flag("newest"):
        raise UsageError("--node only applies to --newest", hint=f"harness index --newest --node {shlex.quote(node)}")
    if call.flag("newest"):
        return show_newest(call.settings, call.output, node)
    if call.flag("nodes"):
        return show_nodes(call.settings, call.output)
    return index(call.settings, call.output, rebuild=rebuild, numbers=numbers)


_SHOWS = "what is done"
VERB = Verb(
    name="index",
    call=_call,
    arguments=(
        Argument(
            name="--rebuild",
            takes=ArgumentKind.SWITCH,
            instead=_SHOWS,
            help="forget what is there, and read every bundle again",
        ),
        Argument(
            name="--numbers",
            takes=ArgumentKind.SWITCH,
            help="read the numbers of all runs, too, as a history does when it is first asked for",
        ),
        Argument(
            name="--nodes",
            takes=ArgumentKind.SWITCH,
            instead=_SHOWS,
            help="a line for each node: its newest run, and how many runs, series and numbers there are",
        ),
        Argument(
            name="--newest",
            takes=ArgumentKind.SWITCH,
            instead=_SHOWS,
            help="the newest number of each series; nothing is judged",
        ),
        Argument(name="--node", metavar="NAME", help="with --newest: only series of this node"),
    ),
    first=("database",),
    examples=(
        ("harness index", "how much there is"),
        ("harness index --nodes", "which nodes there are, and what is newest of each"),
        ("harness index --rebuild", "when a database was made by another harness"),
        ("harness index --database postgresql+psycopg://USER@HOST/NAME", "on a server, for many nodes"),
    ),
)
