"""`harness schema`: the JSON Schema of run.json."""

from harness.commands.output import Output
from harness.commands.verb import Verb, VerbGroup
from harness.render.schema import render_schema


def schema(output: Output) -> int:
    """Print the schema and return the exit code."""
    output.write(render_schema(), is_json=True)
    return 0


VERB = Verb(
    name="schema",
    summary="print the JSON Schema of run.json",
    group=VerbGroup.LOOK,
    call=lambda call: schema(call.output),
    examples=(("harness schema > run.schema.json", "for a validator"),),
    forms=(),
)
