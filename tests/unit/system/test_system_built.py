"""Whether what is measured stays what was built."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.system.built import MARKS, BuiltFiles, distrust


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


def test_what_is_written_in_place_and_looks_as_before_is_named(build: Path) -> None:
    library = build / "src" / "libwhisper.so.1"
    before = library.stat()
    files = BuiltFiles(build)
    while library.stat().st_ctime_ns == before.st_ctime_ns:  # the clock of a file system ticks every few ms
        with library.open("r+") as file:
            file.write("BUILT")
        os.utime(library, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (library.stat().st_size, library.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert files.find_other() == "src/libwhisper.so.1"


def test_a_build_that_somebody_wrote_to_is_not_taken_for_finished(build: Path) -> None:
    sums = BuiltFiles(build).sums
    assert [name for name, _ in sums] == [
        "bin/whisper-bench",
        "ggml/src/libggml-cpu.so",
        "src/libwhisper.so",
        "src/libwhisper.so.1",
    ]
    for name in MARKS:
        (build / name).touch()
    distrust(build)
    assert not list(build.glob(".harness-*"))
    assert BuiltFiles(build).sums == sums, "nothing else is touched"


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
