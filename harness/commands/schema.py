"""`harness schema`: the JSON Schema of run.json."""

from harness.commands.output import Output
from harness.render.schema import render_schema


def schema(output: Output) -> int:
    """Print the schema and return the exit code."""
    output.write(render_schema(), is_json=True)
    return 0
