"""A limit of the system is named, and never taken for a program that is missing."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import HarnessError, InterruptedRunError, LimitError, UnfitError, UnreadableError
from harness.parse.pin import parse_pins
from harness.parse.tool.pip import PackageIndex
from harness.records.build import Tool, Toolchain
from harness.store.layout import list_months
from harness.system import toolchain
from harness.system.asset import third_party
from harness.system.download import fetch
from harness.system.foreign import is_regular, list_folder, read_bytes, walk_tree
from harness.system.git import Git
from harness.system.limit import CpuTimeError, explain_stop, limit_of
from harness.system.process.child import CannotStartError, capture
from harness.system.process.listener import CapturedOutput
from harness.system.source import package
from harness.system.source.tree import probe_tree


def fail(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """Let no process start."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "Popen", refuse)


def wrapped(error: BaseException) -> HarnessError:
    """Return what somebody makes of an error that they caught."""
    try:
        try:
            raise error
        except BaseException as caught:
            raise UnreadableError("x cannot be read", cause=str(caught), hint="look") from None
    except UnreadableError as complaint:
        return complaint


def of_a_library(error: BaseException) -> Exception:
    """Return what a library makes of an error that it met, as HTTP clients do."""
    try:
        try:
            raise error
        except BaseException as caught:
            raise ConnectFailure(str(caught)) from caught
    except ConnectFailure as complaint:
        return complaint


class ConnectFailure(Exception):  # noqa: N818 - a name as libraries have them
    """What a library raises."""


@pytest.mark.parametrize(
    ("number", "command"),
    [(errno.EMFILE, "ulimit -n"), (errno.EAGAIN, "ulimit -u"), (errno.ENOMEM, "ulimit -v"), (errno.ENFILE, "sysctl")],
)
def test_what_cannot_be_started_for_a_limit_is_not_missing(
    number: int, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "CMakeLists.txt").write_text('project("whisper.cpp" C CXX)\n')
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "whisper.h").touch()
    fail(monkeypatch, OSError(number, os.strerror(number)))
    said: list[str] = []
    for ask in (
        lambda: capture(["gcc", "--version"], env={}),
        lambda: Git(tmp_path, {}).run("log"),
        lambda: probe_tree(tmp_path, environ={}, note=said.append, ours=()),
    ):
        with pytest.raises(LimitError) as caught:
            ask()
        assert command in caught.value.hint
        assert os.strerror(number) in str(caught.value)
        assert "install" not in str(caught.value)
    assert said == []


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_a_file_that_a_limit_hides_is_neither_missing_nor_unreadable(
    number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "node" / "2026-05").mkdir(parents=True)
    file = tmp_path / "file"
    file.touch()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        patch.setattr(os, "scandir", refuse)
        for look in (
            lambda: read_bytes(file),
            lambda: is_regular(tmp_path / "node" / "file", within=tmp_path),
            lambda: list_folder(tmp_path),
            lambda: list(walk_tree(tmp_path)),
            lambda: list_months(tmp_path),
        ):
            with pytest.raises(LimitError):
                look()


def test_a_lock_of_somebody_is_no_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(UnreadableError):
            read_bytes(tmp_path / "file")


def test_a_missing_program_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fail(monkeypatch, FileNotFoundError(errno.ENOENT, "No such file or directory", "git"))
    assert capture(["git"], env={}).is_absent
    with pytest.raises(UnfitError, match="git is not installed") as caught:
        Git(tmp_path, {}).run("log")
    assert caught.value.hint.startswith("sudo apt install git  # or ")


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "Permission denied", "git"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/gone"),
    ],
)
def test_a_program_that_may_not_run_is_not_to_be_installed(
    error: OSError, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fail(monkeypatch, error)
    with pytest.raises(UnfitError) as caught:
        Git(tmp_path, {}).run("log")
    assert "install" not in str(caught.value)


def test_a_system_without_dev_null_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, FileNotFoundError(errno.ENOENT, "No such file or directory", os.devnull))
    with pytest.raises(LimitError, match=os.devnull):
        capture(["gcc"], env={})


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ({"exit_code": 127, "stderr": "gcc: libc.so.6: cannot open shared object file: Error 24"}, LimitError, "-n"),
        ({"exit_code": 1, "stderr": "gcc: vfork: Resource temporarily unavailable"}, LimitError, "ulimit -u"),
        ({"exit_code": -9, "stderr": ""}, UnfitError, "SIGKILL"),
        ({"exit_code": -24, "stderr": ""}, UnfitError, "ulimit -t"),
        ({"exit_code": 124, "stderr": "no answer within 60 s", "late": True}, UnfitError, "no answer"),
    ],
)
def test_a_compiler_that_a_limit_stopped_is_not_to_be_installed(
    answer: dict[str, object], kind: type[HarnessError], says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("gcc", "g++"):
        (tmp_path / name).touch(mode=0o755)
    captured = CapturedOutput(exit_code=0, stdout="", stderr="").replace(**answer)
    monkeypatch.setattr(toolchain, "capture", lambda *_, **__: captured)
    with pytest.raises(kind) as caught:
        toolchain.probe_toolchain("gcc", {"PATH": str(tmp_path)}, cache=tmp_path)
    assert says in str(caught.value)
    assert "install" not in str(caught.value)


def test_no_index_and_no_mirror_is_blamed_for_a_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the official weights count as unavailable, synthetic ones take their place."""
    import httpx2

    def refuse(*_: object, **__: object) -> None:
        try:
            raise OSError(errno.EMFILE, "Too many open files")
        except OSError as error:
            raise httpx2.ConnectError("[Errno 24] Too many open files") from error

    monkeypatch.setattr(package, "_find", refuse)
    monkeypatch.setattr(package, "_open_client", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(fetch, "_attempt", refuse)
    release = parse_pins(third_party("sources.toml").read_text(encoding="utf-8")).find("")
    assert release
    target = tmp_path / "file"
    asks: tuple[Callable[[], None], ...] = (
        lambda: package.download_sdist(release.sdist, PackageIndex(), target, environ={}, note=print),
        lambda: fetch.fetch(fetch.DownloadRequest(url="https://index.test/x", sha256="0" * 64), target, environ={}),
    )
    for ask in asks:
        with pytest.raises(LimitError) as caught:
            ask()
        assert "ulimit -n" in caught.value.hint


def test_a_tool_that_a_limit_stopped_is_not_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = CapturedOutput(exit_code=1, stdout="", stderr="gcc: vfork: Resource temporarily unavailable")
    monkeypatch.setattr(toolchain, "capture", lambda *_, **__: said)
    gcc = Tool(name="gcc", version="12.2.0", path="/usr/bin/gcc")
    known = Toolchain(cc=gcc, cxx=gcc, cmake=gcc, ctest=gcc, ninja=gcc, compiler_cache=None)
    with pytest.raises(LimitError, match="/usr/bin/gcc cannot run"):
        toolchain.probe_again(known, {}, cache=tmp_path)


def test_what_is_behind_an_error() -> None:
    for error, command in (
        (OSError(errno.EMFILE, "Too many open files", "/a"), "ulimit -n"),
        (MemoryError(), "ulimit -v"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (CpuTimeError("SIGXCPU"), "ulimit -t"),
        (wrapped(OSError(errno.ENOMEM, "Cannot allocate memory")), "ulimit -v"),
        (of_a_library(OSError(errno.EMFILE, "Too many open files")), "ulimit -n"),
        (wrapped(of_a_library(OSError(errno.EMFILE, "Too many open files"))), "ulimit -n"),
    ):
        limit = limit_of(error)
        assert limit is not None
        assert command in limit.hint
        assert limit.exit_code == 3


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("a defect"),
        InterruptedRunError("interrupted"),
        wrapped(ValueError("nonsense")),
        wrapped(BlockingIOError(errno.EAGAIN, "somebody holds the lock")),
        of_a_library(OSError(errno.ECONNREFUSED, "Connection refused")),
        wrapped(of_a_library(BlockingIOError(errno.EAGAIN, "a socket"))),
    ],
)
def test_what_no_limit_is_behind(error: BaseException) -> None:
    assert limit_of(error) is None


def test_a_run_that_a_limit_stops_says_how_to_go_on() -> None:
    told = ("finished work is kept", "harness run --resume x", Path("/results"))
    for error, place in (
        (MemoryError(), ""),
        (OSError(errno.ENOSPC, "full"), "/results"),
        (OSError(5, "bad", "/x"), "/x"),
    ):
        stopped = explain_stop("run", error, *told)
        assert stopped.what.startswith("the run stopped: ")
        assert place in stopped.what
        assert "finished work is kept" in stopped.line
        assert stopped.hint.endswith("then harness run --resume x")
    explained = UnfitError("no room")
    assert explain_stop("run", explained, *told) is explained


def test_a_program_that_is_not_there_keeps_its_number() -> None:
    assert CannotStartError("x", "No such file or directory", number=errno.ENOENT).number == errno.ENOENT
