"""What the bench program prints for matrix products (`-w 2`).

Grammar: `%4zu x %4zu: Q4_0 %7.1f GFLOPS (%3d runs) | Q4_1 ...`, three lines for each size. The CPU backend computes
them, whatever else the build offers. From v1.8.5 on the operands differ: older rates are not comparable.
"""

import functools
import re

from harness.parse.line import parse_number, plain_lines
from harness.records.case import Case
from harness.records.measurement import Measurement
from harness.records.metric import FLOP_RATE

_LINE = re.compile(r"(?:ggml_mul_mat:)?\s*([0-9]{1,6}) x\s+([0-9]{1,6}):(.*)")
_CELL = re.compile(r"\s*([A-Z][A-Z0-9_]{0,15})\s+(\S+) GFLOPS \(\s*([0-9]+) runs\)\s*")


def measure_mul_mat(text: str, threads: int, repetition: int) -> tuple[Measurement, ...]:
    """Return the rates, in GFLOP/s, of one process: a case for each size and type, `mul_mat/n=4096/.../type=q4_0`.

    Cells that are nan, inf or zero are not measurements.
    """
    measurements: list[Measurement] = []
    for line in plain_lines(text):
        match = _LINE.fullmatch(line)
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
    """Return how many rates are printed for each size, as numbers or not; a whole output has as many for each."""
    cells: dict[int, int] = {}
    for line in plain_lines(text):
        if match := _LINE.fullmatch(line):
            cells[int(match[1])] = cells.get(int(match[1]), 0) + match[3].count("GFLOPS")
    return cells


@functools.lru_cache(maxsize=1024)
def _case(n: str, kind: str, threads: int) -> Case:
    return Case.of("mul_mat", n=n, type=kind.lower(), threads=threads)
