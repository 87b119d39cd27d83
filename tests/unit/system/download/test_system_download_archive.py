import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from harness.errors import UnavailableError
from harness.system.download.archive import ArchiveLimit, unpack_archive

TOP = "thing-1.0/whisper.cpp"


def member(name: str, *, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    info.mode = mode
    return info


def packed(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


GOOD = (member(f"{TOP}/CMakeLists.txt"), b"project(x)\n")


def test_subtree_alone_comes_out(tmp_path: Path) -> None:
    archive = packed(
        tmp_path / "a.tar.gz",
        (member("thing-1.0", kind=tarfile.DIRTYPE), b""),
        (member("thing-1.0/setup.py"), b"raise SystemExit"),
        (member("other/whisper.cpp.txt"), b""),
        (member(TOP, kind=tarfile.DIRTYPE), b""),
        GOOD,
        (member(f"{TOP}/empty", kind=tarfile.DIRTYPE), b""),
        (member(f"{TOP}/scripts/run.sh", mode=0o4755), b"#!/bin/sh\n"),
    )
    out = tmp_path / "tree"
    assert unpack_archive(archive, out, subtree="whisper.cpp") == 2
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*")) == [
        "CMakeLists.txt",
        "empty",
        "scripts",
        "scripts/run.sh",
    ]
    assert (out / "CMakeLists.txt").read_bytes() == b"project(x)\n"
    assert (out / "CMakeLists.txt").stat().st_mode & 0o7777 == 0o644
    assert (out / "scripts/run.sh").stat().st_mode & 0o7777 == 0o755  # set-user-id is gone


HOSTILE = {
    "absolute": (member("/etc/passwd"), "leads out"),
    "climbing": (member(f"{TOP}/../../../evil"), "leads out"),
    "climbing outside the subtree": (member("thing-1.0/../evil"), "leads out"),
    "backslash": (member(f"{TOP}/..\\evil"), "leads out"),
    "symbolic link out": (member(f"{TOP}/a", kind=tarfile.SYMTYPE, target="/etc"), "is a link"),
    "symbolic link inside": (member(f"{TOP}/a", kind=tarfile.SYMTYPE, target="CMakeLists.txt"), "is a link"),
    "hard link": (member(f"{TOP}/a", kind=tarfile.LNKTYPE, target="/etc/passwd"), "is a link"),
    "character device": (member(f"{TOP}/a", kind=tarfile.CHRTYPE), "neither"),
    "block device": (member(f"{TOP}/a", kind=tarfile.BLKTYPE), "neither"),
    "fifo": (member(f"{TOP}/a", kind=tarfile.FIFOTYPE), "neither"),
    "duplicate": (member(f"{TOP}/CMakeLists.txt"), "twice"),
    "duplicate by another spelling": (member(f"{TOP}/./CMakeLists.txt"), "twice"),
    "folder in place of a file": (member(f"{TOP}/CMakeLists.txt", kind=tarfile.DIRTYPE), "twice"),
    "long name": (member(f"{TOP}/{'x' * 300}"), "too long for this file system"),
    "deep": (member(f"{TOP}/{'d/' * 2500}x"), "too long for this file system"),
    "below a file": (member(f"{TOP}/CMakeLists.txt/x"), "below a plain file|twice"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_member_is_refused(tmp_path: Path, kind: str) -> None:
    info, reason = HOSTILE[kind]
    archive = packed(tmp_path / "a.tar.gz", GOOD, (info, b""))
    inner = tmp_path / "deep" / "inner"
    inner.mkdir(parents=True)
    with pytest.raises(UnavailableError) as caught:
        unpack_archive(archive, inner / "tree", subtree="whisper.cpp")
    assert caught.value.exit_code == 4
    assert any(word in caught.value.cause for word in reason.split("|")), caught.value.cause
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_dir()}
    assert written <= {"a.tar.gz", "deep/inner/tree/CMakeLists.txt"}


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.tar.gz", *((member(f"{TOP}/{n}"), b"") for n in range(6)))
    assert unpack_archive(archive, tmp_path / "six", subtree="whisper.cpp", limit=ArchiveLimit(members=6)) == 6
    with pytest.raises(UnavailableError) as caught:
        unpack_archive(archive, tmp_path / "five", subtree="whisper.cpp", limit=ArchiveLimit(members=5))
    assert "more than 5 members" in caught.value.cause


@pytest.mark.parametrize("where", [TOP, "thing-1.0"])
def test_bomb_is_refused_wherever_it_lies(tmp_path: Path, where: str) -> None:
    archive = packed(tmp_path / "a.tar.gz", GOOD, (member(f"{where}/zeros"), bytes(3 << 20)))
    assert archive.stat().st_size < 100_000
    with pytest.raises(UnavailableError) as caught:
        unpack_archive(archive, tmp_path / "tree", subtree="whisper.cpp", limit=ArchiveLimit(bytes=2 << 20))
    assert "more bytes" in caught.value.cause


def test_archive_without_the_subtree_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.tar.gz", (member("thing-1.0/setup.py"), b""))
    with pytest.raises(UnavailableError) as caught:
        unpack_archive(archive, tmp_path / "tree", subtree="whisper.cpp")
    assert "no folder 'whisper.cpp'" in caught.value.cause


@pytest.mark.parametrize("damage", ["cut", "plain", "not gzip", "flipped"])
def test_damaged_archive_is_refused(tmp_path: Path, damage: str) -> None:
    archive = packed(tmp_path / "a.tar.gz", GOOD, (member(f"{TOP}/b"), bytes(range(256)) * 400))
    raw = archive.read_bytes()
    archive.write_bytes(
        {
            "cut": raw[: len(raw) // 2],
            "plain": gzip.compress(b"hello" * 1000),
            "not gzip": b"<html>not found</html>",
            "flipped": raw[:200] + bytes([raw[200] ^ 0xFF]) + raw[201:],
        }[damage]
    )
    with pytest.raises(UnavailableError) as caught:
        unpack_archive(archive, tmp_path / "tree", subtree="whisper.cpp")
    assert "damaged" in caught.value.cause


@pytest.mark.parametrize(
    ("umask", "plain", "program"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700), (0o002, 0o664, 0o775)]
)
def test_modes_are_those_of_the_umask_whatever_the_archive_says(
    tmp_path: Path, umask: int, plain: int, program: int
) -> None:
    archive = packed(
        tmp_path / "a.tar.gz",
        (member(f"{TOP}/open", mode=0o666), b"a"),
        (member(f"{TOP}/run", mode=0o6777), b"b"),
        (member(f"{TOP}/d", kind=tarfile.DIRTYPE, mode=0o7777), b""),
    )
    before = os.umask(umask)
    try:
        unpack_archive(archive, tmp_path / "tree", subtree="whisper.cpp")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o7777 for path in (tmp_path / "tree").rglob("*")}
    assert modes == {"open": plain, "run": program, "d": 0o777 & ~umask}
