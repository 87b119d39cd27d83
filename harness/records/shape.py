"""The hyper-parameters of a whisper model."""

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
