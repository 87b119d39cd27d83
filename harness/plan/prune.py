"""Which cache entries to remove: by age, then by size, least recently used first, and never an entry in use."""

from collections.abc import Collection, Iterable

from harness.errors import UsageError
from harness.records.cache_contents import CacheEntry, CacheEntryKind
from harness.records.record import Record
from harness.settings.layer import nearest

PRUNABLE = tuple(kind for kind in CacheEntryKind if kind is not CacheEntryKind.OTHER)


class PruneLimits(Record):
    """The limits of what may stay: nothing unused for `older_s`, at most `keep_bytes` in all; None means no limit."""

    older_s: float | None = None
    keep_bytes: int | None = None
    kinds: tuple[CacheEntryKind, ...] = PRUNABLE


def choose_victims(entries: Iterable[CacheEntry], limits: PruneLimits) -> tuple[CacheEntry, ...]:
    """Return the entries to remove, least recently used first.

    Leftovers of killed processes are always removed. Entries in use stay, but their bytes count.
    """
    mine = sorted((entry for entry in entries if entry.kind in limits.kinds), key=lambda entry: -entry.age_s)
    left_bytes = sum(entry.size_bytes for entry in mine)
    victims = []
    for entry in mine:
        old = limits.older_s is not None and entry.age_s > limits.older_s
        # Leftovers are removed whatever their age; the order stays the same.
        if not entry.in_use and (entry.kind is CacheEntryKind.LEFTOVERS or old):
            victims.append(entry)
            left_bytes -= entry.size_bytes
    for entry in mine:
        if limits.keep_bytes is None or left_bytes <= limits.keep_bytes:
            break
        if not entry.in_use and entry not in victims:
            victims.append(entry)
            left_bytes -= entry.size_bytes
    return tuple(victims)


def choose_kinds(words: Collection[str]) -> tuple[CacheEntryKind, ...]:
    """Return the kinds that `words` name, all prunable kinds if there are none; raises UsageError for other words."""
    known = {str(kind): kind for kind in PRUNABLE}
    unknown = next((word for word in words if word not in known), None)
    if unknown is not None:
        raise UsageError(f"--kind: unknown kind {unknown!r}", hint=nearest(unknown, known))
    return tuple(known[word] for word in dict.fromkeys(words)) or PRUNABLE
