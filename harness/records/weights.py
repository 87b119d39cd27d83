"""A model file on disk."""

from enum import StrEnum

from harness.records.record import Record


class WeightsKind(StrEnum):
    """Where weights come from; timings of different kinds are never mixed silently.

    UNDECIDED stands in plans alone: official ones if they can be downloaded, else synthetic ones.
    """

    OFFICIAL = "official"
    SYNTHETIC = "synthetic"
    FILE = "file"
    UNDECIDED = "undecided"


class Weights(Record):
    """A verified model file: `sha256` is of its whole content, `size_bytes` its length.

    Quantised weights that a run makes itself have a `parent`, the F16 file that they are made from; `kind` is the
    parent's, and `sha256` is empty until they are there.
    """

    model: str
    kind: WeightsKind
    path: str
    size_bytes: int
    sha256: str
    parent: str = ""
