"""What Ninja prints: progress, the list of targets, and what the compilers that it starts complain of."""

import re

from harness.parse.line import ECHO, plain_lines
from harness.records.record import Record

_PROGRESS = re.compile(r"^\[(\d{1,9})/(\d{1,9}) (\d{1,9}(?:\.\d{1,9})?)\] ([^\r\n]{0,500})", re.MULTILINE)

# gcc and clang: `/tree/src/a.cpp:12:3: fatal error: ...`; the folder says nothing here.
_PLACE = re.compile(r"[^:]+:[0-9]{1,9}(?::[0-9]{1,9})?:")
_ERROR, _FATAL = " error: ", " fatal"
_MOST_TOLD = 200


class Progress(Record):
    """How far a build is: edges finished of `total`, seconds since it began, and what it last said it did."""

    finished: int
    total: int
    elapsed_s: float
    what: str


def parse_progress(text: str) -> Progress | None:
    """Return the last progress line in a piece of build output; None without one."""
    last = None
    for match in _PROGRESS.finditer(text.replace("\r", "\n")):
        last = match
    if last is None:
        return None
    return Progress(finished=int(last[1]), total=int(last[2]), elapsed_s=float(last[3]), what=last[4].rstrip())


def parse_targets(text: str) -> frozenset[str]:
    """Return the names in the output of `ninja -t targets all` (`name: rule`), CMake's targets and files alike."""
    pairs = (line.rstrip("\r").rpartition(": ") for line in text.split("\n") if not line.startswith((ECHO, "ninja: ")))
    return frozenset(name for name, separator, _ in pairs if separator)


def find_complaint(text: str) -> str:
    """Return the first error of a compiler in a build's output, with file and line; an empty string without one."""
    for line in plain_lines(text):
        head, found, what = line.partition(_ERROR)
        fatal = _FATAL if head.endswith(_FATAL) else ""
        place = head.removesuffix(_FATAL).rpartition("/")[2]
        if found and _PLACE.fullmatch(place):
            return f"{place}{fatal}{found}{what[:_MOST_TOLD]}".rstrip()
    return ""


def describe_progress(output: str) -> str:
    """Return `17/42` for a piece of build output, nothing where it tells of no progress."""
    progress = parse_progress(output)
    return f"{progress.finished}/{progress.total}" if progress else ""
