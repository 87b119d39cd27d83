"""Dates and times as date(1) and the two time(1) programs print them."""

import re
from datetime import UTC, datetime, timedelta, timezone

from harness.records.record import Record

_DATE = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?: ([AP])M)?(?: ([A-Z]{2,5}))? "
    r"([0-9]{4})"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Hours east of Greenwich. Names that mean several zones (CST, IST) are left out.
_ZONES = {
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "BST": 1,
    "CET": 1,
    "WEST": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "JST": 9,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
_CLOCK = re.compile(r"(?:([0-9]{1,6}):)?([0-9]{1,4}):([0-9]{2}(?:\.[0-9]{1,6})?)")
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_GNU = re.compile(r"(\S+)user (\S+)system (\S+)elapsed .* ([0-9]{1,12})maxresident\)k")
_MAX_LINE = 400
_BSD = re.compile(r" *(\S+) real +(\S+) user +(\S+) sys *")


class Usage(Record):
    """What time(1) saw of a process and its children, 0 where it does not say."""

    wall_s: float
    user_s: float
    system_s: float
    max_rss_bytes: int = 0


def parse_date(text: str) -> str:
    """Return `Fri Mar 14 08:37:31 UTC 2025` (or with AM and PM) as UTC in ISO 8601.

    Empty for anything else, and for a zone whose name does not say which one it is.
    """
    found = _DATE.fullmatch(text.strip())
    if not found or found[1] not in _MONTHS or (found[7] or "UTC") not in _ZONES:
        return ""
    hour = int(found[3])
    if found[6]:
        hour = hour % 12 + (12 if found[6] == "P" else 0)
    zone = timezone(timedelta(hours=_ZONES[found[7] or "UTC"]))
    month = _MONTHS.index(found[1]) + 1
    try:
        moment = datetime(int(found[8]), month, int(found[2]), hour, int(found[4]), int(found[5]), tzinfo=zone)
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return ""


def parse_elapsed(text: str) -> float:
    """Return the seconds of `3:09.89` or `1:02:03`, as GNU time writes elapsed time; 0 for anything else."""
    found = _CLOCK.fullmatch(text)
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0


def parse_seconds(text: str) -> float:
    """Return plain seconds such as `132.15`, as both programs write user and system time; 0 for anything else."""
    return float(text) if _SECONDS.fullmatch(text) else 0.0


def parse_usage(text: str) -> Usage | None:
    """Return what a `runtime` file says, in GNU's or in BSD's form; None for anything else."""
    for line in (line[:_MAX_LINE] for line in text[: 8 * _MAX_LINE].split("\n")):
        if found := _GNU.match(line):
            return Usage(
                wall_s=parse_elapsed(found[3]),
                user_s=parse_seconds(found[1]),
                system_s=parse_seconds(found[2]),
                max_rss_bytes=int(found[4]) * 1024,
            )
        if found := _BSD.fullmatch(line):
            return Usage(
                wall_s=parse_seconds(found[1]), user_s=parse_seconds(found[2]), system_s=parse_seconds(found[3])
            )
    return None


def subtract(moment: str, seconds: float) -> str:
    """Return the ISO 8601 time that many whole seconds earlier; empty before the first year."""
    try:
        return (datetime.fromisoformat(moment) - timedelta(seconds=int(seconds))).isoformat(timespec="seconds")
    except OverflowError:
        return ""
