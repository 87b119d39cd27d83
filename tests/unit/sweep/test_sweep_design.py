"""A sweep as it is designed can be taken up again, from wherever that is done."""

from pathlib import Path

import pytest

from harness.settings.layer import layer_settings
from harness.sweep.design import design_sweep
from harness.sweep.remainder import recall_design
from tests import factory


def test_a_sweep_is_taken_up_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tree", "clang", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    flags = {"source": "tree", "compiler": "clang", "threads": ["1"]}
    settings = layer_settings(file={}, file_name="", environ={}, flags=flags)
    _, suite, design = design_sweep(settings, factory.node(), "", ())
    kept = {one.name: one.value for one in design.settings}
    assert kept["source"] == str(tmp_path / "tree")
    assert kept["compiler"] == "clang", "a program on PATH, not the folder of that name"
    monkeypatch.chdir(tmp_path / "elsewhere")
    now = layer_settings(file={}, file_name="", environ={}, flags={"threads": ["2"]})
    recalled, again = recall_design(design, (), now, factory.node())
    assert again == suite
    assert recalled.text("source") == kept["source"]
