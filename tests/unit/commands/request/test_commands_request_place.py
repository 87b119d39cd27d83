"""Folders as they are asked for."""

from pathlib import Path

import pytest

from harness.commands.request.build import resolve_source_request
from harness.commands.request.place import resolve_places, resolve_results
from harness.errors import UsageError
from harness.settings.layer import Settings, layer_settings


def layered(**flags: object) -> Settings:
    return layer_settings(file={}, file_name="", environ={}, flags=flags)


def test_folders_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = resolve_places(layered(cache="cache", results="my results", wait=False))
    assert (places.cache, places.results) == (tmp_path / "cache", tmp_path / "my results")
    assert not places.wait
    assert places.options == f"--results '{tmp_path}/my results' --cache {tmp_path}/cache"
    source = resolve_source_request(layered(source="whisper.cpp"), places)
    assert source.tree == "whisper.cpp"
    assert str(tmp_path / "cache") in source.ours


def test_a_cache_that_is_the_default_is_not_named() -> None:
    places = resolve_places(layered())
    assert "--cache" not in places.options
    assert places.wait
    assert places.results == resolve_results(layered())


@pytest.mark.parametrize("cache", ["/a,b", "/a:b", "/a;b", "/a/\udcff"])
def test_a_cache_in_which_nothing_could_be_built(cache: str) -> None:
    with pytest.raises(UsageError, match="the cache"):
        resolve_places(layered(cache=cache))
