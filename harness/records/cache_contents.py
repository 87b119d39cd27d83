"""What lies in the cache folder."""

from enum import StrEnum

from harness.records.record import Record


class CacheEntryKind(StrEnum):
    """What an entry is; OTHER is whatever the harness does not know or does not give up."""

    SOURCES = "sources"
    REPOSITORIES = "repositories"
    ARCHIVES = "archives"
    BUILDS = "builds"
    ROOFLINES = "rooflines"
    WEIGHTS = "weights"
    AUDIO = "audio"
    DOWNLOADS = "downloads"
    LOGS = "logs"
    LEFTOVERS = "leftovers"
    OTHER = "other"


class CacheEntry(Record):
    """One thing in the cache, which is removed as a whole or not at all.

    `purpose` is what it is for, as far as it is known; `age_s` the time since it was last used; `in_use` why it must
    stay, empty where it need not. `lock` is the file whose lock its makers hold, `companions` are files beside it that
    mean nothing without it.
    """

    kind: CacheEntryKind
    name: str
    path: str
    size_bytes: int
    age_s: float
    purpose: str = ""
    in_use: str = ""
    lock: str = ""
    companions: tuple[str, ...] = ()


class CacheContents(Record):
    """All entries of a cache folder, and the room that is left on its disk."""

    folder: str
    entries: tuple[CacheEntry, ...]
    free_bytes: int

    @property
    def total_bytes(self) -> int:
        """The bytes of all entries."""
        return sum(entry.size_bytes for entry in self.entries)


class Removal(Record):
    """An entry that was chosen to go; `kept` says why it is still there, empty where it went."""

    entry: CacheEntry
    kept: str = ""


class PruneResult(Record):
    """What a pruning removed, or would remove where it was not `done`."""

    stock: CacheContents
    removals: tuple[Removal, ...]
    done: bool

    @property
    def freed_bytes(self) -> int:
        """The bytes that went, or would go."""
        return sum(one.entry.size_bytes for one in self.removals if not one.kept)
