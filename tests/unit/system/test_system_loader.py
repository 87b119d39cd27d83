"""Libraries that would be loaded in place of those that were built."""

from pathlib import Path

import pytest

from harness.system.loader import drop_rivals


@pytest.mark.parametrize("variable", ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"])
@pytest.mark.parametrize("name", ["libwhisper.so", "libggml.so.0", "libggml-cpu-haswell.so", "libwhisper.1.8.5.dylib"])
def test_a_folder_with_another_whisper_is_left_out_and_said(tmp_path: Path, variable: str, name: str) -> None:
    (tmp_path / name).touch()
    given = {variable: f"/opt/cuda/lib:{tmp_path}", "PATH": "/bin"}
    kept, (caveat,) = drop_rivals(given)
    assert kept == {variable: "/opt/cuda/lib", "PATH": "/bin"}
    assert caveat.code == "library-path"
    assert f"{tmp_path} (it has {name})" in caveat.message
    assert drop_rivals({variable: str(tmp_path)})[0] == {}


def test_other_folders_stay(tmp_path: Path) -> None:
    for name in ("libopenblas.so.0", "libggml.txt", "whisper.so"):
        (tmp_path / name).touch()
    given = {"LD_LIBRARY_PATH": f"{tmp_path}::/nowhere:"}
    assert drop_rivals(given) == (given, ())
    assert drop_rivals({}) == ({}, ())
