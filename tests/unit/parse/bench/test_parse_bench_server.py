"""What the client says of a server: numbers where every request was answered, and one reason where one was not."""

import math
from pathlib import Path

import pytest

from harness.parse.bench.server import measure_server, parse_server_log
from harness.parse.outcome import describe_exit, read_outcome
from harness.records.measurement import Case
from harness.records.outcome import Cause, Status, StepResult
from tests import factory

LOGS = Path(__file__).parents[3] / "data" / "logs"
CASE = Case.of("server", audio="jfk", clients=4, model="tiny.en", threads=2, fa=1)
LOG = (LOGS / "v1.8.5-server-jfk.log").read_text(encoding="utf-8")
WARM = '{"event": "ready", "seconds": 0.2}\n{"event": "warm", "ms": 9.0, "digest": "a", "refusal": ""}\n'
HEARD = "operator(): processing 'audio.wav' (32000 samples, 2.0 sec), 2 threads ...\n"


def request(ms: float, sent_ms: float = 0.0, refusal: str = "") -> str:
    digest = "" if refusal else "a"
    words = f'"sent_ms": {sent_ms}, "ms": {ms}, "digest": "{digest}", "refusal": "{refusal}"'
    return f'{{"event": "request", "client": 1, {words}}}\n'


def end(exit_code: int = 0, *, early: bool = False, finished: bool = True) -> str:
    load = f'{{"event": "load", "finished": {str(finished).lower()}}}\n'
    return f'{load}{{"event": "end", "exit_code": {exit_code}, "max_rss_bytes": 9, "early": {str(early).lower()}}}\n'


def outcome(log: str, case: Case = CASE, backend: str = "cpu") -> StepResult:
    argv = ("python", "-m", "harness.client", "--requests", "16", "--", "whisper-server")
    step = factory.step("server", case=case).replace(argv=argv, backend=backend)
    return read_outcome(step, factory.completed(), log, "")


def test_a_real_log_is_read() -> None:
    result = outcome(LOG)
    assert (result.status, result.reason) == (Status.PASSED, "")
    load = result.load
    assert load
    assert (load.clients, load.requests, load.refused, load.digests) == (4, 16, 0, ("c048f464ccae",))
    assert load.ready_s == 0.256
    assert load.median_ms < load.p95_ms <= load.worst_ms
    values = {one.metric: one.value for one in result.measurements}
    assert values == {"latency": load.median_ms, "latency_p95": load.p95_ms, "speech_rate": load.speech_rate}
    # One request after the other: sixteen of eleven seconds each in the time between the first and the last byte.
    assert 16 * 11 / load.speech_rate == pytest.approx(load.requests * load.median_ms / 4 / 1000, rel=0.2)


def test_no_log_that_breaks_off_passes() -> None:
    lines = LOG.splitlines(keepends=True)
    whole = next(number for number, line in enumerate(lines, 1) if '"event": "end"' in line)
    for number in range(whole):
        assert outcome("".join(lines[:number])).status is Status.FAILED, lines[number]
    assert outcome("".join(lines[:whole])).status is Status.PASSED


def test_the_95th_percentile_is_a_time_that_was_measured() -> None:
    for number in (1, 8, 19, 20, 21, 100):
        log = WARM + HEARD + "".join(request(float(ms)) for ms in range(number, 0, -1)) + end()
        load = parse_server_log(log, 1, number).load
        assert load
        assert load.p95_ms == math.ceil(0.95 * number)
        assert load.worst_ms == number


def test_throughput_counts_from_the_first_byte_to_the_last() -> None:
    log = WARM + HEARD + request(100.0, 50.0) + request(300.0, 100.0) + request(150.0, 60.0) + end()
    load = parse_server_log(log, 3, 3).load
    assert load
    assert load.speech_rate == pytest.approx(3 * 2.0 / 0.35)
    assert [one.value for one in measure_server(load, CASE, 1)] == [150.0, 300.0, load.speech_rate]


def test_lines_of_the_server_that_have_no_end_hide_nothing() -> None:
    log = "half a line" + WARM + HEARD.rstrip("\n") + request(100.0) + "Received request: audio.wav" + end()
    assert outcome(log + '{"event": "request", "ms": "many"}\n{"event": {}}').status is Status.PASSED


@pytest.mark.parametrize(
    ("log", "reason", "cause"),
    [
        ("", "the server got no request", None),
        (WARM.replace('"refusal": ""', '"refusal": "HTTP 500"'), "the first request failed: HTTP 500", None),
        (
            WARM + HEARD + request(1.0) + 2 * request(1.0, refusal="the text is empty") + end(),
            "2 of 3 requests failed: the text is empty",
            None,
        ),
        (WARM + HEARD + request(1.0), "the output of the client is cut off", None),
        (WARM + HEARD + request(1.0) + end(finished=False), "only 1 of 16 requests were answered in time", None),
        (WARM + 16 * request(1.0) + end(), "the log does not say how long the audio is", None),
        (
            WARM + HEARD + request(1.0) + end(-4, early=True),
            f"the server ended by itself after 1 of 16 requests ({describe_exit(-4)})",
            Cause.ILLEGAL_INSTRUCTION,
        ),
        (
            'error: unknown argument: -nfa\n{"event": "failure", "reason": "the server ended before it was ready"}\n'
            + end(0, early=True),
            "the server ended before it was ready (exit code 0); unknown argument: -nfa",
            None,
        ),
    ],
)
def test_what_is_no_load_has_a_reason(log: str, reason: str, cause: Cause | None) -> None:
    result = outcome(log)
    assert (result.status, result.reason, result.cause, result.measurements) == (Status.FAILED, reason, cause, ())


def test_a_server_that_did_something_else_has_measured_nothing() -> None:
    other = outcome(LOG, Case.of("server", audio="jfk", clients=4, model="tiny.en", threads=2, fa=0))
    assert (other.status, other.measurements) == (Status.FAILED, ())
    assert "flash attention 1" in other.reason
    assert "cuda" in outcome(LOG, backend="cuda").reason
