"""Which packages the harness needs, and whether they are there: asked at every start, so it must cost nothing."""

import sys

# The name of the module that is imported, and of the package that has it; the latter as in pyproject.toml.
PACKAGES = {
    "archspec": "archspec",
    "cmake": "cmake",
    "cpuinfo": "py-cpuinfo",
    "filelock": "filelock",
    "httpx2": "httpx2",
    "msgspec": "msgspec",
    "ninja": "ninja",
    "platformdirs": "platformdirs",
    "psutil": "psutil",
    "tomlkit": "tomlkit",
    "unearth": "unearth",
}
# What one command alone imports: not looked for at every start, that command says so where it is missing.
RARE = {"shtab": "shtab"}


def find_missing() -> list[str]:
    """Return the packages of which Python finds no module. Nothing is imported."""
    return [package for module, package in PACKAGES.items() if not _is_there(module)]


def find_culprit(error: ImportError) -> str:
    """Return the package whose import failed with `error`; empty if the fault is the harness's own."""
    module = (error.name or "").partition(".")[0]
    traceback = error.__traceback__
    known = {**PACKAGES, **RARE}
    while module not in known and traceback is not None:
        # A package of ours may lack one of its own, or be too broken to say its name.
        module = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        traceback = traceback.tb_next
    return known.get(module, "")


def _is_there(module: str) -> bool:
    # What importlib.util.find_spec does, without importing that: a folder that merely has the name has no origin.
    for finder in sys.meta_path:
        spec = finder.find_spec(module, None) if hasattr(finder, "find_spec") else None
        if spec is not None:
            return spec.origin is not None
    return False
