"""The JSON Schema of run.json."""

import json

import msgspec

from harness.records.run import SCHEMA, Run


def render_schema() -> str:
    """Return the schema (draft 2020-12) as indented JSON."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"run.json, schema {SCHEMA}",
        **msgspec.json.schema(Run),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
