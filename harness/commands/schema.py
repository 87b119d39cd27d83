"""`harness schema`: the JSON Schema of what a verb prints with --json, or of a stored file."""

from collections.abc import Sequence

from harness.commands.output import Output
from harness.commands.result_kind import RESULTS
from harness.commands.verb import Argument, ArgumentKind, Verb
from harness.errors import UsageError
from harness.render.schema import SchemaKind, render_answer_schema, render_schema
from harness.settings.layer import nearest

# Names of earlier versions, and what has the same content now.
_EARLIER = {"night": SchemaKind.NIGHT.value, "fleet": "fleet plan", "health": "fleet health"}


def schema(output: Output, words: Sequence[str]) -> int:
    """Print a schema and return the exit code.

    It is JSON of its own, in no envelope: a validator reads it as it is.
    """
    name = " ".join(words) or SchemaKind.RUN.value
    if later := _EARLIER.get(name):
        output.console.note(f"harness schema {name} is now called harness schema {later}")
        name = later
    if name in tuple(SchemaKind):
        output.write(render_schema(SchemaKind(name)), is_json=True)
        return 0
    if name not in RESULTS:
        known = [*RESULTS, *SchemaKind]
        hint = nearest(name, known, listing=f"one of: {', '.join(known)}")
        raise UsageError(f"nothing called {name!r} has a schema", hint=hint)
    output.write(render_answer_schema(name, RESULTS[name]), is_json=True)
    return 0


VERB = Verb(
    name="schema",
    call=lambda call: schema(call.output, call.words("name")),
    arguments=(
        Argument(
            name="NAME",
            takes=ArgumentKind.ANY,
            metavar="NAME",
            help="a verb: the document that it prints with --json; run.json: the record of a run (default); "
            "night.json: the stored report of a night; notice: what the command of nightly --notify reads",
        ),
    ),
    examples=(
        ("harness schema run", "the document of harness run --json"),
        ("harness schema fleet plan", "that of a verb of two words"),
        ("harness schema run.json > run.schema.json", "the record in a bundle, for a validator"),
        ("harness schema notice", "what a command of --notify reads"),
    ),
    forms=(),
)
