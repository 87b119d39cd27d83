"""Dates of many locales mean what date(1) meant; what they leave open stays open, and nothing is guessed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.report.date import find_newest_date, narrow, parse_date

LINES = (Path(__file__).parents[3] / "data" / "dates.tsv").read_text(encoding="utf-8").splitlines()[1:]
# They print less than a moment: a 12-hour clock without a word for the half, a year of two digits.
HALVED, SHORT = ("id_ID", "ms_MY"), "eu_ES"


def iso(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="seconds")


@pytest.mark.parametrize("line", LINES)
def test_what_date_prints_in_a_locale_is_read(line: str) -> None:
    locale, seconds, text = line.split("\t")
    dating = parse_date(text)
    if locale == SHORT:
        assert dating is None
        return
    assert dating, text
    assert iso(seconds) in dating.moments
    if locale in HALVED:
        # after noon the clock of 12 hours is told from one of 24 by nothing but the gap
        assert dating.why == "it may be before or after noon"
        assert len(dating.moments) == 2
    else:
        assert (dating.moments, dating.why) == ((iso(seconds),), "")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri Mar 14 08:37:31 UTC 2025", "2025-03-14T08:37:31+00:00"),
        ("Tue Oct  1 01:02:03 UTC 2024", "2024-10-01T01:02:03+00:00"),
        ("Mon Mar 17 21:23:32 PDT 2025", "2025-03-18T04:23:32+00:00"),
        ("Wed Apr 24 10:31:05 EEST 2024", "2024-04-24T07:31:05+00:00"),
        ("Thu Feb 15 12:20:55 PM UTC 2024", "2024-02-15T12:20:55+00:00"),
        ("Thu Feb 15 12:20:55 AM UTC 2024", "2024-02-15T00:20:55+00:00"),
        ("Thu Feb 15 11:20:55 p. m. UTC 2024", "2024-02-15T23:20:55+00:00"),
        ("2024-06-16 23:42:00 +0800", "2024-06-16T15:42:00+00:00"),
        ("2024-06-16T23:42:00.123Z", "2024-06-16T23:42:00+00:00"),
        ("2024-06-16T23:42:00+05:30", "2024-06-16T18:12:00+00:00"),
        ("20240616T234200Z", "2024-06-16T23:42:00+00:00"),
        ("1718581320", "2024-06-16T23:42:00+00:00"),
        ("@1718581320", "2024-06-16T23:42:00+00:00"),
        ("Sun Jun 16 23:42:00 +08 2024", "2024-06-16T15:42:00+00:00"),
        ("Sun Jun 16 23:42:00 2024 -0330", "2024-06-17T03:12:00+00:00"),
        ("16.06.2024 23:42 CEST", "2024-06-16T21:42:00+00:00"),
        ("16/06/2024 23:42:00 UTC", "2024-06-16T23:42:00+00:00"),
        ("Sun 06/16/2024 10:00 UTC", "2024-06-16T10:00:00+00:00"),
        ("Fri 06/07/2024 10:00 UTC", "2024-06-07T10:00:00+00:00"),  # the weekday decides
        ("2024年6月16日 日曜日 23時42分00秒 JST", "2024-06-16T14:42:00+00:00"),
        ("2024년 6월 16일 일요일 23시 42분 00초 KST", "2024-06-16T14:42:00+00:00"),
        ("２０２４年０６月１６日 23:42:00 JST", "2024-06-16T14:42:00+00:00"),
        ("mar 18 mar 2025 10:00:00 CET", "2025-03-18T09:00:00+00:00"),
        ("mar 15 apr 2025 10:00:00 CEST", "2025-04-15T08:00:00+00:00"),
        ("nie, 16 cze 2024, 23:42:00, CEST", "2024-06-16T21:42:00+00:00"),
        ("wto, 16 lip 2024 10:00:00 UTC", "2024-07-16T10:00:00+00:00"),  # July in Polish, June in Croatian
        ("16 juin 2024 à 23:42:00 UTC+2", "2024-06-16T21:42:00+00:00"),
    ],
)
def test_date_is_understood(text: str, moment: str) -> None:
    dating = parse_date(text)
    assert dating
    assert (dating.moments, dating.why) == ((moment,), "")


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "why"),
    [
        ("Fri Mar 14 08:37:31 CST 2025", "2025-03-14T00:37:31", "2025-03-14T14:37:31", "the time zone CST has several"),
        ("Sun Jun 16 23:42:00 IST 2024", "2024-06-16T18:12:00", "2024-06-16T22:42:00", "UTC+1, UTC+2, UTC+5:30"),
        ("Sun Jun 16 23:42:00 BST 2024", "2024-06-16T12:42:00", "2024-06-16T22:42:00", "the time zone BST has several"),
        ("Tue Jan 16 23:42:00 PST 2024", "2024-01-16T15:42:00", "2024-01-17T07:42:00", "the time zone PST has several"),
        (
            "Sun Jun 16 23:42:00 XYZ 2024",
            "2024-06-16T09:42:00",
            "2024-06-17T11:42:00",
            "the time zone XYZ is not known",
        ),
        ("16.06.2024 23:42", "2024-06-16T09:42:00", "2024-06-17T11:42:00", "it has no time zone"),
        ("2024-06-16", "2024-06-15T10:00:00", "2024-06-17T11:59:59", "it has no time zone; it has no time of day"),
        ("2024年 06月 16日 星期日 23:42:00 CST", "2024-06-16T15:42:00", "2024-06-17T05:42:00", "several"),
        ("Sun Jun 16 11:42:00 नं UTC 2024", "2024-06-16T11:42:00", "2024-06-16T23:42:00", "before or after noon"),
    ],
)
def test_what_a_date_leaves_open(text: str, earliest: str, latest: str, why: str) -> None:
    dating = parse_date(text)
    assert dating
    assert (dating.earliest, dating.latest) == (f"{earliest}+00:00", f"{latest}+00:00")
    assert why in dating.why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Fri Mar 34 08:37:31 UTC 2025",
        "06/07/2024 10:00 UTC",  # the sixth of July, or the seventh of June
        "16 lip 2024 10:00 UTC",
        "24-06-16 17:42:00 CEST",
        "Sun Jun 16 25:42:00 UTC 2024",
        "2567-06-16 10:00 UTC",
        "2024 2025",
        "9" * 1000,
    ],
)
def test_date_that_is_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text(max_size=60))
def test_any_text_is_read_or_left(text: str) -> None:
    dating = parse_date(text)
    assert dating is None or list(dating.moments) == sorted(set(dating.moments))


@given(st.datetimes(min_value=datetime(2001, 1, 2), max_value=datetime(2098, 1, 1)), st.integers(-720, 840))
def test_numeric_dates_come_back(moment: datetime, minutes: int) -> None:
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    wanted = (moment - timedelta(minutes=minutes)).replace(tzinfo=UTC, microsecond=0).isoformat(timespec="seconds")
    for form in ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y/%m/%d %H:%M:%S"):
        dating = parse_date(f"{moment.strftime(form)} {zone}")
        assert dating
        assert dating.moments == (wanted,)


def test_lines_of_logs_that_bear_a_date() -> None:
    files = {
        "a.log": "x 2024-06-16T15:30:00Z\nExpires: Sun, 16 Jun 2024 15:41:00 GMT\n",
        "b.log": "Last-Modified: Sun, 16 Jun 2024 15:35:00 GMT\nSun Jun 16 15:36:00 CST 2024\n2024-06-16 15:37:00 x\n",
        "c.log": "Date:   Sun Jun 16 18:36:00 2024 +0300\n2030-01-01T00:00:00Z\n",
    }
    assert find_newest_date(files, "2024-06-17T00:00:00+00:00") == ("2024-06-16T15:36:00+00:00", "c.log")
    assert find_newest_date({}, "2024-06-17T00:00:00+00:00") is None


def test_a_line_decides_between_the_moments() -> None:
    dating = parse_date("2024年 06月 16日 星期日 23:42:00 CST")
    assert dating
    assert narrow(dating, "2024-06-16T15:36:00+00:00").moments == ("2024-06-16T15:42:00+00:00",)
    assert narrow(dating, "2024-06-16T20:00:00+00:00").moments == ("2024-06-17T04:42:00+00:00",)
    assert narrow(dating, "2024-06-18T00:00:00+00:00") == dating
