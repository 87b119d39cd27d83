"""The worker's answers: numbers, refusals, and what is no answer at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.parse.bench.worker import PROTOCOLS, find_worker_refusal, measure_worker, parse_answer, read_texts
from harness.records.measurement import Case
from harness.worker.__main__ import PROTOCOL as SPOKEN

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


def line(command: str, *, ok: bool = True, **fields: Any) -> str:
    return json.dumps({"ok": ok, "command": command, **fields})


def test_both_ends_speak_one_protocol() -> None:
    assert max(PROTOCOLS) == SPOKEN


def test_an_answer_is_a_cost_per_unit() -> None:
    told: dict[str, Any] = {
        "units": 64,
        "wall_ns": 128_000_000,
        "process_cpu_ns": 5,
        "other_cpus": 0.25,
        "steal_cpus": None,
    }
    answer = parse_answer(line("decode", **told), "decode")
    assert answer.value_ms == 2.0
    assert (answer.process_cpu_ns, answer.other_cpus, answer.steal_cpus) == (5, 0.25, None)
    assert parse_answer(line("start", protocol=1, release="1.8.5"), "start").release == "1.8.5"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "whisper_init: loading",
        "[]",
        '{"command": "encode"}',
        '{"ok": 1, "command": "encode"}',
        line("encode", wall_ns="7"),
        line("encode", units=0),
        line("encode", units=-1),
        line("encode", colour="blue"),
        '{"ok": true, "command": "encode", "wall_ns": NaN}',
    ],
)
def test_what_is_no_answer(said: str) -> None:
    with pytest.raises(UnreadableError, match="the worker gave a strange answer"):
        parse_answer(said, "encode")


def test_an_answer_to_something_else() -> None:
    with pytest.raises(UnreadableError, match="answered 'decode' although 'encode' was asked"):
        parse_answer(line("decode"), "encode")


def test_a_long_line_of_garbage_is_not_repeated_whole() -> None:
    with pytest.raises(UnreadableError) as caught:
        parse_answer("x" * 5000, "encode")
    assert len(caught.value.what) < 150


@given(st.text())
def test_no_text_is_a_crash(said: str) -> None:
    with pytest.raises(UnreadableError):
        parse_answer(said, "no such command")
    assert measure_worker(said, CASE, 1) == ((), ())
    assert find_worker_refusal(said) == read_texts(said) == ""


LOG = "\n".join(
    [
        "+ python -m harness.worker libwhisper.so",
        line("start", protocol=1),
        "whisper_init_from_file: loading",
        line("load", wall_ns=50_000_000),
        line("warm"),
        line("encode", units=1, wall_ns=900_000_000),
        line("encode", units=1, wall_ns=800_000_000),
        line("decode", units=256, wall_ns=512_000_000),
        '{"a line": "of the library"}',
        "{",
        "a line that the library left unfinished" + line("batch", units=320, wall_ns=640_000_000),
        line("prompt", units=4096, wall_ns=4_096_000_000),
        line("quit"),
    ]
)


def test_a_log_is_measured() -> None:
    found = [(one.metric, one.value, one.repetition, one.process) for one in measure_worker(LOG, CASE, 3).measurements]
    assert found == [
        ("load", 50.0, 1, 3),
        ("encode", 900.0, 1, 3),
        ("encode", 800.0, 2, 3),
        ("decode", 2.0, 1, 3),
        ("batchd", 2.0, 1, 3),
        ("prompt", 1.0, 1, 3),
    ]
    assert find_worker_refusal(LOG) == ""


def test_neither_refusals_nor_backward_clocks_are_numbers() -> None:
    log = "\n".join(
        [
            line("encode", wall_ns=0),
            line("encode", wall_ns=-5),
            line("encode", units=0, wall_ns=5),
            line("encode", ok=False, error="whisper_encode returned 3"),
            line("encode", ok=False, error="again"),
        ]
    )
    assert measure_worker(log, CASE, 1) == ((), ())
    assert find_worker_refusal(log) == "whisper_encode returned 3"


def test_texts_of_the_librarys_benchmarks() -> None:
    log = "\n".join([line("start"), line("memcpy", text="memcpy: 7 GB/s\n", wall_ns=1), line("quit")])
    assert read_texts(log) == "memcpy: 7 GB/s\n"


def test_counts_are_per_pass_or_token_beside_their_time() -> None:
    counted = {"instructions": 6400, "cycles": None, "cache_misses": 0, "moons": 5}
    log = "\n".join(
        [
            line("start", protocol=2, counters={"available": ["instructions"], "absent": {"cycles": "not-allowed"}}),
            line("encode", wall_ns=9, counts={"instructions": 100}),
            line("batch", units=320, wall_ns=9, counts=counted),
            line("load", wall_ns=9, counts={"instructions": 7}),
            line("encode", wall_ns=9),
            line("encode", wall_ns=9, counts={"instructions": 102, "cycles": 51}),
        ]
    )
    found = [(one.metric, one.value, one.repetition, one.process) for one in measure_worker(log, CASE, 4).counts]
    assert found == [
        ("encode_instructions", 100.0, 1, 4),
        ("batchd_instructions", 20.0, 1, 4),
        ("encode_instructions", 102.0, 3, 4),
        ("encode_cycles", 51.0, 3, 4),
    ]
