import json
from collections.abc import Callable

import jsonschema
import msgspec
import pytest

from harness.records.run import Run
from harness.records.suite import Engine
from harness.render.schema import render_schema


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
