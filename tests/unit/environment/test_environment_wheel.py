"""What is said of a machine for which packages have no wheel, before pip begins."""

import os
from pathlib import Path

import pytest

from harness.environment import folder as folders
from harness.environment.folder import VirtualEnvironment
from harness.environment.wheel import WITHOUT, BuildTools, describe_builds, find_build_tools
from harness.errors import UnfitError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("system", "machine"), [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "riscv64")])
def test_nothing_where_all_have_wheels(system: str, machine: str) -> None:
    assert not describe_builds(system, machine, BuildTools(compiler=False, headers=False))


def test_one_package_and_all_that_it_needs() -> None:
    text = describe_builds("Linux", "riscv64", BuildTools(compiler=True, headers=True))
    assert text == "psutil has no wheel for riscv64, so pip compiles it; this takes minutes"


@pytest.mark.parametrize(
    ("tools", "missing"),
    [
        (BuildTools(compiler=False, headers=True), "needs a C compiler. "),
        (BuildTools(compiler=True, headers=False), "needs the headers of Python 3."),
        (BuildTools(compiler=False, headers=False), "needs a C compiler and the headers of Python 3."),
    ],
)
def test_what_is_missing_is_named_with_a_command_for_each_distribution(tools: BuildTools, missing: str) -> None:
    text = describe_builds("Linux", "ppc64le", tools)
    assert "msgspec and psutil have no wheel for ppc64le, so pip compiles them" in text
    assert missing in text
    assert all(command in text for command in ("apt install gcc python3-dev", "dnf install gcc", "apk add gcc"))


def test_every_package_without_a_wheel_is_a_locked_one() -> None:
    lock = (ROOT / "third_party" / "requirements.txt").read_text()
    assert all(f"\n{package}==" in f"\n{lock}" for packages in WITHOUT.values() for package in packages)


def test_the_tools_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert not find_build_tools().compiler
    (tmp_path / "my-cc").touch(mode=0o755)
    monkeypatch.setenv("CC", "my-cc -m32")
    assert find_build_tools().compiler


def test_the_set_up_says_it_before_pip_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    def run_child(argv: list[str], *, keep: int) -> tuple[int, str]:
        said.append(capsys.readouterr().err)
        return (1, "ERROR: Failed building wheel for psutil") if "install" in argv else (0, "")

    node = os.uname_result(("Linux", "node", "6.1", "#1", "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: node)
    monkeypatch.setattr(folders, "run_child", run_child)
    lock = tmp_path / "requirements.txt"
    lock.touch()
    environment = VirtualEnvironment(
        tmp_path / "venv", lock=lock, checkout=tmp_path / "checkout", variable="HARNESS_VENV"
    )
    with pytest.raises(UnfitError, match="psutil has no wheel") as caught:
        environment.make()
    assert "psutil has no wheel for riscv64" in said[0]
    assert "apt install gcc python3-dev" in caught.value.hint
