import re
from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.parse.pin import (
    GROUPS,
    ModelKind,
    expand_models,
    nearest_names,
    parse_catalog,
    parse_pins,
    require_timeable,
)

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


TEXT = (Path(__file__).parents[3] / "third_party" / "models.toml").read_text(encoding="utf-8")
CATALOG = parse_catalog(TEXT)


def test_catalogue_holds_every_published_file_once() -> None:
    names = [entry.name for entry in CATALOG.model]
    assert len(names) == len(set(names)) == 58
    kinds = [entry.kind for entry in CATALOG.model]
    assert kinds.count(ModelKind.HEADER_ONLY) == 9


def test_sums_and_addresses_are_well_formed() -> None:
    for entry in CATALOG.model:
        assert re.fullmatch(r"([0-9a-f]{64})?", entry.sha256), entry.name
        assert re.fullmatch(r"([0-9a-f]{40})?", entry.sha1), entry.name
        assert entry.url.startswith("https://"), entry.name
        assert entry.url.endswith(f"/{entry.file}"), entry.name
        assert bool(entry.sha256) == (entry.sources > 0), entry.name
    sums = [entry.sha256 for entry in CATALOG.model if entry.sha256]
    assert len(sums) == len(set(sums))


def test_the_twelve_sizes_are_verifiable_and_can_be_made() -> None:
    assert len(GROUPS["all"]) == 12
    for name in GROUPS["all"]:
        entry = CATALOG.entry(name)
        assert entry.kind is ModelKind.WHISPER
        assert entry.sources >= 2
        assert entry.size_bytes
        assert re.fullmatch(r"[0-9a-f]{64}", entry.synthetic_sha256)


def test_quantised_files_are_told_by_name() -> None:
    assert CATALOG.entry("base-q5_1").quantised
    assert not CATALOG.entry("large-v3-turbo").quantised
    assert not CATALOG.entry("small.en-tdrz").quantised


def test_a_sum_leads_back_to_its_file() -> None:
    base = CATALOG.entry("base")
    assert CATALOG.by_sha256(base.sha256) == base
    assert CATALOG.by_sha256("") is None
    assert CATALOG.by_sha256("0" * 64) is None


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["base"], ("base",)),
        (["base", "tiny"], ("base", "tiny")),
        (["base, tiny,base", "tiny"], ("base", "tiny")),
        (["fast"], ("tiny", "base", "small")),
        (["small,fast"], ("small", "tiny", "base")),
        (["all"], GROUPS["all"]),
        (["base-q5_1,"], ("base-q5_1",)),
    ],
)
def test_words_become_names(words: list[str], names: tuple[str, ...]) -> None:
    assert expand_models(words, CATALOG) == names


@pytest.mark.parametrize(("word", "near"), [("bsae", "base"), ("turbo", "large-v3-turbo"), ("large", "large-v1")])
def test_unknown_names_are_answered_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        expand_models([word], CATALOG)
    assert near in caught.value.hint


def test_nonsense_has_no_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        expand_models(["/&%$"], CATALOG)
    assert caught.value.cause == ""


@pytest.mark.parametrize("words", [[], [""], [" , "]])
def test_nothing_is_not_a_model(words: list[str]) -> None:
    with pytest.raises(UsageError, match="no model is named"):
        expand_models(words, CATALOG)


@pytest.mark.parametrize("name", ["for-tests-ggml-base", "silero-v5.1.2", "parakeet-tdt-0.6b-v3-f16"])
def test_what_cannot_be_timed_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be timed"):
        expand_models(["base", name], CATALOG)
    with pytest.raises(UsageError, match="cannot be timed"):
        require_timeable(CATALOG.entry(name))


@pytest.mark.parametrize("text", ["[[model", "model = 3", "[[model]]\nname = 'a'", TEXT + "colour = 'red'\n"])
def test_a_damaged_catalogue_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse_catalog(text)
