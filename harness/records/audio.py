"""A recording that is transcribed."""

from harness.records.record import Record


class Audio(Record):
    """A file of sound as whisper-cli reads it: `name` stands in cases, `sha256` is of the whole file that was named.

    `path` is that file, or the WAV file that was made of it. `duration_s` is 0 before it is known.
    """

    name: str
    path: str
    sha256: str
    duration_s: float
