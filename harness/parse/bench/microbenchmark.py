"""The output of the bench program for memory copies (`-w 1`) and matrix products (`-w 2`).

Grammar: `memcpy: %7.2f GB/s (heat-up)`, `memcpy: %7.2f GB/s ( 1 thread)`, then `memcpy: %7.2f GB/s (%2d thread)` for
1, 2, ... threads. Rates are decimal GB/s and count each byte once (STREAM's copy counts it twice).

Grammar: `%4zu x %4zu: Q4_0 %7.1f GFLOPS (%3d runs) | Q4_1 ...`, three lines for each size. The CPU backend always
computes them. From v1.8.5 on the operands differ: older rates are not comparable.
"""

import functools
import re

from harness.parse.notation import after, parse_number, plain_lines
from harness.records.measurement import COPY_RATE, FLOP_RATE, Case, Measurement

_END = "sum:"
_COPY = re.compile(r"\s*(\S+) GB/s(?: \(\s*([0-9]{1,6}) thread\))?\s*")

_PRODUCT = re.compile(r"(?:ggml_mul_mat:)?\s*([0-9]{1,6}) x\s+([0-9]{1,6}):(.*)")
_CELL = re.compile(r"\s*([A-Z][A-Z0-9_]{0,15})\s+(\S+) GFLOPS \(\s*([0-9]+) runs\)\s*")


def is_whole_memcpy(text: str) -> bool:
    """Return whether the output is complete, with the line that every version prints after the last rate."""
    return any(line.startswith(_END) for line in plain_lines(text))


def measure_memcpy(text: str, threads: int, repetition: int) -> tuple[Measurement, ...]:
    """Return the copy rates, in GB/s, of one process that was asked for `threads` threads.

    "1 thread" is printed twice. The first is a reference without an extra thread: `memcpy/loop=single/threads=1`. The
    second begins the series `memcpy/threads=1`, `memcpy/threads=2`, ... Other lines are ignored, and so is the heat-up,
    which times page faults.
    """
    measurements: list[Measurement] = []
    reference_seen = False
    for line in plain_lines(text):
        rest = after(line, "memcpy:")
        match = _COPY.fullmatch(rest) if rest else None
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


def measure_mul_mat(text: str, threads: int, repetition: int) -> tuple[Measurement, ...]:
    """Return the rates, in GFLOP/s, of one process: a case for each size and type, `mul_mat/n=4096/.../type=q4_0`.

    Cells that are nan, inf or zero are not measurements.
    """
    measurements: list[Measurement] = []
    for line in plain_lines(text):
        match = _PRODUCT.fullmatch(line)
        if not match or match[1] != match[2]:
            continue
        for cell in re.split(r"[|/]", match[3]):  # v1.4 separates with a slash
            found = _CELL.fullmatch(cell)
            rate = parse_number(found[2]) if found else None
            if found and rate:
                case = _case(match[1], found[1], threads)
                measurements.append(Measurement(case=case, metric=FLOP_RATE.name, value=rate, repetition=repetition))
    return tuple(measurements)


def count_cells(text: str) -> dict[int, int]:
    """Return how many rates are printed for each size, valid or not; a complete output has as many for each size."""
    cells: dict[int, int] = {}
    for line in plain_lines(text):
        if match := _PRODUCT.fullmatch(line):
            cells[int(match[1])] = cells.get(int(match[1]), 0) + match[3].count("GFLOPS")
    return cells


@functools.lru_cache(maxsize=1024)
def _case(n: str, kind: str, threads: int) -> Case:
    return Case.of("mul_mat", n=n, type=kind.lower(), threads=threads)
