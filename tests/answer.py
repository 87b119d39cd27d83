"""The documents that `--json` prints, for tests that read them."""

import json
from collections.abc import Sequence
from typing import Any

from harness.cli.guess import guess_form
from harness.cli.verb import VERBS
from harness.commands.output import OutputForm
from harness.records.exit_code import ExitCode

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
    assert document["schema"] == 1
