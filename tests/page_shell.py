"""The shell blocks of the tutorial and of the how-tos: which there are, and the script that runs those of a page.

A block is run, in the order of its page, unless a comment stands right before it: `<!-- not run: WHY -->` with one of
the reasons below, or `<!-- exits 20 -->`, which names the exit code of a block of one command. `python -m
tests.page_shell` lists what is not run.
"""

import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = sorted((*(ROOT / "docs" / "tutorial").glob("*.md"), *(ROOT / "docs" / "how-to").glob("*.md")))
# Why a block is not run by the test.
REASONS = {
    "changes the computer": "it needs root, or leaves something behind",
    "needs a network": "a test reaches no other computer",
    "needs GitHub": "it asks GitHub or one of its runners",
    "needs a cluster": "tests/flow/test_flow_cluster.py has a real one",
    "needs a GPU": "the tests run on any computer",
    "needs an editor": "somebody has to type",
    "needs a database": "tests/flow/test_flow_common_index.py has a real one",
    "takes long": "a test has seconds",
    "is for the owner to change": "it has names that stand for something else",
}
_SHELLS = ("sh", "bash", "console")
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (?:not run: (?P<reason>[^>]*?)|exits (?P<code>\d+)) -->\s*\Z")
# ERR is trapped where a command fails; what is behind && or in a condition may fail.
_SCRIPT = """\
set -o pipefail
trap 'code=$?; echo "$block: exit code $code: $BASH_COMMAND" >> {failed}; exit 1' ERR
{blocks}
echo done >> {failed}
"""
_RUN = """\
block={where}
. {file}
"""
_FAIL = """\
block={where}
trap - ERR
. {file}
code=$?; [ $code = {code} ] || {{ echo "$block: exit code $code, and the page says {code}" >> {failed}; exit 1; }}
trap 'code=$?; echo "$block: exit code $code: $BASH_COMMAND" >> {failed}; exit 1' ERR
"""


class ShellBlock(NamedTuple):
    """A block of shell commands of a page."""

    page: Path
    line: int
    text: str
    # Why it is not run; empty: it is.
    reason: str
    # The exit code of its last command.
    code: int

    @property
    def where(self) -> str:
        """The place of the block, for people."""
        return f"{self.page.relative_to(ROOT)}, line {self.line}"


def list_blocks(page: Path) -> Iterator[ShellBlock]:
    """Yield the blocks of shell commands of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent, language, body = found.groups()
        if language not in _SHELLS:
            continue
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        if language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        mark = _MARK.search(text[: found.start()])
        reason, code = (mark["reason"] or "", int(mark["code"] or 0)) if mark else ("", 0)
        yield ShellBlock(page, text.count("\n", 0, found.start()) + 1, "\n".join(lines) + "\n", reason, code)


def write_script(blocks: list[ShellBlock], folder: Path) -> Path:
    """Write the script that runs these blocks in one shell, and the blocks beside it; `failed` there says how it ended.

    Each block is a file that the shell reads, so what one sets holds in the next.
    """
    failed = shlex.quote(str(folder / "failed"))
    parts = []
    for block in blocks:
        file = folder / f"line-{block.line}.sh"
        file.write_text(block.text, encoding="utf-8")
        pattern = _FAIL if block.code else _RUN
        given = {"where": shlex.quote(block.where), "file": shlex.quote(str(file)), "failed": failed}
        parts.append(pattern.format(**given, code=block.code))
    script = folder / "page.sh"
    script.write_text(_SCRIPT.format(blocks="".join(parts), failed=failed), encoding="utf-8")
    return script


def count_blocks() -> str:
    """Return in a line how many blocks are run, and why the others are not."""
    blocks = [block for page in PAGES for block in list_blocks(page)]
    reasons = Counter(block.reason for block in blocks if block.reason)
    listed = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    return f"{len(blocks)} shell blocks: {len(blocks) - reasons.total()} run, {reasons.total()} not run ({listed})"


if __name__ == "__main__":
    for one in (block for page in PAGES for block in list_blocks(page) if block.reason):
        sys.stdout.write(f"{one.where}: {one.reason}\n")
    sys.stdout.write(f"{count_blocks()}\n")
