"""Which packages are missing, and which one is to blame."""

import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from harness.environment.dependency import PACKAGES, RARE, find_culprit, find_missing

ROOT = Path(__file__).parents[3]


def test_the_table_names_the_packages_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [re.split(r"[<>=~!]", one)[0] for one in project["dependencies"]]
    assert sorted([*PACKAGES.values(), *RARE.values()]) == sorted(named)


def test_nothing_is_missing_where_all_is_there() -> None:
    assert find_missing() == []


def test_all_is_missing_where_nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    assert find_missing() == list(PACKAGES.values())


def test_a_mere_folder_of_the_name_is_no_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Such as whisper.cpp's own folder cmake/, where its tree is the current directory.
    (tmp_path / "cmake").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert "cmake" in find_missing()


def caught(source: str, name: str) -> ImportError:
    module = ModuleType(name)
    try:
        exec(source, module.__dict__)
    except ImportError as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_package_that_is_absent_is_to_blame() -> None:
    assert find_culprit(ModuleNotFoundError("No module named 'cpuinfo'", name="cpuinfo")) == "py-cpuinfo"


def test_a_package_that_one_command_needs_is_to_blame_there_and_nowhere_else() -> None:
    assert find_culprit(ModuleNotFoundError("No module named 'shtab'", name="shtab")) == "shtab"
    assert not {"shtab"} & {*find_missing(), *PACKAGES}


def test_the_package_whose_extension_is_broken_is_to_blame() -> None:
    assert find_culprit(ModuleNotFoundError("No module named 'msgspec._core'", name="msgspec._core")) == "msgspec"


def test_the_package_that_lacks_one_of_its_own_is_to_blame() -> None:
    assert find_culprit(caught("import no_such_module_at_all", "httpx2._client")) == "httpx2"


def test_a_fault_of_the_harness_is_nobody_elses() -> None:
    assert find_culprit(caught("import no_such_module_at_all", "harness.cli.main")) == ""
    assert find_culprit(caught("from harness.errors import NoSuchError", "harness.cli.main")) == ""
