"""`harness events`: what happened on the nodes, as far as stored numbers show, and what people decided about it."""

from pathlib import Path

from harness.commands.history import judge_results, name_places
from harness.commands.output import Output, OutputForm
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, Verb, VerbGroup
from harness.errors import UsageError
from harness.judge.judged_history import add_triage
from harness.records.card import RunFilter
from harness.records.history import Event, History
from harness.records.triage import Triage
from harness.render.event import render_event, render_events
from harness.store.known_history import TRIAGE, load_triage

_SHOW = "show"
# As many as fit on a few screens; machines get all.
SHOWN = 20


def events(call: Call, ids: tuple[str, ...], *, node: str = "", limit: int = 0) -> int:
    """Print the newest `limit` events (0: all), oldest first, or everything about those whose ids are given.

    Return the exit code.
    """
    output, places = call.output, resolve_places(call.settings)
    triage = load_triage(places.results)
    _, history, code = judge_results(call, places, RunFilter(node=node))
    history = history.replace(events=add_triage(history.events, triage))
    _warn(output, history, triage, places.results / TRIAGE, partly=bool(node))
    found = tuple(_find(history.events, one) for one in ids) if ids else history.events[-limit:]
    names = {one.name: one.short for one in history.commits}
    if ids:
        options, width = name_places(call.settings, places), output.width
        texts = (render_event(event, history, names, options=options, width=width) for event in found)
        output.show("\n".join(texts), found)
    else:
        older = len(history.events) - len(found)
        output.show(render_events(found, names, older=older, width=output.width), found)
        if not found:
            output.console.note("nothing has happened")
    return code


def _warn(output: Output, history: History, triage: tuple[Triage, ...], path: Path, *, partly: bool) -> None:
    """Name the entries of `triage.toml` for events that do not exist: most likely an id was mistyped."""
    known = {event.id for event in history.events}
    if not partly:
        for one in triage:
            if one.event not in known:
                output.console.warn(f"harness: {path}: there is no event {one.event}")


def _find(known: tuple[Event, ...], word: str) -> Event:
    fitting = [event for event in known if event.id.startswith(word)]
    if len(fitting) != 1:
        many = f"{len(fitting)} events have an id that begins so" if fitting else "no event has that id"
        raise UsageError(f"{word!r}: {many}", hint="harness events lists them")
    return fitting[0]


def _call(call: Call) -> int:
    words = call.words("id")
    ids = words[1:] if words[:1] == (_SHOW,) else words
    if words and not ids:
        raise UsageError("the id of an event is missing", hint="harness events lists them")
    many = call.flag("all") or call.output.form is OutputForm.JSON
    return events(call, ids, node=call.text("node"), limit=call.number("limit") or (0 if many else SHOWN))


VERB = Verb(
    name="events",
    summary="what happened on the nodes: changes of code or machine, suspicions, silence",
    group=VerbGroup.HISTORY,
    call=_call,
    arguments=(
        Argument(
            name="ID",
            takes=ArgumentKind.ANY,
            metavar="[show] ID",
            help="show everything about the event of this id, or of its beginning",
        ),
        Argument(name="--node", metavar="NAME", help="only events of this node"),
        Argument(
            name="--limit",
            takes=ArgumentKind.NUMBER,
            metavar="N",
            instead="how many",
            help=f"the newest N events (default: {SHOWN}; as JSON all)",
        ),
        Argument(name="--all", takes=ArgumentKind.SWITCH, instead="how many", help="all events"),
    ),
    examples=(
        ("harness events", "the newest of them, newest last"),
        ("harness events show 057ac09d", "one with its evidence, and the command that would sort it"),
    ),
    details=f"What is decided about an event stands in {TRIAGE} beside the bundles (docs/history.md).",
)
