"""Pages of docs/ that are made of the code. Write them with `python -m tests.page`."""

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.records.glossary import WORDS
from harness.records.measurement import METRICS
from harness.records.vocabulary import COLUMNS, METRIC_MEANINGS
from harness.render.explanation import render_page
from tests.manual import escape, render_commands, render_exit_codes, render_results, render_run_json, render_settings
from tests.syntax import parse

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
CAVEATS = REFERENCE / "caveats.md"
# Above it stands what people write.
MARK = "<!-- `python -m tests.page` makes the rest of this page from the code. -->\n"
MADE: dict[str, Callable[[], str]] = {
    "commands": render_commands,
    "exit-codes": render_exit_codes,
    "json": render_results,
    "run-json": render_run_json,
    "settings": render_settings,
}
GLOSSARY = ROOT / "docs" / "glossary.md"
_HEADING = "## Classes"
_ABOUT = """Every public class by room, with the first sentence of its own description.
`python -m tests.page` writes this part."""


class PublicClass(NamedTuple):
    """A class at the top of a module, with the first line of its docstring."""

    name: str
    module: str
    text: str

    @property
    def room(self) -> str:
        """The package right below `harness` that it lies in."""
        return self.module.partition(".")[0]


def list_classes() -> Iterator[PublicClass]:
    """Yield every public class of the harness."""
    for path in sorted((ROOT / "harness").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts[1:]).removesuffix(".__init__")
        for node in parse(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield PublicClass(node.name, module, (ast.get_docstring(node) or "").partition("\n")[0])


def render_glossary(page: str) -> str:
    """Return the glossary with the rows of its tables made anew: words, metrics, columns and classes."""
    words = page.partition(_HEADING)[0]
    better = {True: "lower", False: "higher"}
    metrics = [
        (one.name, one.label, one.unit, METRIC_MEANINGS[one.name], better[one.lower_is_better])
        for one in METRICS.values()
    ]
    words = _fill_table(words, "## Words", [(one.word, one.meaning) for one in WORDS])
    words = _fill_table(words, "## Metrics", metrics)
    words = _fill_table(words, "## Columns", list(COLUMNS.items()))
    rooms = itertools.groupby(sorted(list_classes(), key=lambda one: one.room), key=lambda one: one.room)
    classes = "".join(_render_room(room, list(found)) for room, found in rooms)
    return f"{words.rstrip()}\n\n{_HEADING}\n\n{_ABOUT}\n{classes}"


def _fill_table(page: str, heading: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a page with other rows in the first table below a heading."""
    lines = "".join(f"| {' | '.join(map(escape, row))} |\n" for row in rows)
    pattern = rf"({re.escape(heading)}\n.*?\n\|[-|]+\n)(?:\|[^\n]*\n?)*"
    return re.sub(pattern, lambda found: found[1] + lines, page, count=1, flags=re.DOTALL)


def _render_room(room: str, classes: Iterable[PublicClass]) -> str:
    rows = sorted(f"| `{one.name}` | `{one.module}` | {escape(one.text)} |\n" for one in classes)
    return f"\n### {room}\n\n| class | module | what it is |\n|---|---|---|\n{''.join(rows)}"


def render_reference(name: str) -> str:
    """Return a page of the reference with what is below the mark made anew."""
    above, mark, _ = (REFERENCE / f"{name}.md").read_text(encoding="utf-8").partition(MARK)
    return f"{above}{mark}{MADE[name]()}"


def main() -> None:
    """Write the pages."""
    CAVEATS.write_text(render_page(), encoding="utf-8")
    for name in MADE:
        (REFERENCE / f"{name}.md").write_text(render_reference(name), encoding="utf-8")
    GLOSSARY.write_text(render_glossary(GLOSSARY.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
