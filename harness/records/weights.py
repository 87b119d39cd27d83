"""A model file on disk."""

from enum import StrEnum

from harness.records.record import Record


class WeightsKind(StrEnum):
    """Where weights come from; timings of different kinds are never mixed silently."""

    OFFICIAL = "official"
    SYNTHETIC = "synthetic"
    FILE = "file"


class Weights(Record):
    """A verified model file: `sha256` is of its whole content, `size_bytes` its length."""

    model: str
    kind: WeightsKind
    path: str
    size_bytes: int
    sha256: str
