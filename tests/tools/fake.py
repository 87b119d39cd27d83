"""A fake cmake, ctest, ninja, make and bench program in one: logs its argv and replays real output.

    python fake.py HOME TOOL ARGUMENT...

HOME holds `calls.jsonl` (every call, appended), `data/` (outputs recorded from the real tools), `encode.json` (encode
times in ms that the bench program prints one after the other), `roof.json` (likewise, the factors by which the roof is
lowered), `others.json` (likewise, the CPU seconds that others use while a model is timed, counted in `system/`; of the
other benchmarks `others-memcpy.json`, `others-mul_mat.json`),
`speed.json` (see `next_encode`), `objects/` (see `leave_object`), `libwhisper.so` (what a build leaves in src/),
`deaf-linker` (layouts come out equal) and `script.json`: what goes wrong, as
{"KEY": {"exit": 3, "print": "...", "signal": 11, "sleep": 60, "silent": true, "times": 1}}.
`until` names a file that it waits for, five minutes at most.
`ignore` makes it deaf for signals, `fork` leaves a child behind, in a session of its own where it is "away"; `lose` and
`unmode` remove a file of the build folder or its mode bits, `move` gives a file another name and its own again.
`flood` lets it print without end; `touch` writes another text to a file, and `append` adds to one.
`halt` stops whom it names, `harness`, `child` (itself) or both, for `halt_s` seconds.
KEY is the first of these that is there: `whisper-bench base`, `whisper-bench -w 1`, `cmake --build Debug`, `ctest`,
`cmake roof`, `cmake --build roof`, `roof`...
`spare` calls are let through first; `times` counts down; the fault is gone when it has struck that often.
"""

# Every run starts a dozen of these: what few calls need is imported there.
import json
import math
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

HOME = Path(sys.argv[1])
DATA = HOME / "data"
TOOL, ARGV = sys.argv[2], sys.argv[3:]

# What CMake writes over a variable that only the command line knows.
UNKNOWN = "No help, variable specified on the command line."
# What is read without being declared, and what this tree overwrites.
READ = {
    "CMAKE_C_COMPILER_LAUNCHER",
    "CMAKE_CXX_COMPILER_LAUNCHER",
    "CMAKE_MAKE_PROGRAM",
    "CMAKE_PROJECT_INCLUDE",
    "CMAKE_PROJECT_INCLUDE_BEFORE",
    "HARNESS_LOADABLE",
    "WHISPER_SOURCE",
}
FORCED = {"GGML_GPROF": "OFF"}

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
    fault = strike()
    if "ignore" in fault:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Whoever waits for a call and ends it must not meet a fault that is not yet counted.
    with (HOME / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([TOOL, *ARGV]) + "\n")
    if "print" in fault:
        print(fault["print"], flush=True)
    if not fault.get("silent"):
        TOOLS[TOOL]()
        sys.stdout.flush()
    if "seen" in fault:
        note_circumstances()
    harm(fault)
    if "sleep" in fault:
        time.sleep(fault["sleep"])
    if "until" in fault:
        deadline = time.monotonic() + 300
        while not Path(fault["until"]).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    if "signal" in fault:
        if fault["signal"] != signal.SIGKILL:  # Python itself is deaf for some
            signal.signal(fault["signal"], signal.SIG_DFL)
        os.kill(os.getpid(), fault["signal"])
    return int(fault.get("exit", 0))


def harm(fault: dict[str, Any]) -> None:
    """Do to others what the fault says."""
    while "flood" in fault:
        sys.stdout.write("and on and on\n" * 10_000)
    if "touch" in fault:
        Path(fault["touch"]).write_text("new\n")
    if "append" in fault:
        with Path(fault["append"]).open("a") as file:
            file.write("\n")
    if "halt" in fault:
        halt(fault["halt"].split(), fault["halt_s"])
    if "move" in fault:
        Path(fault["move"]).rename(f"{fault['move']}.away").rename(fault["move"])
    if "lose" in fault:
        Path(fault["lose"]).unlink()
    if "unmode" in fault:
        Path(fault["unmode"]).chmod(0o644)
    if "fork" in fault and os.fork() == 0:
        if fault["fork"] == "away":  # a server, which nobody waits for
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(1, 2)
        time.sleep(300)


def halt(whom: list[str], seconds: float) -> None:
    """Stop the harness, this process or both, and let them go on."""
    pids = [{"harness": os.getppid(), "child": os.getpid()}[who] for who in whom]
    helper = os.fork()
    if helper == 0:
        os.setsid()
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in pids:
                os.kill(pid, number)
            time.sleep(seconds if number == signal.SIGSTOP else 0)
        os._exit(0)
    os.waitpid(helper, 0)


def strike() -> dict[str, Any]:
    script = HOME / "script.json"
    faults: dict[str, dict[str, Any]] = json.loads(script.read_text()) if script.exists() else {}
    for key in keys():
        fault = faults.get(key)
        if fault is None:
            continue
        if fault.get("spare"):
            fault["spare"] -= 1
            put(script, json.dumps(faults))
            continue
        if "times" in fault:
            left = fault["times"]
            fault["times"] = left - 1
            put(script, json.dumps(faults))
            if left <= 0:
                continue
        return fault
    return {}


def put(path: Path, text: str) -> None:
    """Write a file as a whole: this program is killed at any moment, and another one reads it then."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)


def keys() -> list[str]:
    if TOOL == "roof" or kind() == "roof":
        return [" ".join([TOOL, *(["--build"] if "--build" in ARGV else []), *(["roof"] if TOOL != "roof" else [])])]
    build_type = "Debug" if "Debug" in kind() else "Release"
    if TOOL == "whisper-bench":
        if "no-weights" in ARGV:
            return [f"{TOOL} features"]
        if "-m" in ARGV:
            return [f"{TOOL} {Path(value('-m')).name}", f"{TOOL} -m"]
        return [f"{TOOL} {' '.join(ARGV[:2])}"]
    if TOOL == "whisper-cli" or "--version" in ARGV:
        return [TOOL if TOOL == "whisper-cli" else f"{TOOL} --version"]
    verb = next((word for word in ARGV if word in ("--build", "-N", "-t", "-P")), "")
    return [
        " ".join(part for part in (TOOL, verb, build_type) if part),
        " ".join(part for part in (TOOL, verb) if part),
    ]


def kind() -> str:
    if "-S" in ARGV and Path(value("-S")).name == "roof":
        return "roof"
    if any(word.startswith("-DCMAKE_BUILD_TYPE=") for word in ARGV):
        return " ".join(ARGV)
    folder = Path(value("--build")) if "--build" in ARGV else Path.cwd()
    marker = folder / "kind"
    return marker.read_text() if marker.exists() else ""


def value(option: str) -> str:
    return ARGV[ARGV.index(option) + 1]


def cmake() -> None:
    if "--version" in ARGV:
        print("cmake version 4.4.4")
    elif ARGV[:2] == ["-E", "env"]:
        try:
            os.execvp(ARGV[2], ARGV[2:])
        except OSError as error:
            print(error.strerror)
            sys.exit(1)
    elif "-P" in ARGV:
        relink()
    elif "-E" in ARGV:
        copy(Path(ARGV[-2]), Path(ARGV[-1]))
    elif "--build" in ARGV:
        build(Path(value("--build")), ARGV[ARGV.index("--target") + 1 :] if "--target" in ARGV else [])
    else:
        folder = Path(value("-B"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "build.ninja").touch()
        (folder / "kind").write_text(kind())
        print("-- Configuring done (0.3s)")
        keep_options(folder)


def leave_object(folder: Path) -> None:
    """Leave an object file and what was linked of it: objects/WORD.o, WORD being one that configured it, or any.o."""
    objects = HOME / "objects"
    if objects.is_dir() and kind() != "roof":
        chosen = next((objects / f"{word}.o" for word in kind().split() if (objects / f"{word}.o").exists()), None)
        copy(chosen or objects / "any.o", folder / "bench.o")
        edge = "build bin/whisper-bench: CXX_EXECUTABLE_LINKER__whisper-bench_Release bench.o\n  LINK_FLAGS = -O\n"
        (folder / "build.ninja").write_text(edge)


def keep_options(folder: Path) -> None:
    """Write a CMakeCache.txt and warn of what nobody has read, as CMake does where it configures v1.8.5."""
    if kind() == "roof":
        return
    entries = re.findall(r"((?://.*\n)+)(\w+):(\w+)=(.*)", (DATA / "cache.txt").read_text().partition("# INTERNAL")[0])
    kept = {name: (text, type_, value) for text, name, type_, value in entries if "on the command line" not in text}
    unread = []
    for word in ARGV:
        if not word.startswith("-D"):
            continue
        left, _, given = word[2:].partition("=")
        name, _, typed = left.partition(":")
        text, type_, _ = kept.get(name, (f"//{UNKNOWN}\n", typed or "UNINITIALIZED", ""))
        # ggml looks at every variable of its own name.
        if UNKNOWN in text and name not in READ and not name.startswith("GGML_"):
            unread.append(name)
        kept[name] = (text, type_, FORCED.get(name, given))
    (folder / "CMakeCache.txt").write_text(
        "\n\n".join(f"{text}{name}:{type_}={value}" for name, (text, type_, value) in kept.items())
    )
    if unread:
        names = "".join(f"    {name}\n" for name in sorted(unread))
        print(f"CMake Warning (unused-cli):\n  Manually-specified variables were not used by the project:\n\n{names}\n")


def build(folder: Path, targets: list[str]) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    made = folder / "made"
    if made.exists() and made.read_text() == repr(targets):
        print("ninja: no work to do.", flush=True)
    else:
        for done in range(3):
            print(f"[{done}/3 0.1] Building CXX object file{done}.o", flush=True)
    name = "roof" if kind() == "roof" else "whisper-bench"
    for target in targets:
        (folder / "bin" / Path(target).name).touch()
    beside = [one for one in ("whisper-quantize", "whisper-cli") if one in ARGV]
    for one in (name, *beside):
        program = folder / "bin" / one
        call = f'{sys.executable} -ISE {__file__} {HOME} {one} "$@"'
        program.write_text(f"#!/bin/sh\nFAKE_BUILD={folder} exec {call}\n")
        program.chmod(0o755)
    leave_object(folder)
    if (HOME / "libwhisper.so").exists():
        (folder / "src").mkdir(exist_ok=True)
        copy(HOME / "libwhisper.so", folder / "src" / "libwhisper.so")
    made.write_text(repr(targets))


def make() -> None:
    build(Path.cwd(), [])


def relink() -> None:
    """Keep what was built in another folder, as our CMake script does; whatever the layout, it is other bytes."""
    given = dict(word[2:].split("=", 1) for word in ARGV if word.startswith("-D"))
    for name in ("bin", "src"):
        for path in (Path(given["FOLDER"]) / name).glob("*"):
            kept = Path(given["KEEP"]) / name / path.name
            kept.parent.mkdir(parents=True, exist_ok=True)
            copy(path, kept)
            with kept.open("a") as file:
                file.write("" if (HOME / "deaf-linker").exists() else f"# {given['SEED']}\n")


def copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())
    target.chmod(source.stat().st_mode)


def ctest() -> None:
    if "--version" in ARGV:
        print("ctest version 4.4.4")
    elif "-N" in ARGV:
        replay("listing.log")
    else:
        if "--output-junit" in ARGV:
            Path(value("--output-junit")).write_bytes((DATA / "junit.xml").read_bytes())
        print("Test project /build\n100% tests passed, 0 tests failed out of 2")


def ninja() -> None:
    print("1.13.2") if "--version" in ARGV else replay("targets.txt")


def whisper_bench() -> None:
    if "-h" in ARGV:
        replay("help.log")
    elif "-w" in ARGV:
        name = "memcpy" if value("-w") == "1" else "mul_mat"
        use_cpu(next_value(f"others-{name}.json", 0.0))
        replay(f"{name}.log")
    elif "no-weights" in ARGV:
        print(bench_text().splitlines()[0])
    else:
        use_cpu(next_value("others.json", 0.0))
        print(bench_text().format(threads=value("-t"), encode=next_encode()))


def whisper_cli() -> None:
    said = (DATA / "cli.log").read_text()
    print(said.replace("n_threads = 2", f"n_threads = {value('-t')}").replace(" 2 threads", f" {value('-t')} threads"))


def whisper_quantize() -> None:
    """Write the parent's tensors in another type: true headers and lengths, and zeros for values."""
    import struct

    blocks = {"q4_0": (2, 32, 18), "q5_0": (6, 32, 22), "q8_0": (8, 32, 34)}
    source, target, kind = ARGV
    number, values, size = blocks[kind]
    data = Path(source).read_bytes()
    at = 48
    n_mels, n_fft = struct.unpack_from("<2i", data, at)
    at += 8 + 4 * n_mels * n_fft
    (tokens,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(tokens):
        at += 4 + struct.unpack_from("<I", data, at)[0]
    parts = [data[:at]]
    while at < len(data):
        n_dims, name_bytes, stored = struct.unpack_from("<3i", data, at)
        dims = struct.unpack_from(f"<{n_dims}i", data, at + 12)
        head = 12 + 4 * n_dims + name_bytes
        count = math.prod(dims)
        if stored == 1 and n_dims == 2:
            parts += [
                struct.pack("<3i", n_dims, name_bytes, number),
                data[at + 12 : at + head],
                bytes(count // values * size),
            ]
        else:
            parts.append(data[at : at + head + count * (2 if stored == 1 else 4)])
        at += head + count * (2 if stored == 1 else 4)
    Path(target).write_bytes(b"".join(parts))
    print("main: quantize time = 1.00 ms")


def bench_text() -> str:
    """Return what is printed with the CPU variant that the environment names: one for AVX alone has no more."""
    if "sandybridge" in os.environ.get("GGML_BACKEND_PATH", ""):
        return BENCH.replace(" | AVX2 = 1 | F16C = 1 | FMA = 1 | BMI2 = 1", "")
    return BENCH


def roof() -> None:
    """Return 190 GFLOP/s, 12 GB/s read and 20 GB/s copied for each thread, at 3.1 GHz."""
    factor = next_value("roof.json", 1.0)
    print(json.dumps({"kind": "probe", "vector": "avx512", "lanes": 16, "fused": True, "bytes": int(value("--bytes"))}))
    for threads in map(int, value("--threads").split(",")):
        per_ms = {"peak": 190e6 * threads, "clock": 3.1e6, "read": 12e6 * threads, "copy": 20e6 * threads}
        for name, work in per_ms.items():
            if name != "copy" or "--no-copy" not in ARGV:
                wall_ns = [int(1e6 / factor), int(1.02e6 / factor), int(1.5e6 / factor)]
                times = {"wall_ns": wall_ns, "cpu_ns": [wall * threads for wall in wall_ns]}
                print(json.dumps({"kind": name, "threads": threads, "work": int(work), **times}))
    print(json.dumps({"kind": "end"}))


def note_circumstances() -> None:
    """Append where and how this process runs to `seen.jsonl`."""
    seen = {
        "tool": TOOL,
        "cpus": sorted(os.sched_getaffinity(0)),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "tunables": os.environ.get("GLIBC_TUNABLES", ""),
    }
    with (HOME / "seen.jsonl").open("a") as file:
        file.write(json.dumps(seen) + "\n")


def use_cpu(seconds: float) -> None:
    """Let the made-up node's counters of all CPUs, and of process 4711, go up by so much user time."""
    for path, field in (("proc/stat", 1), ("proc/4711/stat", 13)):
        file = HOME / "system" / path
        if seconds and file.exists():
            words = file.read_text().split(" ")
            words[field] = str(int(words[field]) + round(100 * seconds))
            put(file, " ".join(words))


def next_encode() -> float:
    """Return what encode.json wants next, else a constant.

    With speed.json, {"noise": 0.01, "factors": {"-fa": 1.2}}, times scatter instead, and are multiplied where the word
    stands in the program's arguments or in those with which its build was configured.
    """
    speed = HOME / "speed.json"
    if not speed.exists():
        return next_value("encode.json", 2216.24)
    import random

    wanted = json.loads(speed.read_text())
    words = [*ARGV, *(Path(os.environ["FAKE_BUILD"]) / "kind").read_text().split()]
    draw = random.Random(len((HOME / "calls.jsonl").read_text().splitlines()))
    factors = [factor for word, factor in wanted["factors"].items() if word in words]
    return float(math.prod(factors) * 1000 * draw.lognormvariate(0, wanted["noise"]))


def next_value(name: str, constant: float) -> float:
    """Return what the test wants next (a list that is used up; its last value stays), else a constant."""
    path = HOME / name
    if not path.exists():
        return constant
    first, *rest = json.loads(path.read_text())
    put(path, json.dumps(rest or [first]))
    return float(first)


def cc() -> None:
    print("gcc (Debian 12.2.0-14+deb12u1) 12.2.0")


def replay(name: str) -> None:
    print((DATA / name).read_text(errors="surrogateescape"), end="")


TOOLS = {
    "cmake": cmake,
    "ctest": ctest,
    "ninja": ninja,
    "make": make,
    "whisper-bench": whisper_bench,
    "whisper-quantize": whisper_quantize,
    "whisper-cli": whisper_cli,
    "roof": roof,
    "gcc": cc,
    "g++": cc,
}

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
