"""The one document that `--json` prints."""

import errno
import io
import json

import pytest

from harness import __version__
from harness.cli.guess import describe_defect, guess_form, guess_verb
from harness.cli.verb import VERBS
from harness.commands.output import Output, OutputForm
from harness.errors import UnfitError, UsageError
from harness.records.answer import Answer
from harness.records.caveat import Caveat
from harness.system.console import Console

SHOWN = Caveat(code="thin", message="few")


def make(stream: io.StringIO, form: OutputForm = OutputForm.JSON) -> Output:
    return Output(Console(io.StringIO()), form=form, verb="list", stream=stream)


def test_text_is_printed_at_once_and_nothing_follows() -> None:
    stream = io.StringIO()
    output = make(stream, OutputForm.TEXT)
    output.show("shown", SHOWN)
    assert (output.finish(20), stream.getvalue()) == (20, "shown\n")


def test_a_document_has_what_was_shown_the_exit_code_and_what_people_were_told() -> None:
    stream = io.StringIO()
    output = make(stream)
    output.show("for people", SHOWN, [SHOWN, SHOWN])
    output.console.warn("harness: beware\n  try:   more")
    assert stream.getvalue() == "", "the exit code is not known"
    assert output.finish(20) == 20
    assert json.loads(stream.getvalue()) == {
        "schema": 1,
        "verb": "list",
        "harness": __version__,
        "exit_code": 20,
        "status": "regression",
        "error": None,
        "warnings": ["beware\n  try:   more"],
        "caveats": [{"code": "thin", "message": "few"}],
        "result": {"code": "thin", "message": "few"},
    }


def test_an_error_is_in_the_document_beside_what_was_shown_before_it() -> None:
    stream = io.StringIO()
    output = make(stream)
    output.show("", SHOWN)
    error = UsageError("no such run", cause="there is none", hint="harness list")
    assert output.finish(error.exit_code, error) == 2
    document = json.loads(stream.getvalue())
    assert document["error"] == {"what": "no such run", "cause": "there is none", "hint": "harness list"}
    assert (document["status"], document["result"]["code"]) == ("usage", "thin")


def test_a_failure_that_was_shown_is_the_error_beside_its_result() -> None:
    stream = io.StringIO()
    output = make(stream)
    output.show_failure("no answer", SHOWN)
    assert output.finish(12) == 12
    document = json.loads(stream.getvalue())
    assert (document["error"]["what"], document["result"]["code"]) == ("no answer", "thin")


def test_there_is_never_a_second_document() -> None:
    stream = io.StringIO()
    output = make(stream)
    output.finish(0)
    output.finish(3, UnfitError("the disk is full"))
    assert json.loads(stream.getvalue())["exit_code"] == 0
    own = io.StringIO()
    output = make(own)
    output.write_own("[]")
    output.finish(0)
    assert json.loads(own.getvalue()) == []


def test_an_interruption_while_the_document_is_made_leaves_one_without_a_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    output = make(stream)
    output.show("", SHOWN)

    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("harness.commands.output._encode", interrupt)
        with pytest.raises(KeyboardInterrupt):
            output.finish(0)
    assert output.finish(130, UnfitError("interrupted")) == 130
    document = json.loads(stream.getvalue())
    assert (document["status"], document["result"]) == ("interrupted", None)


@pytest.mark.parametrize("text", ["\x1b[31m\x00\x7f\x9b", "\udcff.bin", "\u2028\u202e", "\ud83d\ude00"])
def test_no_text_breaks_the_document(text: str) -> None:
    stream = io.StringIO()
    output = make(stream)
    output.show("", SHOWN.replace(message=text), [Caveat(code="load", message=text)])
    assert output.finish(0, UnfitError(text)) == 0
    document = json.loads(stream.getvalue())
    assert document["result"]["message"] == document["error"]["what"] == document["caveats"][0]["message"]
    assert document["result"]["message"].encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")
    assert not set(stream.getvalue()) & {"\x1b", "\x00", "\x7f", "\x9b", "\udcff"}


def test_a_number_that_is_not_finite_is_null_whatever_stands_beside_it() -> None:
    for word in ("plain", "\udcff"):
        stream = io.StringIO()
        output = make(stream)
        output.show("", Answer(verb=word, harness="", exit_code=0, status="ok", result=float("nan")))
        output.finish(0)
        assert json.loads(stream.getvalue())["result"]["result"] is None


@pytest.mark.parametrize(
    ("words", "environ", "form"),
    [
        (("list", "--json", "--nonsense"), {}, OutputForm.JSON),
        (("list", "--format", "json"), {}, OutputForm.JSON),
        (("list", "--format=json"), {}, OutputForm.JSON),
        (("lsit", "--json"), {}, OutputForm.JSON),
        (("list", "--nonsense"), {"HARNESS_FORMAT": "json"}, OutputForm.JSON),
        (("list", "--format", "text"), {"HARNESS_FORMAT": "json"}, OutputForm.TEXT),
        (("list", "--json", "--format", "text"), {}, OutputForm.TEXT),
        (("report", "latest", "--format", "json"), {}, OutputForm.TEXT),
        (("list",), {}, OutputForm.TEXT),
        ((), {}, OutputForm.TEXT),
    ],
)
def test_what_is_asked_for_is_seen_before_it_is_understood(
    words: tuple[str, ...], environ: dict[str, str], form: OutputForm
) -> None:
    assert guess_form(words, environ, VERBS) is form
    assert guess_verb(words, VERBS) == (words[0] if words and words[0] != "lsit" else "")


def test_a_document_that_cannot_be_written_makes_a_success_a_failure() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for stream, code, expected in ((Full(), 0, 3), (Full(), 20, 20), (Gone(), 0, 0), (Gone(), 130, 130)):
        output = make(stream)
        output.show("", SHOWN)
        assert output.finish(code) == expected
        assert output.finish(code) == expected, "and there is no second attempt"


def test_a_defect_is_described_for_programs() -> None:
    error = describe_defect(ValueError("no"))
    assert (error.exit_code, error.what) == (1, "ValueError: no")
    assert describe_defect(ImportError("No module named 'psycopg'")).exit_code == 3
