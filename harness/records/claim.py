"""What a log says of a backend, and what takes it back."""

from harness.records.record import Record


class Claim(Record):
    """A backend or encoder that a log names (`CUDA0`, `BLAS`, `CoreML`), and the line that names it.

    `contradiction` is the line, or its absence in words, by which the claim does not hold; empty where it does.
    """

    subject: str
    line: str
    contradiction: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing in the log contradicts it."""
        return not self.contradiction
