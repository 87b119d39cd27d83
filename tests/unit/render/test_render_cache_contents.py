"""The cache for people."""

from harness.records.cache_contents import CacheContents, CacheEntry, CacheEntryKind, PruneResult, Removal
from harness.render.cache_contents import render_contents, render_pruning

BUILD = CacheEntry(
    kind=CacheEntryKind.BUILDS,
    name="sdist-1",
    path="/c/builds/sdist-1",
    size_bytes=120_000_000,
    age_s=3 * 86_400 + 5,
    purpose="v1.8.5, Release native, gcc",
)
MINE = CacheEntry(kind=CacheEntryKind.OTHER, name="a\x1b[2Jb", path="/c/x", size_bytes=10, age_s=7300.0, in_use="")
STOCK = CacheContents(folder="/c", entries=(BUILD, MINE), free_bytes=75_400_000_000)


def test_the_list_is_aligned_and_ends_in_the_sum() -> None:
    assert render_contents(STOCK) == (
        "kind    size      last use  in use  name     purpose\n"
        "builds  120.0 MB  3 d       -       sdist-1  v1.8.5, Release native, gcc\n"
        "other   0.0 MB    2 h       -       a�[2Jb   never removed\n"
        "\n"
        "2 entries, 120.0 MB in total, 75.4 GB free in /c\n"
        "to make room: harness cache prune --older 30d --keep 20GB --yes\n"
    )


def test_what_would_go_and_what_went() -> None:
    planned = render_pruning(PruneResult(stock=STOCK, removals=(Removal(entry=BUILD),), done=False))
    assert "would remove 1 entry, 120.0 MB; 120.0 MB in total, 75.4 GB free in /c\n" in planned
    assert planned.endswith("nothing was removed; add --yes to do it\n")
    kept = render_pruning(PruneResult(stock=STOCK, removals=(Removal(entry=BUILD, kept="Read-only"),), done=True))
    assert kept == "removed 0 entries, 0.0 MB; 120.0 MB in total, 75.4 GB free in /c\nkept sdist-1: Read-only\n"
