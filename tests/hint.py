"""All texts behind `try:` and `fix:` that stand in the code, with something for each part that is filled in."""

import argparse
import ast
import contextlib
import functools
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.cli.parser import list_given, make_parser
from harness.cli.verb import VERBS
from harness.errors import UsageError
from harness.parse.pin import expand_models
from harness.settings.table import SETTINGS
from harness.system.weights import load_catalog
from tests.syntax import parse

COMMENT = "  # "
# Other programs that a hint may name as the first word of a command.
PROGRAMS = frozenset(
    {
        "apt", "chmod", "createdb", "echo", "export", "git", "iconv", "kill", "ls", "mkdir", "pip", "powerprofilesctl",
        "ps", "rm", "scontrol", "sleep", "squeue", "ssh", "sudo", "ulimit", "unset",
    }
)  # fmt: skip
_MEANT = "did you mean "
_FILLED = "1"
# The verbs whose options are checked: one of them takes any word for a word.
_OPTIONAL = [name for name in VERBS if name != "explain"]

HARNESS = Path(__file__).parents[1] / "harness"
# Arguments and names that hold such a text.
_ARGUMENTS = {"hint", "fix", "listing", "again", "remedy", "other", "fresh", "install"}
_NAMES = re.compile(
    r"hint|_TROUBLES|OF_[A-Z_]+|fix|listing|again|remedy|other|fresh|_HINTS?|_EXAMPLE|_WAY_OUT|REBUILD|help_hint|example"
)


class Hint(NamedTuple):
    """A text as a user would see it; `{}` stands for a part that is filled in."""

    module: str
    line: int
    text: str


def list_hints() -> Iterator[Hint]:
    """Yield every text that is written in the code, each alternative of a condition by itself."""
    for path in sorted(HARNESS.rglob("*.py")):
        module = path.relative_to(HARNESS).as_posix()
        for node in ast.walk(parse(path)):
            for value in _values(node):
                for text in _texts(value):
                    yield Hint(module, value.lineno, text)


def _values(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if word.arg in _ARGUMENTS)
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value and any(map(_is_named, _targets(node))):
        yield node.value
    elif isinstance(node, ast.FunctionDef) and node.name.lstrip("_").startswith("hint"):
        yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _is_named(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and _NAMES.fullmatch(target.id) is not None


def _texts(value: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression can be, as far as they stand in it."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        if value.value:
            yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield "".join(_part(part) for part in value.values)
    elif isinstance(value, ast.IfExp):
        yield from (*_texts(value.body), *_texts(value.orelse))
    elif isinstance(value, ast.BoolOp):
        yield from (text for part in value.values for text in _texts(part))
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from (left + right for left in _texts(value.left) for right in _texts(value.right))
    elif isinstance(value, ast.Dict):
        yield from (text for part in value.values for text in _texts(part))
    elif isinstance(value, ast.Tuple | ast.List):
        yield from (text for part in value.elts for text in _texts(part))


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "{}"


def check_command(command: str) -> str:
    """Return what is wrong with a command of the harness, or with the options that a hint wants to be added.

    `{}` stands for anything: a word, several or none.
    """
    try:
        words = shlex.split(command.replace("{}", _FILLED))
    except ValueError as error:
        return str(error)
    whole = words[0] == "harness"
    verbs = [words[1]] if whole else _OPTIONAL
    if whole:
        words = words[2:]
    if verbs == [_FILLED]:
        verbs = _OPTIONAL
    if verbs == ["models"]:
        return _check_models(words)
    if verbs[0].startswith("-"):
        return "" if verbs[0] in ("--help", "--version") else f"unknown option {verbs[0]}"
    troubles = []
    for verb in verbs:
        trouble = _try_parse(verb, words)
        if not trouble or (_FILLED in words and not _try_parse(verb, [one for one in words if one != _FILLED])):
            return ""
        # Options are added to a command that names its run.
        if not whole and "is missing" in trouble and not _try_parse(verb, [*words, _FILLED]):
            return ""
        troubles.append(trouble)
    return troubles[0]


def _check_models(words: list[str]) -> str:
    """Return what is wrong with the words of `harness models`: any word is taken for the name of a model."""
    try:
        given = list_given(_parser("models").parse_args(["models", *words]))["name"]
        names = [name for name in given if name != _FILLED] if isinstance(given, list) else []
        expand_models(names or ["base"], load_catalog())
    except UsageError as error:
        return str(error)
    return ""


@functools.cache
def check_hint(text: str) -> str:
    """Return what is wrong with a text behind `try:`, empty if it can be copied, or is a sentence."""
    command = text.partition(COMMENT)[0].strip()
    if "`" in text or (text.endswith(".") and not text.endswith((" .", "..."))):
        return "no backticks, and no period at the end"
    if text.startswith(_MEANT) or "\n" in text or " = " in command:
        return ""
    if command.startswith(("harness ", "-")) and not command.startswith("- "):
        return check_command(command)
    return ""


@functools.cache
def _parser(verb: str) -> argparse.ArgumentParser:
    return make_parser({verb: VERBS[verb]}, SETTINGS)


def _try_parse(verb: str, words: list[str]) -> str:
    if verb not in VERBS:
        return f"unknown verb {verb}"
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _, rest = _parser(verb).parse_known_args([verb, *words])
    except UsageError as error:
        # What is filled in later may well be one of the choices, or a number.
        open_ = _FILLED in words and ("is not one of" in error.what or "expected" in error.what)
        return "" if open_ else str(error)
    except SystemExit:  # --help
        return ""
    takes_more = any(not one.name.startswith("-") for one in VERBS[verb].arguments)
    return f"{verb} does not take {rest[0]}" if rest and (not takes_more or rest[0].startswith("-")) else ""


def check_stderr(stderr: str) -> None:
    """Check what a real error told a user to try: a command of the harness is one that it understands."""
    for text in re.findall(r"^  try:   (.*)$", stderr, re.MULTILINE):
        assert check_hint(text) == "", text
