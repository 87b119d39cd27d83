"""What the client (`harness.client`) says of a server under load: JSON objects on lines between those of the server."""

import contextlib
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from harness.parse.bench.transcription import SAMPLE_RATE_HZ
from harness.parse.notation import UNDECODABLE, parse_count, plain_lines
from harness.records.measurement import LATENCY, LATENCY_P95, SPEECH_RATE, Case, Measurement
from harness.records.quality import ServerLoad
from harness.records.record import Record
from harness.records.wording import format_count

_OPENING = '{"event": '
_PROCESSING = re.compile(r"processing '.*' \(([0-9]{1,12}) samples, ")
_HIGH = 0.95
# No request takes more than a day: a longer time is damage.
_Ms = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class ClientEvent(Record):
    """One line of the client; which of the fields it has depends on the `event`."""

    event: str
    protocol: int = 0
    port: int = 0
    seconds: _Ms = 0.0
    client: int = 0
    sent_ms: _Ms = 0.0
    ms: _Ms = 0.0
    digest: str = ""
    refusal: str = ""
    reason: str = ""
    finished: bool = False
    exit_code: int = 0
    max_rss_bytes: int = 0
    early: bool = False


class ServerLog(Record):
    """What came of a server: its load, None if there was none, and why it failed, empty if it did not.

    `exit_code` is that of a server that ended by itself, None if it was stopped.
    """

    load: ServerLoad | None
    failure: str
    exit_code: int | None = None


def parse_server_log(text: str, clients: int, wanted: int) -> ServerLog:
    """Return what came of a server that was to get `wanted` requests from so many clients at once."""
    events = list(_read(text))
    found = {one.event: one for one in events}
    ending = found.get("end")
    ended = ending.exit_code if ending and ending.early else None
    ready, warm = found.get("ready"), found.get("warm")
    if "failure" in found:
        return ServerLog(load=None, failure=found["failure"].reason, exit_code=ended)
    if ready is None or warm is None or warm.refusal:
        failure = f"the first request failed: {warm.refusal}" if warm else "the server got no request"
        return ServerLog(load=None, failure=failure, exit_code=ended)
    requests = [one for one in events if one.event == "request"]
    load = _summarize(requests, clients, ready.seconds, _speech_s(text))
    answered, asked = load.requests - load.refused, format_count(wanted, "request")
    if ended is not None:
        failure = f"the server ended by itself after {answered} of {asked}"
    elif ending is None or "load" not in found:
        failure = "the output of the client is cut off"
    elif load.refused:
        failure = f"{load.refused} of {format_count(load.requests, 'request')} failed: {load.first_refusal}"
    elif not found["load"].finished:
        failure = f"only {answered} of {asked} were answered in time"
    else:
        failure = "" if load.speech_rate else "the log does not say how long the audio is"
    return ServerLog(load=load, failure=failure, exit_code=ended)


def measure_server(load: ServerLoad, case: Case, repetition: int) -> tuple[Measurement, ...]:
    """Return the times of a load that was answered, as measurements."""
    values = {LATENCY: load.median_ms, LATENCY_P95: load.p95_ms, SPEECH_RATE: load.speech_rate}
    return tuple(
        Measurement(case=case, metric=metric.name, value=value, repetition=repetition)
        for metric, value in values.items()
        if value > 0
    )


def _summarize(requests: Sequence[ClientEvent], clients: int, ready_s: float, speech_s: float) -> ServerLoad:
    answered = [one for one in requests if not one.refusal]
    times = sorted(one.ms for one in answered)
    span_ms = max((one.sent_ms + one.ms for one in answered), default=0.0) - min(
        (one.sent_ms for one in answered), default=0.0
    )
    return ServerLoad(
        clients=clients,
        requests=len(requests),
        refused=len(requests) - len(answered),
        median_ms=statistics.median(times) if times else 0.0,
        # The smallest time that at least so many of all requests did not exceed.
        p95_ms=times[math.ceil(_HIGH * len(times)) - 1] if times else 0.0,
        worst_ms=times[-1] if times else 0.0,
        speech_rate=len(answered) * speech_s / (span_ms / 1000) if span_ms else 0.0,
        ready_s=ready_s,
        first_refusal=next((one.refusal for one in requests if one.refusal), ""),
        digests=tuple(dict.fromkeys(one.digest for one in answered)),
    )


def _speech_s(text: str) -> float:
    """Return the length of the audio that the server says it processed; 0 unless it says the same of every request."""
    found = {match[1] for line in plain_lines(text) if (match := _PROCESSING.search(line))}
    return (parse_count(found.pop()) or 0) / SAMPLE_RATE_HZ if len(found) == 1 else 0.0


def _read(text: str) -> Iterator[ClientEvent]:
    for line in text.splitlines():
        _, opening, rest = line.partition(_OPENING)  # the server may have left a line of its own unfinished
        if opening:
            with contextlib.suppress(*UNDECODABLE):
                yield msgspec.json.decode(opening + rest, type=ClientEvent)
