import pytest

from harness.errors import UsageError
from harness.settings.value import parse_age, parse_duration, parse_size, require_age


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30d", 2_592_000),
        ("12h", 43_200),
        ("2w", 1_209_600),
        ("1.5m", 90),
        ("0s", 0),
        ("90", 90),
        ("90s", 90),
        (" 3m ", 180),
        ("1h30m", 5400),
        ("1d 2h 3m 4s", 93_784),
        ("0", 0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert parse_age(text) == (None if text.isdecimal() else seconds), "of an age the unit is named"


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("20GB", 20 * 10**9), ("500M", 500 * 10**6), ("1.5GiB", 3 << 29), ("1 tb", 10**12), ("0", 0), ("17B", 17)],
)
def test_sizes(text: str, size_bytes: int) -> None:
    assert parse_size(text, "--keep") == size_bytes


@pytest.mark.parametrize(
    "text",
    ["d", "-3d", "3y", "1e3d", "3 days", "", "9999999999d", "30m1h", "1h1h", "1h30", "inf", "nan", "٣d"],
)
def test_what_is_no_duration_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UsageError, match="--older: expected an age") as refused:
        require_age(text, "--older")
    assert "30d" in refused.value.hint
    assert parse_duration(text) is None


@pytest.mark.parametrize("text", ["GB", "-1GB", "20XB", "1iB", "nan", "20GBs", ""])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="--keep: expected a size") as refused:
        parse_size(text, "--keep")
    assert "20GB" in refused.value.hint
