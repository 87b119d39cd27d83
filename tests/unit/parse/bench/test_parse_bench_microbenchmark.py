from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.bench.microbenchmark import measure_memcpy, measure_mul_mat
from harness.records.measurement import Case

DATA = Path(__file__).parents[3] / "data"
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


SIZES = (64, 128, 256, 512, 1024, 2048, 4096)
LINES = (("Q4_0", "Q4_1"), ("Q5_0", "Q5_1", "Q8_0"), ("F16", "F32"))


def values(text: str, threads: int = 4) -> dict[str, float]:
    return {str(each.case): each.value for each in measure_mul_mat(text, threads, 1)}


@pytest.mark.parametrize(
    ("file", "case", "value"),
    [
        ("reports/663cafc1__ggml-0-x86-cpu-low-perf.md", "mul_mat/n=4096/threads=4/type=q8_0", 85.9),
        ("reports/663cafc1__ggml-0-x86-cpu-low-perf.md", "mul_mat/n=64/threads=4/type=f32", 12.1),
        ("reports/740bf7f6__ggml-100-mac-m4.md", "mul_mat/n=2048/threads=4/type=f16", 308.9),
        ("reports/e0f3c9d4__ggml-4-x86-cuda-v100.md", "mul_mat/n=1024/threads=4/type=q4_1", 86.2),
        ("logs/v1.8.5-mul_mat-t2.log", "mul_mat/n=4096/threads=4/type=f32", 1.1),
    ],
)
def test_real_outputs_hold_49_rates(file: str, case: str, value: float) -> None:
    found = values((DATA / file).read_text(encoding="utf-8"))
    assert len(found) == 49
    assert found[case] == value


def test_line_of_version_1_4_mul_mat() -> None:
    text = "ggml_mul_mat:   64 x   64: F16     10.5 GFLOPS (128 runs) / F32      5.2 GFLOPS (128 runs)\n"
    assert values(text) == {"mul_mat/n=64/threads=4/type=f16": 10.5, "mul_mat/n=64/threads=4/type=f32": 5.2}


def test_cells_that_are_no_rates_are_left_out() -> None:
    text = (
        "  64 x   64: Q5_0     nan GFLOPS (128 runs) | Q5_1     inf GFLOPS (128 runs) | Q8_0    22.5 GFLOPS (9 runs)\n"
        "  64 x   64: F16     -nan GFLOPS (128 runs) | F32      0.0 GFLOPS (128 runs)\n"
        "  64 x  128: F16     10.0 GFLOPS (128 runs) | F32      5.0 GFLOPS (128 runs)\n"
    )
    assert values(text) == {"mul_mat/n=64/threads=4/type=q8_0": 22.5}


@pytest.mark.parametrize("piece", ["  64 x   64: ", "| F16 ", "9", "64 x ", "F16  1.0 GFLOPS (  3 runs) |"])
def test_ten_megabytes_in_one_line_are_survived_mul_mat(piece: str) -> None:
    assert measure_mul_mat(piece * (10_000_000 // len(piece)), 4, 1) == ()


MUL_MAT_RATES = st.integers(min_value=1, max_value=10**6).map(lambda tenths: tenths / 10)


@given(rates=st.lists(MUL_MAT_RATES, min_size=49, max_size=49), threads=st.integers(min_value=1, max_value=512))
def test_lines_round_trip_mul_mat(rates: list[float], threads: int) -> None:
    left = iter(rates)
    expected: dict[str, float] = {}
    text = ""
    for size in SIZES:
        for types in LINES:
            cells = []
            for kind in types:
                rate = next(left)
                expected[str(Case.of("mul_mat", n=size, type=kind.lower(), threads=threads))] = rate
                cells.append(f"{kind:<4} {rate:7.1f} GFLOPS ({3:3d} runs)")
            text += f"{size:4d} x {size:4d}: {' | '.join(cells)}\n"
    assert values(text, threads) == expected
