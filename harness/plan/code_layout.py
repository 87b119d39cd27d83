"""Code layouts: where in a library each function lies. Drawn from a seed; linking again changes nothing else."""

import random
import string
from collections.abc import Iterator, Sequence

from harness.plan.inputs import PlanInputs
from harness.records.plan import BuildSite, CodeLayout, Phase, Step
from harness.records.record import short_hash

# Names of files in the folder of a drawn layout: harness/native/cmake/relink.cmake knows them, too.
SCRIPT, ORDER = "script.ld", "order.txt"
# Marks a layout that is finished.
LINKED = ".harness-linked"
# Two layouts that every build is linked in before it is measured: to see that it can be, and that they differ.
TRIED = (1, 2)
_LETTERS = sorted((*string.ascii_letters, *string.digits, "_"))
# Each rule takes the functions that have one of two letters at one place of their names. 150 rules part what has not
# the same letters nearly everywhere; more of them cost the linker time.
_RULES, _LETTERS_A_RULE, _PLACES = 150, 2, 32
# Room between what two rules take: a multiple of what every function is aligned to, less than a page.
_ALIGNMENT, _MOST_ROOM = 16, 64
# What a compiler sets apart stays together, as in the linkers' own scripts.
_APART = " ".join(f".text.{name} .text.{name}.*" for name in ("unlikely", "exit", "startup", "hot"))


def render_script(seed: int) -> str:
    """Return a linker script for GNU ld and LLVM's lld that adds to their own: functions in a drawn order.

    In the sections that -ffunction-sections makes, `.text.NAME`, the first rule that fits a name places it.
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
    """Return the order of sections for gold (--section-ordering-file): the same rules, without room between them."""
    return "".join(f"{rule}\n" for rule in _draw_rules(_draw(seed)))


def plan_code_layouts(inputs: PlanInputs, site: BuildSite, wanted: tuple[str, ...]) -> Iterator[Step]:
    """Return a step for each code layout: what was built is linked in a drawn order, in a folder of its own.

    `wanted` are the targets of the build.
    """
    kind = site.config.build_type.lower()
    for layout in inputs.code_layouts:
        folder = name_folder(site.folder, layout.seed)
        yield Step(
            name=f"layout_{layout.seed}",
            build_type=site.config.build_type,
            title=f"link, layout {layout.seed}",
            phase=Phase.BUILD,
            argv=choose_link_argv(inputs.toolchain.cmake.path, inputs.relink, site.folder, layout, folder, wanted),
            cwd=site.folder,
            log=f"layout-{layout.seed}.log",
            timeout_s=inputs.suite.timeouts.build_s,
            needs=(f"build_{kind}",),
            # A tree of the user's may have been built anew.
            stamp="" if inputs.source.mutable else f"{folder}/{LINKED}",
            key=short_hash(inputs.source.id, layout.folder, wanted),
        )


def choose_link_argv(
    cmake: str, script: str, build: str, layout: CodeLayout, into: str, targets: Sequence[str]
) -> tuple[str, ...]:
    """Return the command that links these targets of a build in a code layout, into a new folder."""
    words = {"FOLDER": build, "KEEP": into, "DRAWN": layout.folder, "SEED": str(layout.seed)}
    return (cmake, *(f"-D{name}={value}" for name, value in words.items()), "-P", script, "--", *targets)


def name_folder(build: str, seed: int) -> str:
    """Return the folder, in that of the build, of what was linked with this layout."""
    return f"{build}/layouts/{seed}"


def _draw(seed: int) -> random.Random:
    return random.Random(f"{seed}/functions")  # noqa: S311 - to be reproduced


def _draw_rules(draw: random.Random) -> list[str]:
    return [_draw_rule(draw) for _ in range(_RULES)]


def _draw_rule(draw: random.Random) -> str:
    letters = "".join(sorted(draw.sample(_LETTERS, _LETTERS_A_RULE)))
    place = "?" * draw.randrange(_PLACES)
    return f".text.{place}[{letters}]*" if draw.random() < 0.5 else f".text.*[{letters}]{place}"
