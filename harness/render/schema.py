"""The JSON Schemas of what the harness stores and hands on: a run, the report of a night, and a notice."""

import json
from enum import StrEnum
from typing import Any

import msgspec

from harness.records.night_report import NightReport, Notice
from harness.records.record import Record
from harness.records.run import SCHEMA, Run
from harness.records.suite import EARLIER_ENGINES


class SchemaKind(StrEnum):
    """What a schema describes: run.json, the report of a night (as of `nightly --json`), or what --notify reads."""

    RUN = "run"
    NIGHT = "night"
    NOTICE = "notice"


_RECORDS: dict[SchemaKind, tuple[str, type[Record]]] = {
    SchemaKind.RUN: ("run.json", Run),
    SchemaKind.NIGHT: ("the report of a night", NightReport),
    SchemaKind.NOTICE: ("what a command of --notify reads", Notice),
}


def render_schema(kind: SchemaKind = SchemaKind.RUN) -> str:
    """Return the schema (draft 2020-12) as indented JSON."""
    title, record = _RECORDS[kind]
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{title}, schema {SCHEMA}",
        **msgspec.json.schema(record),
    }
    if "Engine" in schema["$defs"]:
        schema["$defs"]["Engine"]["enum"] += EARLIER_ENGINES
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
