from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.memcpy import measure_memcpy
from harness.records.case import Case

DATA = Path(__file__).parents[2] / "data"
SINGLE = Case.of("memcpy", loop="single", threads=1)


def pairs(text: str, threads: int) -> list[tuple[Case, float]]:
    return [(each.case, each.value) for each in measure_memcpy(text, threads, 1)]


def test_rates_of_a_real_report() -> None:
    text = (DATA / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf.md").read_text(encoding="utf-8")
    assert pairs(text, 4) == [
        (SINGLE, 14.36),
        (Case.of("memcpy", threads=1), 14.28),
        (Case.of("memcpy", threads=2), 25.79),
        (Case.of("memcpy", threads=3), 25.68),
        (Case.of("memcpy", threads=4), 28.57),
    ]


def test_rates_of_1_8_5() -> None:
    text = (DATA / "logs" / "v1.8.5-memcpy-t1.log").read_text(encoding="utf-8")
    assert pairs(text, 1) == [(SINGLE, 6.16), (Case.of("memcpy", threads=1), 7.66)]
    text = (DATA / "logs" / "v1.8.5-memcpy-t2.log").read_text(encoding="utf-8")
    assert [value for _, value in pairs(text, 2)] == [7.67, 7.78, 7.72]


def test_line_of_version_1_4() -> None:
    assert pairs("memcpy: 39.10 GB/s\nsum:    ok -536870910.000000\n", 4) == [(SINGLE, 39.10)]


def test_a_reference_that_is_no_number_does_not_shift_the_loop() -> None:
    text = "memcpy:     nan GB/s ( 1 thread)\nmemcpy:    7.00 GB/s ( 1 thread)\nmemcpy:     inf GB/s ( 2 thread)\n"
    assert pairs(text, 2) == [(Case.of("memcpy", threads=1), 7.0)]


def test_more_threads_than_were_asked_for_are_not_ours() -> None:
    text = "memcpy:    5.00 GB/s ( 1 thread)\nmemcpy:    7.00 GB/s ( 1 thread)\nmemcpy:    9.00 GB/s ( 2 thread)\n"
    assert [value for _, value in pairs(text, 1)] == [5.0, 7.0]


@pytest.mark.parametrize("piece", ["memcpy: ", "memcpy: 1", " ", "( 1 thread) GB/s "])
def test_ten_megabytes_in_one_line_are_survived(piece: str) -> None:
    assert measure_memcpy(piece * (10_000_000 // len(piece)), 4, 1) == ()


RATES = st.integers(min_value=1, max_value=10**7).map(lambda hundredths: hundredths / 100)


@given(single=RATES, rates=st.lists(RATES, min_size=1, max_size=128))
def test_lines_round_trip(single: float, rates: list[float]) -> None:
    text = "memcpy:    1.00 GB/s (heat-up)\n" + f"memcpy: {single:7.2f} GB/s ( 1 thread)\n"
    text += "".join(f"memcpy: {rate:7.2f} GB/s ({count:2d} thread)\n" for count, rate in enumerate(rates, start=1))
    loop = [(Case.of("memcpy", threads=count), rate) for count, rate in enumerate(rates, start=1)]
    assert pairs(text + "sum:    -3071997919.000000\n", len(rates)) == [(SINGLE, single), *loop]
