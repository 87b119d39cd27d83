"""Pinned releases from an index of Python packages."""

import hashlib
import shutil
import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError, UnavailableError
from harness.parse.tool.pip import parse_pip_environment
from harness.records.source import Pins, Release, Sdist
from harness.system.source import sdist
from tests.flow.repository import DATE, Repository, Resolver
from tests.flow.source.server import ARCHIVE, Server, sdist_bytes


@pytest.fixture
def pinned(
    tmp_path: Path, server: Server, environ: dict[str, str], upstream: Repository, monkeypatch: pytest.MonkeyPatch
) -> Resolver:
    """One release, in the index alone; pip, which is slow to start, is not asked where that is."""
    monkeypatch.setattr(sdist, "probe_index", parse_pip_environment)
    environ.pop("PIP_NO_INDEX")
    environ["PIP_INDEX_URL"] = server.url.replace("//", "//me:secret@")
    archive = Sdist(
        name="thing",
        version="1.0",
        filename="thing-1.0.tar.gz",
        bytes=len(ARCHIVE),
        sha256=hashlib.sha256(ARCHIVE).hexdigest(),
        subdirectory="whisper.cpp",
    )
    release = Release(tag="v8.0", sdist=archive, pruned=True, sha="ab" * 20, author="A", date=DATE, message="m")
    pins = Pins(default="v8.0", repo=f"file://{upstream.path}", releases=(release,))
    return Resolver(tmp_path / "cache", environ, pins)


def test_default_release_comes_from_the_index(pinned: Resolver, server: Server) -> None:
    source = pinned()
    assert source.kind == "sdist"
    assert source.pruned
    assert not source.mutable
    assert source.commit.sha == "ab" * 20
    assert source.commit.release == "v8.0"
    assert sorted(path.name for path in Path(source.path).iterdir()) == ["CMakeLists.txt", "include"]
    assert "/files/thing-1.0.tar.gz" in server.requests
    assert "/files/thing-1.0-py3-none-any.whl" not in server.requests
    assert not any("secret" in note for note in pinned.notes)
    asked = len(server.requests)
    assert pinned(ref="v8.0") == pinned(ref="abababa") == source
    assert len(server.requests) == asked


def test_pip_is_asked_for_the_index(
    pinned: Resolver, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {server.url}\ntimeout = 7\n")
    environ = {name: value for name, value in pinned.environ.items() if not name.startswith("PIP_")}
    pinned.environ = {**environ, "PIP_CONFIG_FILE": str(config)}
    index = sdist.probe_index(pinned.environ)
    assert (index.index_url, index.timeout_s) == (server.url, 7.0)
    assert pinned().kind == "sdist"


def test_variables_stand_in_where_there_is_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    environ = {"PATH": str(tmp_path), "PIP_INDEX_URL": "https://mirror.example/simple"}
    assert sdist.probe_index(environ).index_url == "https://mirror.example/simple"
    (tmp_path / "pip").write_text("#!/bin/sh\necho \"global.index-url='https://other.example'\"\n")
    (tmp_path / "pip").chmod(0o755)
    assert sdist.probe_index(environ).index_url == "https://other.example"


def test_archive_is_kept_for_a_damaged_tree(pinned: Resolver, server: Server) -> None:
    source = pinned()
    (Path(source.path) / "CMakeLists.txt").unlink()
    server.close()
    assert pinned() == source
    assert (Path(source.path) / "CMakeLists.txt").is_file()


def test_damaged_archive_is_fetched_again(pinned: Resolver, server: Server) -> None:
    source = pinned()
    shutil.rmtree(Path(source.path).parent)
    (archive,) = (pinned.cache / "archives").glob("*/*.tar.gz")
    archive.write_bytes(b"damaged")
    assert pinned() == source


def test_other_contents_than_pinned_are_refused_with_both_sums(pinned: Resolver, server: Server) -> None:
    other = sdist_bytes("whisper.cpp/extra")
    (server.root / "files/thing-1.0.tar.gz").write_bytes(other)
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert caught.value.exit_code == 4
    assert hashlib.sha256(other).hexdigest() in caught.value.cause
    assert hashlib.sha256(ARCHIVE).hexdigest() in caught.value.cause
    assert not list(pinned.cache.glob("archives/*/*.tar.gz"))
    assert not list(pinned.cache.glob("sources/sdist-*/"))


def test_endless_answer_is_cut_off(pinned: Resolver, server: Server) -> None:
    (server.root / "files/thing-1.0.tar.gz").write_bytes(bytes(4 << 20))
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert "it is longer than the" in caught.value.cause


def test_next_place_is_asked_where_one_has_another_file(pinned: Resolver, server: Server, tmp_path: Path) -> None:
    wheels = tmp_path / "my wheels"
    wheels.mkdir()
    (wheels / "thing-1.0.tar.gz").write_bytes(b"repacked")
    pinned.environ = {**pinned.environ, "PIP_FIND_LINKS": wheels.as_uri()}
    assert pinned().kind == "sdist"


@pytest.mark.parametrize("missing", ["simple/thing/index.html", "files/thing-1.0.tar.gz"])
def test_missing_page_or_file_is_told_with_the_way_out(pinned: Resolver, server: Server, missing: str) -> None:
    (server.root / missing).unlink()
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert caught.value.exit_code == 4
    assert "--source DIR" in caught.value.hint
    assert "secret" not in str(caught.value)


def test_unreachable_index_is_told_with_the_way_out(pinned: Resolver, server: Server) -> None:
    server.close()
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert "refused" in caught.value.cause
    assert "pip config set" in caught.value.hint
    assert "secret" not in str(caught.value)
    assert "secret" not in " ".join(pinned.notes)


def test_git_helps_out_where_no_index_has_the_release(pinned: Resolver, upstream: Repository, server: Server) -> None:
    assert pinned.pins is not None
    (release,) = pinned.pins.releases
    known = Release(tag="v1.0.1", sdist=release.sdist, pruned=True)
    pinned.pins = Pins(default="v1.0.1", repo=pinned.pins.repo, releases=(known,))
    server.close()
    source = pinned()
    assert source.kind == "git"
    assert not source.pruned
    assert source.commit.sha == upstream.git("rev-parse", "v1.0.1")


def test_unknown_ref_without_network_names_the_pinned_ones(pinned: Resolver, upstream: Repository) -> None:
    upstream.path.rename(upstream.path.with_name("gone"))
    with pytest.raises(UnavailableError) as caught:
        pinned(ref="v8.0x")
    assert caught.value.exit_code == 4
    assert "v8.0" in caught.value.hint


def test_user_certificates_that_are_not_there_are_told(pinned: Resolver, tmp_path: Path) -> None:
    pinned.environ = {**pinned.environ, "PIP_CERT": str(tmp_path / "none.pem")}
    with pytest.raises(HarnessError, match=r"none\.pem") as caught:
        pinned()
    assert caught.value.exit_code == 3
