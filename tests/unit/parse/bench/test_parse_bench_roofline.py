"""What the roofline probe prints, and what it must not print."""

import json
from typing import Any

import pytest

from harness.errors import UnreadableError
from harness.parse.bench.roofline import measure_roofline, parse_roofline
from harness.records.measurement import Case
from harness.records.roofline import CeilingKind

PROBE = {"kind": "probe", "vector": "avx", "lanes": 8, "fused": True, "bytes": 1 << 28}
END = {"kind": "end"}


def slots(kind: str = "peak", threads: int = 2, work: int = 1000, **changes: Any) -> dict[str, Any]:
    times = {"wall_ns": [20, 10, 40], "cpu_ns": [40, 18, 80]}
    return {"kind": kind, "threads": threads, "work": work, **times, **changes}


def answer(*lines: dict[str, Any]) -> str:
    return "+ roof --threads 2\n" + "".join(f"{json.dumps(line)}\n" for line in lines)


def test_the_best_slot_counts_and_the_median_is_kept() -> None:
    roofline = parse_roofline(answer(PROBE, slots(), slots("clock", work=30), END))
    assert (roofline.vector, roofline.lanes, roofline.fused, roofline.array_bytes) == ("avx", 8, True, 1 << 28)
    peak = roofline.find(CeilingKind.PEAK, 2)
    assert peak is not None
    assert (peak.best, peak.median, peak.n) == (100.0, 50.0, 3)
    assert peak.unsteadiness == pytest.approx(0.5)
    assert peak.occupancy == pytest.approx(0.9), "of the best slot: 18 ns of two threads' 20"
    assert roofline.find(CeilingKind.PEAK, 1) is None
    assert roofline.find(CeilingKind.READ, 2) is None


def test_measurements_leave_the_copy_to_memcpy() -> None:
    lines = (PROBE, slots(), slots("clock", work=30), slots("read", work=120), slots("copy", work=200), END)
    found = {one.metric: one for one in measure_roofline(answer(*lines), 2)}
    assert {metric: one.value for metric, one in found.items()} == {
        "peak_flop_rate": 100.0,
        "clock_rate": 3.0,
        "read_rate": 12.0,
    }
    assert {one.case for one in found.values()} == {Case.of("roof", threads=2)}
    assert {one.repetition for one in found.values()} == {2}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+ roof\nSegmentation fault\n",
        answer(PROBE, END),
        answer(PROBE, slots()),
        answer(slots(), PROBE, END),
        answer(PROBE, slots("peek"), END),
        answer(PROBE, slots(work=0), END),
        answer(PROBE, slots(work=-1), END),
        answer(PROBE, slots(threads=0), END),
        answer(PROBE, slots(wall_ns=[0, 1, 2]), END),
        answer(PROBE, slots(wall_ns=[], cpu_ns=[]), END),
        answer(PROBE, slots(cpu_ns=[1]), END),
        answer(PROBE, slots(wall_ns=["long"] * 3), END),
        answer(PROBE, slots(), END).replace('"work"', '"wrok"'),
        answer(PROBE, slots(), END)[:-20],
    ],
)
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse_roofline(text)
