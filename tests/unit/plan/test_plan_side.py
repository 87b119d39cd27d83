"""Sides of a comparison: how they are named, and what they change."""

import pytest

from harness.errors import UsageError
from harness.plan.side import KEYS, ORIGINS, SideRequest, parse_side
from harness.records.source import SourceRequest
from harness.settings.table import BY_NAME


def parse(words: str) -> SideRequest:
    return parse_side(words, is_folder=lambda word: word in (".", "../tree", "~/tree"))


def test_every_key_is_a_setting() -> None:
    assert set(KEYS.values()) <= BY_NAME.keys()


def test_the_help_names_every_key_but_the_source() -> None:
    text = BY_NAME["baseline_config"].help
    assert [key for key in KEYS if f"{key}=" not in text] == list(ORIGINS)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("v1.8.4", {"ref": "v1.8.4"}),
        ("ref=.", {"ref": "."}),
        (".", {"source": "."}),
        ("../tree", {"source": "../tree"}),
        ("source=elsewhere", {"source": "elsewhere"}),
        ("fa=1", {"flash_attn": "1"}),
        ("flash_attn=1", {"flash_attn": "1"}),
        ("v1.8.4, threads=2 ,fa=0", {"ref": "v1.8.4", "threads": "2", "flash_attn": "0"}),
        ("weights=/w/ggml-base.bin", {"weights": "/w/ggml-base.bin"}),
        ("isa=avx2,compiler=clang", {"isa": "avx2", "compiler": "clang"}),
        ("backend=blas,blas=openblas,llamafile=on", {"backend": "blas", "blas": "openblas", "llamafile": "on"}),
        ("build_type=MinSizeRel,openmp=off", {"build_type": "MinSizeRel", "openmp": "off"}),
        ("repo=https://example.org/x?a=b", {"repo": "https://example.org/x?a=b"}),
    ],
)
def test_what_words_mean(words: str, values: dict[str, str]) -> None:
    request = parse(words)
    assert dict(request.values) == values
    assert request.defines == ()
    assert request.label == words


def test_names_in_capitals_are_options_of_cmake() -> None:
    request = parse("v1.8.5,GGML_LLAMAFILE=ON,CMAKE_C_FLAGS=-O2 -g,GGML_X=")
    assert request.defines == ("GGML_LLAMAFILE=ON", "CMAKE_C_FLAGS=-O2 -g", "GGML_X=")
    assert dict(request.values) == {"ref": "v1.8.5"}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("", "has an empty part"),
        ("fa=1,", "has an empty part"),
        ("fa=", "has an empty part"),
        ("nonsense=1", "unknown key 'nonsense'"),
        ("=1", "unknown key ''"),
        ("fa=0,fa=1", "flash_attn is given twice"),
        ("v1,v2", "ref is given twice"),
        ("v1,ref=v2", "ref is given twice"),
        (".,v1", "a local tree cannot have a ref"),
        (".,repo=x", "a local tree cannot have a repo"),
        ("source=x,ref=v1,repo=y", "a local tree cannot have a ref or a repo"),
        ("../nowhere,fa=1", "there is no folder ../nowhere"),
    ],
)
def test_what_words_cannot_mean(words: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        parse(words)


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        parse("thread=2")
    assert caught.value.hint == "did you mean threads?"


@pytest.mark.parametrize(
    ("words", "inherited", "origin"),
    [
        ("fa=1", {"ref", "repo", "source"}, ("", "mine.git", "/tree")),
        ("v1", {"repo"}, ("v1", "mine.git", "")),
        ("repo=other.git", {"ref"}, ("", "other.git", "")),
        ("v1,repo=other.git", set(), ("v1", "other.git", "")),
        (".", set(), ("", "", ".")),
    ],
)
def test_a_side_that_says_what_it_is_has_no_use_for_the_rest(
    words: str, inherited: set[str], origin: tuple[str, str, str]
) -> None:
    request = parse(words)
    assert request.inherited == inherited
    mine = request.choose_source(SourceRequest(repo="mine.git", tree="/tree", ours=("/ours",)))
    assert (mine.ref, mine.repo, mine.tree) == origin
    assert mine.ours == ("/ours",)
    assert request.named.items() <= dict(request.values).items()
