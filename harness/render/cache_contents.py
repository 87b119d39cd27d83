"""The contents of the cache, and what was removed from it, for people."""

from collections.abc import Sequence

from harness.records.cache_contents import CacheContents, CacheEntry, CacheEntryKind, PruneResult
from harness.records.wording import format_count
from harness.render.plain import align

_HEADER = ("kind", "size", "last use", "in use", "name", "purpose")


def render_contents(stock: CacheContents) -> str:
    """Return a line for each entry, the largest first, then the total, the free space, and how to make room."""
    lines = [*_rows(stock.entries), "", f"{_count(stock.entries)}, {_sums(stock)} in {stock.folder}"]
    if any(entry.kind is not CacheEntryKind.OTHER for entry in stock.entries):
        lines.append("to make room: harness cache prune --older 30d --keep 20GB --yes")
    return "\n".join(lines).lstrip("\n") + "\n"


def render_pruning(pruning: PruneResult) -> str:
    """Return a line for each entry that was removed, or would be, and the total."""
    gone = [one.entry for one in pruning.removals if not one.kept]
    headline = f"{'removed' if pruning.done else 'would remove'} {_count(gone)}, {format_size(pruning.freed_bytes)}"
    lines = [*_rows(gone), *([""] if gone else []), f"{headline}; {_sums(pruning.stock)} in {pruning.stock.folder}"]
    lines += [f"kept {one.entry.name}: {one.kept}" for one in pruning.removals if one.kept]
    if gone and not pruning.done:
        lines.append("nothing was removed; add --yes to do it")
    return "\n".join(lines) + "\n"


def format_size(size_bytes: float) -> str:
    """Return `1.2 GB` or `34.5 MB`, decimal units."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"


def _format_age(age_s: float) -> str:
    """Return the age in its largest whole unit: `3 d`, `5 h`, `2 min`."""
    for unit_s, unit in ((86_400, "d"), (3600, "h")):
        if age_s >= unit_s:
            return f"{age_s // unit_s:.0f} {unit}"
    return f"{age_s // 60:.0f} min"


def _count(entries: Sequence[CacheEntry]) -> str:
    return format_count(len(entries), "entry", plural="entries")


def _sums(stock: CacheContents) -> str:
    return f"{format_size(stock.total_bytes)} in total, {format_size(stock.free_bytes)} free"


def _rows(entries: Sequence[CacheEntry]) -> list[str]:
    rows = [
        (
            entry.kind,
            format_size(entry.size_bytes),
            _format_age(entry.age_s),
            entry.in_use or "-",
            entry.name,
            entry.purpose or ("never removed" if entry.kind is CacheEntryKind.OTHER else "-"),
        )
        for entry in entries
    ]
    return list(align((_HEADER, *rows), left=len(_HEADER))) if rows else []
