"""`harness events`: what happened on the nodes, as far as stored numbers show, and what people decided about it."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.history import judge_results, name_places
from harness.commands.output import Output, OutputForm
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, Verb
from harness.errors import UsageError
from harness.judge.event_group import EventGroup, group_events, share_event
from harness.judge.judged_history import add_triage
from harness.judge.witness import find_witnesses, is_asked
from harness.records.card import RunFilter
from harness.records.history import Event, History
from harness.records.listing import EventList
from harness.records.triage import Triage
from harness.records.witness import SharedEvent
from harness.render.event import render_event, render_events
from harness.store.known_history import TRIAGE, KnownHistory, load_triage
from harness.store.witness import draw_line, list_nodes

_SHOW = "show"
# As many as fit on a few screens; machines get all.
SHOWN = 20


def events(call: Call, ids: tuple[str, ...], *, node: str = "", limit: int = 0) -> int:
    """Print the newest `limit` events (0: all), oldest first, or everything about those whose ids are given.

    What several nodes show is one event. Return the exit code.
    """
    output, places = call.output, resolve_places(call.settings)
    triage = load_triage(places.results)
    known = judge_results(call, places, RunFilter(node=node))
    known = known._replace(history=known.history.replace(events=add_triage(known.history.events, triage)))
    history = known.history
    _warn(output, history, triage, places.results / TRIAGE, partly=bool(node))
    groups = tuple(reversed(group_events(history.events, draw_line(known))))
    names = {one.name: one.short for one in history.commits}
    if ids:
        wanted = {(event := _find(history.events, one)).id: event for one in ids}
        chosen = [(next(one for one in groups if event in one.events), name) for name, event in wanted.items()]
        found = _ask_nodes(known, chosen, groups, output)
        options, width = name_places(call.settings, places), output.width
        texts = (render_event(event, history, names, options=options, width=width) for event in found)
        output.show("\n".join(texts), EventList(events=found))
    else:
        found = _ask_nodes(known, [(group, "") for group in groups[-limit:]], groups, output)
        older = len(groups) - len(found)
        output.show(render_events(found, names, older=older, width=output.width), EventList(events=found, older=older))
        if not found:
            output.console.note("nothing has happened")
    return known.exit_code


def _ask_nodes(
    known: KnownHistory, chosen: Sequence[tuple[EventGroup, str]], groups: Sequence[EventGroup], output: Output
) -> tuple[SharedEvent, ...]:
    """Return groups as events, each of the one with the id beside it, with what all nodes say about them."""
    asked = [group for group, _ in chosen if is_asked(group)]
    nodes = list_nodes(known, asked, lambda error: output.console.warn(f"harness: {error}")) if asked else ()
    line = draw_line(known)
    return tuple(share_event(group, name, find_witnesses(group, nodes, line, groups)) for group, name in chosen)


def _warn(output: Output, history: History, triage: tuple[Triage, ...], path: Path, *, partly: bool) -> None:
    """Name the entries of `triage.toml` for events that do not exist: most likely an id was mistyped."""
    known = {event.id for event in history.events}
    if not partly:
        for one in triage:
            if one.event not in known:
                output.console.warn(f"harness: {path}: there is no event {one.event}")


def _find(known: tuple[Event, ...], word: str) -> Event:
    fitting = [event for event in known if event.id.startswith(word)]
    if len({event.id for event in fitting}) != 1:  # bundles that were copied under another node's name share ids
        many = f"{len(fitting)} events have an id that begins so" if fitting else "no event has that id"
        raise UsageError(f"{word!r}: {many}", hint="harness events  # lists them")
    return fitting[0]


def _call(call: Call) -> int:
    words = call.words("id")
    ids = words[1:] if words[:1] == (_SHOW,) else words
    if words and not ids:
        raise UsageError("the id of an event is missing", hint="harness events  # lists them")
    many = call.flag("all") or call.output.form is OutputForm.JSON
    return events(call, ids, node=call.text("node"), limit=call.number("limit") or (0 if many else SHOWN))


VERB = Verb(
    name="events",
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
    details=f"What is decided about an event stands in {TRIAGE} beside the bundles (docs/explanation/history.md).",
)
