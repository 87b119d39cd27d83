"""Pressure stall information: how long processes waited for a resource (the kernel's accounting/psi document)."""

import re

PRESSURE = "/proc/pressure"
CPU_PRESSURE = f"{PRESSURE}/cpu"
MEMORY_PRESSURE = f"{PRESSURE}/memory"
IO_PRESSURE = f"{PRESSURE}/io"

_SOME = re.compile(r"^some .*\btotal=([0-9]{1,18})\b", re.MULTILINE)


def parse_pressure(text: str) -> int | None:
    """Return the microseconds since the start in which some process waited; None where the text does not tell."""
    found = _SOME.search(text)
    return int(found[1]) if found else None
