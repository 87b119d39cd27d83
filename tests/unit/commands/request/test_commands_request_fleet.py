"""The folders of a fleet are absolute, and what lies on another computer stays as it is."""

from pathlib import Path

import pytest

from harness.commands.request.fleet import choose_classes, load_fleet, settle_places
from harness.errors import UnreadableError, UsageError
from harness.parse.tool.remote_copy import is_remote
from harness.settings.layer import layer_settings
from harness.settings.request import Places

TEXT = """
name = "lab"
results = "inbox"
[class.a]
nodes = ["x"]
results = "{RESULTS}"
cache = "{CACHE}"
[[class.a.job]]
verb = "nightly"
repo = "../up"
weights = "official"
[[class.a.job]]
verb = "sweep"
file = "./axes.toml"
"""


def write(folder: Path, results: str, cache: str) -> Path:
    path = folder / "fleet.toml"
    path.write_text(TEXT.replace("{RESULTS}", results).replace("{CACHE}", cache))
    return path


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("", "{folder}/inbox"),
        ("/srv/{node}", "/srv/{node}"),
        ("in/{node}", "{folder}/in/{node}"),
        ("~/r", "/home/me/r"),
        ("me@host:in/{node}", "me@host:in/{node}"),
        ("/a:b", "/a:b"),
    ],
)
def test_results_of_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, results: str, expected: str) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    (one,) = load_fleet(write(tmp_path, results, "~/c")).classes
    assert one.results == expected.replace("{folder}", str(tmp_path))
    assert one.cache == "~/c", "the node's home folder"


def test_words_of_a_job_begin_at_the_file_if_they_say_so(tmp_path: Path) -> None:
    nightly, sweep = load_fleet(write(tmp_path, "", "c")).classes[0].jobs
    assert dict(nightly.settings) == {"repo": (str(tmp_path / "../up"),), "weights": ("official",)}
    assert sweep.words == (str(tmp_path / "axes.toml"),)


def test_what_lies_on_another_computer() -> None:
    assert is_remote("host:/r")
    assert is_remote("me@host:r")
    assert not is_remote("/r:x")
    assert not is_remote("./r:x")


def test_a_flag_wins_over_the_file_and_the_file_over_all_else(tmp_path: Path) -> None:
    fleet = load_fleet(write(tmp_path, "", "")).replace(database="postgresql+psycopg://db/x")
    places = Places(cache=tmp_path, results=tmp_path / "flag", database="")
    by_flag = layer_settings(file={}, file_name="", environ={}, flags={"results": "flag"})
    by_variable = layer_settings(file={}, file_name="", environ={"HARNESS_RESULTS": "flag"}, flags={})
    assert settle_places(places, fleet, by_flag).results == tmp_path / "flag"
    settled = settle_places(places, fleet, by_variable)
    assert (settled.results, settled.database) == (tmp_path / "inbox", "postgresql+psycopg://db/x")


def test_an_unknown_class_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    fleet = load_fleet(write(tmp_path, "", ""))
    assert choose_classes(fleet, ()) == choose_classes(fleet, ("a",)) == fleet
    with pytest.raises(UsageError, match="--class b: the fleet lab has no such class"):
        choose_classes(fleet, ("a", "b"))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableError, match=r"fleet\.toml"):
        load_fleet(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UnreadableError, match=r"fleet\.toml"):
        load_fleet(path)
