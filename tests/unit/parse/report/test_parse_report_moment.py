from pathlib import Path

import pytest

from harness.parse.report.moment import parse_elapsed, parse_seconds, parse_usage, subtract

DATA = Path(__file__).parents[3] / "data" / "reports"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3:09.89", 189.89), ("0:30.38", 30.38), ("1:02:03", 3723), ("132.15", 0), ("", 0), ("fast", 0), ("-1", 0)],
)
def test_elapsed(text: str, seconds: float) -> None:
    assert parse_elapsed(text) == pytest.approx(seconds)


def test_plain_seconds() -> None:
    assert [parse_seconds(text) for text in ("132.15", "7", "3:09.89", "", "-1")] == [132.15, 7, 0, 0, 0]


def usage_of(name: str) -> tuple[float, float, float, int]:
    usage = parse_usage((DATA / name).read_text())
    assert usage
    return usage.wall_s, usage.user_s, usage.system_s, usage.max_rss_bytes


def test_runtime_of_gnu_time() -> None:
    assert usage_of("663cafc1__ggml-0-x86-cpu-low-perf__runtime") == (189.89, 689.06, 5.27, 2004512 * 1024)


def test_runtime_of_gnu_time_after_a_failure() -> None:
    assert usage_of("91a3530d__ggml-4-x86-cuda-v100__runtime") == (30.38, 27.61, 4.34, 624568 * 1024)


def test_runtime_of_bsd_time() -> None:
    assert usage_of("663cafc1__ggml-100-mac-m4__runtime") == (132.15, 141.58, 11.78, 0)


@pytest.mark.parametrize("text", ["\t1.50 real\t2.25 user\t0.75 sys\n", "  1,50 real   2,25 user   0,75 sys\n"])
def test_runtime_of_bsd_time_in_other_forms(text: str) -> None:
    usage = parse_usage(text)
    assert usage
    assert (usage.wall_s, usage.user_s, usage.system_s) == (1.5, 2.25, 0.75)


@pytest.mark.parametrize("text", ["", "Killed\n", "xuser ysystem\n"])
def test_runtime_that_says_nothing(text: str) -> None:
    assert parse_usage(text) is None


def test_subtract_goes_back_over_midnight() -> None:
    assert subtract("2025-03-14T00:00:10+00:00", 20.9) == "2025-03-13T23:59:50+00:00"
