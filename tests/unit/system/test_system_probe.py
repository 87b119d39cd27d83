import sys
from pathlib import Path

import pytest

from harness.parse.host.node import parse_node
from harness.system import probe


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machine_has_what_every_machine_has() -> None:
    node = probe.probe_node("here", {})
    assert node.name == "here"
    assert node.cpu.arch
    assert node.cpu.cores.logical >= node.cpu.cores.physical >= 1
    assert node.memory_bytes > 1 << 20
    assert node.kernel
    assert node.python == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_label_that_cannot_be_had_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "archspec.cpu", None)
    assert probe.probe_node("", {}).cpu.microarchitecture == ""


def test_slow_brand_is_asked_only_where_the_system_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("brand")
        return "Brand of a library"

    monkeypatch.setattr(probe, "_probe_brand", ask)
    monkeypatch.setattr(probe, "probe_capture", lambda environ: {"/proc/cpuinfo": "model name : X9\n"})
    assert probe.probe_node("n", {}).cpu.brand == "X9"
    assert asked == []
    monkeypatch.setattr(probe, "probe_capture", lambda environ: {"/proc/cpuinfo": "processor : 0\n"})
    assert probe.probe_node("n", {}).cpu.brand == "Brand of a library"
    assert asked == ["brand"]


def test_files_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x\xff\n")
    texts = probe._read([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path)])
    assert texts == {str(tmp_path / "a"): "x�\n"}


def test_capture_parses_to_the_same_node() -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    assert parse_node("", probe.probe_capture({})).cpu.cores.affinity >= 1
