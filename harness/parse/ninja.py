"""What Ninja prints: progress, and the list of targets."""

import re

from harness.parse.line import ECHO
from harness.records.record import Record

_PROGRESS = re.compile(r"^\[(\d{1,9})/(\d{1,9}) (\d{1,9}(?:\.\d{1,9})?)\] ([^\r\n]{0,500})", re.MULTILINE)


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
