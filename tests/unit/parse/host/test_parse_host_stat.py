import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.host.stat import (
    parse_cpu_times,
    parse_load,
    parse_pressure,
    parse_processes,
    parse_swapped_in,
    parse_throttled,
)

LINE = "4711 (my prog) (x) R 1 1 1 0 -1 4194560 120 0 0 0 250 50 0 0 20 0 1 0 8888 1000 300\n"


def test_cpu_times_are_seconds_without_idle_and_steal() -> None:
    times = parse_cpu_times("cpu  100 10 20 9999 500 3 7 60 40 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n", 100)
    assert times
    assert (times.cpus, times.busy_s, times.steal_s) == (2, 1.4, 0.6)


def test_old_kernels_count_no_steal() -> None:
    times = parse_cpu_times("cpu 100 0 0 0 0 0 0\n", 100)
    assert times
    assert (times.cpus, times.steal_s) == (1, None)


@pytest.mark.parametrize("text", ["", "cpu\n", "cpu 1 2 3\n", "cpu a b c d e f g h\n", "cpu0 1 2 3 4 5 6 7 8\n"])
def test_what_is_no_stat_tells_nothing(text: str) -> None:
    assert parse_cpu_times(text, 100) is None


@pytest.mark.parametrize(
    ("text", "load"),
    [("0.42 0.30 0.25 1/900 4242\n", 0.42), ("{ 1.50 1.20 1.00 }", 1.5), ("2.10", 2.1), ("", None), ("busy", None)],
)
def test_load(text: str, load: float | None) -> None:
    assert parse_load(text) == load


def test_counts() -> None:
    assert parse_swapped_in("nr_free 1\npswpin 640\npswpout 9\n") == 640
    assert parse_swapped_in("") is None
    assert parse_throttled("nr_periods 10\nnr_throttled 3\nthrottled_time 99\n") == 3
    assert parse_throttled("usage_usec 1\n") is None


def test_pressure_is_that_of_some() -> None:
    assert (
        parse_pressure("some avg10=1.06 avg60=1.73 avg300=4.85 total=165466405\nfull avg10=0.00 total=7\n") == 165466405
    )
    assert parse_pressure("") is None


def test_a_name_may_hold_blanks_and_parentheses() -> None:
    (process,) = parse_processes({"/proc/4711/stat": LINE}, 100, own=1)
    assert (process.pid, process.name, process.cpu_s, process.start) == (4711, "my prog) (x", 3.0, "8888")


def test_a_name_cannot_steer_a_terminal() -> None:
    (process,) = parse_processes({"/proc/4711/stat": LINE.replace("my prog", "a\x1b[2Jb\n")}, 100, own=1)
    assert process.name == "a[2Jb) (x"


def test_the_harness_itself_and_broken_lines_are_left_out() -> None:
    texts = {"/proc/4711/stat": LINE, "/proc/1/stat": "1 (cut", "/proc/2/stat": "", "/proc/stat": "cpu 1"}
    assert list(parse_processes(texts, 100, own=4711)) == []


@given(st.text())
def test_nothing_is_raised_whatever_the_text(text: str) -> None:
    parse_cpu_times(text, 100)
    parse_load(text)
    parse_pressure(text)
    list(parse_processes({"/proc/7/stat": text}, 100, own=1))
