"""Code layouts: the positions of the functions in a library. Drawn from a seed; relinking changes nothing else."""

import random
import string
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.plan.inputs import PlanInputs
from harness.records.plan import BuildSite, CodeLayout, Phase, Step
from harness.records.record import short_hash

# Names of files in the folder of a drawn layout; harness/native/cmake/relink.cmake uses them, too.
SCRIPT, ORDER = "script.ld", "order.txt"
# Marks a layout that is finished.
LINKED = ".harness-linked"
# Two layouts in which every build is linked before it is measured, to make sure that this works and that they differ.
TRIED = (1, 2)
_LETTERS = sorted((*string.ascii_letters, *string.digits, "_"))
# Each rule selects the functions that have one of two letters at one position of their names. 150 rules separate all
# functions whose names are not almost the same; more rules would cost the linker time.
_RULES, _LETTERS_A_RULE, _PLACES = 150, 2, 32
# Space between the functions of two rules: a multiple of the alignment of functions, less than a page.
_ALIGNMENT, _MOST_ROOM = 16, 64
# Functions that compilers put into special sections stay together, as in the linkers' own scripts.
_APART = " ".join(f".text.{name} .text.{name}.*" for name in ("unlikely", "exit", "startup", "hot"))


class LayoutLink(NamedTuple):
    """What is linked in a code layout: targets of the build in the folder `build`, into a new folder."""

    build: str
    layout: CodeLayout
    into: str
    targets: Sequence[str]


def render_script(seed: int) -> str:
    """Return a linker script that makes GNU ld and LLVM's lld place functions in a drawn order; it extends their own.

    With -ffunction-sections, each function has a section `.text.NAME`; the first rule that matches the name places it.
    """
    draw = _draw(seed)
    lines = [f"    *({_APART})"]
    for rule in _draw_rules(draw):
        lines.append(f"    *({rule})")
        if draw.random() < 0.5:
            lines.append(f"    . = . + {_ALIGNMENT * draw.randrange(1, _MOST_ROOM)};")
    body = "\n".join([*lines, "    *(.text.*)"])
    return f"SECTIONS\n{{\n  .text.drawn :\n  {{\n{body}\n  }}\n}}\nINSERT AFTER .text;\n"


def render_order(seed: int) -> str:
    """Return the order of sections for gold (--section-ordering-file): the same rules, without space between them."""
    return "".join(f"{rule}\n" for rule in _draw_rules(_draw(seed)))


def plan_code_layouts(inputs: PlanInputs, site: BuildSite, wanted: tuple[str, ...]) -> Iterator[Step]:
    """Yield a step for each code layout, which links the build in a drawn order into a separate folder.

    `wanted` are the targets of the build.
    """
    kind = site.config.build_type.lower()
    for layout in inputs.code_layouts:
        folder = name_folder(site.folder, layout.seed)
        yield Step(
            name=f"layout_{layout.seed}",
            build_type=site.config.build_type,
            title=f"link, code layout {layout.seed}",
            phase=Phase.BUILD,
            argv=choose_link_argv(
                inputs.toolchain.cmake.path, inputs.relink, LayoutLink(site.folder, layout, folder, wanted)
            ),
            cwd=site.folder,
            log=f"layout-{layout.seed}.log",
            timeout_s=inputs.suite.timeouts.build_s,
            needs=(f"build_{kind}",),
            # A user's tree may have been built again.
            stamp="" if inputs.source.mutable else f"{folder}/{LINKED}",
            key=short_hash(inputs.source.id, layout.folder, wanted),
        )


def choose_link_argv(cmake: str, script: str, link: LayoutLink) -> tuple[str, ...]:
    """Return the command that links a build in a code layout with our CMake script."""
    layout = link.layout
    words = {"FOLDER": link.build, "KEEP": link.into, "DRAWN": layout.folder, "SEED": str(layout.seed)}
    return (cmake, *(f"-D{name}={value}" for name, value in words.items()), "-P", script, "--", *link.targets)


def name_folder(build: str, seed: int) -> str:
    """Return the subfolder of a build that holds what was linked in a code layout."""
    return f"{build}/layouts/{seed}"


def _draw(seed: int) -> random.Random:
    return random.Random(f"{seed}/functions")  # noqa: S311 - to be reproduced


def _draw_rules(draw: random.Random) -> list[str]:
    return [_draw_rule(draw) for _ in range(_RULES)]


def _draw_rule(draw: random.Random) -> str:
    letters = "".join(sorted(draw.sample(_LETTERS, _LETTERS_A_RULE)))
    place = "?" * draw.randrange(_PLACES)
    return f".text.{place}[{letters}]*" if draw.random() < 0.5 else f".text.*[{letters}]{place}"
