"""The floors of the house: imports point down, or to a neighbour that may be seen; effects stay where they belong."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.syntax import parse

ROOT = Path(__file__).parents[1]
HARNESS = ROOT / "harness"
UNIT = ROOT / "tests" / "unit"
PROCESS = HARNESS / "system" / "process" / "child.py"

# One row per room: its floor, and the rooms of the same floor that it may import.
ROOMS = {
    "errors": (0, "records"),
    "records": (0, "errors"),
    "settings": (1, ""),
    "build": (1, "settings"),
    "whisper": (1, "settings"),
    "stats": (1, ""),
    "plan": (1, "settings build whisper stats"),
    "judge": (1, "settings build whisper stats plan"),
    "render": (1, "settings build whisper stats plan judge"),
    "parse": (1, "settings stats"),
    "system": (2, ""),
    "store": (3, ""),
    "run": (3, "store"),
    "trial": (3, "store run"),
    "sweep": (3, "store run trial"),
    "search": (3, "store run trial sweep"),
    "bisect": (3, "store run trial"),
    "night": (4, ""),
    "site": (4, ""),
    "fleet": (4, ""),
    "commands": (5, ""),
    "cli": (6, ""),
    "__main__": (6, "cli"),
}
# The kinds of speaker: each is understood by itself, reports of others by all that is known of the rest.
SPEAKERS = {"host", "tool", "bench"}
FLOOR_0_PACKAGES = {"harness", "msgspec", *sys.stdlib_module_names}
# Third-party imports that are too heavy for start-up may stand inside a function.
HEAVY = {
    *(
        "archspec",
        "cpuinfo",
        "filelock",
        "httpx2",
        "jinja2",
        "markupsafe",
        "platformdirs",
        "psutil",
        "psycopg",
        "shtab",
        "sqlalchemy",
    ),
    *("jiwer", "resvg_py", "tomlkit", "unearth", "whisper_normalizer"),
}
# Modules of the house that only one command of many needs.
LATE = {"harness.cli.completion", "harness.worker.quality", "harness.worker.speech"}
EFFECTS = {"os", "shutil", "socket", "subprocess", "tempfile", "threading", "time"}
DISK = (".read_text", ".read_bytes", ".write_text", ".write_bytes", ".exists", ".is_file")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "core", "manager", "models"}
MAX_LINES = 300
MAX_FUNCTION_LINES = 50
# What goes together through several functions is a value.
MAX_PARAMETERS = 5
# Each parameter of these is a word of somebody else: one of a process, or a number in the table of models.
WIDE = {"execute", "spawn", "_shape"}


def room(path: Path) -> str:
    part = path.relative_to(HARNESS).parts[0]
    return part.removesuffix(".py")


def floor_of(path: Path) -> int:
    return ROOMS[room(path)][0] if room(path) in ROOMS else 0


# Programs of their own, which the harness starts: no floor, and neither side imports the other.
PROGRAMS = ("worker", "client")
# What sees to the packages that the floors need: only the very start imports it.
ENVIRONMENT = "environment"
EVERY = sorted(HARNESS.rglob("*.py"))
MODULES = [path for path in EVERY if room(path) not in {*PROGRAMS, ENVIRONMENT}]
PROGRAM = [path for name in PROGRAMS for path in sorted((HARNESS / name).glob("*.py"))]
BEFORE = sorted((HARNESS / ENVIRONMENT).glob("*.py"))
PACKAGES = [path for path in EVERY if path.name == "__init__.py" and path.parent != HARNESS]


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node, node.module or ""


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path, known: set[str]) -> set[str]:
    """Return the modules of the house that one imports; a package counts where no module of it is named."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & known) or {node.module or ""}
    return (found & known) - {dotted(path)}


def find_circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components of more than one module, by taking away what is in no circle."""
    left = {name: set(others) for name, others in graph.items()}
    while True:
        ends = {name for name, others in left.items() if not others & left.keys()}
        ends |= left.keys() - set().union(*left.values())
        if not ends:
            break
        left = {name: others - ends for name, others in left.items() if name not in ends}
    circles: list[set[str]] = []
    for name in left:
        if not any(name in circle for circle in circles):
            forth = reach(name, left)
            circles.append({other for other in forth if name in reach(other, left)})
    return [circle for circle in circles if len(circle) > 1]


def reach(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        new = (graph[waiting.pop()] & graph.keys()) - seen
        seen |= new
        waiting += new
    return seen


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = {dotted(path) for path in EVERY}
    assert find_circles({dotted(path): imported_modules(path, known) for path in EVERY}) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"b"}, "d": set[str](), "e": {"c"}}
    assert find_circles(graph) == [{"b", "c"}]


def test_every_room_has_its_row() -> None:
    rooms = {room(path) for path in MODULES if path.parent != HARNESS or path.stem not in ("__init__",)}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_imports_down_or_what_its_row_says(path: Path) -> None:
    here = room(path)
    for _, name in imports(parse(path)):
        package, *rest = name.split(".")
        if package != "harness" or not rest or rest[0] not in ROOMS or here not in ROOMS or rest[0] == here:
            continue
        there = rest[0]
        assert floor_of(path) >= ROOMS[there][0], f"{here} (floor {floor_of(path)}) imports {name}"
        if floor_of(path) == ROOMS[there][0]:
            assert there in ROOMS[here][1].split(), f"{here} imports its neighbour {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_settings_are_looked_up_in_one_place(path: Path) -> None:
    """Below the commands nobody sees `Settings`; above it is handed on to where requests are made of it."""
    tree, here = parse(path), room(path)
    if here == "settings" or path.is_relative_to(HARNESS / "commands" / "request"):
        return
    named = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness.settings")
        for alias in node.names
    }
    assert "Settings" not in named or here in ("commands", "cli"), f"{here} imports Settings"
    looked_up = {
        ast.unparse(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value)
        not in ("call", "self")  # of arguments that are not settings, beside which they stand
        and node.func.attr in ("text", "number", "flag", "words", "is_default")
        and node.args
    }
    assert here == "cli" or not looked_up, f"{here} looks up {looked_up}"


@pytest.mark.parametrize("speaker", sorted(SPEAKERS))
def test_a_speaker_is_understood_alone(speaker: str) -> None:
    for path in (HARNESS / "parse" / speaker).glob("*.py"):
        for _, name in imports(parse(path)):
            parts = name.split(".")
            if parts[:2] == ["harness", "parse"] and len(parts) > 3:
                assert parts[2] == speaker, f"{path.relative_to(HARNESS)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_imports_only_what_its_floor_may(path: Path) -> None:
    tree = parse(path)
    here = room(path)
    floor = floor_of(path)
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
        assert node in top_level or package in HEAVY or name in LATE, f"{name} is imported inside a function"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_has_no_hidden_effects(path: Path) -> None:
    tree = parse(path)
    floor = floor_of(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "environ" and ast.unparse(node) == "os.environ":
            assert room(path) == "cli", "os.environ is read in cli only"
        if isinstance(node, ast.Name):
            assert node.id != "TYPE_CHECKING", "a noun lives on the wrong floor"
        if floor <= 1 and isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"print", "open", "input"}, f"floor {floor} calls {called}"
            assert not called.endswith((".now", ".utcnow", ".today")), f"floor {floor} reads the clock"
            assert not called.endswith(DISK), f"floor {floor} touches the disk"


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: str(path.relative_to(HARNESS)))
def test_a_program_needs_the_standard_library_alone(path: Path) -> None:
    own = f"harness.{room(path)}"
    for _, name in imports(parse(path)):
        assert name.startswith(own) or name.split(".")[0] in sys.stdlib_module_names, f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_nobody_imports_a_program(path: Path) -> None:
    names = [name for _, name in imports(parse(path))]
    assert not any(name.startswith(f"harness.{program}") for name in names for program in PROGRAMS)


@pytest.mark.parametrize("path", BEFORE, ids=lambda path: path.name)
def test_what_comes_before_the_packages_needs_none(path: Path) -> None:
    for _, name in imports(parse(path)):
        alone = name in ("harness.errors", "harness.parse.shortage", "harness.system.stream") or name.startswith(
            f"harness.{ENVIRONMENT}."
        )
        assert alone or name.split(".")[0] in sys.stdlib_module_names, f"the set-up imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HARNESS)))
def test_only_the_start_imports_the_set_up(path: Path) -> None:
    names = [name for _, name in imports(parse(path))]
    assert room(path) == "__main__" or not any(name.startswith(f"harness.{ENVIRONMENT}") for name in names)


@pytest.mark.parametrize("path", MODULES + PROGRAM + BEFORE, ids=lambda path: str(path.relative_to(HARNESS)))
def test_module_is_a_small_singular_noun(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES or path.parent == HARNESS / "commands"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES + PROGRAM + BEFORE, ids=lambda path: str(path.relative_to(HARNESS)))
def test_functions_are_short_and_hand_few_parameters_down(path: Path) -> None:
    """Constructors are the end of such a way: there the parameters become a value."""
    for function in ast.walk(parse(path)):
        if not isinstance(function, ast.FunctionDef):
            continue
        described = int(ast.get_docstring(function) is not None and len(function.body) > 1)
        lines = (function.end_lineno or 0) - function.body[described].lineno + 1
        assert lines <= MAX_FUNCTION_LINES, f"{function.name} is long"
        own = {one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func).rpartition(".")[2]
            given = [
                one.id for one in (*call.args, *(word.value for word in call.keywords)) if isinstance(one, ast.Name)
            ]
            handed = own.intersection(given)
            assert name.lstrip("_")[:1].isupper() or len(handed) <= MAX_PARAMETERS, (
                f"{function.name} -> {name}: {handed}"
            )


def functions_with_many_parameters(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Constructors are left out: they take as many as their value has parts."""
    for function in ast.walk(parse(path)):
        if isinstance(function, ast.FunctionDef) and function.name != "__init__":
            taken = function.args
            names = [one.arg for one in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
            own = [name for name in names if name not in ("self", "cls")]
            if len(own) > MAX_PARAMETERS:
                yield function.name, own


@pytest.mark.parametrize("path", MODULES + PROGRAM + BEFORE, ids=lambda path: str(path.relative_to(HARNESS)))
def test_functions_take_few_parameters(path: Path) -> None:
    for name, taken in functions_with_many_parameters(path):
        assert name in WIDE, f"{name} takes {taken}: which of them are one thing?"


def test_a_function_that_may_take_many_parameters_does() -> None:
    assert {name for path in EVERY for name, _ in functions_with_many_parameters(path)} == WIDE


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: str(path.parent.relative_to(HARNESS)))
def test_package_says_what_may_enter_and_what_may_not(path: Path) -> None:
    text = ast.get_docstring(parse(path)) or ""
    assert text
    if room(path) in ROOMS:
        lines = text.splitlines()
        assert any(line.startswith("In: ") for line in lines)
        assert any(line.startswith("Out: ") for line in lines)


def test_every_folder_of_modules_is_a_package() -> None:
    assert {path.parent for path in EVERY} == {path.parent for path in PACKAGES} | {HARNESS}


@pytest.mark.parametrize("path", sorted(UNIT.rglob("test_*.py")), ids=lambda path: path.stem)
def test_a_unit_test_lies_where_its_module_lies(path: Path) -> None:
    folders = path.parent.relative_to(UNIT).parts
    assert HARNESS.joinpath(*folders).is_dir()
    assert path.stem.startswith("_".join(("test", *folders)) + "_")
