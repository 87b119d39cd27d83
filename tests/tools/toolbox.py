"""A fake cmake, ctest, ninja, make and bench program in one: logs its argv and replays real output.

A flow test starts a dozen of these for each run of the harness. So this file imports what Python has at hand anyway,
and the few calls that need more import that themselves.

HOME holds `calls.jsonl` (every call, appended), `data/` (outputs recorded from the real tools), `encode.json` (encode
times in ms that the bench program prints one after the other), `roof.json` (likewise, the factors by which the roof is
lowered), `others.json` (likewise, the CPU seconds that others use while a model is timed, counted in `system/`; of the
other benchmarks `others-memcpy.json`, `others-mul_mat.json`),
`speed.json` (see `next_encode`), `says.json` (what whisper-cli prints with weights that are called so), `objects/` (see
`leave_object`), `libwhisper.so` (what a build leaves in src/), `check.ref` (the reference of every check),
`deaf-linker` (layouts come out equal) and `script.json`: what goes wrong (see trouble.py).
"""

import os
import sys
from _json import encode_basestring_ascii as quote

HOME, TOOL, *ARGV = sys.argv[1:]
DATA = f"{HOME}/data"

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
# The harness's own projects, and what is built there.
OWN = {"roofline": "roof", "reference": "reference"}

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
    """Answer the call, or go wrong as the script wants it; return the exit code."""
    if os.path.exists(f"{HOME}/script.json"):
        from tests.tools.trouble import meet

        return meet(HOME, TOOL, keys(), note_call, TOOLS[TOOL])
    note_call()
    TOOLS[TOOL]()
    sys.stdout.flush()
    return 0


def note_call() -> None:
    with open(f"{HOME}/calls.jsonl", "a") as calls:
        calls.write(f"[{', '.join(quote(word) for word in (TOOL, *ARGV))}]\n")


def put(path: str, text: str) -> None:
    """Write a file as a whole: this program is killed at any moment, and another one reads it then."""
    fresh = f"{path}.{os.getpid()}"
    with open(fresh, "w") as file:
        file.write(text)
    os.replace(fresh, path)


def read(path: str) -> str:
    with open(path, errors="surrogateescape") as file:
        return file.read()


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def keys() -> list[str]:
    if (own := TOOL if TOOL in OWN.values() else kind()) in OWN.values():
        return [" ".join([TOOL, *(["--build"] if "--build" in ARGV else []), *([own] if own != TOOL else [])])]
    build_type = "Debug" if "Debug" in kind() else "Release"
    if TOOL == "whisper-bench":
        if "no-weights" in ARGV:
            return [f"{TOOL} features"]
        if "-m" in ARGV:
            return [f"{TOOL} {os.path.basename(value('-m'))}", f"{TOOL} -m"]
        return [f"{TOOL} {' '.join(ARGV[:2])}"]
    if TOOL in ("whisper-cli", "whisper-server") or "--version" in ARGV:
        return [TOOL if TOOL.startswith("whisper-") else f"{TOOL} --version"]
    verb = next((word for word in ARGV if word in ("--build", "-N", "-t", "-P")), "")
    return [
        " ".join(part for part in (TOOL, verb, build_type) if part),
        " ".join(part for part in (TOOL, verb) if part),
    ]


def kind() -> str:
    if "-S" in ARGV and (own := OWN.get(os.path.basename(value("-S")))):
        return own
    if any(word.startswith("-DCMAKE_BUILD_TYPE=") for word in ARGV):
        return " ".join(ARGV)
    marker = f"{value('--build') if '--build' in ARGV else os.getcwd()}/kind"
    return read(marker) if os.path.exists(marker) else ""


def value(option: str) -> str:
    return ARGV[ARGV.index(option) + 1]


def cmake() -> None:
    if "--version" in ARGV:
        replay("cmake-version.txt")
    elif ARGV[:2] == ["-E", "env"]:
        try:
            os.execvp(ARGV[2], ARGV[2:])
        except OSError as error:
            print(error.strerror)
            sys.exit(1)
    elif "-P" in ARGV:
        relink()
    elif "-E" in ARGV:
        copy(ARGV[-2], ARGV[-1])
    elif "--build" in ARGV:
        build(value("--build"), ARGV[ARGV.index("--target") + 1 :] if "--target" in ARGV else [])
    else:
        folder = value("-B")
        os.makedirs(folder, exist_ok=True)
        touch(f"{folder}/build.ninja")
        # A source in the cache is a word, too: `git-` and twelve digits of its commit.
        source = os.path.basename(folder)[: len("git-0123456789ab")]
        write(f"{folder}/kind", kind() if kind() in OWN.values() else f"{kind()} {source}")
        write(f"{folder}/source", value("-S"))
        print("-- Configuring done (0.3s)")
        keep_options(folder)


def leave_object(folder: str) -> None:
    """Leave an object file and what was linked of it: objects/WORD.o, WORD being one that configured it, or any.o."""
    objects = f"{HOME}/objects"
    if os.path.isdir(objects) and kind() not in OWN.values():
        chosen = next((word for word in kind().split() if os.path.exists(f"{objects}/{word}.o")), "any")
        copy(f"{objects}/{chosen}.o", f"{folder}/bench.o")
        edge = "build bin/whisper-bench: CXX_EXECUTABLE_LINKER__whisper-bench_Release bench.o\n  LINK_FLAGS = -O\n"
        write(f"{folder}/build.ninja", edge)


def keep_options(folder: str) -> None:
    """Write a CMakeCache.txt and warn of what nobody has read, as CMake does where it configures v1.8.5."""
    if kind() in OWN.values():
        return
    kept = dict(declared())
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
    entries = (f"{text}{name}:{type_}={value}" for name, (text, type_, value) in kept.items())
    write(f"{folder}/CMakeCache.txt", "\n\n".join(entries))
    if unread:
        names = "".join(f"    {name}\n" for name in sorted(unread))
        print(f"CMake Warning (unused-cli):\n  Manually-specified variables were not used by the project:\n\n{names}\n")


def declared() -> list[tuple[str, tuple[str, str, str]]]:
    """Return the variables that the tree itself has: name, and comment, type and value."""
    found, comment = [], ""
    for line in read(f"{DATA}/cache.txt").partition("# INTERNAL")[0].splitlines():
        name, colon, rest = line.partition(":")
        type_, equals, given = rest.partition("=")
        if comment and colon and equals and "on the command line" not in comment and not line.startswith("//"):
            found.append((name, (comment, type_, given)))
        comment = f"{comment}{line}\n" if line.startswith("//") else ""
    return found


def build(folder: str, targets: list[str]) -> None:
    os.makedirs(f"{folder}/bin", exist_ok=True)
    made = f"{folder}/made"
    idle = os.path.exists(made) and read(made) == repr(targets)
    if idle:
        print("ninja: no work to do.", flush=True)
    else:
        for done in range(3):
            print(f"[{done}/3 0.1] Building CXX object file{done}.o", flush=True)
    name = kind() if kind() in OWN.values() else "whisper-bench"
    for target in targets:
        touch(f"{folder}/bin/{os.path.basename(target)}")
    beside = [one for one in ("whisper-quantize", "whisper-cli", "whisper-server") if one in ARGV]
    for one in (name, *beside):
        program = f"{folder}/bin/{one}"
        if idle and os.path.exists(program):  # Ninja leaves what is newer than its objects, whoever wrote it
            continue
        write(program, f'#!/bin/sh\nFAKE_BUILD={folder} exec {sys.executable} -ISE {sys.argv[0]} {HOME} {one} "$@"\n')
        os.chmod(program, 0o755)
    leave_object(folder)
    if os.path.exists(f"{HOME}/libwhisper.so") and not (idle and os.path.exists(f"{folder}/src/libwhisper.so")):
        os.makedirs(f"{folder}/src", exist_ok=True)
        copy(f"{HOME}/libwhisper.so", f"{folder}/src/libwhisper.so")
    write(made, repr(targets))


def make() -> None:
    build(os.getcwd(), [])


def relink() -> None:
    """Keep what was built in another folder, as our CMake script does; whatever the layout, it is other bytes."""
    given = dict(word[2:].split("=", 1) for word in ARGV if word.startswith("-D"))
    for name in ("bin", "src"):
        folder, keep = f"{given['FOLDER']}/{name}", f"{given['KEEP']}/{name}"
        for one in os.listdir(folder) if os.path.isdir(folder) else ():
            os.makedirs(keep, exist_ok=True)
            copy(f"{folder}/{one}", f"{keep}/{one}")
            with open(f"{keep}/{one}", "a") as file:
                file.write("" if os.path.exists(f"{HOME}/deaf-linker") else f"# {given['SEED']}\n")


def copy(source: str, target: str) -> None:
    with open(source, "rb") as read_from, open(target, "wb") as written:
        written.write(read_from.read())
    os.chmod(target, os.stat(source).st_mode)


def touch(path: str) -> None:
    with open(path, "a"):
        os.utime(path)


def ctest() -> None:
    if "--version" in ARGV:
        replay("ctest-version.txt")
    elif "-N" in ARGV:
        replay("listing.log")
    else:
        if "--output-junit" in ARGV:
            copy(f"{DATA}/junit.xml", value("--output-junit"))
        print("Test project /build\n100% tests passed, 0 tests failed out of 2")


def ninja() -> None:
    replay("ninja-version.txt" if "--version" in ARGV else "targets.txt")


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
    said = read(f"{DATA}/cli.log").replace("flash attn = 0", f"flash attn = {int('-fa' in ARGV)}")
    if os.path.exists(f"{HOME}/says.json"):
        for name, text in eval(read(f"{HOME}/says.json")).items():
            if name in os.path.basename(value("-m")):
                said = f"{said.partition('-->')[0]}--> 00:00:11.000]   {text}\n\n{said[said.index('whisper_print') :]}"
    print(said.replace("n_threads = 2", f"n_threads = {value('-t')}").replace(" 2 threads", f" {value('-t')} threads"))


def whisper_server() -> None:
    from tests.tools.listener import serve

    sys.exit(serve(HOME, ARGV))


def whisper_quantize() -> None:
    """Write the parent's tensors in another type: true headers and lengths, and zeros for values."""
    import math
    import struct
    from pathlib import Path

    blocks = {"q4_0": (2, 32, 18), "q4_1": (3, 32, 20), "q5_0": (6, 32, 22), "q5_1": (7, 32, 24), "q8_0": (8, 32, 34)}
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


def roofline() -> None:
    """Return 190 GFLOP/s, 12 GB/s read and 20 GB/s copied for each thread, at 3.1 GHz."""
    import json

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


def reference() -> None:
    """Write the reference that the test has prepared."""
    copy(f"{HOME}/check.ref", ARGV[1])


def use_cpu(seconds: float) -> None:
    """Let the made-up node's counters of all CPUs, and of process 4711, go up by so much user time."""
    for path, field in (("proc/stat", 1), ("proc/4711/stat", 13)):
        file = f"{HOME}/system/{path}"
        if seconds and os.path.exists(file):
            words = read(file).split(" ")
            words[field] = str(int(words[field]) + round(100 * seconds))
            put(file, " ".join(words))


def next_encode() -> float:
    """Return what encode.json wants next, else a constant.

    With speed.json, {"noise": 0.01, "factors": {"-fa": 1.2}}, times scatter instead, and are multiplied where the word
    stands in the program's arguments or in those with which its build was configured; `tiny-q8_0` stands for weights
    that are called so, `git-0123456789ab` for a build of that commit, `tile=16` for a tree whose ggml has such a line.
    """
    speed = f"{HOME}/speed.json"
    if not os.path.exists(speed):
        return next_value("encode.json", 2216.24)
    import math

    wanted = eval(read(speed))  # JSON of numbers is Python, too
    words = [*ARGV, *read(f"{os.environ['FAKE_BUILD']}/kind").split(), *read_constants()]
    scatter = math.exp(wanted["noise"] * draw_normal(read(f"{HOME}/calls.jsonl").count("\n")))
    weights = os.path.basename(value("-m"))
    factors = (factor for word, factor in wanted["factors"].items() if word in words or f"-{word}-" in weights)
    return float(1000 * scatter * math.prod(factors))


def read_constants() -> list[str]:
    """Return the constants of the measured tree's ggml-cpu.c, if it has one, as it is now."""
    known = f"{os.environ['FAKE_BUILD']}/source"
    file = f"{read(known) if os.path.exists(known) else ''}/ggml/src/ggml-cpu/ggml-cpu.c"
    lines = read(file).splitlines() if os.path.exists(file) else []
    return ["".join(line.split()[-3:]).rstrip(";") for line in lines if " = " in line]


def draw_normal(seed: int) -> float:
    """Return a value of the standard normal distribution, as a ratio of uniform ones (Kinderman and Monahan, 1977).

    The module `random` has that, too, but to import it takes longer than the whole call.
    """
    import math
    from _random import Random

    draw = Random(seed).random
    while True:
        across, below = draw() - 0.5, 1 - draw()
        ratio = math.sqrt(8 / math.e) * across / below
        if ratio * ratio <= -4 * math.log(below):
            return ratio


def next_value(name: str, constant: float) -> float:
    """Return what the test wants next (a list that is used up; its last value stays), else a constant."""
    path = f"{HOME}/{name}"
    if not os.path.exists(path):
        return constant
    first, *rest = eval(read(path))
    put(path, repr(rest or [first]))
    return float(first)


def cc() -> None:
    replay(f"{TOOL}-version.txt")


def replay(name: str) -> None:
    print(read(f"{DATA}/{name}"), end="")


TOOLS = {
    "cmake": cmake,
    "ctest": ctest,
    "ninja": ninja,
    "make": make,
    "whisper-bench": whisper_bench,
    "whisper-quantize": whisper_quantize,
    "whisper-cli": whisper_cli,
    "whisper-server": whisper_server,
    "roof": roofline,
    "reference": reference,
    "gcc": cc,
    "g++": cc,
}
