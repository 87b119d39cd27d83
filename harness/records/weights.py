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

    UNDECIDED occurs only in plans: official weights if they can be downloaded, else synthetic ones.
    """

    OFFICIAL = "official"
    SYNTHETIC = "synthetic"
    FILE = "file"
    UNDECIDED = "undecided"


class Weights(Record):
    """A verified model file; `sha256` is that of its whole content, `size_bytes` its length.

    Quantised weights that a run makes itself have a `parent`, the F16 file that they are made from; `kind` is that of
    the parent, and `sha256` is empty until the file exists.
    """

    model: str
    kind: WeightsKind
    path: str
    size_bytes: int
    sha256: str
    parent: str = ""


class Audio(Record):
    """A recording as whisper-cli reads it; `name` is used in cases, `sha256` is that of the whole file that was named.

    `path` is that file, or the WAV file that was made from it. `duration_s` is 0 until it is known.
    """

    name: str
    path: str
    sha256: str
    duration_s: float
