import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Cause
from harness.records.record import ExplainedWord
from tests.syntax import parse

HARNESS = Path(__file__).parents[3] / "harness"
# These pass on the codes of other records, or get theirs as an argument of type CaveatCode.
PASSING = {
    "parse/report/node.py",
    "plan/thread.py",
    "judge/context.py",
    "judge/resume.py",
    "judge/node_fact.py",
    "run/constancy.py",
    "run/finish.py",
    "render/comment.py",
}


def calls() -> Iterator[tuple[str, ast.expr]]:
    """Yield the module and the code of every caveat that the harness makes."""
    for path in sorted(HARNESS.rglob("*.py")):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Caveat":
                (code,) = [word.value for word in node.keywords if word.arg == "code"]
                yield path.relative_to(HARNESS).as_posix(), code


def test_every_caveat_has_a_code_of_the_list() -> None:
    found = list(calls())
    assert len(found) > 70
    for module, code in found:
        listed = ast.unparse(code).startswith("CaveatCode.")
        assert listed or (module in PASSING and not isinstance(code, ast.Constant)), f"{module}: {ast.unparse(code)}"


def test_every_code_of_the_list_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in HARNESS.rglob("*.py"))
    assert [code for code in CaveatCode if f"CaveatCode.{code.name}" not in text] == []
    assert [cause for cause in Cause if f"Cause.{cause.name}" not in text] == []


@pytest.mark.parametrize("codes", [CaveatCode, Cause])
def test_codes_are_words_with_one_line_of_meaning(codes: type[ExplainedWord]) -> None:
    for code in codes:
        assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", code.value)
        assert code.value == code.name.lower().replace("_", "-")
        assert re.fullmatch(r"[^\n|]{20,118}\.", code.meaning), code


def test_a_code_is_stored_as_its_word_and_read_again() -> None:
    caveat = Caveat(code=CaveatCode.NO_TESTS, message="m")
    raw = msgspec.json.encode(caveat)
    assert raw == b'{"code":"no-tests","message":"m"}'
    assert msgspec.json.decode(raw, type=Caveat) == caveat
    # Those of other versions and of reports are kept as they are.
    assert msgspec.json.decode(b'{"code":"load","message":"m"}', type=Caveat).code == "load"
