"""What the worker answers about results: numbers, what is not whole, and results that are not numbers."""

import json
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.parse.bench.quality import parse_check, parse_divergence
from harness.parse.bench.worker import find_worker_refusal

CHECK = {"errors": [0.01, 0.02], "agreeing": "10", "unreal": 0}
DIVERGENCE = {
    "windows": 2,
    "of_windows": 5,
    "language": "",
    "detected": False,
    "divergence": [0.5, 0.0, 0.25, 0.125, 3.0, 0.0625],
    "agreeing": "110111",
    "log_probability": [-0.5, -0.25, -1.0, -0.25, -2.0, -0.5],
    "reference_log_probability": [-0.25, -0.25, -0.5, -0.25, -0.25, -0.3],
    "tokens": [5, 6, 7, 8, 9, 50],
    "own": [5, 6, 1, 8, 50],
    "unreal": 0,
    "made_by": "v1.8.5 f24588a",
}


def line(command: str, fields: dict[str, Any], **changes: Any) -> str:
    return json.dumps({"ok": True, "command": command, **fields, **changes})


def test_a_check() -> None:
    log = f"whisper_init: a line\nunfinished {line('check', CHECK)}\nwhisper_free\n"
    check = parse_check(log, 0.05)
    assert (check.errors, check.tolerance, check.agreeing, check.unreal) == ((0.01, 0.02), 0.05, "10", 0)
    assert check.passed
    assert not parse_check(log, 0.015).passed
    assert not parse_check(line("check", CHECK, unreal=3), 0.05).passed
    assert parse_check(line("check", CHECK, blank_keys=36), 0.05) == check


def test_a_divergence() -> None:
    found = parse_divergence(line("diverge", DIVERGENCE))
    assert (found.windows, found.of_windows, found.positions, found.tokens) == (2, 5, 6, 6)
    assert found.mean == pytest.approx(3.9375 / 6)
    assert found.median == pytest.approx((0.125 + 0.25) / 2)
    assert (found.low, found.high, found.worst) == (0.0, 3.0, 3.0), "of six values, all six make 95 %"
    assert found.log_probability == pytest.approx(-0.75)
    assert found.reference_log_probability == pytest.approx(-0.3)
    assert found.agreement == pytest.approx(5 / 6)
    assert found.token_edits == 2, "one is another, one is missing"
    assert found.made_by == "v1.8.5 f24588a"
    again = parse_divergence(line("diverge", DIVERGENCE, own=DIVERGENCE["tokens"]))
    assert (again.token_edits, again.token_agreement) == (0, 1.0)
    assert again.digest != found.digest
    assert len(found.digest) == 12


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=80))
def test_an_interval_holds_the_median(divergence: list[float]) -> None:
    n = len(divergence)
    rows = {
        name: [-1.0] * n if "log" in name else divergence
        for name in ("divergence", "log_probability", "reference_log_probability")
    }
    found = parse_divergence(line("diverge", DIVERGENCE, **rows, agreeing="1" * n, tokens=[7] * n, own=[]))
    assert 0 <= found.low <= found.median <= found.high <= found.worst == max(divergence)
    assert found.median == pytest.approx(statistics.median(divergence))
    assert (found.low, found.high) == (min(divergence), max(divergence)) or n > 8
    assert found.token_edits == n


@pytest.mark.parametrize(
    "changes",
    [
        {"errors": []},
        {"errors": [0.1]},
        {"errors": [0.1, -0.1]},
        {"agreeing": "12"},
        {"errors": ["0.1", "0.2"]},
        {"unreal": -1},
        {"colour": "blue"},
    ],
)
def test_a_check_that_is_not_whole(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match=r"not whole|did not answer check"):
        parse_check(line("check", CHECK, **changes), 0.05)


@pytest.mark.parametrize(
    "changes",
    [
        {"tokens": []},
        {"tokens": [5]},
        {"agreeing": "1"},
        {"divergence": [0.1]},
        {"divergence": [0.1] * 5 + [-0.1]},
        {"log_probability": [-1.0] * 7},
        {"reference_log_probability": []},
        {"own": [-1]},
        {"made_by": None},
    ],
)
def test_a_divergence_that_is_not_whole(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match=r"not whole|did not answer diverge"):
        parse_divergence(line("diverge", DIVERGENCE, **changes))


@pytest.mark.parametrize("said", ["", "{", "[]", line("encode", {}), '{"ok": true, "command": "diverge"'])
def test_a_log_without_an_answer(said: str) -> None:
    with pytest.raises(UnreadableError, match="the worker did not answer diverge"):
        parse_divergence(said)


def test_numbers_beyond_all_bounds_are_no_answer() -> None:
    said = line("diverge", DIVERGENCE).replace("[0.5,", "[1e999,")
    with pytest.raises(UnreadableError, match="did not answer diverge"):
        parse_divergence(said)


def test_logits_that_are_no_numbers() -> None:
    with pytest.raises(UnreadableError, match="wrong result: 51864 logits are not numbers"):
        parse_divergence(line("diverge", DIVERGENCE, unreal=51864))


def test_a_refusal_is_read_like_any_other() -> None:
    said = json.dumps({"ok": False, "command": "check", "error": "there is no reference /x"})
    assert find_worker_refusal(said) == "there is no reference /x"
    with pytest.raises(UnreadableError, match="did not answer check"):
        parse_check(said, 0.05)
