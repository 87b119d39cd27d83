"""Dates as date(1) prints them in common locales, and in numbers: every moment that a text can mean.

Month names, weekdays and zones come from `almanac`. Nothing is guessed: a zone with several meanings, a missing
zone, and a day and a month in uncertain order give several moments, with a text that says why.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from typing import NamedTuple

from harness.parse.report.almanac import DAYS, HALVES, MONTHS, ZONES
from harness.records.record import Record

_MAX_TEXT = 200
# Patterns stay text until they are used, when `re` compiles and keeps them: most commands read no date.
_CLOCK = (
    r"(?<![0-9:+-])([0-9]{1,2})(:|[時时点點시] ?)([0-9]{2})(?:(?::|[分분] ?)([0-9]{2}))?"
    r"(?:[.,][0-9]{1,9})?[秒초分분]?(?![0-9:])"
)
_DOTTED = r"(?<![0-9.])([0-9]{1,2})(\.)([0-9]{2})\.([0-9]{2})(?![0-9.])"
_COMPACT = r"(?<![0-9])(20[0-9]{2})([0-9]{2})([0-9]{2})(?:[Tt]([0-9]{2})([0-9]{2})([0-9]{2}))?(?![0-9])"
_EPOCH = "@?(1[0-9]{9})"  # seconds since 1970: `date +%s`, until 2033
_OFFSET = r"(?:^|(?<=[\s,(]))(?:UTC|GMT)?([+-])([0-9]{2}):?([0-9]{2})?(?![0-9-])"
_OFFSET_BEFORE = r"(?:^|(?<= ))([+-])([0-9]{2}):?([0-9]{2})? ?$"  # where a text runs from right to left
_SHORT_OFFSET = r"\b(?:UTC|GMT)([+-])([0-9]{1,2})(?![0-9:])"
_NAME = r"(?<![^\W\d_])(?:[A-Z]{3,5}|ChST|Z)(?![^\W\d_])"
_YEAR = r"(?<![0-9])20[0-9]{2}(?![0-9])"
_MONTH_UNIT = r"([0-9]{1,2}) ?[月월]|\bth(?:áng|g)\.? ?([0-9]{1,2})(?![0-9])"
_DAY_UNIT = r"([0-9]{1,2}) ?[日일]"
_NUMBER = r"(?<![0-9])[0-9]{1,2}(?![0-9])"
_SIGNS = r"[\s\d.,()/:\-–'’]+"
_NOON = r" ?([ap])\.? ?m\b"
_LOST = -1
# Of several blanks in the original.
_GAP = "\N{NO-BREAK SPACE}"
_BLANKS = r"((?<=:[0-9]{2})\s{2,}(?=[A-Z+-]))|\s+"
# The whole world, for a zone that is not known.
_FURTHEST = 14 * 60
_ANYWHERE = tuple(range(-12 * 60, _FURTHEST + 1, 60))
_WIDEST = timedelta(days=3)  # a day without an hour, anywhere
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_LINE = (
    rf"(?<![0-9])20[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}(?:[.,][0-9]{{1,9}})? ?"
    r"(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})(?![0-9])"
    r"|[A-Z][a-z]{2},? (?:[0-9]{1,2} [A-Z][a-z]{2}|[A-Z][a-z]{2} {1,2}[0-9]{1,2})"
    rf"(?: 20[0-9]{{2}})? {_TIME}(?: [A-Z]{{3,5}})?(?: 20[0-9]{{2}})?(?: [+-][0-9]{{4}})?"
)
_LATER = r"(?i)expire|valid until|not after"


class PossibleDates(Record):
    """The moments that a date can mean, in order, as UTC in ISO 8601.

    `why` says what is not certain, and is empty for an exact date; `doubts` is the same without details.
    """

    moments: tuple[str, ...]
    why: str = ""
    doubts: str = ""

    @property
    def latest(self) -> str:
        """The last possible moment."""
        return self.moments[-1]

    @property
    def earliest(self) -> str:
        """The first possible moment."""
        return self.moments[0]


class _Doubt(NamedTuple):
    """Something uncertain about a date, and its possible meanings."""

    what: str
    meanings: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.meanings})" if self.meanings else self.what


class _Clock(NamedTuple):
    times: tuple[time, ...]
    zones: tuple[int, ...]
    days: str
    doubts: tuple[_Doubt, ...]


def parse_date(text: str) -> PossibleDates | None:
    """Return the moments that a date can mean, or None if it is not a date or they are days apart."""
    plain = _plain(text[:_MAX_TEXT])
    if seconds := re.fullmatch(_EPOCH, plain):
        return PossibleDates(moments=(datetime.fromtimestamp(int(seconds[1]), UTC).isoformat(timespec="seconds"),))
    clock = _read_clock(plain)
    days, order = _read_days(clock.days)
    moments = set()
    for day, moment, minutes in itertools.product(days, clock.times, clock.zones):
        try:
            zone = timezone(timedelta(minutes=minutes))
            moments.add(datetime.combine(day, moment, zone).astimezone(UTC))
        except OverflowError:
            continue
    if not moments or max(moments) - min(moments) > _WIDEST:
        return None
    doubts = (*clock.doubts, *order)
    return PossibleDates(
        moments=tuple(one.isoformat(timespec="seconds") for one in sorted(moments)),
        why="; ".join(map(str, doubts)),
        doubts="; ".join(doubt.what for doubt in doubts),
    )


def find_newest_date(files: Mapping[str, str], before: str) -> tuple[str, str] | None:
    """Return the newest certain moment in a line of some file, not after `before`, and the file's name.

    Lines about an expiry (of a certificate, a cache) are ignored.
    """
    found = (
        (dating.latest, name)
        for name, text in files.items()
        for line in text.split("\n")
        if len(line) < 1000 and not re.search(_LATER, line)
        for match in re.finditer(_LINE, line)
        if (dating := parse_date(match[0])) and not dating.why and dating.latest <= before
    )
    return max(found, default=None)


def narrow(dating: PossibleDates, line: str) -> PossibleDates:
    """Return the first of the moments that is not before `line`, the time of an earlier event."""
    left = [moment for moment in dating.moments if moment >= line]
    return dating.replace(moments=tuple(left[:1])) if left else dating


def _plain(text: str) -> str:
    """Return the text with ASCII digits and single blanks; a gap after the time is kept."""
    normal = unicodedata.normalize("NFKC", text)
    digits = (str(unicodedata.digit(one)) if one.isdigit() else one for one in normal)
    plain = "".join(one for one in digits if unicodedata.category(one) != "Cf")
    return re.sub(_BLANKS, lambda found: _GAP if found[1] else " ", plain).strip()


def _read_clock(text: str) -> _Clock:
    """Return the times of day, the zones, and the rest of the text, which holds the day."""
    compact = re.search(_COMPACT, text)
    if compact and compact[4]:
        span, fields = compact.span(), (compact[4], compact[5], compact[6])
        rest = f"{text[: span[0]]} {compact[1]}-{compact[2]}-{compact[3]} "
        behind = text[span[1] :]
    else:
        found = re.search(_CLOCK, text.replace("T", " ")) or re.search(_DOTTED, text)
        if found is None:
            return _read_day_alone(text)
        fields = (found[1], found[3], found[4] or "0")
        rest, behind = text[: found.start()].rstrip("Tt"), text[found.end() :]
    gap = _GAP if behind.startswith(_GAP) else ""
    zones, rest, behind, doubt = _read_zone(rest, behind)
    times, noon = _read_times(int(fields[0]), int(fields[1]), int(fields[2]), rest, gap + behind)
    return _Clock(times, zones, f"{rest} {behind}", (*doubt, *noon))


def _read_day_alone(text: str) -> _Clock:
    zones, rest, _, doubt = _read_zone(text, "")
    ends = (time(0, 0, 0), time(23, 59, 59))
    return _Clock(ends, zones, rest, (*doubt, _Doubt("it has no time of day")))


def _read_zone(before: str, behind: str) -> tuple[tuple[int, ...], str, str, tuple[_Doubt, ...]]:
    """Return the zones that a text can mean, what is left on both sides of the time, and the doubt about them."""
    found = re.search(_OFFSET, behind) or re.search(_SHORT_OFFSET, behind) or re.search(_OFFSET_BEFORE, before)
    if found:
        minutes = int(found[2]) * 60 + int((found[3] if found.re.groups > 2 else "") or 0)
        zones: tuple[int, ...] = (-minutes if found[1] == "-" else minutes,)
        cut = f"{found.string[: found.start()]} {found.string[found.end() :]}"
        if minutes <= _FURTHEST:
            return (zones, before, cut, ()) if found.string == behind else (zones, cut, behind, ())
    for text in (behind, before):
        for name in re.finditer(_NAME, text):
            if name[0] in ZONES:
                zones = ZONES[name[0]]
                doubt = (_several(name[0], zones),) if len(zones) > 1 else ()
                cut = f"{text[: name.start()]} {text[name.end() :]}"
                return (zones, before, cut, doubt) if text is behind else (zones, cut, behind, doubt)
    unknown = next((name[0] for name in re.finditer(_NAME, behind) if not _is_word(name[0].casefold())), "")
    missing = _Doubt(f"the time zone {unknown} is not known" if unknown else "it has no time zone")
    return _ANYWHERE, before, behind, (missing,)


def _several(name: str, zones: tuple[int, ...]) -> _Doubt:
    meanings = ", ".join(f"UTC{minutes // 60:+d}{f':{minutes % 60:02}' if minutes % 60 else ''}" for minutes in zones)
    return _Doubt(f"the time zone {name} has several meanings", meanings)


def _read_times(
    hour: int, minute: int, second: int, before: str, behind: str
) -> tuple[tuple[time, ...], tuple[_Doubt, ...]]:
    """Return the times of day; a word beside them distinguishes morning from afternoon."""
    if hour > 23 or minute > 59 or second > 60:
        return (), ()
    second = min(second, 59)  # a leap second
    half = _read_half(before, behind)
    if half is None or not 0 < hour < 13:
        return (time(hour, minute, second),), ()
    halves = (0, 1) if half == _LOST else (half,)
    doubt = (_Doubt("it may be before or after noon"),) if half == _LOST else ()
    return tuple(time(hour % 12 + 12 * one, minute, second) for one in halves), doubt


def _read_half(before: str, behind: str) -> int | None:
    """Return 0 or 1 for the first or second half of the day if a word beside the time says so, None without a word.

    Indonesian and Malay leave a gap in the place of the word, and an unknown word may be such a word.
    """
    if found := re.match(_NOON, behind.casefold()):
        return int(found[1] == "p")
    last, first = _tokens(before)[-1:], _tokens(behind)[:1]
    for half, words in enumerate(_words()[2]):
        if any(word in words for word in (*last, *first)):
            return half
    strange = any(not word.isascii() and not _is_word(word) for word in first)
    return _LOST if strange or behind.startswith(_GAP) else None


def _read_days(text: str) -> tuple[list[date], tuple[_Doubt, ...]]:
    """Return the days that a text can mean, and the doubt about them."""
    words = _tokens(text)
    months, weekdays, _ = _words()
    if compact := re.search(_COMPACT, text):
        text = f"{compact[1]}-{compact[2]}-{compact[3]}"
    years = {int(year) for year in re.findall(_YEAR, text)}
    if len(years) != 1:
        return [], ()
    (year,) = years
    position = re.search(_YEAR, text)
    numbers = [(int(found[0]), found.start()) for found in re.finditer(_NUMBER, text)]
    pairs = set(_read_pairs(text, words, numbers, position.start() if position else 0))
    days = []
    for month, day in sorted(pairs):
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    stated = {weekdays[word] for word in words if word in weekdays and word not in months}
    fitting = [day for day in days if day.weekday() in stated]
    days = fitting or days
    return days, (_Doubt("month and day may be in either order"),) if len(days) > 1 else ()


def _read_pairs(text: str, words: list[str], numbers: list[tuple[int, int]], year: int) -> Iterator[tuple[int, int]]:
    """Yield possible pairs of month and day."""
    months, weekdays, _ = _words()
    unit, day_unit = re.search(_MONTH_UNIT, text.casefold()), re.search(_DAY_UNIT, text)
    named = [word for word in words if word in months]
    named = [word for word in named if word not in weekdays] or named  # `mar` is March, and Tuesday
    if unit:
        month = int(unit[1] or unit[2])
        left = [value for value, at in numbers if at not in range(*unit.span())]
        days = [int(day_unit[1])] if day_unit else left
        if len(days) == 1:
            yield month, days[0]
    elif named:
        sets = [months[word] for word in named]
        if len(numbers) == 1:
            yield from ((month, numbers[0][0]) for month in frozenset.intersection(*sets))
    elif len(numbers) == 2:
        (first, here), (second, there) = numbers
        if year < here:
            yield first, second
        elif "." in text[here:there]:
            yield second, first
        elif year > there:
            yield from ((second, first), (first, second))


def _is_word(word: str) -> bool:
    months, weekdays, halves = _words()
    return word in months or word in weekdays or any(word in half for half in halves)


def _tokens(text: str) -> list[str]:
    return [word for word in re.split(_SIGNS, text.casefold()) if word]


@cache
def _words() -> tuple[dict[str, frozenset[int]], dict[str, int], tuple[frozenset[str], ...]]:
    """Return months and weekdays (0 is Monday) by word, and the words of the halves of a day."""
    months: dict[str, frozenset[int]] = {}
    for number, words in enumerate(MONTHS, 1):
        for word in words.split():
            months[word] = months.get(word, frozenset()) | {number}
    weekdays = {word: number for number, words in enumerate(DAYS) for word in words.split()}
    return months, weekdays, tuple(frozenset(words.split()) for words in HALVES)
