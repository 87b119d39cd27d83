"""Promises of docs/reference/security.md that hold for the whole house."""

import ast
import re
from pathlib import Path

import pytest

from tests.syntax import parse

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "harness").rglob("*.py"))
LOCKS = sorted((ROOT / "third_party").glob("requirements*.txt"))
SHELLS = {
    "os.system", "os.popen", "os.spawnl", "os.spawnlp", "os.spawnv", "os.spawnvp", "os.execl", "os.execlp", "os.execv",
    "os.execvp", "os.execvpe", "os.posix_spawn", "os.startfile", "subprocess.getoutput", "subprocess.getstatusoutput",
    "os.execve", "pty.spawn", "eval", "exec", "compile", "__import__",
}  # fmt: skip
# The set-up replaces its own process by the Python that it set up: an argv list, no shell.
EXCEPTED = {("environment/start.py", "os.execve")}
UNSAFE = {"pickle", "marshal", "shelve", "dill", "yaml", "commands", "pty"}
# The worker loads the library that was measured, in a process of its own: that is what it is for.
SHELL_WORDS = re.compile(r"(?:^|/)(?:ba|da|z|k)?sh$")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_shell_and_no_code_from_data(path: Path) -> None:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            excepted = (path.relative_to(ROOT / "harness").as_posix(), called) in EXCEPTED
            assert called not in SHELLS or excepted, f"line {node.lineno}"
            for keyword in node.keywords:
                assert keyword.arg != "shell", f"line {node.lineno}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not UNSAFE & {name.split(".")[0] for name in names}, f"line {node.lineno}"
        if isinstance(node, ast.List | ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant):
            assert not SHELL_WORDS.search(str(node.elts[0].value)), f"line {node.lineno}"


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_version_and_a_hash(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) > 5
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^ ;]+( ;[^-]*)?( +--hash=sha256:[0-9a-f]{64})+ *", line), line


def test_the_locks_name_no_place() -> None:
    for path in LOCKS:
        assert "://" not in path.read_text(encoding="utf-8")


# What opens files by itself: the two places for it, the kernel's own files, and what comes with the harness.
OPENERS = {
    "system/foreign.py", "system/fresh.py",
    "system/lock.py", "system/process/memory.py", "system/quiet.py", "system/probe.py", "system/toolchain.py",
    "system/process/pulse.py", "system/stream.py", "system/asset.py", "system/source/resolve.py", "system/weights.py",
    "run/build_file.py",
    # An archive whose sum is right, into a folder of ours that is new.
    "system/download/archive.py", "system/source/package.py", "system/download/fetch.py",
    # Clones of ours, and a folder for git that only this user can write to.
    "system/source/repository.py", "system/view.py",
}  # fmt: skip
# Above the effects nobody is excepted.
FLOORS_ABOVE = ("store", "commands", "sweep", "search", "trial")
OPENING = {
    "open", "os.open", "io.open", "os.fdopen", "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree",
}  # fmt: skip
OPENING_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "touch"}


def find_openings(path: Path) -> list[str]:
    found = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = called.rpartition(".")[2] if isinstance(node.func, ast.Attribute) else ""
            of_a_path = method == "open" and ("Path(" in called or re.search(r"(path|log|file)\.open$", called))
            if called in OPENING or method in OPENING_METHODS or of_a_path:
                found.append(f"line {node.lineno}: {called}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_place_opens_the_files_of_others(path: Path) -> None:
    name = path.relative_to(ROOT / "harness").as_posix()
    if not name.startswith(("environment/", "worker/", "client/")) and name not in OPENERS:
        assert find_openings(path) == []


def test_the_list_of_exceptions_is_short_and_true() -> None:
    assert not [name for name in OPENERS if name.startswith(FLOORS_ABOVE)]
    assert [name for name in OPENERS if not find_openings(ROOT / "harness" / name)] == []
