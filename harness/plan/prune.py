"""Which entries of the cache are given up: by age, then by size, the longest unused first, and never one in use."""

from collections.abc import Collection, Iterable

from harness.errors import UsageError
from harness.records.cache_contents import CacheEntry, CacheEntryKind
from harness.records.record import Record

PRUNABLE = tuple(kind for kind in CacheEntryKind if kind is not CacheEntryKind.OTHER)


class PruneLimits(Record):
    """What may stay: nothing older than `older_s`, no more than `keep_bytes` in all; None is no limit."""

    older_s: float | None = None
    keep_bytes: int | None = None
    kinds: tuple[CacheEntryKind, ...] = PRUNABLE


def choose_victims(entries: Iterable[CacheEntry], limits: PruneLimits) -> tuple[CacheEntry, ...]:
    """Return what has to go, the longest unused first.

    Leftovers of killed processes always go. What is in use stays, but its bytes count.
    """
    mine = sorted((entry for entry in entries if entry.kind in limits.kinds), key=lambda entry: -entry.age_s)
    left_bytes = sum(entry.size_bytes for entry in mine)
    victims = []
    for entry in mine:
        old = limits.older_s is not None and entry.age_s > limits.older_s
        # After those that are too old, for age is all that decides there; the order is the same.
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
    """Return the kinds that `words` name, all that can be pruned for none; raises UsageError for others."""
    known = {str(kind): kind for kind in PRUNABLE}
    unknown = next((word for word in words if word not in known), None)
    if unknown is not None:
        raise UsageError(f"--kind: {unknown!r} is no kind of thing in the cache", hint=f"one of {', '.join(known)}")
    return tuple(known[word] for word in dict.fromkeys(words)) or PRUNABLE
