"""Pages of docs/ that are made of the code. Write them with `python -m tests.page`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from harness.render.explanation import render_page

ROOT = Path(__file__).parents[1]
CAVEATS = ROOT / "docs" / "caveats.md"
GLOSSARY = ROOT / "docs" / "glossary.md"
_HEADING = "## Classes"
_ABOUT = """Every public class, with the first sentence of its own description.

| class | module | what it is |
|---|---|---|
"""


def list_classes() -> Iterator[tuple[str, str, str]]:
    """Yield the name, the module and the description of every public class of the harness."""
    for path in sorted((ROOT / "harness").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts[1:]).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, module, (ast.get_docstring(node) or "").partition("\n")[0]


def render_glossary(page: str) -> str:
    """Return the glossary with its last section, the classes, made anew."""
    rows = sorted(f"| `{name}` | `{module}` | {_cell(text)} |\n" for name, module, text in list_classes())
    words = page.partition(_HEADING)[0].rstrip("\n")
    return f"{words}\n\n{_HEADING}\n\n{_ABOUT}{''.join(rows)}"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def main() -> None:
    """Write the pages."""
    CAVEATS.write_text(render_page(), encoding="utf-8")
    GLOSSARY.write_text(render_glossary(GLOSSARY.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
