"""What people decided about events: triage.toml beside the results, a file under version control.

[057ac09d]
state = "acknowledged"   # or fixed, or wontfix
note = "the kernel of that node was updated"
who = "ann"
"""

import re

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import parse_toml
from harness.records.triage import Triage, TriageState

_FIELDS = tuple(name for name in Triage.__struct_fields__ if name != "event")
_ID = re.compile(r"[0-9a-f]{8,64}")
_EXAMPLE = '[057ac09d] and below it state = "acknowledged", note = "...", who = "..."'


def parse_triage(text: str, name: str) -> tuple[Triage, ...]:
    """Return the entries of a document, in its order; raises UnreadableError with the line, calling it `name`."""
    found = []
    for event, entry in parse_toml(text, name, hint=_EXAMPLE).items():
        if not _ID.fullmatch(event) or not isinstance(entry, dict):
            raise _refuse(name, _find_line(text, event), f"{event!r} is not the id of an event")
        for field in entry:
            if field not in _FIELDS:
                raise _refuse(name, _find_line(text, event, field), f"{field!r} is not one of {', '.join(_FIELDS)}")
        try:
            found.append(msgspec.convert({**entry, "event": event}, Triage))
        except msgspec.ValidationError as error:
            field = next((one for one in _FIELDS if f"$.{one}" in str(error)), "")
            states = f"; a state is {', '.join(TriageState)}" if field == "state" or not field else ""
            raise _refuse(name, _find_line(text, event, field), f"{event}: {error}{states}") from None
    return tuple(found)


def _find_line(text: str, event: str, field: str = "") -> int:
    """Return the line of a field of an event, else the first line that names the event, else 1."""
    event, field = (rf"""["']?{re.escape(word)}["']?\s*""" for word in (event, field))
    names = re.compile(rf"\s*\[*\s*{event}[\]=.]")
    below, dotted = re.compile(rf"\s*{field}[=.]"), re.compile(rf"\s*{event}\.\s*{field}[=.]")
    first, inside = 0, False
    for number, line in enumerate(text.split("\n"), 1):
        named = bool(names.match(line))
        if named and not first:
            first = number
        if line.lstrip().startswith("["):
            inside = named
        elif dotted.match(line) or (inside and below.match(line)):
            return number
    return first or 1


def _refuse(name: str, line: int, cause: str) -> UnreadableError:
    return UnreadableError(f"{name}, line {line} cannot be understood", cause=cause, hint=_EXAMPLE)
