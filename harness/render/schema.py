"""The JSON Schemas of what the harness prints, stores and hands on."""

import inspect
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from harness.records.answer import ANSWER_SCHEMA, Answer
from harness.records.night_report import NightReport, Notice
from harness.records.record import Record
from harness.records.run import SCHEMA, Run
from harness.records.suite import EARLIER_ENGINES

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLACE = "#/$defs/{name}"


class SchemaKind(StrEnum):
    """What has a schema beside the answers of verbs: files in the results, and what `nightly --notify` hands on."""

    RUN = "run.json"
    NIGHT = "night.json"
    NOTICE = "notice"


_RECORDS: dict[SchemaKind, tuple[str, type[Record]]] = {
    SchemaKind.RUN: ("run.json", Run),
    SchemaKind.NIGHT: ("the stored report of a night", NightReport),
    SchemaKind.NOTICE: ("what a command of --notify reads", Notice),
}


def render_schema(kind: SchemaKind = SchemaKind.RUN) -> str:
    """Return the schema of a stored record (draft 2020-12) as indented JSON."""
    title, record = _RECORDS[kind]
    return _render(f"{title}, schema {SCHEMA}", record, {})


def render_answer_schema(verb: str, results: Sequence[type[Record]]) -> str:
    """Return the schema of the document that `--json` prints for a verb whose result is one of these, or null."""
    places, parts = msgspec.json.schema_components(tuple(results), ref_template=_PLACE)
    result = {"anyOf": [*places, {"type": "null"}]}
    return _render(f"harness {verb} --json, schema {ANSWER_SCHEMA}", Answer, parts, result=result)


def _render(title: str, record: type[Record], more: dict[str, Any], **fields: dict[str, Any]) -> str:
    """Return a schema as text; `more` are parts that `fields`, which take the place of the record's own, refer to."""
    (place,), parts = msgspec.json.schema_components((record,), ref_template=_PLACE)
    parts = {**more, **parts}
    parts[record.__name__]["properties"] |= fields
    for part in parts.values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    if "Engine" in parts:
        parts["Engine"]["enum"] = [*parts["Engine"]["enum"], *EARLIER_ENGINES]
    schema = {"$schema": _DRAFT, "title": title, **place, "$defs": parts}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
