"""Whether what is measured stays what was built."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.system.built import BuiltFiles


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name in ("bin/whisper-bench", "src/libwhisper.so.1", "ggml/src/libggml-cpu.so", "CMakeFiles/main", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("built")
    (tmp_path / "src" / "libwhisper.so").symlink_to("libwhisper.so.1")
    return tmp_path


def rewritten(path: Path) -> None:
    path.write_text("other")


def exchanged(path: Path) -> None:
    fresh = path.with_name("fresh")
    fresh.write_text("other")
    fresh.replace(path)


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("name", ["bin/whisper-bench", "src/libwhisper.so.1", "ggml/src/libggml-cpu.so"])
@pytest.mark.parametrize("change", [rewritten, exchanged, removed])
def test_a_file_that_is_another_is_named(build: Path, name: str, change: Callable[[Path], None]) -> None:
    files = BuiltFiles(build)
    change(build / name)
    assert files.find_other() == name


def test_a_link_that_leads_elsewhere_is_named(build: Path) -> None:
    files = BuiltFiles(build)
    (build / "src" / "libwhisper.so").unlink()
    (build / "src" / "libwhisper.so").symlink_to("/usr/lib/libwhisper.so.1")
    assert files.find_other() == "src/libwhisper.so"


def test_what_is_written_again_alike_or_is_not_measured_is_no_change(build: Path) -> None:
    files = BuiltFiles(build)
    shutil.copyfile(build / "bin/whisper-bench", build / "copy")
    (build / "copy").replace(build / "bin/whisper-bench")
    for name in ("notes.txt", "CMakeFiles/main", "bin/whisper-server"):
        (build / name).write_text("other")
    assert files.find_other() == ""
    assert BuiltFiles(build / "nowhere").find_other() == ""
