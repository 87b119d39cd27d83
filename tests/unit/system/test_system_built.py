"""Whether what is measured stays what was built."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.system import built
from harness.system.built import MARKS, BuiltFiles, copy_built, distrust, find_shared


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fresh")


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


def test_what_is_linked_anew_is_known_by_its_objects(build: Path) -> None:
    whole = build / "src" / "CMakeFiles" / "whisper.dir" / "whisper.cpp.o"
    archive = build / "examples" / "libcommon.a"
    for path in (whole, archive):
        path.parent.mkdir(parents=True)
        path.write_text("object")
    files = BuiltFiles(build, linked=True)
    rewritten(build / "src" / "libwhisper.so.1")
    assert files.find_other() == ""
    rewritten(whole)
    assert files.find_other() == "src/CMakeFiles/whisper.dir/whisper.cpp.o"
    rewritten(archive)
    whole.write_text("object")
    assert files.find_other() == "examples/libcommon.a"


def test_copies_are_files_of_their_own_that_lie_as_in_the_build(build: Path, fresh: Path) -> None:
    (build / "layouts" / "1" / "src").mkdir(parents=True)
    (build / "layouts" / "1" / "src" / "libwhisper.so").write_text("another layout")
    (build / "bin" / "whisper-bench").chmod(0o755)
    for number, program in enumerate((str(build / "bin" / "whisper-bench"), "")):
        into = fresh / str(number)
        copy_built(build, into, program)
        found = {path.relative_to(into).as_posix() for path in into.rglob("*") if not path.is_dir()}
        libraries = {"src/libwhisper.so", "src/libwhisper.so.1", "ggml/src/libggml-cpu.so"}
        assert found == libraries | ({"bin/whisper-bench"} if program else set())
        assert (into / "src" / "libwhisper.so").resolve() == into / "src" / "libwhisper.so.1"
        assert (into / "src" / "libwhisper.so.1").read_text() == "built"
        assert not (into / "src" / "libwhisper.so.1").samefile(build / "src" / "libwhisper.so.1")
    assert os.access(fresh / "0" / "bin" / "whisper-bench", os.X_OK)


def test_what_is_too_large_to_be_copied_is_linked_to(build: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "_MOST_COPIED_BYTES", 100)
    large = build / "ggml" / "src" / "libggml-cuda.so"
    large.write_bytes(bytes(101))
    into = fresh / "0"
    copy_built(build, into)
    assert (into / "ggml" / "src" / "libggml-cuda.so").readlink() == large
    assert not (into / "ggml" / "src" / "libggml-cpu.so").is_symlink()
    own = str(into / "src" / "libwhisper.so.1")
    assert find_shared([own, str(large)], str(into)) == ""


def test_what_is_not_a_file_is_not_waited_for(build: Path, fresh: Path) -> None:
    (build / "ggml" / "src" / "libggml-cpu.so").unlink()
    os.mkfifo(build / "ggml" / "src" / "libggml-cpu.so")
    with pytest.raises(UnreadableError, match="is a FIFO"):
        copy_built(build, fresh / "0")


def test_a_copy_that_cannot_be_written_is_named(build: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(built, "copy_file", refuse)
    with pytest.raises(OSError, match="No space left") as caught:
        copy_built(build, fresh / "0")
    assert Path(caught.value.filename).is_relative_to(fresh / "0")


def test_a_library_from_elsewhere_is_found(build: Path, fresh: Path) -> None:
    into = fresh / "0"
    copy_built(build, into)
    (fresh / "by-another-name").symlink_to(into)
    loaded = [str(into / "src" / "libwhisper.so.1"), str(build / "ggml" / "src" / "libggml-cpu.so")]
    for root in (into, fresh / "by-another-name"):
        assert find_shared(loaded, str(root)) == loaded[1]
        assert find_shared(loaded[:1], str(root)) == ""
        assert find_shared([], str(root)) == "", "where the system does not tell, nothing is said"
    assert find_shared(loaded, "") == ""
