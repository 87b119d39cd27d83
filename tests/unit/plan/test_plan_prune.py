"""What is given up: the oldest first, never what is in use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.plan.prune import PRUNABLE, PruneLimits, choose_kinds, choose_victims
from harness.records.cache_contents import CacheEntry, CacheEntryKind


def entry(
    name: str, age_s: float, size_bytes: int, kind: CacheEntryKind = CacheEntryKind.BUILDS, in_use: str = ""
) -> CacheEntry:
    return CacheEntry(kind=kind, name=name, path=f"/c/{name}", size_bytes=size_bytes, age_s=age_s, in_use=in_use)


ENTRIES = (
    entry("new", 1, 100),
    entry("old", 50, 100),
    entry("older", 60, 100, CacheEntryKind.WEIGHTS),
    entry("used", 70, 100, in_use="why not"),
    entry("mine", 80, 100, CacheEntryKind.OTHER),
)


def names(limits: PruneLimits, *more: CacheEntry) -> list[str]:
    return [one.name for one in choose_victims((*ENTRIES, *more), limits)]


def test_without_limits_only_leftovers_go() -> None:
    assert names(PruneLimits()) == []
    left = entry("left", 0, 5, CacheEntryKind.LEFTOVERS)
    assert names(PruneLimits(), left, left.replace(name="held", in_use="held")) == ["left"]


def test_by_age_the_oldest_first() -> None:
    assert names(PruneLimits(older_s=40)) == ["older", "old"]
    assert names(PruneLimits(older_s=60)) == []


def test_by_size_until_no_more_than_that_is_left() -> None:
    assert names(PruneLimits(keep_bytes=400)) == []
    assert names(PruneLimits(keep_bytes=399)) == ["older"]
    assert names(PruneLimits(keep_bytes=300)) == ["older"]
    assert names(PruneLimits(keep_bytes=0)) == ["older", "old", "new"], "what is in use stays"


def test_of_the_chosen_kinds_alone() -> None:
    assert names(PruneLimits(keep_bytes=0, kinds=(CacheEntryKind.WEIGHTS,))) == ["older"]


def test_both_limits() -> None:
    assert names(PruneLimits(older_s=55, keep_bytes=200)) == ["older", "old"]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(tuple(CacheEntryKind)), st.booleans()),
        max_size=12,
    ),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(0, 60),
)
def test_nothing_in_use_or_unknown_ever_goes(
    facts: list[tuple[int, int, CacheEntryKind, bool]], older_s: int | None, keep_bytes: int | None
) -> None:
    entries = [
        entry(str(number), age, size, kind, "held" if held else "")
        for number, (age, size, kind, held) in enumerate(facts)
    ]
    victims = choose_victims(entries, PruneLimits(older_s=older_s, keep_bytes=keep_bytes))
    assert not any(one.in_use or one.kind is CacheEntryKind.OTHER for one in victims)
    left = [one for one in entries if one not in victims and one.kind is not CacheEntryKind.OTHER]
    if keep_bytes is not None and sum(one.size_bytes for one in left) > keep_bytes:
        assert all(one.in_use for one in left)


def test_kinds_by_name() -> None:
    assert choose_kinds(()) == PRUNABLE
    assert choose_kinds(("builds", "weights", "builds")) == (CacheEntryKind.BUILDS, CacheEntryKind.WEIGHTS)
    with pytest.raises(UsageError, match="unknown kind 'build'"):
        choose_kinds(("build",))
    with pytest.raises(UsageError, match="unknown kind 'other'"):
        choose_kinds(("other",))
