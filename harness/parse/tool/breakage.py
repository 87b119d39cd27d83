"""Why a configuration or a build failed: the error message, its cause, and the option to change.

Sources of the forms: gcc 12, clang 14, zig 0.17, GNU as and ld 2.40, Ninja 1.13, provoked one by one
(`tests/data/logs/breakage.txt` holds what they printed); those for Arm, RISC-V and CUDA follow their sources.
"""

import re
from typing import NamedTuple

from harness.parse.notation import plain_lines
from harness.parse.tool.ninja import find_complaint
from harness.records.outcome import Cause

_LONGEST = 200
# How names of intrinsics and of their types begin: x86's, then those of NEON, SVE and RISC-V.
_INTRINSIC = r"(?:_mm\d{0,3}_|__m\d{3}|__tile|v\w{2,20}_[sufbp]\d|[su]?v?(?:bfloat|float|int|uint)\d+x\d|__riscv_)"
_LESS = "--isa with a name (-D GGML_NATIVE=OFF where none fits)"
_FEWER = "--jobs 1, so that one compiler at a time has all the memory; or more memory"
_WARNING = re.compile(r"\bwarning: |\bnote: ")
# What git says of a tree without git; ggml asks it for its commit and goes on without.
_GIT_SHRUG = re.compile(r"^fatal: (?:not a git repository|detected dubious ownership|No (?:names|tags) )")


class FailurePattern(NamedTuple):
    """A form of error message, its meaning, and what to change; the first one that matches a line counts.

    A pattern is compiled on first use: most commands read no build log, and compiling all patterns takes 7 ms.
    """

    pattern: str
    cause: Cause
    means: str
    remedy: str


_SYMPTOMS = (
    FailurePattern(
        r"[Nn]o space left on device|[Dd]isk quota exceeded",
        Cause.DISK_FULL,
        "no space is left on the device",
        "free some space, or use another folder for temporary files (TMPDIR) or for the build (--cache)",
    ),
    FailurePattern(
        r"Read-only file system",
        Cause.READ_ONLY,
        "the build cannot write",
        "another folder for the build (--cache) or for temporary files (TMPDIR)",
    ),
    FailurePattern(
        r"Killed signal terminated program|internal compiler error: Killed\b|terminated with signal 9\b"
        r"|unable to execute command: Killed|^Killed\b|died due to signal 9\b|exit code 137\b",
        Cause.KILLED,
        "a compiler or linker was killed, probably because memory ran out",
        f"{_FEWER}; -D GGML_LTO=ON needs the most",
    ),
    FailurePattern(
        r"virtual memory exhausted|final link failed: memory exhausted|[Oo]ut of memory|std::bad_alloc"
        r"|[Cc]annot allocate memory|OutOfMemory",
        Cause.OUT_OF_MEMORY,
        "a compiler or linker ran out of memory",
        f"{_FEWER}, or raise the limit (ulimit -v)",
    ),
    FailurePattern(
        r"Resource temporarily unavailable|Too many open files",
        Cause.TOO_MANY,
        "the system allows no more processes or files",
        "--jobs 1, or raise the limit (ulimit -u, ulimit -n)",
    ),
    FailurePattern(
        r"Error: no such instruction|Error: .{1,200} is not supported on |selected processor does not support"
        r"|Error: unknown mnemonic|Error: unrecognized opcode|Error: bad instruction|Error: unknown pseudo-op"
        r"|Error: unknown (?:architectural extension|architecture|cpu)\b|unrecognized instruction mnemonic"
        r"|error: invalid instruction mnemonic|error: instruction requires: "
        r"|Error: (?:unsupported instruction|bad register name|operand (?:type|size) mismatch for) "
        r"|^(?:\S+/)?as: unrecogni[sz]ed option|Fatal error: invalid -m|Fatal error: unknown architecture",
        Cause.ASSEMBLER,
        "the assembler does not know an instruction that the compiler uses: it is too old",
        f"a newer binutils, --compiler zig (which has its own assembler), or fewer instruction sets: {_LESS}",
    ),
    FailurePattern(
        r"[Uu]nsupported gpu architecture|unsupported CUDA gpu architecture"
        r"|is not defined for option '(?:gpu-architecture|gpu-code|gpu-name|arch)'",
        Cause.GPU_ARCHITECTURE,
        "this CUDA compiler does not know the GPU",
        "-D CMAKE_CUDA_ARCHITECTURES=NUMBER with one that it knows (nvcc --list-gpu-arch), or another CUDA",
    ),
    FailurePattern(
        r"unsupported (?:GNU|clang|Microsoft Visual Studio) version",
        Cause.HOST_COMPILER,
        "the host compiler is too new for this CUDA compiler",
        "--compiler with an older one (gcc-12), or a newer CUDA",
    ),
    FailurePattern(
        r"error: unknown target CPU|error: unknown CPU(?: feature)?: |invalid feature modifier"
        r"|(?:error: |[Ee]rror: ).{0,200}'?-m(?:arch|cpu|tune|fpu|abi)\b",
        Cause.UNKNOWN_CPU,
        "the compiler does not know the CPU that it is to build for",
        f"{_LESS}, a newer --compiler, or leave out an -march or -mcpu of your own",
    ),
    FailurePattern(
        r"unrecognized command[- ]line option|error: unknown argument|error: unsupported option"
        r"|error: unknown (?:clang )?option|nvcc fatal +: Unknown option"
        r"|^(?:\S+/)?ld(?:\.\w+)?: .{0,200}\b(?:unrecogni[sz]ed|unknown) option",
        Cause.UNKNOWN_OPTION,
        "the compiler or linker does not know an option: it is too old, or the option is wrong",
        f"a newer --compiler, or leave the option out; where it names an instruction set (-m...): {_LESS}",
    ),
    FailurePattern(
        r"needs isa option|needs target feature|target specific option mismatch|requires target feature",
        Cause.INTRINSIC,
        "the sources use instructions that the compiler was not asked for",
        f"{_LESS}, or another --compiler",
    ),
    FailurePattern(
        rf"(?:implicit declaration of function|undeclared identifier|unknown type name) ['\u2018]{_INTRINSIC}"
        rf"|['\u2018]{_INTRINSIC}\w*['\u2019] (?:was not declared|undeclared|does not name a type)",
        Cause.INTRINSIC,
        "the sources use an instruction that the headers of the compiler do not have: it is probably too old",
        f"a newer --compiler, or {_LESS}",
    ),
    FailurePattern(
        r"cannot execute .?(?:\S+/)?(?:cc1|cc1plus|as|collect2|lto1)\b|cannot find .?(?:ld|collect2|as)\b.?$"
        r"|invalid linker name in argument|posix_spawn failed: No such file",
        Cause.COMPILER_INCOMPLETE,
        "a part of the compiler is not installed",
        "install g++ and binutils, or --compiler zig, which needs nothing else",
    ),
    FailurePattern(
        r"internal compiler error|PLEASE submit a bug report|frontend command failed|error in backend"
        r"|LLVM ERROR|unable to execute command: |due to signal|terminated with signal|signal terminated program"
        r"|^Segmentation fault\b|^Aborted\b",
        Cause.COMPILER_CRASHED,
        "a compiler or linker crashed",
        "another --compiler; if it crashes in another place the next time, the memory of the node may be faulty",
    ),
    FailurePattern(
        r":\d+: fatal error: .{1,200}: No such file or directory|fatal error: '.{1,200}' file not found"
        r"|fatal error: cannot open source file|catastrophic error: cannot open source file",
        Cause.HEADER_MISSING,
        "a header is missing",
        "install the development package that has it (for omp.h, --openmp off helps as well)",
    ),
    FailurePattern(
        r"cannot find -l|unable to find (?:dynamic system )?library|library not found for -l|unable to find library -l"
        r"|ld: library '.{1,200}' not found",
        Cause.LIBRARY_MISSING,
        "a library is missing",
        "install its development package",
    ),
    FailurePattern(
        r"missing and no known rule to make it|\bfatal error: \S+: No such file|error: no such file or directory: ",
        Cause.TREE_CHANGED,
        "a file that the build was configured with no longer exists",
        "--rebuild",
    ),
    FailurePattern(
        r"still dirty after \d+ tries",
        Cause.CLOCK,
        "files are dated later than the clock of this node",
        "set the clock, then --rebuild",
    ),
    FailurePattern(
        r": Permission denied$",
        Cause.NOT_ALLOWED,
        "permission to read, write or execute a file is missing",
        "--cache with a folder of your own, on a file system without noexec",
    ),
)
_KILLED, _CRASHED = (
    next(symptom for symptom in _SYMPTOMS if symptom.cause is cause) for cause in (Cause.KILLED, Cause.COMPILER_CRASHED)
)
# What the linkers say where something is undefined; no option mends it.
_LINK = re.compile(r"undefined (?:reference to|symbol)|Undefined symbols|multiple definition of|duplicate symbol")
_ANY = re.compile(r"\b(?:fatal|error)(?: \w{1,40})?\s{0,4}: ", re.IGNORECASE)
_CMAKE = "CMake Error"
_FAILED = "FAILED: "
_KILLED_CODE = re.compile(r"FAILED: \[code=137\]")
_CRASH_CODE = re.compile(r"FAILED: \[code=1(?:29|3[0-9])\]")
_FOLDER = re.compile(r"^/(?:[^/\s:]{1,255}/){0,64}")


class BuildFailure(NamedTuple):
    """The cause of a failure, None if only the message is known, and a sentence: meaning, message, remedy."""

    cause: Cause | None
    sentence: str


def find_breakage(log: str) -> BuildFailure | None:
    """Return why a build or a configuration failed, from its log; None if it has no error message.

    Of several causes the first counts, and a known cause counts before a message without one. Output before the first
    failure is not read.
    """
    lines = _failing([line.strip() for line in plain_lines(log)])
    for line in lines:
        for symptom in () if _is_beside(line) else _SYMPTOMS:
            if re.search(symptom.pattern, line):
                return BuildFailure(symptom.cause, f"{symptom.means} ({_shorten(line)}); {symptom.remedy}")
    for pattern, symptom in ((_KILLED_CODE, _KILLED), (_CRASH_CODE, _CRASHED)):
        if any(pattern.match(line) for line in lines):
            return BuildFailure(symptom.cause, f"{symptom.means}; {symptom.remedy}")
    complaint = find_complaint(log) or _find_line(lines) or _find_cmake(lines)
    return BuildFailure(None, complaint) if complaint else None


def _failing(lines: list[str]) -> list[str]:
    """Return the lines from the first failure on, or all lines if none is marked."""
    for mark in (_FAILED, _CMAKE):
        first = next((number for number, line in enumerate(lines) if line.startswith(mark)), None)
        if first is not None:
            return lines[first:]
    return lines


def _is_beside(line: str) -> bool:
    """Return whether a line is not an error: a warning, a note, the number of a failed command, a tree without git."""
    return line.startswith(_FAILED) or any(form.search(line) for form in (_WARNING, _GIT_SHRUG))


def _find_line(lines: list[str]) -> str:
    """Return the first line about something undefined, else the first line marked as an error."""
    for pattern in (_LINK, _ANY):
        for line in lines:
            if pattern.search(line) and not _is_beside(line) and not line.startswith(_CMAKE):
                return _shorten(line)
    return ""


def _find_cmake(lines: list[str]) -> str:
    """Return the first error of CMake, with its place: the paragraph below its head."""
    for number, line in enumerate(lines):
        if line.startswith(_CMAKE):
            place, _, rest = line.removeprefix(_CMAKE).removeprefix(" at ").partition(" (")
            paragraph = [rest.partition("):")[2].strip()]
            for text in lines[number + 1 :]:
                if (not text and any(paragraph)) or text.startswith(_CMAKE):
                    break
                paragraph.append(text)
            return _shorten(": ".join(part for part in (place.strip(": "), " ".join(filter(None, paragraph))) if part))
    return ""


def _shorten(line: str) -> str:
    return _FOLDER.sub("", line)[:_LONGEST].rstrip()
