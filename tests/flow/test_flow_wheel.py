"""The package as people install it: what is in the wheel, and that its commands work far from any clone."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness import __version__
from tests.flow.kit import ROOT, Kit

pytest.importorskip("hatchling", reason="hatchling, which makes the packages, is not installed")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the wheel and the source distribution, made without a network."""
    folder = tmp_path_factory.mktemp("packages")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(packages: Path) -> Path:
    (path,) = packages.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment with the wheel; all other packages are those of the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    # A .pth file in that folder, such as one that leads to a checkout, is not read.
    (site / "packages-of-the-tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def list_files(*folders: str) -> set[str]:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    names = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


def call(installed: Path, kit: Kit, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(installed / "harness"), *words],
        cwd=kit.folder,
        env={**kit.environ, "PYTHONPATH": "", **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Traceback" not in done.stderr
    return done


def test_the_wheel_has_every_file_of_the_harness_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = list_files("harness") | {f"harness/{name}" for name in list_files("third_party")}
    assert names == expected
    assert {"harness/native/roofline/kernel.c", "harness/third_party/sources.toml"} <= names


def test_a_wheel_can_be_made_of_the_source_distribution(packages: Path) -> None:
    (path,) = packages.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert list_files("harness", "third_party") | {"pyproject.toml", "README.md", "LICENSE"} <= names


def test_what_was_installed_measures_far_from_a_clone(installed: Path, kit: Kit) -> None:
    assert call(installed, kit, "--version").stdout == f"harness {__version__}\n"
    assert "tiny" in call(installed, kit, "models").stdout
    overview = call(installed, kit)
    assert overview.stdout.startswith("usage: harness COMMAND")
    # The script of a shell asks this copy, from whatever folder.
    script = call(installed, kit, "completion", "bash").stdout
    assert f"{next(installed.parent.glob('lib/*/site-packages'))}/harness completion --words" in script

    run = call(installed, kit, *kit.words(), "--repetitions", "1", "--no-tests", "--bench", "whisper")
    assert run.returncode == 0, run.stderr
    site = call(installed, kit, "site", "-o", "pages")
    assert site.returncode == 0, site.stderr
    assert "node-1" in (kit.folder / "pages" / "index.html").read_text()


def test_what_was_installed_sets_nothing_up(installed: Path, kit: Kit) -> None:
    # Without its site-packages a Python is a bare one; the harness alone is there.
    words = [str(installed / "python"), "-S", str(next(installed.parent.glob("lib/*/site-packages")) / "harness")]
    done = subprocess.run([*words, "list"], cwd=kit.folder, capture_output=True, text=True, env={"PATH": os.defpath})
    assert done.returncode == 3
    assert "setting up" not in done.stderr
    assert "-m pip install" in done.stderr
