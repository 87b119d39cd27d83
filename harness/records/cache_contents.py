"""What is in the cache folder."""

from enum import StrEnum

from harness.records.record import Record


class CacheEntryKind(StrEnum):
    """What an entry is; OTHER is whatever the harness does not know or must keep."""

    SOURCES = "sources"
    REPOSITORIES = "repositories"
    ARCHIVES = "archives"
    BUILDS = "builds"
    ROOFLINES = "rooflines"
    WEIGHTS = "weights"
    AUDIO = "audio"
    REFERENCES = "references"
    DOWNLOADS = "downloads"
    LOGS = "logs"
    LEFTOVERS = "leftovers"
    OTHER = "other"


class CacheEntry(Record):
    """One entry of the cache, which is removed as a whole or not at all.

    `purpose` says what it was made for, if that is known; `age_s` is the time since its last use; `in_use` says why it
    must stay, and is empty if it need not. `lock` is the lock file of the processes that make it, `companions` are
    files beside it that are useless without it.
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
    """All entries of a cache folder, and the free space on its disk."""

    folder: str
    entries: tuple[CacheEntry, ...]
    free_bytes: int

    @property
    def total_bytes(self) -> int:
        """The total size of all entries in bytes."""
        return sum(entry.size_bytes for entry in self.entries)


class Removal(Record):
    """An entry that was chosen for removal; `kept` says why it still exists, and is empty if it was removed."""

    entry: CacheEntry
    kept: str = ""


class PruneResult(Record):
    """What a pruning removed, or would remove if it is not `done`."""

    stock: CacheContents
    removals: tuple[Removal, ...]
    done: bool

    @property
    def freed_bytes(self) -> int:
        """The bytes that were freed, or would be."""
        return sum(one.entry.size_bytes for one in self.removals if not one.kept)
