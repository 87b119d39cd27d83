from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.parse.release import nearest_names, parse_pins

PINS = Path(__file__).parents[3] / "third_party" / "sources.toml"


def pinned() -> str:
    return PINS.read_text(encoding="utf-8")


def test_default_release_is_complete_and_names_its_commit() -> None:
    pins = parse_pins(pinned())
    release = pins.find("")
    assert release is not None
    assert not release.pruned
    commit = release.commit(pins.repo)
    assert commit.sha == "f24588a272ae8e23280d9c220536437164e6ed28"
    assert commit.release == "v1.8.5"
    assert commit.author == "Georgi Gerganov"
    assert commit.date == "2026-05-29T09:46:42+03:00"
    assert commit.message == "sync : ggml"
    assert not commit.dirty


def test_each_release_has_its_own_archive() -> None:
    releases = parse_pins(pinned()).releases
    assert [release.tag for release in releases] == ["v1.8.5", "v1.8.4", "v1.8.2", "v1.7.4"]
    assert [release.pruned for release in releases] == [False, True, True, True]
    assert len({release.sdist.sha256 for release in releases}) == 4
    assert all(release.sdist.version in release.sdist.filename for release in releases)


@pytest.mark.parametrize(
    ("ref", "tag"),
    [
        ("v1.8.4", "v1.8.4"),
        ("f24588a", "v1.8.5"),
        ("F24588A272AE8E23280D9C220536437164E6ED28", "v1.8.5"),
        ("f24588", None),
        ("v1.8", None),
        ("1.8.5", None),
        ("master", None),
    ],
)
def test_release_is_found_by_tag_or_sha(ref: str, tag: str | None) -> None:
    found = parse_pins(pinned()).find(ref)
    assert (found.tag if found else None) == tag


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('default = "v1.8.5"', 'default = "v9"'),
        ('tag = "v1.8.4"', 'tag = "v1.8.5"'),
        ("5df897e5dd9d", "5df897e5dd9"),
        ('sha = "f24588', 'sha = "F24588'),
        ("bytes = 9756087", "bytes = 0"),
        ("bytes = 9756087", 'bytes = "many"'),
        ("pywhispercpp-1.5.1.tar.gz", "../x.tar.gz"),
        ("pruned = true", "prund = true"),
        ("default = ", "default "),
    ],
)
def test_contradictions_and_mistakes_are_refused(old: str, new: str) -> None:
    text = pinned()
    assert old in text
    with pytest.raises(UnreadableError, match="pinned sources"):
        parse_pins(text.replace(old, new))


def test_nearest_names_come_best_first() -> None:
    names = ("v1.8.4", "v1.8.5", "master", "v1.7.4")
    assert nearest_names("v1.8.5x", names)[0] == "v1.8.5"
    assert nearest_names("mastr", names) == ("master",)
    assert nearest_names("zzz", names) == ()
