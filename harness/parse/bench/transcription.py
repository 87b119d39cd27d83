"""The output of whisper-cli when it transcribes: the length of the audio, text, timings, and errors.

Grammar: `main: processing 'a.wav' (176000 samples, 11.0 sec), 4 threads, ...` on stderr, at 16 kHz in every version;
`[00:00:00.000 --> 00:00:11.000]   text` on stdout.
"""

import re

from harness.parse.bench.bench import parse_timings, parse_total_ms
from harness.parse.notation import parse_count, plain_lines
from harness.records.measurement import RTF, Case, Measurement

SAMPLE_RATE_HZ = 16_000
_PROCESSING = re.compile(r"main: processing '.*' \(([0-9]{1,12}) samples, ")
_SEGMENT = re.compile(r"\[[0-9:.]+ --> [0-9:.]+\]\s*(\S.*)?")
_ERROR = re.compile(r"error: (.*)")


def measure_transcription(text: str, case: Case, repetition: int) -> tuple[Measurement, ...]:
    """Return the real-time factor of one process: its total time without loading the weights, over that of the audio.

    Empty if the log lacks one of the three, or there was no audio.
    """
    audio_s = _audio_s(text)
    load, total_ms = parse_timings(text).load, parse_total_ms(text)
    if load is None or total_ms is None or not audio_s or total_ms <= load.total_ms:
        return ()
    value = (total_ms - load.total_ms) / 1000 / audio_s
    return (Measurement(case=case, metric=RTF.name, value=value, repetition=repetition),)


def read_printed(text: str) -> str:
    """Return all that was printed as text, on one line; the times of its segments are left out."""
    segments = (_SEGMENT.match(line) for line in plain_lines(text))
    return " ".join(segment[1].strip() for segment in segments if segment and segment[1])


def has_text(text: str) -> bool:
    """Return whether any segment with words in it was printed."""
    segments = (_SEGMENT.match(line) for line in plain_lines(text))
    return any(segment and segment[1] for segment in segments)


def find_complaint(text: str) -> str:
    """Return the error that the program printed; it exits with 0 after some wrong calls."""
    found = [match[1] for line in plain_lines(text) if (match := _ERROR.match(line))]
    return found[-1] if found else ""


def _audio_s(text: str) -> float:
    found = [match[1] for line in plain_lines(text) if (match := _PROCESSING.search(line))]
    return (parse_count(found[-1]) or 0) / SAMPLE_RATE_HZ if len(found) == 1 else 0.0
