"""Every command of benchmarks/ that a page or a docstring quotes is one that the script understands."""

import argparse
import ast
import contextlib
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli.parser import parse
from harness.cli.verb import VERBS
from harness.settings.table import SETTINGS

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.py")]
_COMMAND = re.compile(r"python (?:-m (benchmarks(?:\.\w+)+)|(benchmarks/\w+)\.py)([^`\n]*)")
_HARNESS = re.compile(
    r"(?:^|`)(?:\./scripts/harness|(?:\.venv/\w+/bin/)?python -m harness|harness) (?!= )([^`\n]*)", re.MULTILINE
)
# What stands for something else in a line of usage.
_STANDS_FOR = {
    "TARGET": "memcpy", "TARGET...": "memcpy", "SECONDS": "1", "N": "3", "S": "1", "WORD": "x", "PAIRS": "2",
    "RUNS": "5", "SEPARATE": "5", "FOLDER": "x", "MODEL": "tiny", "DIR": "x", "TABLE": "quiet",
}  # fmt: skip


def commands() -> Iterator[tuple[str, str, str]]:
    for page in sorted(PAGES):
        text = page.read_text(encoding="utf-8")
        if page.suffix == ".py":
            text = ast.get_docstring(ast.parse(text)) or ""
        for named, path, rest in _COMMAND.findall(text):
            # Behind two spaces, a comma or a dash there is text.
            words = re.split(r"\s{2,}|\s#|,\s|\s-\s|\)", rest)[0]
            yield str(page.relative_to(ROOT)), named or path.replace("/", "."), words.strip()


def fill_in(words: str) -> list[str]:
    """Return the words of a command with everything that is optional, and something for each placeholder."""
    plain = words.replace("[", " ").replace("]", " ")
    return [_STANDS_FOR.get(word, word) for word in shlex.split(plain, comments=True)]


def load(name: str) -> Any:
    return importlib.import_module(f"{name}.__main__" if name == "benchmarks.fuzz" else name)


FOUND = sorted(set(commands()))


@pytest.mark.parametrize(("page", "script", "words"), FOUND, ids=[" ".join(one) for one in FOUND])
def test_a_quoted_command_is_understood(page: str, script: str, words: str) -> None:
    parser: argparse.ArgumentParser = load(script).parser()
    parser.parse_args(fill_in(words))


def harness_commands() -> Iterator[tuple[str, str]]:
    """Yield the commands of the harness that stand alone on a line of a page's code, or in backticks."""
    for page in sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for line in _HARNESS.findall(text):
            words = re.split(r"\s+#|\s*[|>&]\s|\s{3,}|\s→", line)[0].strip()
            if " " in words and "..." not in words.replace("[,RUN...]", ""):
                yield page.name, words


QUOTED = sorted(set(harness_commands()))


@pytest.mark.parametrize(("page", "words"), QUOTED, ids=[" ".join(one) for one in QUOTED])
def test_a_quoted_command_of_the_harness_is_understood(page: str, words: str) -> None:
    plain = words.replace("[,RUN...]", "").replace("[", " ").replace("]", " ")
    with contextlib.suppress(SystemExit) if "--help" in words else contextlib.nullcontext():
        parse(shlex.split(plain, comments=True), VERBS, SETTINGS)


def test_the_quoted_commands_are_found() -> None:
    assert len(FOUND) > 25
    for script in (
        "upstream",
        "trials",
        "roofline",
        "calibration",
        "calibration_choice",
        "calibration_stored",
        "faults",
        "fuzz",
        "endurance",
        "results",
        "building",
    ):
        assert any(name == f"benchmarks.{script}" for _, name, _ in FOUND), script
    assert any(page == "docs/reference/performance.md" for page, _, _ in FOUND)


def test_a_command_that_does_not_exist_is_noticed() -> None:
    parser: argparse.ArgumentParser = load("benchmarks.upstream").parser()
    with pytest.raises(SystemExit):
        parser.parse_args(fill_in("--models tiny"))


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: page.name)
def test_scripts_that_a_page_names_are_there(page: Path) -> None:
    for name in re.findall(r"benchmarks/[\w/]+\.py", page.read_text(encoding="utf-8")):
        assert (ROOT / name).is_file(), name
