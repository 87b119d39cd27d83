"""The packages that the harness needs, and a check for them that is fast enough for every start."""

import sys

# The name of the imported module, and the name of its package in pyproject.toml.
PACKAGES = {
    "archspec": "archspec",
    "cmake": "cmake",
    "cpuinfo": "py-cpuinfo",
    "filelock": "filelock",
    "httpx2": "httpx2",
    "jinja2": "jinja2",
    "msgspec": "msgspec",
    "ninja": "ninja",
    "platformdirs": "platformdirs",
    "psutil": "psutil",
    "sqlalchemy": "sqlalchemy",
    "tomlkit": "tomlkit",
    "unearth": "unearth",
}
# Packages that only one command imports: they are not checked at every start; that command reports a missing one.
RARE = {"shtab": "shtab"}


def find_missing() -> list[str]:
    """Return the packages whose module Python does not find. Nothing is imported."""
    return [package for module, package in PACKAGES.items() if not _is_there(module)]


def find_culprit(error: ImportError) -> str:
    """Return the package whose import failed with `error`; empty if the harness itself is at fault."""
    module = (error.name or "").partition(".")[0]
    traceback = error.__traceback__
    known = {**PACKAGES, **RARE}
    while module not in known and traceback is not None:
        # The package may lack a dependency, or be too broken to say its name.
        module = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        traceback = traceback.tb_next
    return known.get(module, "")


def _is_there(module: str) -> bool:
    # Like importlib.util.find_spec, without importing it: a mere folder of that name has no origin.
    for finder in sys.meta_path:
        spec = finder.find_spec(module, None) if hasattr(finder, "find_spec") else None
        if spec is not None:
            return spec.origin is not None
    return False
