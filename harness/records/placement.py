"""Where and how a benchmark's process is run."""

from harness.records.record import Record


class Placement(Record):
    """CPUs that a child is pinned to (none: wherever the system likes) and its priority (nice; None: as it is).

    `huge_pages` says whether its memory was asked for in transparent huge pages.
    """

    cpus: tuple[int, ...] = ()
    nice: int | None = None
    huge_pages: bool = False

    def __str__(self) -> str:
        """Return it for people: `CPUs 0,2, nice 5`."""
        parts = [
            f"CPUs {','.join(str(cpu) for cpu in self.cpus)}" if self.cpus else "",
            f"nice {self.nice}" if self.nice is not None else "",
            "transparent huge pages" if self.huge_pages else "",
        ]
        return ", ".join(part for part in parts if part)
