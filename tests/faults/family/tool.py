"""Tools that are missing, wrong, hang, crash, or end well and did nothing."""

import signal

from tests.faults.deed import Program, Tools, tool
from tests.faults.fault import FINE, Family, Fault, Seen, fails, refuses
from tests.faults.stage import FULL, SHORT

_DEATHS = "ABRT BUS FPE HUP ILL INT KILL PIPE SEGV TERM TRAP USR1 XCPU XFSZ".split()
_TOOLS = {"cmake": "cmake was not found", "ctest": "ctest was not found", "ninja": "ninja was not found"}
_VERSIONS = {
    "silent": "#!/bin/sh\n",
    "fails": "#!/bin/sh\necho 'version 9.9.9'\nexit 3\n",
    "crashes": "#!/bin/sh\nkill -SEGV $$\n",
    "no-program": "not a program\0\1\2",
    "no-interpreter": "#!/no/such/shell\n",
}


def _tool(name: str, where: str, what: str, *deeds: Tools | Program, seen: Seen, **more: object) -> Fault:
    fault = Fault(family=Family.TOOL, name=name, where=where, what=what, deeds=deeds, seen=seen)
    return fault.replace(**more)


def _missing() -> list[Fault]:
    # Of CMake, CTest and Ninja there is another one beside the harness; a compiler is named by its path.
    found = [
        _tool(f"{name}-is-missing", name, "there is none", Program(name=name, text=""), seen=refuses(3, "no"))
        for name in ("gcc", "g++")
    ]
    for name, text in _VERSIONS.items():
        for program in ("cmake", "g++") if name != "silent" else ("cmake", "ninja", "ctest", "gcc", "g++"):
            # What was killed is there: nothing is to be installed.
            says = "did not print its version" if name == "crashes" else _TOOLS.get(program, "does not work")
            found.append(
                _tool(
                    f"{program}-version-{name}",
                    f"{program} --version",
                    "it does not say its version" if name == "silent" else f"it {name}",
                    Program(name=program, text=text),
                    seen=refuses(3, says, denies=("build-essential", "pip install") if name == "crashes" else ()),
                    sample=(program, name) == ("cmake", "crashes"),
                )
            )
    return found


def _crashes() -> list[Fault]:
    codes = [
        ("cmake -G", "cmake Release", 10),
        ("cmake --build", "cmake --build Release", 10),
        ("ninja -t targets", "ninja -t Release", 10),
        ("whisper-bench -h", "whisper-bench -h", 12),
        ("whisper-bench -m", "whisper-bench -m", 12),
    ]
    found = []
    for where, key, code in codes:
        for death in _DEATHS if code == 12 and key.endswith("-m") else ("KILL",):
            number = int(getattr(signal, f"SIG{death}"))
            found.append(
                _tool(
                    f"{key.replace(' ', '-')}-SIG{death}",
                    where,
                    f"it is killed by SIG{death}",
                    tool(key, signal=number, silent=True),
                    seen=fails(code, f"SIG{death}"),
                    sample=(key, death) == ("whisper-bench -m", "KILL"),
                )
            )
        found.append(
            _tool(
                f"{key.replace(' ', '-')}-exit-3",
                where,
                "all is printed, and the exit code is 3",
                tool(key, exit=3),
                seen=fails(code, "exit code 3"),
            )
        )
    for build_type in ("Debug", "Release"):
        for name, what in (("SIGKILL", {"signal": 9}), ("exit-8", {"exit": 8})):
            found.append(
                _tool(
                    f"ctest-{build_type}-{name}",
                    f"ctest ({build_type})",
                    f"it ends with {name}, and its file says that all passed",
                    tool(f"ctest {build_type}", **what),
                    seen=fails(11, "SIGKILL" if name == "SIGKILL" else "exit code 8"),
                    words=("run", *FULL),
                )
            )
    return found


def _complaints() -> list[Fault]:
    lines = {
        "unknown-cpu": ("cc1plus: error: unknown value 'native+nosve' for '-mcpu'", "--isa"),
        "old-assembler": ("/tmp/x.s:1: Error: no such instruction: `vpdpbusd %ymm1,%ymm2,%ymm3'", "binutils"),
        "killed-compiler": ("c++: fatal error: Killed signal terminated program cc1plus", "--jobs"),
        "killed-linker": ("collect2: fatal error: ld terminated with signal 9 [Killed]", "--jobs"),
        "full-tmp": ("a.cpp:6:1: fatal error: error writing to /tmp/x.s: No space left on device", "TMPDIR"),
        "compiler-crash": ("a.cpp:6:1: internal compiler error: Segmentation fault", "--compiler"),
    }
    return [
        _tool(
            f"build-{name}",
            "cmake --build",
            f"it prints: {line}",
            tool("cmake --build Release", exit=1, print=f"FAILED: [code=1] a.o\n{line}", silent=True),
            seen=fails(10, option),
            sample=name == "killed-compiler",
        )
        for name, (line, option) in lines.items()
    ]


def _floods() -> list[Fault]:
    found = [
        _tool(
            f"{key.replace(' ', '-')}-prints-without-end",
            key,
            "it prints without end",
            tool(key, flood=True, silent=True),
            seen=fails(code, "it printed more than 64 MB"),
            words=("run", *(FULL if code == 11 else SHORT)),
        )
        for key, code in (
            ("cmake Release", 10),
            ("ninja -t Release", 10),
            ("cmake --build Release", 10),
            ("ctest Release", 11),
            ("whisper-bench -h", 12),
            ("whisper-bench -m", 12),
        )
    ]
    for program in ("cmake", "gcc"):
        yes = Program(name=program, text="#!/bin/sh\nexec yes and on and on\n")
        seen = refuses(3, "cmake was not found" if program == "cmake" else "does not work")
        name = f"{program}-version-without-end"
        found.append(_tool(name, f"{program} --version", "it prints without end", yes, seen=seen))
    return found


def _nothing() -> list[Fault]:
    """Tools that end with 0 and did nothing."""
    found = []
    for key, code, says in (
        ("ninja -t Release", 10, "no bench program"),
        ("cmake --build Release", 10, "did not write"),
        ("whisper-bench -h", 12, "neither -m nor -t"),
        ("whisper-bench -m", 12, "no measurement"),
    ):
        found.append(
            _tool(
                f"{key.replace(' ', '-')}-does-nothing",
                key,
                "it ends with 0 and has done nothing",
                tool(key, silent=True),
                seen=fails(code, says),
                sample=key in ("whisper-bench -m", "cmake --build Release"),
            )
        )
    for key, code, says in (
        ("cmake Debug", 10, "did not write"),
        ("cmake Release", 10, "did not write"),
        ("cmake --build Debug", 10, "did not write"),
        ("ctest -N Debug", 10, "list of tests"),
        ("ctest -N Release", 10, "list of tests"),
        ("ctest Debug", 11, "ran no test"),
        ("ctest Release", 11, "ran no test"),
        ("whisper-bench -w 1", 12, "no measurement"),
        ("whisper-bench -w 2", 12, "no measurement"),
    ):
        found.append(
            _tool(
                f"{key.replace(' ', '-')}-does-nothing-in-a-full-run",
                key,
                "it ends with 0 and has done nothing",
                tool(key, silent=True),
                seen=fails(code, says),
                words=("run", *FULL),
                sample=key == "ctest -N Release",
            )
        )
    return found


def _others() -> list[Fault]:
    short = ("run", "--no-tests", "--bench", "whisper", "--repetitions", "1")
    hang = {"sleep": 300, "silent": True}
    return [
        _tool(
            "bench-hangs",
            "whisper-bench -m",
            "it never ends",
            tool("whisper-bench -m", **hang),
            seen=fails(12, "timed out after 1 s"),
            words=(*short, "--timeout", "1"),
        ),
        _tool(
            "bench-hangs-after-printing",
            "whisper-bench -m",
            "it prints all and never ends",
            tool("whisper-bench -m", sleep=300),
            seen=fails(12, "timed out after 1 s"),
            words=(*short, "--timeout", "1"),
        ),
        _tool(
            "bench-ignores-the-end",
            "whisper-bench -m",
            "it never ends, and ignores all signals that can be",
            tool("whisper-bench -m", ignore=True, **hang),
            seen=fails(12, "timed out after 1 s"),
            words=(*short, "--timeout", "1"),
        ),
        _tool(
            "bench-leaves-a-child",
            "whisper-bench -m",
            "it ends and leaves a process behind",
            tool("whisper-bench -m", fork=True),
            seen=FINE,
        ),
        _tool(
            "bench-leaves-a-server",
            "whisper-bench -m",
            "it ends and leaves a process behind in a session of its own",
            tool("whisper-bench -m", fork="away"),
            seen=FINE,
            sample=True,
        ),
        _tool(
            "build-leaves-a-server",
            "cmake --build Release",
            "it ends and leaves a process behind in a session of its own",
            tool("cmake --build Release", fork="away"),
            seen=FINE,
        ),
        _tool(
            "compiler-leaves-a-child-with-its-output",
            "gcc --version",
            "it answers, and a process of its own session keeps the pipe open",
            Program(name="gcc", text="#!/bin/sh\necho gcc 12.2.0\ncd /\nHOME=/ setsid sleep 75 &\n"),
            seen=Seen(codes=(0, 3), says=("does not work",), status=FINE.status),
        ),
        _tool(
            "bench-fails-once-of-three",
            "whisper-bench -m",
            "the first of three processes is killed",
            tool("whisper-bench -m", signal=9, times=1),
            seen=fails(12, "SIGKILL"),
            words=("run", "--no-tests", "--bench", "whisper", "--repetitions", "3"),
        ),
        _tool(
            "memory-ends-in-mul-mat",
            "whisper-bench -w 2",
            "the kernel kills it",
            tool("whisper-bench -w 2", signal=9, silent=True),
            seen=fails(12, "out of memory?"),
            words=("run", *FULL),
        ),
        _tool(
            "compiler-is-killed-in-the-build",
            "cmake --build",
            "the kernel kills it",
            tool("cmake --build Release", signal=9, print="[1/3 0.1] Building"),
            seen=fails(10, "out of memory?"),
        ),
        _tool(
            "bench-is-gone-after-the-build",
            "whisper-bench",
            "the build ends well and the program is missing",
            tool("cmake --build Release", lose="bin/whisper-bench"),
            seen=fails(10, "did not write"),
        ),
        _tool(
            "bench-is-gone-before-its-benchmark",
            "whisper-bench",
            "somebody removes it between its help and its benchmark",
            tool("whisper-bench features", lose="bin/whisper-bench"),
            seen=fails(12, "cannot start"),
        ),
        _tool(
            "bench-cannot-be-executed",
            "whisper-bench",
            "the program has lost its mode bits",
            tool("whisper-bench features", unmode="bin/whisper-bench"),
            seen=fails(12, "cannot start"),
        ),
    ]


FAULTS = (*_missing(), *_complaints(), *_floods(), *_crashes(), *_nothing(), *_others())
