"""The model that detects speech, as a tree has it."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.system.vad import find_vad_model


def test_the_newest_model_is_found(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("v5.1.2-ggml", "v10.0-ggml", "v6.2.0-ggml", "v9-other", "latest-ggml"):
        (models / f"for-tests-silero-{name}.bin").touch()
    assert find_vad_model(tmp_path) == str(models / "for-tests-silero-v10.0-ggml.bin")


@pytest.mark.parametrize("folder", ["models", "elsewhere"])
def test_a_tree_without_a_model_names_the_first_release_with_one(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    with pytest.raises(UsageError, match="--vad: the source has no models/for-tests-silero") as refused:
        find_vad_model(tmp_path)
    assert "v1.7.6" in (refused.value.cause or "")
