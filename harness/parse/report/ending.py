"""When the run of a report ended: its date, narrowed down by the dated lines of the logs if it is uncertain."""

from collections.abc import Mapping

from harness.parse.report.date import find_newest_date, narrow, parse_date
from harness.records.caveat import Caveat, CaveatCode
from harness.records.record import Record
from harness.records.report import Report, ReportRemark

_FIELD = "date"
_ABSENT = ("", "(unknown)")
# What date(1) may have meant: at most three are listed, of many the first and the last.
_SHOWN = 3


class ReportEnd(Record):
    """The end of a run as UTC in ISO 8601, all empty if it is not known.

    `latest` is the latest possible moment by all that is known; `reported` is the same from the report alone;
    `earliest` is set if it may have ended before. `remark` and `caveat` say what is uncertain.
    """

    latest: str = ""
    reported: str = ""
    earliest: str = ""
    remark: ReportRemark | None = None
    caveat: Caveat | None = None


def read_ending(report: Report, files: Mapping[str, str]) -> ReportEnd:
    """Return the end of a run, from its report and from lines of `files` that have a date and a time with its zone.

    The times of the files themselves prove nothing: copying changes them.
    """
    text = _date(report)
    if text in _ABSENT:
        message = "the date is not known, so --since and --until do not exclude this run"
        return ReportEnd(caveat=Caveat(code=CaveatCode.DATE_UNKNOWN, message=message))
    dating = parse_date(text)
    if dating is None:
        message = f"the date of the report was not understood ({text}), so --since and --until do not exclude this run"
        remark = _remark(report, "the form of the date is not known, or it could be one of several days")
        return ReportEnd(remark=remark, caveat=Caveat(code=CaveatCode.DATE_UNKNOWN, message=message))
    if not dating.why:
        return ReportEnd(latest=dating.latest, reported=dating.latest)
    line = find_newest_date(files, dating.latest)
    left = narrow(dating, line[0]) if line else dating
    nearest = line and len(left.moments) < len(dating.moments)
    taken = f"taken as {left.latest}" + (
        f", the first possible time after a line of {line[1]} ({line[0]})" if line and nearest else ""
    )
    others = [moment for moment in dating.moments if moment != left.latest]
    several = ", ".join(others) if len(others) <= _SHOWN else f"any time from {others[0]} to {others[-1]}"
    bound = "" if nearest else ", the latest possible time"
    message = (
        f"the date of the report ({text}) is not exact, because {dating.why}: {taken}{bound}; it could be {several}"
    )
    return ReportEnd(
        latest=left.latest,
        reported=dating.latest,
        earliest="" if nearest else dating.earliest,
        remark=_remark(report, f"the date is not exact: {dating.doubts}"),
        caveat=Caveat(code=CaveatCode.DATE_UNCERTAIN, message=message),
    )


def is_open(report: Report) -> bool:
    """Return whether dated lines of the logs could narrow down the end."""
    dating = parse_date(_date(report))
    return dating is not None and bool(dating.why)


def _date(report: Report) -> str:
    return report.header.get(_FIELD) if report.header else ""


def _remark(report: Report, what: str) -> ReportRemark:
    lines = str(report.header or "").split("\n")
    number = next((number for number, line in enumerate(lines) if line.startswith(f"- {_FIELD}:")), 0)
    return ReportRemark(line=(report.header.line if report.header else 1) + number, what=what, text=lines[number][:120])
