"""A fake cmake, ctest, ninja and bench program in one: logs its argv and replays real output.

    python fake.py HOME TOOL ARGUMENT...

HOME holds `calls.jsonl` (every call, appended), `data/` (outputs recorded from the real tools) and `script.json`:
what goes wrong, as {"KEY": {"exit": 3, "print": "...", "signal": 11, "sleep": 60, "silent": true, "times": 1}}.
KEY is the first of these that is there: `whisper-bench base`, `whisper-bench -w 1`, `cmake --build Debug`, `ctest`...
`times` counts down; the fault is gone when it has struck that often.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

HOME = Path(sys.argv[1])
DATA = HOME / "data"
TOOL, ARGV = sys.argv[2], sys.argv[3:]

BENCH = """\
system_info: n_threads = {threads} / 2 | WHISPER : COREML = 0 | OPENVINO = 0 | CPU : SSE3 = 1 | SSSE3 = 1 | AVX = 1 \
| AVX2 = 1 | F16C = 1 | FMA = 1 | BMI2 = 1 | OPENMP = 1 | REPACK = 1 |

whisper_print_timings:     load time =    86.41 ms
whisper_print_timings:     fallbacks =   0 p /   0 h
whisper_print_timings:      mel time =     0.00 ms
whisper_print_timings:   sample time =     0.00 ms /     1 runs (     0.00 ms per run)
whisper_print_timings:   encode time =  {encode:8.2f} ms /     1 runs ( {encode:8.2f} ms per run)
whisper_print_timings:   decode time =  1339.21 ms /   256 runs (     5.23 ms per run)
whisper_print_timings:   batchd time =   893.00 ms /   320 runs (     2.79 ms per run)
whisper_print_timings:   prompt time =  9994.00 ms /  4096 runs (     2.44 ms per run)
whisper_print_timings:    total time = 14443.00 ms
"""


def main() -> int:
    with (HOME / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([TOOL, *ARGV]) + "\n")
    fault = strike()
    if "print" in fault:
        print(fault["print"], flush=True)
    if not fault.get("silent"):
        TOOLS[TOOL]()
        sys.stdout.flush()
    if "touch" in fault:
        Path(fault["touch"]).write_text("new\n")
    if "sleep" in fault:
        time.sleep(fault["sleep"])
    if "signal" in fault:
        os.kill(os.getpid(), fault["signal"])
    return int(fault.get("exit", 0))


def strike() -> dict[str, Any]:
    script = HOME / "script.json"
    faults: dict[str, dict[str, Any]] = json.loads(script.read_text()) if script.exists() else {}
    for key in keys():
        fault = faults.get(key)
        if fault is None:
            continue
        if "times" in fault:
            left = fault["times"]
            fault["times"] = left - 1
            script.write_text(json.dumps(faults))
            if left <= 0:
                continue
        return fault
    return {}


def keys() -> list[str]:
    build_type = "Debug" if "Debug" in kind() else "Release"
    if TOOL == "whisper-bench":
        if "no-weights" in ARGV:
            return [f"{TOOL} features"]
        if "-m" in ARGV:
            return [f"{TOOL} {Path(value('-m')).name}", f"{TOOL} -m"]
        return [f"{TOOL} {' '.join(ARGV[:2])}"]
    if "--version" in ARGV:
        return [f"{TOOL} --version"]
    verb = next((word for word in ARGV if word in ("--build", "-N", "-t")), "")
    return [
        " ".join(part for part in (TOOL, verb, build_type) if part),
        " ".join(part for part in (TOOL, verb) if part),
    ]


def kind() -> str:
    if "-DCMAKE_BUILD_TYPE=Debug" in ARGV or "-DCMAKE_BUILD_TYPE=Release" in ARGV:
        return " ".join(ARGV)
    folder = Path(value("--build")) if "--build" in ARGV else Path.cwd()
    marker = folder / "kind"
    return marker.read_text() if marker.exists() else ""


def value(option: str) -> str:
    return ARGV[ARGV.index(option) + 1]


def cmake() -> None:
    if "--version" in ARGV:
        print("cmake version 4.4.4")
    elif "--build" in ARGV:
        folder = Path(value("--build"))
        (folder / "bin").mkdir(exist_ok=True)
        for done in range(3):
            print(f"[{done}/3 0.1] Building CXX object file{done}.o", flush=True)
        program = folder / "bin" / "whisper-bench"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -ISE {__file__} {HOME} whisper-bench "$@"\n')
        program.chmod(0o755)
    else:
        folder = Path(value("-B"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "build.ninja").touch()
        (folder / "kind").write_text(kind())
        print("-- Configuring done (0.3s)")


def ctest() -> None:
    if "--version" in ARGV:
        print("ctest version 4.4.4")
    elif "-N" in ARGV:
        replay("listing.log")
    else:
        Path(value("--output-junit")).write_text((DATA / "junit.xml").read_text())
        print("Test project /build\n100% tests passed, 0 tests failed out of 2")


def ninja() -> None:
    print("1.13.2") if "--version" in ARGV else replay("targets.txt")


def whisper_bench() -> None:
    if "-h" in ARGV:
        replay("help.log")
    elif "-w" in ARGV:
        replay("memcpy.log" if value("-w") == "1" else "mul_mat.log")
    else:
        print(BENCH.splitlines()[0]) if "no-weights" in ARGV else print(
            BENCH.format(threads=value("-t"), encode=2216.24)
        )


def cc() -> None:
    print("gcc (Debian 12.2.0-14+deb12u1) 12.2.0")


def replay(name: str) -> None:
    print((DATA / name).read_text(), end="")


TOOLS = {"cmake": cmake, "ctest": ctest, "ninja": ninja, "whisper-bench": whisper_bench, "gcc": cc, "g++": cc}

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
