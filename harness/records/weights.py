"""The files that a benchmark reads: weights, the shape of their model, and recordings."""

from harness.records.record import ExplainedWord, Record


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


class WeightsKind(ExplainedWord):
    """Where weights come from; timings of different kinds are never mixed silently."""

    OFFICIAL = "official", "The published file, compared with its pinned checksum."
    SYNTHETIC = "synthetic", "Seeded random values in the true shapes: right for timing, useless for transcribing."
    FILE = "file", "A file that you named."
    UNDECIDED = "undecided", "In plans only: the official file if it can be downloaded, else synthetic weights."


class Weights(Record):
    """A verified model file; `sha256` is that of its whole content, `size_bytes` its length.

    Quantised weights that a run makes itself have a `parent`, the F16 file that they are made from, and its sum in
    `parent_sha256`; `kind` is that of the parent, and `sha256` is empty until the file exists.
    """

    model: str
    kind: WeightsKind
    path: str
    size_bytes: int
    sha256: str
    parent: str = ""
    parent_sha256: str = ""


class Audio(Record):
    """A recording as whisper-cli reads it; `name` is used in cases, `sha256` is that of the whole file that was named.

    `path` is that file, or the WAV file that was made from it. `duration_s` is 0 until it is known. `text` is what it
    is known to say, empty if nobody said so; a finished run has that of the sample alone.
    """

    name: str
    path: str
    sha256: str
    duration_s: float
    text: str = ""
