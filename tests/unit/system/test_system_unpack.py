"""Archives that nobody has vouched for."""

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.system.unpack import UnpackLimit, is_archive, unpack

FILES = {"node/2026-01/run/run.json": b"{}", "node/2026-01/run/logs/a.log": b"x" * 100_000, "b": b""}


def make_tar(path: Path, mode: str = "w:gz", names: dict[str, bytes] | None = None) -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in (names or FILES).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def make_zip(path: Path, names: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in (names or FILES).items():
            packed.writestr(name, content)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_tar_comes_out_whole(tmp_path: Path, mode: str) -> None:
    archive = make_tar(tmp_path / "whatever", mode)
    assert is_archive(archive)
    unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == FILES


def test_a_zip_comes_out_whole(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "artifact")
    assert is_archive(archive)
    unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == FILES


@pytest.mark.parametrize("content", [b"", b"PK", b"## Summary\n", b"\0" * 600])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert not is_archive(tmp_path / "file")
    assert not is_archive(tmp_path / "nothing")
    assert not is_archive(tmp_path)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../b", "a\\..\\b"])
@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_names_stay_inside(tmp_path: Path, name: str, make: object) -> None:
    archive = (
        make_tar(tmp_path / "a", names={name: b"x"}) if make is make_tar else make_zip(tmp_path / "a", {name: b"x"})
    )
    with pytest.raises(UnreadableError) as raised:
        unpack(archive, tmp_path / "deep" if name.startswith("/") else tmp_path / "out")
    assert "leads out of it" in raised.value.cause
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("a", "out", "deep")] == []


def test_links_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w") as tar:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    with zipfile.ZipFile(tmp_path / "z", "w") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    for name in ("t", "z"):
        with pytest.raises(UnreadableError) as raised:
            unpack(tmp_path / name, tmp_path / f"out-{name}")
        assert "'link' is a link" in raised.value.cause


def test_limits_are_kept(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "t")
    for number, limit in enumerate((UnpackLimit(members=2), UnpackLimit(bytes=1000), UnpackLimit(file_bytes=10))):
        with pytest.raises(UnreadableError):
            unpack(archive, tmp_path / f"out-{number}", limit)
        assert sum(map(len, contents(tmp_path / f"out-{number}").values())) <= limit.bytes


def test_a_header_that_fills_the_memory(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w:gz", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("a")
        info.pax_headers = {"comment": "x" * (5 << 20)}
        tar.addfile(info)
    with pytest.raises(UnreadableError) as raised:
        unpack(tmp_path / "t", tmp_path / "out")
    assert "a header has more bytes" in raised.value.cause


def test_a_header_that_python_stumbles_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("a")
        info.pax_headers = {"comment": 40 * "x"}
        tar.addfile(info)
    whole = (tmp_path / "t").read_bytes()
    place = whole.index(b"52 comment=")
    changed = (b"9" * 30 + b" a=b\n").ljust(52, b"\n")
    (tmp_path / "t").write_bytes(whole[:place] + changed + whole[place + 52 :])
    with pytest.raises(UnreadableError) as raised:
        unpack(tmp_path / "t", tmp_path / "out")
    assert "it is damaged" in raised.value.cause


def test_headers_without_end(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2
    (tmp_path / "t").write_bytes(3000 * (info.tobuf() + b"a".ljust(512, b"\0")) + bytes(1024))
    with pytest.raises(UnreadableError) as raised:
        unpack(tmp_path / "t", tmp_path / "out")
    assert "it is damaged" in raised.value.cause


@pytest.mark.parametrize("kept", [512, 1024, 1536])
def test_a_tar_that_is_cut_between_two_files(tmp_path: Path, kept: int) -> None:
    whole = make_tar(tmp_path / "t", "w", {"a": b"x", "b": b"y"}).read_bytes()
    (tmp_path / "t").write_bytes(whole[:kept])
    with pytest.raises(UnreadableError):
        unpack(tmp_path / "t", tmp_path / "out")


@pytest.mark.parametrize("name", ["a\x1b[31mred", "a\nb", "a\x85b", "a\udcffb", "n" * 300])
def test_a_name_that_cannot_be_a_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        unpack(make_tar(tmp_path / "t", names={name: b"x"}), tmp_path / "out")
    assert "name" in raised.value.cause
    assert raised.value.cause.isprintable()


def test_a_file_without_a_name(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "z", {"x": b"x"})
    content = archive.read_bytes()
    place = content.rindex(b"PK\x01\x02")
    named = content[: place + 28] + b"\0\0" + content[place + 30 : place + 46] + content[place + 47 :]
    end = named.rindex(b"PK\x05\x06")
    archive.write_bytes(named[: end + 12] + (end - place).to_bytes(4, "little") + named[end + 16 :])
    with pytest.raises(UnreadableError) as raised:
        unpack(archive, tmp_path / "out")
    assert raised.value.cause == "'' leads out of it"


def test_a_header_that_is_damaged_is_not_the_end(tmp_path: Path) -> None:
    whole = make_tar(tmp_path / "t", "w", {"a": b"x", "b": b"y", "c": b"z"}).read_bytes()
    place = whole.index(b"b\0")
    (tmp_path / "t").write_bytes(whole[:place] + b"?" + whole[place + 1 :])
    with pytest.raises(UnreadableError, match="is not unpacked") as raised:
        unpack(tmp_path / "t", tmp_path / "out")
    assert "it is damaged: the header" in raised.value.cause


def test_what_is_packed_need_not_be_a_tar(tmp_path: Path) -> None:
    (tmp_path / "bench.log.gz").write_bytes(gzip.compress(b"whisper_print_timings\n" * 100))
    with pytest.raises(UnreadableError) as raised:
        unpack(tmp_path / "bench.log.gz", tmp_path / "out")
    assert "not a tar archive" in raised.value.cause
    with tarfile.open(tmp_path / "empty", "w:gz"):
        pass
    unpack(tmp_path / "empty", tmp_path / "nothing")


def test_a_name_twice_or_below_a_file(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo("same"))
    with pytest.raises(UnreadableError) as raised:
        unpack(tmp_path / "t", tmp_path / "out")
    assert "'same' twice" in raised.value.cause
    below = make_tar(tmp_path / "b", names={"file": b"x", "file/below": b"y"})
    with pytest.raises(UnreadableError):
        unpack(below, tmp_path / "out2")


@pytest.mark.parametrize("cut", [3, 40, 200, -30, -1])
@pytest.mark.parametrize("kind", ["zip", "zip of bz2", "gz", "bz2", "xz"])
def test_damage_is_named(tmp_path: Path, cut: int, kind: str) -> None:
    path = tmp_path / "archive"
    if kind.startswith("zip"):
        make_zip(path, method=zipfile.ZIP_BZIP2 if "bz2" in kind else zipfile.ZIP_DEFLATED)
    else:
        make_tar(path, f"w:{kind}")
    whole = path.read_bytes()
    path.write_bytes(whole[:cut] if cut < 100 else whole[:cut] + b"?" * 20 + whole[cut + 20 :])
    try:
        unpack(path, tmp_path / "out")
    except UnreadableError as error:
        assert "is not unpacked" in error.what
    else:
        assert contents(tmp_path / "out") == FILES
