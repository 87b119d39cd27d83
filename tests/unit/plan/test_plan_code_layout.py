"""Code layouts are drawn from a seed, part functions that stood together, and keep them aligned."""

import itertools
import re
from fnmatch import fnmatchcase

import pytest

from harness.plan.code_layout import render_order, render_script

# Sections as compilers name them: C functions, and mangled ones that begin alike.
NAMES = [
    f".text.{name}"
    for kind in ("q4_0", "q5_0", "q5_1", "q8_0", "f16", "f32", "bf16")
    for name in (
        f"ggml_vec_dot_{kind}_q8_0",
        f"dequantize_row_{kind}",
        f"ggml_gemm_{kind}_8x8_q8_0_generic",
        f"_ZL27ggml_compute_forward_add_{kind}PK19ggml_compute_params",
        f"_ZN4ggml3cpu6repack4gemvI10block_{kind}Ll8ELl8EL9ggml_type8EEEviPfmPKvS7_ii",
    )
]


def place(rules: list[str]) -> list[str]:
    """Return the names in the order in which a linker takes them: rule by rule, each once."""
    left, placed = list(NAMES), []
    for rule in [*rules, "*"]:
        taken = [name for name in left if fnmatchcase(name, rule)]
        left = [name for name in left if name not in taken]
        placed += taken
    return placed


def read_script(seed: int) -> list[str]:
    return re.findall(r"^ +\*\((\.text\.[^ ]+)\)$", render_script(seed), re.MULTILINE)


def test_a_layout_is_a_matter_of_its_seed() -> None:
    assert render_script(7) == render_script(7)
    assert render_order(7) == render_order(7)
    assert len({tuple(place(read_script(seed))) for seed in range(20)}) == 20
    assert len({tuple(place(render_order(seed).split())) for seed in range(20)}) == 20


def test_functions_that_stood_together_are_parted() -> None:
    was = set(itertools.pairwise(NAMES))
    for seed in range(20):
        order = place(read_script(seed))
        assert sorted(order) == sorted(NAMES), "none is lost or taken twice"
        beside = sum(pair in was for pair in itertools.pairwise(order))
        assert beside < len(NAMES) / 3, seed


def test_a_script_adds_to_the_linkers_own_and_takes_every_function() -> None:
    lines = render_script(3).splitlines()
    assert (lines[0], lines[-1]) == ("SECTIONS", "INSERT AFTER .text;")
    assert "    *(.text.*)" in lines, "whatever no rule has taken"
    apart = next(number for number, line in enumerate(lines) if ".text.unlikely.*" in line)
    rules = [number for number, line in enumerate(lines) if "[" in line]
    assert apart < min(rules), "what is hardly ever executed stays together"
    room = [int(found[1]) for line in lines if (found := re.fullmatch(r" +\. = \. \+ (\d+);", line))]
    assert room
    assert all(number % 16 == 0 and 0 < number < 4096 for number in room)


@pytest.mark.parametrize("seed", [1, 999_999])
def test_letters_are_those_of_names(seed: int) -> None:
    for rule in render_order(seed).split():
        assert re.fullmatch(r"\.text\.(\?*\[\w\w\]\*|\*\[\w\w\]\?*)", rule)
