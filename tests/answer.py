"""The documents that `--json` prints, for tests that read them."""

import functools
import json
from collections.abc import Sequence
from typing import Any

import jsonschema

from harness.cli.guess import guess_form
from harness.cli.verb import VERBS
from harness.commands.output import OutputForm
from harness.commands.result_kind import RESULTS
from harness.records.exit_code import ExitCode
from harness.render.schema import render_answer_schema

# These print a format of their own, or end before there is anything to say.
_OWN = ("--matrix", "--help", "-h", "--version")


def result_of(text: str) -> Any:
    """Return the result in a document that some verb printed as JSON."""
    return json.loads(text)["result"]


def check_answer(words: Sequence[str], environ: dict[str, str], text: str, code: int) -> None:
    """Check that a command that was asked for JSON printed exactly one document, with its own exit code."""
    if guess_form(words, environ, VERBS) is not OutputForm.JSON or (set(words) & set(_OWN) and code == 0):
        return
    document = json.loads(text)
    assert document["exit_code"] == code, document
    assert document["status"] == ExitCode.of(code).word
    assert bool(document["error"]) <= bool(code), "who succeeds has nothing to complain of"
    find_validator(document["verb"]).validate(document)


@functools.cache
def find_validator(verb: str) -> jsonschema.Draft202012Validator:
    """Return what checks the documents of a verb; an unknown verb, or an unknown action, has no result."""
    schema = json.loads(render_answer_schema(verb, RESULTS.get(verb, ())))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
