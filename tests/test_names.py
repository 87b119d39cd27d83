"""What the pages name exists under that name: files, options, variables, classes, codes of caveats."""

import argparse
import functools
import re
from pathlib import Path

import pytest

from harness.cli.parser import make_parser
from harness.cli.verb import VERBS
from harness.render.dictionary import list_explanations
from harness.settings.table import SETTINGS
from tests.page import list_classes

ROOT = Path(__file__).parents[1]
HARNESS = ROOT / "harness"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = {path.name for path in ROOT.iterdir()} & {
    "benchmarks", "docs", "harness", "scripts", "tests", "third_party", ".ci", ".github"
}  # fmt: skip
# Words of other programs, of earlier versions (in the changelog), and of scripts beside the harness.
OTHERS = {
    "--assume-unchanged", "--skip-worktree", "--file", "--no-includes", "--list", "--section-ordering-file", "--bind",
    "--shuffle-sections", "--require-hashes", "--disable-pip", "--requirement", "--unshallow", "--group",
    "--force-reinstall", "--build", "--growth", "--count", "--full", "--words", "--only", "--quick", "--rounds", "--do",
    "--aa", "--plant", "--user", "--help", "--version", "--sources", "--coverage", "--summary",
    "--constraint", "--exclusive", "--requeue", "--array", "--nodelist", "--account", "--signal", "--time", "--comment",
    "--distribute", "--system", "--partition", "--mirror", "--prune", "--now", "--from",
}  # fmt: skip
GONE = {"--markdown", "--csv", "--show", "--builds"}
ROOMS = {path.name for path in HARNESS.iterdir() if (path / "__init__.py").is_file()}
MADE_UP = {"HARNESS_CAVEAT_", "HARNESS_RTF_", "HARNESS_WEIGHTS_", "HARNESS_AUDIO_"}
# Files of whisper.cpp, and of folders that commands write.
ELSEWHERE = {"scripts/bench-all.sh", "site/index.html"}
FOREIGN = {"GitHub", "GitLab", "NumPy", "OpenBLAS", "CoreML", "VmHWM", "PartitionTimeLimit"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def quoted(page: Path) -> list[str]:
    """Return what stands in backticks, and the lines of code blocks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose) + [line for block in blocks for line in block.splitlines()]


@functools.cache
def read_code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (*HARNESS.rglob("*.py"), ROOT / "scripts" / "test"))


@functools.cache
def name_classes() -> frozenset[str]:
    return frozenset(one.name for one in list_classes())


def list_options() -> dict[str, set[str]]:
    """Return the options of each verb."""
    parser = make_parser(VERBS, SETTINGS)
    verbs = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction)).choices
    return {verb: {word for one in its._actions for word in one.option_strings} for verb, its in verbs.items()}


OPTIONS = list_options()
EVERY = set().union(*OPTIONS.values()) | {"--words"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_an_option_that_a_page_names_exists(page: Path) -> None:
    allowed = EVERY | OTHERS | (GONE if page.name == "CHANGELOG.md" else set())
    for text in quoted(page):
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
            assert option in allowed or (page.name == "trials.md" and option == "--builds"), text


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_options_behind_a_verb_are_its_own(page: Path) -> None:
    """`run --audio` stands for `harness run --audio FILE`, wherever it is quoted."""
    for text in quoted(page):
        words = re.match(r"(?:harness )?([a-z]+) (?=.*--)([^|>#]+)", text)
        if words and words[1] in OPTIONS and words[1] != "explain":  # which takes any option as a word
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", words[2]):
                assert option in OPTIONS[words[1]] or option in GONE, text


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_file_that_a_page_names_exists(page: Path) -> None:
    for text in quoted(page):
        # Behind a path of the harness there may be no suffix; what has a `=` is the name of a case: whisper/fa=0.
        for room, rest in re.findall(r"(?<![\w/.~<>*-])([\w.]+)/([\w./*-]*\w)(?![\w./*=-])", text):
            path = f"{room}/{rest}"
            if "NAME" in path or "*" in path or path in ELSEWHERE:
                continue
            if room in TOP:
                assert (ROOT / path).exists(), path
            elif room in ROOMS and (room != "build" or path.endswith(".py")):  # or a folder that CMake makes
                assert (HARNESS / path).exists() or (HARNESS / f"{path}.py").exists(), path


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_variable_that_a_page_names_exists(page: Path) -> None:
    known = {f"HARNESS_{setting.name.upper()}" for setting in SETTINGS} | {"HARNESS_FA"}
    for variable in re.findall(r"HARNESS_[A-Z_]+", page.read_text(encoding="utf-8")):
        assert variable in known or variable in read_code() or variable.startswith(tuple(MADE_UP)), variable


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_class_that_a_page_names_exists(page: Path) -> None:
    for text in quoted(page):
        if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]*)+", text) and text not in FOREIGN:
            assert text in name_classes(), text


def test_a_caveat_in_a_table_exists() -> None:
    """The first cell of tables of caveats, and the words behind `caveat`."""
    codes = {one.word for one in list_explanations()}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for code in re.findall(r"[Cc]aveats? `([a-z-]+)`", text):
            assert code in codes, (page.name, code)
        for table in re.findall(r"^\| caveat \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE):
            for row in table.splitlines():
                for code in re.findall(r"[a-z]+(?:-[a-z]+)*", row.split("|")[1]):
                    assert code in codes, (page.name, code)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            assert target.is_file(), link
            assert not anchor or anchor in anchors(target), link
