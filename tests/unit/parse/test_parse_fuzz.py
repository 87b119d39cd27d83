"""What others wrote is read or refused, whatever was done to it: some of the inputs that are made by the million.

The inputs under `test_what_once_went_wrong` were found by `python -m benchmarks.fuzz`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz.mutation import Mutator
from benchmarks.fuzz.target import TARGETS, keeps_contract

DEEP = 100_000
BIG = "9" * 5000


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_outputs(name: str) -> None:
    target = TARGETS[name]
    mutator = Mutator(target.seeds(), target.tokens, limit=target.limit, seed=7)
    for _ in range(150):
        keeps_contract(target, mutator.make())


@pytest.mark.parametrize("name", TARGETS)
@given(text=st.text(max_size=200))
def test_any_text(name: str, text: str) -> None:
    keeps_contract(TARGETS[name], text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("node", f"==> /proc/cpuinfo <==\nprocessor : {BIG}\n"),
        ("node", "==> /sys/devices/system/cpu/online <==\n0-999999999999\n"),
        ("node", "==> logical <==\n999999999999\n"),
        ("node", f"==> /proc/meminfo <==\nMemTotal: {'9' * 17} kB\n"),
        ("node", f"==> sysctl <==\nhw.logicalcpu: {BIG}\nhw.memsize: {BIG}\n"),
        (
            "node",
            (
                "==> /proc/self/cgroup <==\n0::/a\n==> /proc/self/mountinfo <==\n1 1 0:1 / /c rw - cgroup2 x rw\n"
                f"==> /c/a/cpu.max <==\n{'9' * 400} 1\n"
            ),
        ),
        ("quiet", "==> clk_tck <==\ninf\n"),
        ("quiet", "==> /sys/class/thermal/thermal_zone0/temp <==\n60000\x1f\n"),
        ("quiet", "==> clk_tck <==\n0.5\n==> /proc/stat <==\ncpu 1 1 1 1 1 1 1 1\n"),
        ("quiet", "==> sysctl <==\nvm.swapusage: total = 1.2.3M used = ...M\n"),
        ("quiet", f"==> /proc/pressure/cpu <==\nsome avg10=0.00 total={BIG}\n"),
        (
            "import",
            (
                "==> README.md <==\n### bench\n\nWhisper Benchmark Results\n- status: 0\n#### Model Benchmarks\n\n"
                f"|  | tiny | {BIG} | 0 | 1 | 1 | 1 | 1 | abc |\n\n"
            ),
        ),
        (
            "import",
            (
                "==> README.md <==\n## Summary\n\n- date:    Mon Jan  1 00:00:00 UTC 0001\n- runtime: 9:00:00\n"
                "```\nm\n```\n\n"
            ),
        ),
        ("worker", '{"ok": true, "command": "encode", "wall_ns": 1' + "0" * 400 + "}"),
        ("worker", '{"ok": true, "command": ' + "[" * DEEP),
        (
            "roofline",
            (
                '{"kind": "probe", "vector": "a", "lanes": 8, "fused": true, "bytes": 1}\n{"kind": "peak", '
                f'"threads": 1, "work": 1{"0" * 400}, "wall_ns": [1], "cpu_ns": [1]}}\n{{"kind": "end"}}'
            ),
        ),
        ("roofline", '{"x": ' + "[" * DEEP + '\n{}\n{"kind": "end"}'),
        ("listing", '{"tests": ' + "[" * DEEP + "}"),
        ("run.json", '{"schema": 2, "x": ' + "[" * DEEP),
        ("settings", "a = " + "[" * DEEP),
        ("settings", f"seed = {BIG}"),
        ("settings", f"seed = {'9' * 30}"),
        ("pip_config", "global.index-url='a'" + "-" * DEEP + "1"),
        ("pip_config", "global.index-url={[]: 1}"),
    ],
    ids=range(24),
)
def test_what_once_went_wrong(name: str, text: str) -> None:
    keeps_contract(TARGETS[name], text)


@pytest.mark.parametrize(
    ("name", "head", "piece"),
    [
        ("system_info", "", "system_info: n_threads = 1 / 2 |\n"),
        ("compiler", "", "9"),
        ("cmake", "", "\n"),
        ("cmake", "-D", "VERSION"),
        ("cmake", "build a: ", "_LINKER__"),
        ("cmake", "", "a is deprecated "),
        ("node", "==> /proc/cpuinfo <==\n", "processor : 1\nphysical id : 0\ncore id : 0\n\n"),
        ("node", "==> /sys/devices/system/cpu/online <==\n", "0-8191,"),
        ("quiet", "==> sysctl <==\nvm.swapusage: ", "9"),
        ("quiet", "==> pmset <==\n", "\n"),
    ],
)
def test_what_once_took_the_square_of_its_length(name: str, head: str, piece: str) -> None:
    """Take minutes, and be seen to, where the time grows with the square of the length."""
    keeps_contract(TARGETS[name], head + piece * (400_000 // len(piece)))
