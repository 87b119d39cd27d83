"""The help: verbs in groups, the settings under headings, and examples at the end."""

import textwrap
from collections.abc import Iterator, Sequence

from harness.commands.verb import ArgumentKind, Verb, VerbGroup
from harness.render.plain import fold
from harness.settings.build import BINARY
from harness.settings.node import QUIET, ROOFLINE
from harness.settings.place import PLACE, SHOWN
from harness.settings.setting import Setting
from harness.settings.suite import SUITE
from harness.settings.trial import JUDGING, LIVE, TUNING

# Under these headings a verb lists its settings, those apart that people use most.
HEADINGS: dict[str, tuple[Setting, ...]] = {
    "what is measured": SUITE,
    "how it is compared": (*LIVE, *JUDGING),
    "how it is searched": TUNING,
    "what is built": BINARY,
    "the node meanwhile": (*QUIET, *ROOFLINE),
    "where things are": PLACE,
    "how it goes, and what is shown": SHOWN,
}
SETTINGS_HELP = """\
Each option of these groups is also a key of harness.toml and a variable:
--flash-attn, flash_attn, HARNESS_FLASH_ATTN (short: --fa, fa, HARNESS_FA).
Defaults < harness.toml < HARNESS_* < options.
A switch has an opposite: --no-tests and --tests, --strict and --no-strict."""
EXIT_CODES = """\
exit codes:
   0 ok                               10 the build failed
   1 a defect of the harness          11 tests failed
   2 the command line or a setting    12 a benchmark failed
     is wrong                         20 a regression was found
   3 the environment is unfit         21 no answer (--strict; calibrate: too
   4 sources or weights unavailable      few blocks)
   5 unreadable input                130 interrupted"""
WIDTH = 79
_MOST = 40


def render_overview(verbs: Sequence[Verb], options: str) -> str:
    """Return the help of the whole command line: what each verb is for, in groups; `options` are those of no verb."""
    width = 2 + max(len(verb.name) for verb in verbs) + 2
    lines = ["usage: harness COMMAND [OPTION...]", "", "A benchmark harness for whisper.cpp / ggml.", ""]
    for group in VerbGroup:
        mine = [verb for verb in verbs if verb.group is group]
        if mine:
            lines += [f"{group}:", *(line for verb in mine for line in _describe(verb, width)), ""]
    lines += [options, "", "harness COMMAND --help lists the options of a command, and shows examples.", "", EXIT_CODES]
    return "\n".join(lines) + "\n"


def render_end(verb: Verb) -> str:
    """Return what stands below the options of a verb."""
    parts = [fold(verb.details, WIDTH), SETTINGS_HELP, "Exit codes: harness --help", "\n".join(_list_examples(verb))]
    return "\n\n".join(part for part in parts if part)


def render_usage(verb: Verb) -> str:
    """Return how a verb is called, in one line."""
    forms = {ArgumentKind.ONE: "[{}]", ArgumentKind.ANY: "[{}...]", ArgumentKind.SOME: "{}..."}
    words = [forms[one.takes].format(one.metavar) for one in verb.arguments if not one.name.startswith("-")]
    return " ".join(["harness", verb.name, *words, "[OPTION...]"])


def _describe(verb: Verb, width: int) -> list[str]:
    return textwrap.wrap(
        verb.summary, WIDTH, initial_indent=f"  {verb.name}".ljust(width), subsequent_indent=" " * width
    )


def _list_examples(verb: Verb) -> Iterator[str]:
    """Yield the examples, what each does behind it, or below where there is no room."""
    if verb.examples:
        yield "examples:"
    width = max((len(command) for command, _ in verb.examples if len(command) <= _MOST), default=0)
    for command, means in verb.examples:
        line = f"  {command:<{width}}  # {means}"
        if len(line) <= WIDTH:
            yield line
        else:
            yield f"  {command}"
            yield f"      # {means}"
