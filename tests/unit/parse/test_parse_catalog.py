import re
from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.parse.catalog import GROUPS, ModelKind, expand_models, parse_catalog, require_timeable

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
    assert near in caught.value.cause


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
    with pytest.raises(UsageError, match="is not for timing"):
        expand_models(["base", name], CATALOG)
    with pytest.raises(UsageError, match="is not for timing"):
        require_timeable(CATALOG.entry(name))


@pytest.mark.parametrize("text", ["[[model", "model = 3", "[[model]]\nname = 'a'", TEXT + "colour = 'red'\n"])
def test_a_damaged_catalogue_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse_catalog(text)
