"""The first command in a fresh clone, with a Python that has no packages: it sets itself up, once.

The wheels lie in a folder of the test: msgspec is the real one, the other packages are empty modules of their names.
"""

import base64
import hashlib
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.environment.dependency import PACKAGES

ROOT = Path(__file__).parents[2]
# Without its site-packages every Python is a bare one.
BARE = (sys.executable, "-S", "-m", "harness")


class Clone:
    """A checkout with locked packages of its own, and where it is set up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venv = folder / ".venv" / "run"
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder.parent),
            "PYTHON": sys.executable,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder.parent / "wheels"),
        }

    def start(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            words or (*BARE, "--version"),
            cwd=self.folder,
            env={**self.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *words: str, **variables: str) -> tuple[int, str, str]:
        with self.start(*words, **variables) as process:
            stdout, stderr = process.communicate(timeout=300)
        assert "Traceback" not in stderr
        return process.returncode, stdout, stderr

    def unlink_wheels(self) -> dict[str, str]:
        """Return the variable with which there are no packages anywhere."""
        return {"PIP_FIND_LINKS": str(self.folder.parent / "no-wheels")}


def write_wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> str:
    """Write a wheel for every Python and machine, and return its line of the lock."""
    stem = f"{name.replace('-', '_')}-{version}"
    meta = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    whole = {**files, **meta}
    sums = {path: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode() for path, data in whole.items()}
    record = "".join(f"{path},sha256={sums[path].rstrip('=')},{len(data)}\n" for path, data in whole.items())
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, data in {**whole, f"{stem}.dist-info/RECORD": record.encode()}.items():
            wheel.writestr(member, data)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    folder = tmp_path_factory.mktemp("origin")
    (folder / "wheels").mkdir()
    clone = folder / "clone"
    clone.mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("harness", "scripts", "third_party"):
        shutil.copytree(ROOT / name, clone / name, ignore=ignore)
    shutil.copyfile(ROOT / "pyproject.toml", clone / "pyproject.toml")
    lock = ""
    for module, package in PACKAGES.items():
        files = {f"{module}/__init__.py": b""}
        if package == "msgspec":
            found = importlib.metadata.files("msgspec") or []
            files = {str(one): Path(one.locate()).read_bytes() for one in found if one.parts[0] == "msgspec"}
        files = {path: data for path, data in files.items() if "__pycache__" not in path}
        lock += write_wheel(folder / "wheels", package, "1.0", files)
    (clone / "third_party" / "requirements.txt").write_text(lock)
    return Clone(clone)


@pytest.fixture(scope="module")
def ready(origin: Clone) -> Clone:
    """A clone that was set up by its first command."""
    code, stdout, stderr = origin.call()
    assert (code, stderr) == (0, f"harness: setting up {origin.venv} (once)\n")
    assert stdout.startswith("harness ")
    return origin


@pytest.fixture
def fresh(origin: Clone, tmp_path: Path) -> Clone:
    clone = tmp_path / "clone"
    shutil.copytree(origin.folder, clone, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    (tmp_path / "wheels").symlink_to(origin.folder.parent / "wheels")
    return Clone(clone)


def test_the_second_start_needs_no_packages_and_says_nothing(ready: Clone) -> None:
    code, stdout, stderr = ready.call(**ready.unlink_wheels())
    assert (code, stderr) == (0, "")
    assert stdout.startswith("harness ")


def test_arguments_and_exit_code_are_those_of_the_command(ready: Clone) -> None:
    code, _, stderr = ready.call(*BARE, "show", "a b")
    assert code == 2
    assert "'a b'" in stderr


def test_the_script_is_the_same_from_anywhere(ready: Clone, tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    words = ("/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(tmp_path))
    code, stdout, stderr = ready.call(*words, str(ready.folder / "scripts" / "harness"), **ready.unlink_wheels())
    assert (code, stderr) == (0, "")
    assert stdout.startswith("harness ")


def test_packages_of_another_python_do_not_come_in(ready: Clone, tmp_path: Path) -> None:
    (tmp_path / "msgspec").mkdir()
    (tmp_path / "msgspec" / "__init__.py").write_text("from msgspec import _core")
    code, _, stderr = ready.call(PYTHONPATH=str(tmp_path), **ready.unlink_wheels())
    assert (code, stderr) == (0, "")


def test_where_all_is_there_nothing_is_set_up(fresh: Clone) -> None:
    code, _, stderr = fresh.call(sys.executable, "-m", "harness", "--version")
    assert (code, stderr) == (0, "")
    assert not fresh.venv.exists()


def test_a_package_that_is_not_what_was_locked_is_refused(fresh: Clone, tmp_path: Path) -> None:
    lock = fresh.folder / "third_party" / "requirements.txt"
    lock.write_text(re.sub(r"(archspec.*sha256:).{8}", r"\g<1>00000000", lock.read_text()))
    venv = tmp_path / "v"
    code, _, stderr = fresh.call(HARNESS_VENV=str(venv))
    first, second, *_, last = stderr.splitlines()
    assert code == 3
    assert first == f"harness: setting up {venv} (once)"
    assert "the SHA-256 of archspec==1.0 does not match" in second
    assert last.startswith("  try:   ")
    assert not (venv / ".ready").exists()
    assert not fresh.venv.exists()


def test_after_a_kill_and_after_damage_the_next_start_begins_anew(fresh: Clone) -> None:
    with fresh.start() as killed:
        until((fresh.venv / "bin" / "python").exists)
        killed.kill()
        killed.communicate()
    first, second = fresh.start(), fresh.start()
    with first, second:
        ends = [process.communicate(timeout=300) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0]
    # One of the two makes it, the other one waits.
    assert sum("harness: setting up" in stderr for _, stderr in ends) == 1
    assert fresh.call(**fresh.unlink_wheels())[0] == 0
    # What is damaged later is made anew.
    for extension in fresh.venv.glob("lib/python3*/site-packages/msgspec/_core*"):
        extension.unlink()
    code, _, stderr = fresh.call()
    assert code == 0
    assert "cannot import msgspec" in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_with_all_its_children(fresh: Clone, number: signal.Signals) -> None:
    with fresh.start() as process:
        until((fresh.venv / "bin" / "python").exists)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "interrupted while setting up" in stderr
    # What was ended may take a moment until it is gone from the list of processes.
    until(lambda: not any(str(fresh.venv) in str(one.info["cmdline"]) for one in psutil.process_iter(["cmdline"])))


def test_the_folder_is_printed_for_the_tests_script(ready: Clone) -> None:
    words = (sys.executable, "-IS", str(ready.folder / "scripts" / "environment.py"), "prepare", "run")
    code, stdout, stderr = ready.call(*words, HARNESS_VENV=os.path.relpath(ready.venv, ready.folder))
    assert (code, stdout, stderr) == (0, f"{ready.venv}\n", "")


def test_an_installed_package_sets_nothing_up(ready: Clone, tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    shutil.copytree(ready.folder / "harness", site / "harness")
    words = (sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(site)!r}); import harness.__main__")
    code, _, stderr = ready.call(*words)
    assert code == 3
    assert "lacks packages that the harness needs: archspec, cmake, py-cpuinfo" in stderr
    assert "-m pip install" in stderr
    assert sorted(path.name for path in site.iterdir()) == ["harness"]


def test_an_installed_package_with_a_broken_one_says_which(ready: Clone, tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    shutil.copytree(ready.folder / "harness", site / "harness")
    for module in PACKAGES:
        (site / module).mkdir()
        (site / module / "__init__.py").write_text("from msgspec import _core" if module == "msgspec" else "")
    words = (sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(site)!r}); import harness.__main__")
    code, _, stderr = ready.call(*words)
    assert code == 3
    assert "cannot import msgspec" in stderr
    assert "--force-reinstall msgspec" in stderr
    assert "unset PYTHONPATH" not in stderr
    code, _, stderr = ready.call(*words, PYTHONPATH=str(tmp_path))
    assert code == 3
    assert "try:   unset PYTHONPATH  # or " in stderr


def test_a_package_that_only_some_commands_import_has_a_sentence_too(ready: Clone, tmp_path: Path) -> None:
    (tmp_path / "filelock").mkdir()
    (tmp_path / "filelock" / "__init__.py").write_text("import no_such_module_at_all")
    words = (
        sys.executable,
        "-m",
        "harness",
        "models",
        "tiny",
        "--weights",
        "synthetic",
        "--cache",
        str(tmp_path / "c"),
    )
    code, _, stderr = ready.call(*words, PYTHONPATH=str(tmp_path))
    assert code == 3
    assert "cannot import filelock" in stderr
    assert "No module named 'no_such_module_at_all'" in stderr


def test_a_python_that_is_too_old_gets_a_sentence(ready: Clone) -> None:
    old = "import runpy, sys; sys.version_info = (3, 9, 1, 'final', 0); sys.argv[1:] = ['run']; "
    code, _, stderr = ready.call(sys.executable, "-c", old + "runpy.run_module('harness', run_name='__main__')")
    assert code == 3
    assert stderr.startswith("harness: Python 3.9 is too old; the harness needs 3.11 or newer\n  try:   python3")


@pytest.mark.parametrize("name", ["python2.7", "python3.6", "python3.8", "python3.9", "python3.10"])
def test_real_old_ones_get_it_too(ready: Clone, name: str) -> None:
    places = [shutil.which(name), *Path.home().glob(f".pyenv/versions/*/bin/{name}")]
    for place in places:
        if place and subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0:
            code, _, stderr = ready.call(str(place), "-m", "harness", "run")
            assert code == 3
            assert "is too old" in stderr
            return
    pytest.skip(f"no {name} here")


def until(true: Callable[[], bool], patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
