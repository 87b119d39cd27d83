"""A capture: everything that a machine reports about itself, as raw texts by name.

Names that begin with `/` are files; the others are answers of a program or the system (`machine`, `release`,
`affinity`, `sysctl`). On disk a capture reads as `tail -n +1 FILE...` prints it, so one can be made on any machine
without the harness, kept, and probed again later.
"""

import re
from collections.abc import Mapping

Capture = Mapping[str, str]

_HEAD = re.compile(r"^==> (\S+) <==\n", re.MULTILINE)
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
# More than any kernel can be built for; a list that goes further is no list of CPUs.
MAX_CPUS = 8192


def parse_capture(text: str) -> dict[str, str]:
    """Return the texts by name; anything before the first head is a note and ignored."""
    _, *parts = _HEAD.split(text)
    return {name: _body(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def format_capture(capture: Capture) -> str:
    """Return `capture` as `parse_capture` reads it, sorted by name."""
    return "\n".join(f"==> {name} <==\n{_body(text)}" for name, text in sorted(capture.items()))


def parse_cpu_list(text: str) -> frozenset[int]:
    """Return the numbers in a kernel list such as `0-3,8`; other parts, and numbers from 8192 on, are ignored."""
    matches = (_RANGE.fullmatch(part) for part in re.split(r"[,\s]+", text))
    spans = sorted((int(match[1]), int(match[2] or match[1])) for match in matches if match)
    found: set[int] = set()
    begin = 0
    for low, high in spans:  # what an earlier span covered is not walked through again
        end = min(high + 1, MAX_CPUS)
        found.update(range(max(low, begin), end))
        begin = max(begin, end)
    return frozenset(found)


def format_cpu_list(cpus: frozenset[int]) -> str:
    """Return `cpus` as a kernel list of single numbers."""
    return ",".join(str(cpu) for cpu in sorted(cpus))


def _body(text: str) -> str:
    stripped = text.rstrip("\n")
    return f"{stripped}\n" if stripped else ""
