"""What the bench program prints for memory copies (`-w 1`).

Grammar: `memcpy: %7.2f GB/s (heat-up)`, `memcpy: %7.2f GB/s ( 1 thread)`, then `memcpy: %7.2f GB/s (%2d thread)` for
1, 2, ... threads. Rates are decimal GB/s and count each byte once (STREAM's copy counts it twice).
"""

import re

from harness.parse.line import after, parse_number, plain_lines
from harness.records.case import Case
from harness.records.measurement import Measurement
from harness.records.metric import COPY_RATE

_END = "sum:"
_LINE = re.compile(r"\s*(\S+) GB/s(?: \(\s*([0-9]{1,6}) thread\))?\s*")


def is_whole_memcpy(text: str) -> bool:
    """Return whether the output goes on to its end, which every version prints behind the last rate."""
    return any(line.startswith(_END) for line in plain_lines(text))


def measure_memcpy(text: str, threads: int, repetition: int) -> tuple[Measurement, ...]:
    """Return the copy rates, in GB/s, of one process that was asked for `threads` threads.

    "1 thread" is printed twice. The first is a reference without a thread of its own: `memcpy/loop=single/threads=1`.
    The second begins the series `memcpy/threads=1`, `memcpy/threads=2`, ... Other lines than these are left out, so
    is the heat-up: it times page faults.
    """
    measurements: list[Measurement] = []
    reference_seen = False
    for line in plain_lines(text):
        rest = after(line, "memcpy:")
        match = _LINE.fullmatch(rest) if rest else None
        if not match:
            continue
        count = int(match[2] or 1)
        case = Case.of("memcpy", threads=count)
        if not reference_seen:
            case, reference_seen = Case.of("memcpy", loop="single", threads=1), True
        rate = parse_number(match[1])
        if rate and 1 <= count <= threads:
            measurements.append(Measurement(case=case, metric=COPY_RATE.name, value=rate, repetition=repetition))
    return tuple(measurements)
