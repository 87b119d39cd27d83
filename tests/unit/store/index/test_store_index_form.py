"""Harnesses of several versions share a database on a server: those of one schema read and write the same rows.

python -m tests.unit.store.index.test_store_index_form    states that the rows are as before, or have a new schema
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from harness.records.record import short_hash
from harness.store.index.access import CODE
from harness.store.index.table import SCHEMA

STATED = Path(__file__).parents[3] / "data" / "index_form.json"


def digest_code() -> str:
    """Return a digest of the code that fills the tables, without its comments and docstrings."""
    return short_hash(*(line for module in CODE for line in list_code(Path(module.__file__ or ""))))


def list_code(path: Path) -> Iterator[str]:
    """Yield the lines of a module that do something."""
    text = path.read_text(encoding="utf-8")
    spared: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            spared.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and number not in spared and not line.lstrip().startswith("#"):
            yield line


def test_the_schema_is_raised_when_rows_say_something_else() -> None:
    stated = json.loads(STATED.read_text(encoding="utf-8"))
    assert stated == {"schema": SCHEMA, "code": digest_code()}, (
        "the code that fills the index has changed. If its tables or rows are others than before for the same bundles, "
        "raise SCHEMA in harness/store/index/table.py: a fleet's database is then made anew. In any case: "
        "python -m tests.unit.store.index.test_store_index_form"
    )


if __name__ == "__main__":
    STATED.write_text(json.dumps({"schema": SCHEMA, "code": digest_code()}) + "\n", encoding="utf-8")
