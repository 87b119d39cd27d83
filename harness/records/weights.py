"""The files that a benchmark reads: weights, the shape of their model, and recordings."""

from enum import StrEnum

from harness.records.record import Record


class Shape(Record):
    """The ten hyper-parameters at the head of a model file, named and ordered as there (`ftype` follows them)."""

    n_vocab: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int
    n_mels: int


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


class Audio(Record):
    """A file of sound as whisper-cli reads it: `name` stands in cases, `sha256` is of the whole file that was named.

    `path` is that file, or the WAV file that was made of it. `duration_s` is 0 before it is known.
    """

    name: str
    path: str
    sha256: str
    duration_s: float
