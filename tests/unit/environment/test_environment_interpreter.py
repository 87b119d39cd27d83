"""An interpreter that is too old reads two files, and says one sentence."""

import ast
from pathlib import Path

import pytest

from harness.environment import interpreter

ROOT = Path(__file__).parents[3]
# What Python 2.7 cannot read.
NEWER = (
    ast.AnnAssign | ast.AsyncFunctionDef | ast.Await | ast.JoinedStr | ast.Match | ast.NamedExpr | ast.Nonlocal
    | ast.Starred | ast.YieldFrom
)  # fmt: skip


@pytest.mark.parametrize(
    "name", ["__init__.py", "__main__.py", "environment/__init__.py", "environment/interpreter.py"]
)
def test_an_old_python_can_read_it(name: str) -> None:
    text = (ROOT / "harness" / name).read_text(encoding="utf-8")
    text.encode("ascii")  # without a line that names an encoding, 2.7 reads nothing else
    for node in ast.walk(ast.parse(text, feature_version=(3, 4))):
        assert not isinstance(node, NEWER), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert node.returns is None and all(one.annotation is None for one in arguments), f"line {node.lineno}"
            assert not node.args.posonlyargs and not node.args.kwonlyargs, f"line {node.lineno}"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {node.lineno}"


def test_the_same_command_with_a_newer_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interpreter, "find_newer", lambda folders: "python3.12")
    assert interpreter.refuse(["run", "--source", "my tree"]) == 3
    assert "python3.12 -m harness run --source 'my tree'" in capsys.readouterr().err


def test_without_a_newer_one_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interpreter, "find_newer", lambda folders: "")
    assert interpreter.refuse(["run"]) == 3
    assert "install Python 3.11 or newer, then python3.11 -m harness run" in capsys.readouterr().err


def test_the_newest_one_that_runs_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("python3.9", "python3.11", "python3.13", "python3.14", "python3.14-config", "python3"):
        (tmp_path / name).touch()
    monkeypatch.setattr(interpreter, "runs", lambda name: name in {"python3.11", "python3.13"})
    assert interpreter.find_newer([str(tmp_path), str(tmp_path / "absent")]) == "python3.13"
    monkeypatch.setattr(interpreter, "runs", lambda name: name == "python3")
    assert interpreter.find_newer([]) == "python3"
    monkeypatch.setattr(interpreter, "runs", lambda name: name == "python3.9")
    assert interpreter.find_newer([str(tmp_path)]) == ""
