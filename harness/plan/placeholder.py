"""Placeholders of a plan, and how they are filled in once the tree is configured.

`@bench-target` is the CMake target of the bench program, `@bench` the program, `@library` the shared libwhisper,
`@fa=0` / `@fa=1` the flag that turns flash attention off or on in its dialect, `@no-gpu` the flag that disables GPUs,
`@tests=Debug` the programs of the chosen tests as Ninja targets. `@quantize`, `@cli` and `@server` are the programs
that quantise, transcribe and answer requests, `@quantize-target`, `@cli-target` and `@server-target` their targets.
"""

import re
from collections.abc import Iterable

from harness.records.outcome import Status, is_check
from harness.records.plan import Dialect, Inventory, ListedTest, Phase, Step
from harness.records.record import Record
from harness.records.suite import Benchmark
from harness.whisper.quantisation import QUANTIZE_TARGETS

BENCH = "@bench"
BENCH_TARGET = "@bench-target"
LIBRARY = "@library"
QUANTIZE = "@quantize"
QUANTIZE_TARGET = "@quantize-target"
CLI = "@cli"
CLI_TARGET = "@cli-target"
SERVER = "@server"
SERVER_TARGET = "@server-target"
NO_GPU = "@no-gpu"
# A copy of the program in a folder without the variants: of those beside the program, ggml would load the best.
ALONE = "@alone"
ALONE_FOLDER = "alone"
# Before v1.7.4, the program was called bench; since then, that name is a stub that prints a message and fails.
BENCH_TARGETS = ("whisper-bench", "bench")
# Likewise, the program that transcribes was called main.
CLI_TARGETS = ("whisper-cli", "main")
SERVER_TARGETS = ("whisper-server", "server")
# Other programs: their names over time, the newest first, and what they are needed for.
_PROGRAMS = {
    QUANTIZE: (QUANTIZE_TARGETS, "which makes the weights"),
    CLI: (CLI_TARGETS, "which transcribes"),
    SERVER: (SERVER_TARGETS, "which answers requests"),
}
# Upstream's own workflows run `gh`; `unit` marks the cheap tests without models. Others need real weights.
TEST_LABELS = ("gh", "unit")
LABEL_PATTERN = f"^({'|'.join(TEST_LABELS)})$"


class Unfilled(Record):
    """Why a step cannot run in this tree: its status, SKIPPED or FAILED, and the reason."""

    status: Status
    reason: str


def choose_tests(listing: Iterable[ListedTest]) -> tuple[ListedTest, ...]:
    """Return the tests that carry one of the chosen labels."""
    return tuple(test for test in listing if set(test.labels) & set(TEST_LABELS))


def choose_bench_target(targets: Iterable[str]) -> str:
    """Return the target of the bench program, or an empty string; the new name is preferred over the old stub."""
    return _choose_target(BENCH_TARGETS, targets)


def _choose_target(names: Iterable[str], targets: Iterable[str]) -> str:
    """Return the first of `names` that is a target, or an empty string; the newest name comes first."""
    known = set(targets)
    return next((name for name in names if name in known), "")


def choose_library(targets: Iterable[str]) -> str:
    """Return the file of the shared libwhisper, relative to the build folder, or an empty string."""
    found = (name for name in targets if re.fullmatch(r"(?:src|bin|lib)/libwhisper\.(?:so|dylib)", name))
    return min(found, default="")


def fill_placeholders(step: Step, inventory: Inventory) -> Step | Unfilled:
    """Return `step` with its placeholders filled in, or why that is not possible."""
    if step.phase is Phase.TEST:
        unfilled = _without_tests(step.build_type, inventory)
        if unfilled:
            return unfilled
    argv: list[str] = []
    for word in step.argv:
        filled = _fill_word(word, step, inventory)
        if isinstance(filled, Unfilled):
            return filled
        argv += filled
    if step.phase is Phase.BUILD and argv[-1] == "--target":
        return Unfilled(status=Status.SKIPPED, reason="nothing to build: no test was chosen")
    products = step.products
    if step.phase is Phase.BUILD and tuple(argv) != step.argv and "--target" in argv:
        programs = argv[argv.index("--target") + 1 :]
        products = tuple(f"{step.cwd}/{_product(program)}" for program in programs)
    return step.replace(argv=tuple(argv), products=products)


def _fill_word(word: str, step: Step, inventory: Inventory) -> list[str] | Unfilled:
    if word in (BENCH, BENCH_TARGET, LIBRARY, ALONE):
        return _fill_product(word, step, inventory)
    if (program := word.removesuffix("-target")) in _PROGRAMS:
        return _fill_program(program, step, inventory, as_target=word != program)
    if word == NO_GPU:
        return ["-ng"] if inventory.dialect and inventory.dialect.no_gpu else []
    if match := re.fullmatch(r"@fa=([01])", word):
        return _flash_attn_flag(match[1], inventory.dialect or Dialect())
    if match := re.fullmatch(r"@tests=(\w+)", word):
        tests = choose_tests(inventory.listing(match[1]) or ())
        return sorted({_relative(test.program, step.cwd) for test in tests})
    return [word]


def _fill_product(word: str, step: Step, inventory: Inventory) -> list[str] | Unfilled:
    if word == LIBRARY:
        library = choose_library(inventory.targets)
        if library:
            return [f"{step.cwd}/{library}"]
        # A probe can do without the library, and a check looks at nothing then; a worker that measures needs it.
        optional = step.phase is Phase.PROBE or is_check(step)
        status = Status.SKIPPED if optional else Status.FAILED
        return Unfilled(status=status, reason="the build has no shared libwhisper that could be loaded")
    target = choose_bench_target(inventory.targets)
    if not target:
        names = " or ".join(BENCH_TARGETS)
        return Unfilled(status=Status.FAILED, reason=f"the tree has no bench program ({names})")
    if word == BENCH_TARGET:
        return [target]
    return [f"{step.cwd}/{ALONE_FOLDER if word == ALONE else 'bin'}/{target}"]


def _fill_program(program: str, step: Step, inventory: Inventory, *, as_target: bool) -> list[str] | Unfilled:
    names, purpose = _PROGRAMS[program]
    target = _choose_target(names, inventory.targets)
    if not target:
        # Quality has tokens, too, which need no program.
        dispensable = step.case is not None and step.case.benchmark == Benchmark.QUALITY
        status = Status.SKIPPED if dispensable else Status.FAILED
        return Unfilled(status=status, reason=f"the tree has no {names[0]}, {purpose}")
    return [target if as_target else f"{step.cwd}/bin/{target}"]


def _flash_attn_flag(wanted: str, dialect: Dialect) -> list[str] | Unfilled:
    if wanted == "1":
        if dialect.flash_attn:
            return ["-fa"]
        return Unfilled(status=Status.SKIPPED, reason="this bench program has no flash attention (-fa)")
    return ["-nfa"] if dialect.no_flash_attn else []


def _without_tests(build_type: str, inventory: Inventory) -> Unfilled | None:
    listing = inventory.listing(build_type) or ()
    if not listing:
        return Unfilled(status=Status.SKIPPED, reason="the tree registers no tests")
    if not choose_tests(listing):
        labels = " or ".join(TEST_LABELS)
        reason = f"none of the tree's {len(listing)} tests has the label {labels}"
        return Unfilled(status=Status.SKIPPED, reason=reason)
    return None


def _product(target: str) -> str:
    """Return the file that a target makes; targets of tests are paths, that of the bench program is a name."""
    inside = "/" in target and not target.startswith("/")
    return target if inside else f"bin/{target.rpartition('/')[2]}"


def _relative(program: str, folder: str) -> str:
    return program.removeprefix(folder.rstrip("/") + "/")
