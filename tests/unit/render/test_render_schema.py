import json
from collections.abc import Callable

import jsonschema
import msgspec
import pytest

from harness.cli.verb import VERBS
from harness.commands.fleet import ACTIONS
from harness.commands.output import OutputForm
from harness.commands.result_kind import RESULTS
from harness.records.answer import Answer
from harness.records.fleet import FleetPlan, JobKey, PlannedJob
from harness.records.night import WorkItem, WorkKind
from harness.records.night_report import Notice
from harness.records.run import Run
from harness.records.suite import Engine
from harness.render.schema import SchemaKind, render_answer_schema, render_schema
from tests.unit.render.test_render_night import full


def test_a_run_fits_its_schema(make_run: Callable[..., Run]) -> None:
    schema = json.loads(render_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(msgspec.json.encode(make_run()))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    document["suite"]["engine"] = "sampler"  # so said records of earlier versions
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert msgspec.convert(document, Run).suite.engine is Engine.LIBRARY
    del document["node"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_unknown_fields_do_not_fit(make_run: Callable[..., Run]) -> None:
    document = json.loads(msgspec.json.encode(make_run())) | {"verdict": "fine"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(render_schema()))


def test_nights_and_notices_fit_theirs() -> None:
    night = full()
    about = night.about[0]
    notice = Notice(
        schema=7,
        node=night.node,
        repo=night.repo,
        branch=night.branch,
        head=night.head,
        ended=night.ended,
        headline="1 regression confirmed",
        event=night.new[0],
        about=about,
    )
    for kind, record in ((SchemaKind.NIGHT, night), (SchemaKind.NOTICE, notice)):
        schema = json.loads(render_schema(kind))
        jsonschema.Draft202012Validator.check_schema(schema)
        document = json.loads(msgspec.json.encode(record))
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | {"mood": "fine"}, schema, cls=jsonschema.Draft202012Validator)


def test_the_document_of_a_verb_fits_its_schema_and_no_other() -> None:
    key = JobKey(fleet="lab", round="r", node_class="zen", node="a", job="nightly")
    item = WorkItem(kind=WorkKind.HEAD, commit="a" * 40, reason="new", seconds=1.0, bits=0.5)
    job = PlannedJob(key=key, words=("harness", "nightly"), limit_s=1800.0, why="new", items=(item,))
    plan = FleetPlan(fleet="lab", round="r", jobs=(job,), notes=("x",))
    answer = Answer(verb="fleet plan", harness="1.0", exit_code=0, status="ok", result=plan)
    document = json.loads(msgspec.json.encode(answer))
    schema = json.loads(render_answer_schema("fleet plan", RESULTS["fleet plan"]))
    assert schema["title"] == "harness fleet plan --json, schema 1"
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    jsonschema.validate(document | {"result": None}, schema, cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"mood": "fine"}, schema, cls=jsonschema.Draft202012Validator)
    other = json.loads(render_answer_schema("list", RESULTS["list"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, other, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("verb", RESULTS)
def test_every_schema_is_one(verb: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(render_answer_schema(verb, RESULTS[verb])))


def test_every_verb_with_json_has_a_schema() -> None:
    words = {name.split()[0] for name in RESULTS}
    assert words == {name for name, verb in VERBS.items() if OutputForm.JSON in verb.forms}
    assert {f"fleet {action}" for action in ACTIONS} <= set(RESULTS)
