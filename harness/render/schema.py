"""The JSON Schema of run.json."""

import json
from typing import Any

import msgspec

from harness.records.run import SCHEMA, Run
from harness.records.suite import EARLIER_ENGINES


def render_schema() -> str:
    """Return the schema (draft 2020-12) as indented JSON."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"run.json, schema {SCHEMA}",
        **msgspec.json.schema(Run),
    }
    schema["$defs"]["Engine"]["enum"] += EARLIER_ENGINES
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
