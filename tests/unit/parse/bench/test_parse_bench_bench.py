from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.bench.bench import Timing, Timings, is_empty_model, measure_whisper, parse_dialect, parse_timings
from harness.records.measurement import Case
from harness.records.plan import Dialect

LOGS = Path(__file__).parents[3] / "data" / "logs"
CUDA = (LOGS / "663cafc1__ggml-4-x86-cuda-v100__bench-bench-large-v3-turbo.log").read_text(encoding="utf-8")
MEDIUM = (LOGS / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log").read_text(encoding="utf-8")
EMPTY = (LOGS / "v1.8.5-whisper-tiny-empty.log").read_text(encoding="utf-8")
CASE = Case.of("whisper", model="medium", threads=4, fa=0)


def line(name: str, total: str, runs: str, *, blank: str = " ") -> str:
    return f"whisper_print_timings: {name:>8} time = {total:>8} ms / {runs:>5} runs ({blank}    1.23 ms per run)\n"


def test_timings_of_a_report_of_2025() -> None:
    assert parse_timings(CUDA) == Timings(
        load=Timing(total_ms=832.88),
        encode=Timing(total_ms=124.73, runs=1),
        decode=Timing(total_ms=352.29, runs=256),
        batchd=Timing(total_ms=140.27, runs=320),
        prompt=Timing(total_ms=95.65, runs=4096),
    )


def test_encode_of_ten_seconds_fills_the_field_and_is_read() -> None:
    assert "(10904.74 ms per run)" in MEDIUM  # no blank after the bracket: upstream's own table shows "ms" here
    assert parse_timings(MEDIUM).encode == Timing(total_ms=10904.74, runs=1)


def test_values_come_from_the_totals() -> None:
    values = {measurement.metric: measurement.value for measurement in measure_whisper(CUDA, CASE, 3)}
    assert values == {
        "encode": 124.73,
        "decode": 352.29 / 256,
        "batchd": 140.27 / 320,
        "prompt": 95.65 / 4096,
        "load": 832.88,
    }
    assert {(each.case, each.repetition) for each in measure_whisper(CUDA, CASE, 3)} == {(CASE, 3)}


def test_timings_with_a_blank_after_the_bracket() -> None:
    assert parse_timings(EMPTY).prompt == Timing(total_ms=16915.60, runs=4096)


def test_empty_model_is_recognised() -> None:
    assert is_empty_model(EMPTY)
    assert not is_empty_model(MEDIUM)


def test_version_1_4_measures_the_encoder_alone() -> None:
    text = (
        "whisper_print_timings:     load time =    91.05 ms\n"
        "whisper_print_timings:     fallbacks =   0 p /   0 h\n"
        "whisper_print_timings:      mel time =     0.00 ms\n"
        "whisper_print_timings:   sample time =     0.00 ms /     1 runs (    0.00 ms per run)\n"
        "whisper_print_timings:   encode time =   543.21 ms /     1 runs (  543.21 ms per run)\n"
        "whisper_print_timings:   decode time =     0.00 ms /     1 runs (    0.00 ms per run)\n"
        "whisper_print_timings:    total time =   634.26 ms\n"
    )
    assert [each.metric for each in measure_whisper(text, CASE, 1)] == ["encode", "load"]


@pytest.mark.parametrize("total", ["nan", "-nan", "inf", "-1.00", "1e9", "", "0x10", "1.2.3", "-0.00"])
def test_what_is_not_a_number_is_not_a_timing(total: str) -> None:
    assert parse_timings(line("encode", total, "1")) == Timings()


@pytest.mark.parametrize("runs", ["0", "-1", "nan", "1.5", "99999999999", "²"])
def test_what_is_not_a_count_is_not_a_timing(runs: str) -> None:
    assert parse_timings(line("encode", "10.00", runs)) == Timings()


def test_a_run_count_is_needed_except_for_load() -> None:
    text = "whisper_print_timings: encode time = 5.00 ms\nwhisper_print_timings: load time = 5.00 ms\n"
    assert parse_timings(text) == Timings(load=Timing(total_ms=5.0))


def test_zero_totals_are_not_measurements() -> None:
    assert measure_whisper(line("encode", "0.00", "1") + line("decode", "0.00", "256"), CASE, 1) == ()


def test_colours_carriage_returns_and_foreign_bytes_do_not_hide_a_line() -> None:
    text = "\ufffd\x1b[1;32m...50%\x1b[0m" + line("encode", "7.50", "1").replace("\n", "\x1b[K\r\n")
    assert parse_timings(text).encode == Timing(total_ms=7.5, runs=1)


def test_an_attempt_that_died_does_not_inherit_the_numbers_of_the_one_before() -> None:
    text = "+ whisper-bench -m a\n" + line("encode", "7.50", "1") + "+ whisper-bench -m a\nSegmentation fault\n"
    assert measure_whisper(text, CASE, 1) == ()


@pytest.mark.parametrize("piece", ["whisper_print_timings: ", "\x1b[", "9", " ", "= 1 ms / ", "\r", "time ="])
def test_ten_megabytes_in_one_line_are_survived(piece: str) -> None:
    text = piece * (10_000_000 // len(piece)) + "\n" + line("encode", "7.50", "1")
    assert parse_timings(text).encode == Timing(total_ms=7.5, runs=1)


TOTALS = st.integers(min_value=1, max_value=10**9).map(lambda hundredths: hundredths / 100)


@given(
    totals=st.lists(TOTALS, min_size=4, max_size=4),
    runs=st.lists(st.integers(min_value=1, max_value=99999), min_size=4, max_size=4),
    blank=st.sampled_from(["", " "]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_timings_round_trip(totals: list[float], runs: list[int], blank: str, end: str) -> None:
    names = ("encode", "decode", "batchd", "prompt")
    text = "".join(
        f"whisper_print_timings: {name:>8} time = {total:8.2f} ms / {count:5d} runs ({blank}{total / count:8.2f} ms "
        f"per run){end}"
        for name, total, count in zip(names, totals, runs, strict=True)
    )
    expected = [total / count for total, count in zip(totals, runs, strict=True)]
    assert [each.value for each in measure_whisper(text, CASE, 1)] == expected


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(each.value > 0 for each in measure_whisper(text, CASE, 1))


def test_dialect_of_1_8_5() -> None:
    text = (LOGS / "v1.8.5-help.log").read_text(encoding="utf-8")
    assert parse_dialect(text) == Dialect(no_gpu=True, flash_attn=True, no_flash_attn=True)


def test_dialects_of_older_releases() -> None:
    old = (
        "  -t N,     --threads N   [4      ] number of threads\n"
        "  -m FNAME, --model FNAME [x] model path\n"
        "  -w N,     --what N      [0      ] what to benchmark\n"
    )
    assert parse_dialect(old) == Dialect()
    assert parse_dialect(old + "  -ng,      --no-gpu      [false  ] disable GPU\n") == Dialect(no_gpu=True)
    newer = old + "  -ng,      --no-gpu      [false]\n  -fa,      --flash-attn  [false]\n"
    assert parse_dialect(newer) == Dialect(no_gpu=True, flash_attn=True)
