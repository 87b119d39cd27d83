"""Placeholders of a plan, and what the built tree says they stand for.

`@bench-target` is the CMake target of the bench program, `@bench` the program, `@fa=0` / `@fa=1` the flag that
switches flash attention off or on in its dialect, `@tests=Debug` the programs of the chosen tests as Ninja targets.
"""

import re
from collections.abc import Iterable

from harness.records.outcome import Status
from harness.records.plan import Dialect, Inventory, Listing
from harness.records.record import Record
from harness.records.step import Phase, Step

BENCH = "@bench"
BENCH_TARGET = "@bench-target"
# Before v1.7.4 the program was called bench; from then on that name is a stub which prints a message and fails.
BENCH_TARGETS = ("whisper-bench", "bench")
# Upstream's own workflows run `gh`; `unit` marks the cheap tests without models. Others need real weights.
TEST_LABELS = ("gh", "unit")
LABEL_PATTERN = f"^({'|'.join(TEST_LABELS)})$"


class Unbound(Record):
    """Why a step cannot run in this tree: a SKIPPED or FAILED step with a reason."""

    status: Status
    reason: str


def choose_tests(listing: Iterable[Listing]) -> tuple[Listing, ...]:
    """Return the tests that carry one of the chosen labels."""
    return tuple(test for test in listing if set(test.labels) & set(TEST_LABELS))


def choose_bench_target(targets: Iterable[str]) -> str:
    """Return the target of the bench program, or an empty string; the new name wins over the old one's stub."""
    known = set(targets)
    return next((name for name in BENCH_TARGETS if name in known), "")


def bind(step: Step, inventory: Inventory) -> Step | Unbound:
    """Return `step` with its placeholders filled in, or why it cannot be."""
    if step.phase is Phase.TEST:
        unbound = _without_tests(_build_type(step), inventory)
        if unbound:
            return unbound
    argv: list[str] = []
    for word in step.argv:
        bound = _bind_word(word, step, inventory)
        if isinstance(bound, Unbound):
            return bound
        argv += bound
    if step.phase is Phase.BUILD and argv[-1] == "--target":
        return Unbound(status=Status.SKIPPED, reason="nothing to build: no test was chosen")
    products = step.products
    if step.phase is Phase.BUILD and tuple(argv) != step.argv:
        programs = argv[argv.index("--target") + 1 :]
        products = tuple(f"{step.cwd}/bin/{program.rpartition('/')[2]}" for program in programs)
    return step.replace(argv=tuple(argv), products=products)


def _bind_word(word: str, step: Step, inventory: Inventory) -> list[str] | Unbound:
    if word in (BENCH, BENCH_TARGET):
        target = choose_bench_target(inventory.targets)
        if not target:
            names = " or ".join(BENCH_TARGETS)
            return Unbound(status=Status.FAILED, reason=f"the tree has no bench program ({names})")
        return [target if word == BENCH_TARGET else f"{step.cwd}/bin/{target}"]
    if match := re.fullmatch(r"@fa=([01])", word):
        return _flash_attn_flag(match[1], inventory.dialect or Dialect())
    if match := re.fullmatch(r"@tests=(\w+)", word):
        tests = choose_tests(inventory.listing(match[1]) or ())
        return sorted({_relative(test.program, step.cwd) for test in tests})
    return [word]


def _flash_attn_flag(wanted: str, dialect: Dialect) -> list[str] | Unbound:
    if wanted == "1":
        if dialect.flash_attn:
            return ["-fa"]
        return Unbound(status=Status.SKIPPED, reason="this bench program has no flash attention (-fa)")
    return ["-nfa"] if dialect.no_flash_attn else []


def _without_tests(build_type: str, inventory: Inventory) -> Unbound | None:
    listing = inventory.listing(build_type) or ()
    if not listing:
        return Unbound(status=Status.SKIPPED, reason="the tree registers no tests")
    if not choose_tests(listing):
        labels = " or ".join(TEST_LABELS)
        reason = f"none of the tree's {len(listing)} tests has the label {labels}"
        return Unbound(status=Status.SKIPPED, reason=reason)
    return None


def _build_type(step: Step) -> str:
    return "Debug" if step.name.endswith("_debug") else "Release"


def _relative(program: str, folder: str) -> str:
    return program.removeprefix(folder.rstrip("/") + "/")
