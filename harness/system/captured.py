"""What a short child left behind."""

import errno

from harness.parse.shortage import Complaint, read_shortage
from harness.records.record import Record


class Captured(Record):
    """The exit code and the whole output of a short child.

    `refused` is the number of the error with which it could not be started (ENOENT: there is no such program), 0 where
    it was; `late` says that it was stopped because it did not end.
    """

    exit_code: int
    stdout: str
    stderr: str
    refused: int = 0
    late: bool = False

    @property
    def ok(self) -> bool:
        """Whether the child exited with 0."""
        return self.exit_code == 0

    @property
    def is_absent(self) -> bool:
        """Whether there is no such program."""
        return self.refused == errno.ENOENT

    @property
    def shortage(self) -> Complaint | None:
        """The limit of the system that a child met which failed, by what it said; None where it was something else."""
        return None if self.ok else read_shortage(f"{self.stderr}\n{self.stdout}")
