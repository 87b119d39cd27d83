"""Times as the two time(1) programs print them."""

import re
from datetime import datetime, timedelta

from harness.records.record import Record

_CLOCK = re.compile(r"(?:([0-9]{1,6}):)?([0-9]{1,4}):([0-9]{2}(?:[.,][0-9]{1,6})?)")
_SECONDS = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")  # some locales write a comma
_GNU = re.compile(r"(\S+)user (\S+)system (\S+)elapsed .* ([0-9]{1,12})maxresident\)k")
_MAX_LINE = 400
_BSD = re.compile(r"\s*([0-9.,]+) real\s+([0-9.,]+) user\s+([0-9.,]+) sys\s*")


class ProcessUsage(Record):
    """The times of a process and its children from time(1), 0 if not given."""

    wall_s: float
    user_s: float
    system_s: float
    max_rss_bytes: int = 0


def parse_elapsed(text: str) -> float:
    """Return the seconds of `3:09.89` or `1:02:03`, as GNU time writes elapsed time; 0 for anything else."""
    found = _CLOCK.fullmatch(text)
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + _number(found[3]) if found else 0.0


def parse_seconds(text: str) -> float:
    """Return plain seconds such as `132.15`, as both programs write user and system time; 0 for anything else."""
    return _number(text) if _SECONDS.fullmatch(text) else 0.0


def parse_usage(text: str) -> ProcessUsage | None:
    """Return the contents of a `runtime` file, in GNU's or BSD's form; None for anything else."""
    for line in (line[:_MAX_LINE] for line in text[: 8 * _MAX_LINE].split("\n")):
        if found := _GNU.match(line):
            return ProcessUsage(
                wall_s=parse_elapsed(found[3]),
                user_s=parse_seconds(found[1]),
                system_s=parse_seconds(found[2]),
                max_rss_bytes=int(found[4]) * 1024,
            )
        if found := _BSD.fullmatch(line):
            return ProcessUsage(
                wall_s=parse_seconds(found[1]), user_s=parse_seconds(found[2]), system_s=parse_seconds(found[3])
            )
    return None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def subtract(moment: str, seconds: float) -> str:
    """Return the ISO 8601 time so many whole seconds earlier; empty before the first year."""
    try:
        return (datetime.fromisoformat(moment) - timedelta(seconds=int(seconds))).isoformat(timespec="seconds")
    except OverflowError:
        return ""
