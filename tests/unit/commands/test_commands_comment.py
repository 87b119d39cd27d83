"""`harness comment`: a draft from an answer with numbers, from one without, and what is refused."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from harness.commands.comment import comment
from harness.commands.output import Output, OutputForm
from harness.errors import UnreadableError
from harness.system.console import Console
from tests.unit.parse.test_parse_ab_answer import HEAD, Values, document


def draft(tmp_path: Path, content: Values, **words: Any) -> Values:
    path, stream = tmp_path / "answer.json", io.StringIO()
    path.write_text(json.dumps(content))
    output = Output(Console(io.StringIO()), form=OutputForm.JSON, verb="comment", stream=stream)
    assert output.finish(comment(path, output, **words)) == 0
    found: Values = json.loads(stream.getvalue())["result"]
    return found


def test_a_change_is_worth_a_comment(tmp_path: Path) -> None:
    found = draft(tmp_path, document(), number=12, commit=HEAD)
    assert (found["changed"], found["verdict"], found["commit"]) == (True, "REGRESSED", HEAD)
    assert "gh pr checkout 12" in found["text"]


def test_what_ended_before_there_was_an_answer_says_why(tmp_path: Path) -> None:
    error = {"what": "the node is too noisy", "cause": "other processes", "hint": ""}
    found = draft(tmp_path, document(exit_code=75, result=None, error=error), commit=HEAD)
    assert (found["changed"], found["verdict"]) == (False, None)
    assert "No answer: nothing could be compared" in found["text"]
    assert "the node is too noisy other processes" in found["text"]
    assert "exit code 1" in draft(tmp_path, document(exit_code=1, result=None))["text"]


def test_an_answer_about_another_commit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="about another commit"):
        draft(tmp_path, document(), commit="c" * 40)
    nameless = document()
    nameless["result"]["contender"]["sha"] = ""
    with pytest.raises(UnreadableError, match="about another commit"):
        draft(tmp_path, nameless, commit=HEAD)
    nameless["result"]["family"] = None
    assert draft(tmp_path, nameless, commit=HEAD)["changed"] is False, "a side that never was built claims nothing"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text(json.dumps(document()))
    (tmp_path / "answer.json").symlink_to(tmp_path / "real.json")
    output = Output(Console(io.StringIO()), form=OutputForm.JSON, verb="comment", stream=io.StringIO())
    with pytest.raises(UnreadableError):
        comment(tmp_path / "answer.json", output)
