"""The JSON Schemas of what the harness stores and hands on: a run, a night, a notice, the plan of a fleet."""

import json
from enum import StrEnum
from typing import Any

import msgspec

from harness.records.fleet import FLEET_SCHEMA, FleetPlan
from harness.records.night_report import NightReport, Notice
from harness.records.node_health import HEALTH_SCHEMA, FleetHealth
from harness.records.record import Record
from harness.records.run import SCHEMA, Run
from harness.records.suite import EARLIER_ENGINES


class SchemaKind(StrEnum):
    """What a schema describes.

    That is run.json, the report of a night (as of `nightly --json`), what --notify reads, or what `fleet` prints as
    JSON about the jobs of a round, or `fleet health` about nodes.
    """

    RUN = "run"
    NIGHT = "night"
    NOTICE = "notice"
    FLEET = "fleet"
    HEALTH = "health"


_RECORDS: dict[SchemaKind, tuple[str, int, type[Record]]] = {
    SchemaKind.RUN: ("run.json", SCHEMA, Run),
    SchemaKind.NIGHT: ("the report of a night", SCHEMA, NightReport),
    SchemaKind.NOTICE: ("what a command of --notify reads", SCHEMA, Notice),
    SchemaKind.FLEET: ("the jobs of a round of a fleet", FLEET_SCHEMA, FleetPlan),
    SchemaKind.HEALTH: ("the health of the nodes of a fleet", HEALTH_SCHEMA, FleetHealth),
}


def render_schema(kind: SchemaKind = SchemaKind.RUN) -> str:
    """Return the schema (draft 2020-12) as indented JSON."""
    title, number, record = _RECORDS[kind]
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{title}, schema {number}",
        **msgspec.json.schema(record),
    }
    if "Engine" in schema["$defs"]:
        schema["$defs"]["Engine"]["enum"] += EARLIER_ENGINES
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
