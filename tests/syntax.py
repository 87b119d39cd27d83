"""The syntax trees of the house's modules: several rules read each of them."""

import ast
import functools
from pathlib import Path


@functools.cache
def parse(path: Path) -> ast.Module:
    """Return the tree of a module, made once for all tests of this process: nobody may change it."""
    return ast.parse(path.read_text(encoding="utf-8"))
