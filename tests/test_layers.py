"""The floors of the house: imports point down or sideways, and effects stay where they belong."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HARNESS = ROOT / "harness"
PROCESS = HARNESS / "system" / "process.py"

FLOORS = {
    "errors": 0,
    "records": 0,
    "parse": 1,
    "plan": 1,
    "stats": 1,
    "render": 1,
    "system": 2,
    "conclusion": 3,
    "aftermath": 3,
    "session": 3,
    "store": 3,
    "builder": 3,
    "option": 3,
    "premises": 3,
    "request": 3,
    "sweep": 3,
    "trial": 3,
    "wiring": 3,
    "workbench": 3,
    "commands": 4,
    "cli": 5,
    "__main__": 5,
}
# Inside floor 1 only these cross.
ALLOWED_SIDEWAYS = {("render", "stats"), ("plan", "stats")}
FLOOR_0_PACKAGES = {"harness", "msgspec", *sys.stdlib_module_names}
# Third-party imports that are too heavy for start-up may stand inside a function.
HEAVY = {"archspec", "cpuinfo", "httpx2", "psutil", "rich", "unearth", "filelock", "platformdirs", "tomlkit"}
EFFECTS = {"os", "shutil", "socket", "subprocess", "tempfile", "threading", "time"}
DISK = (".read_text", ".read_bytes", ".write_text", ".write_bytes", ".exists", ".is_file")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "core", "manager", "models"}
MAX_LINES = 300


def room(path: Path) -> str:
    part = path.relative_to(HARNESS).parts[0]
    return part.removesuffix(".py")


# A program of its own, which the harness starts: no floor, and neither side imports the other.
SAMPLER = "sampler"
# What sees to the packages that the floors need: only the very start imports it.
ENVIRONMENT = "environment"
MODULES = sorted(path for path in HARNESS.rglob("*.py") if room(path) not in {SAMPLER, ENVIRONMENT})
PROGRAM = sorted((HARNESS / SAMPLER).glob("*.py"))
BEFORE = sorted((HARNESS / ENVIRONMENT).glob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node, node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_imports_down_or_sideways(path: Path) -> None:
    here = room(path)
    for _, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        package, *rest = name.split(".")
        if package != "harness" or not rest or rest[0] not in FLOORS or here not in FLOORS:
            continue
        there = rest[0]
        assert FLOORS[there] <= FLOORS[here], f"{here} (floor {FLOORS[here]}) imports {name}"
        if FLOORS[here] == FLOORS[there] == 1 and there != here:
            assert (here, there) in ALLOWED_SIDEWAYS, f"{here} imports its neighbour {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_imports_only_what_its_floor_may(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    here = room(path)
    floor = FLOORS.get(here, 0)
    top_level = {node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    if here == "__main__":  # it looks first whether the rest can be imported
        top_level = {node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}
    for node, name in imports(tree):
        package = name.split(".")[0]
        assert package != "subprocess" or path == PROCESS, "subprocess only in system/process"
        assert package != "argparse" or here == "cli", "arguments are parsed in cli only"
        assert floor > 1 or package not in EFFECTS, f"floor {floor} has no effects, but imports {name}"
        if floor == 0:
            assert package in FLOOR_0_PACKAGES, f"floor 0 imports {name}"
        assert node in top_level or package in HEAVY, f"{name} is imported inside a function"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_has_no_hidden_effects(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    floor = FLOORS.get(room(path), 0)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ":
            assert room(path) == "cli", "os.environ is read in cli only"
        if isinstance(node, ast.Name):
            assert node.id != "TYPE_CHECKING", "a noun lives on the wrong floor"
        if floor <= 1 and isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"print", "open", "input"}, f"floor {floor} calls {called}"
            assert not called.endswith((".now", ".utcnow", ".today")), f"floor {floor} reads the clock"
            assert not called.endswith(DISK), f"floor {floor} touches the disk"


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.name)
def test_the_sampler_needs_the_standard_library_alone(path: Path) -> None:
    for _, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        alone = name.startswith(f"harness.{SAMPLER}") or name.split(".")[0] in sys.stdlib_module_names
        assert alone, f"the sampler imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_nobody_imports_the_sampler(path: Path) -> None:
    names = [name for _, name in imports(ast.parse(path.read_text(encoding="utf-8")))]
    assert not any(name.startswith(f"harness.{SAMPLER}") for name in names)


@pytest.mark.parametrize("path", BEFORE, ids=lambda path: path.name)
def test_what_comes_before_the_packages_needs_none(path: Path) -> None:
    for _, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        alone = name in ("harness.errors", "harness.parse.shortage", "harness.system.stream") or name.startswith(
            f"harness.{ENVIRONMENT}."
        )
        assert alone or name.split(".")[0] in sys.stdlib_module_names, f"the set-up imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_only_the_start_imports_the_set_up(path: Path) -> None:
    names = [name for _, name in imports(ast.parse(path.read_text(encoding="utf-8")))]
    assert room(path) == "__main__" or not any(name.startswith(f"harness.{ENVIRONMENT}") for name in names)


@pytest.mark.parametrize("path", MODULES + PROGRAM + BEFORE, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_is_a_small_singular_noun(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES or path.parent == HARNESS / "commands"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
