"""The probe of the roofline on the real thing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.answer import result_of

pytestmark = pytest.mark.native
ROOT = Path(__file__).parents[2]
# The command as it is, but for the time that it measures, and for arrays that are small where the caches are large: to
# fill gigabytes, and to read each of them a few times, takes a minute on a busy node.
BRIEF = """
import sys
from harness.cli.main import main
from harness.plan import roofline
roofline.FULL_S, roofline.MOST_ARRAY_BYTES = 2.0, 64 << 20
sys.exit(main(sys.argv[1:]))
"""


def roofline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_CACHE": str(folder / "cache")}
    command = [sys.executable, "-P", "-c", BRIEF, "roofline", *words, "--json"]
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, timeout=3000)


def rates(done: subprocess.CompletedProcess[str]) -> dict[tuple[str, int], float]:
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = result_of(done.stdout)
    return {(one["kind"], one["threads"]): one["best"] for one in answer["ceilings"]}


@pytest.fixture(scope="module")
def native(folder: Path) -> subprocess.CompletedProcess[str]:
    return roofline(folder)


def test_the_numbers_are_sane_and_of_the_same_things(folder: Path, native: subprocess.CompletedProcess[str]) -> None:
    # How long it takes is benchmarks/roofline.py's business: other tests run beside this one.
    best = rates(roofline(folder))
    assert rates(native).keys() == best.keys()
    assert 1 < best["peak", 1] < 1000
    assert 0.2 < best["clock", 1] < 10
    assert 0.5 < best["read", 1] < 1000
    assert best["read", 1] >= best["copy", 1] / 3
    lanes = result_of(native.stdout)["lanes"]
    assert best["peak", 1] / best["clock", 1] > lanes, "at least half an instruction per cycle"


def test_less_of_an_instruction_set_is_a_lower_roofline(folder: Path, native: subprocess.CompletedProcess[str]) -> None:
    if "avx2" not in Path("/proc/cpuinfo").read_text().split():
        pytest.skip("not a CPU with several widths")
    narrow = roofline(folder, "--isa", "sse42", "--threads", "1")
    assert result_of(narrow.stdout)["vector"] == "sse"
    # A Zen core adds and multiplies in SSE on four pipes: half of what two AVX2 pipes with FMA do, no less than that.
    assert rates(narrow)["peak", 1] < rates(native)["peak", 1] * 0.75


def test_zig_builds_the_probe(folder: Path) -> None:
    pytest.importorskip("ziglang")
    assert rates(roofline(folder, "--compiler", "zig", "--threads", "1"))["peak", 1] > 1
