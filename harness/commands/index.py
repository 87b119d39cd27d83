"""`harness index`: the index of the results brought up to date, or made anew."""

from harness.commands.output import Output
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Verb, VerbGroup
from harness.errors import UnreadableError
from harness.records.card import IndexState
from harness.records.wording import format_count
from harness.settings.layer import Settings
from harness.store.index.history import count_rows, drop_orphans, measure
from harness.store.index.index import RunIndex
from harness.store.index.inquiry import ask_index


def index(settings: Settings, output: Output, *, rebuild: bool = False, numbers: bool = False) -> int:
    """Bring the index up to date and say what it holds; return 0, or the code of unreadable input.

    With `rebuild` it is made anew. With `numbers` the numbers of all runs are read as well.
    """
    errors: list[UnreadableError] = []

    def ask(found: RunIndex) -> IndexState:
        found.refresh()
        errors[:] = found.errors
        if numbers:
            errors.extend(measure(found))
        drop_orphans(found)
        return IndexState(**count_rows(found))

    state = ask_index(resolve_places(settings), output.console, ask, rebuild=rebuild)
    for error in errors:
        output.console.warn(f"harness: {error}")
    runs, trials, sweeps, points = map(
        format_count, (state.runs, state.trials, state.sweeps, state.points), ("run", "trial", "sweep", "point")
    )
    text = f"{runs} ({trials}, {sweeps}); {points} in {state.series} series\n"
    output.show(text, state)
    return errors[-1].exit_code if errors else 0


VERB = Verb(
    name="index",
    summary="bring the index of the runs up to date, or make it anew",
    group=VerbGroup.HISTORY,
    call=lambda call: index(call.settings, call.output, rebuild=call.flag("rebuild"), numbers=call.flag("numbers")),
    arguments=(
        Argument(
            name="--rebuild",
            takes=ArgumentKind.SWITCH,
            help="forget what is there, and read every bundle again",
        ),
        Argument(
            name="--numbers",
            takes=ArgumentKind.SWITCH,
            help="read the numbers of all runs, too, as a history does when it is first asked for",
        ),
    ),
    first=("database",),
    examples=(
        ("harness index", "how much there is"),
        ("harness index --rebuild", "when a database was made by another harness"),
        ("harness index --database postgresql+psycopg://USER@HOST/NAME", "on a server, for many nodes"),
    ),
)
