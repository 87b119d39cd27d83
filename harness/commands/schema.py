"""`harness schema`: the JSON Schema of run.json, or of what a night or a fleet prints or hands on."""

from harness.commands.output import Output
from harness.commands.verb import Argument, Verb
from harness.render.schema import SchemaKind, render_schema


def schema(output: Output, kind: SchemaKind) -> int:
    """Print a schema and return the exit code."""
    output.write(render_schema(kind), is_json=True)
    return 0


VERB = Verb(
    name="schema",
    call=lambda call: schema(call.output, SchemaKind(call.text("kind") or SchemaKind.RUN)),
    arguments=(
        Argument(
            name="KIND",
            metavar="|".join(SchemaKind),
            choices=tuple(SchemaKind),
            help="run: run.json (default); night: the report of a night, as stored and as JSON of nightly; "
            "notice: what the command of nightly --notify reads; fleet: the jobs of a round, as JSON of fleet plan; "
            "health: the nodes, as JSON of fleet health",
        ),
    ),
    examples=(
        ("harness schema > run.schema.json", "for a validator"),
        ("harness schema notice", "what a command of --notify reads"),
    ),
    forms=(),
)
