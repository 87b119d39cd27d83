"""The help texts: verbs in groups, settings under headings, examples at the end."""

import textwrap
from collections.abc import Collection, Iterator, Sequence

from harness.commands.verb import ArgumentKind, Verb
from harness.records.exit_code import ExitCode
from harness.records.title import Title, VerbGroup
from harness.render.plain import fold
from harness.settings.build import BINARY
from harness.settings.night import WATCH
from harness.settings.node import QUIET, ROOFLINE
from harness.settings.place import PLACE, SHOWN
from harness.settings.setting import Setting
from harness.settings.suite import SUITE
from harness.settings.trial import JUDGING, LIVE, TUNING

# The headings under which a verb lists its settings, except those that people use most.
HEADINGS: dict[str, tuple[Setting, ...]] = {
    "what to watch": WATCH,
    "what to measure": SUITE,
    "how to measure and compare": (*LIVE, *JUDGING),
    "how to search": TUNING,
    "what to build": BINARY,
    "use of the node": (*QUIET, *ROOFLINE),
    "names and folders": PLACE,
    "waiting and output": SHOWN,
}
SETTINGS_HELP = """\
Each option of these groups can also be set in harness.toml or by a variable:
--flash-attn, flash_attn, HARNESS_FLASH_ATTN (short: --fa, fa, HARNESS_FA).
Options override HARNESS_* variables, which override harness.toml.
Every switch has an opposite, such as --no-tests and --tests."""
WIDTH = 79
_MOST = 40


def render_overview(titles: Collection[Title], options: str) -> str:
    """Return the help of the whole command line, verbs in groups; `options` is the help of options without a verb."""
    width = 2 + max(len(title.name) for title in titles) + 2
    lines = ["usage: harness COMMAND [OPTION...]", "", "A benchmark harness for whisper.cpp / ggml.", ""]
    for group in VerbGroup:
        mine = [title for title in titles if title.group is group]
        if mine:
            lines += [f"{group}:", *(line for title in mine for line in _describe(title, width)), ""]
    lines += [options, "", "harness COMMAND --help lists the options of a command, with examples."]
    lines += ["", "exit codes:", *_list_exit_codes()]
    return "\n".join(lines) + "\n"


def render_end(verb: Verb, settings: Sequence[Setting]) -> str:
    """Return the text below the options of a verb, which takes these settings."""
    about = SETTINGS_HELP if settings else ""
    parts = [
        fold(verb.details, WIDTH),
        about,
        "Exit codes: harness explain exit-codes",
        "\n".join(_list_examples(verb)),
    ]
    return "\n\n".join(part for part in parts if part)


def render_usage(verb: Verb) -> str:
    """Return the usage line of a verb."""
    forms = {ArgumentKind.ONE: "[{}]", ArgumentKind.ANY: "[{}...]", ArgumentKind.SOME: "{}..."}
    words = [forms[one.takes].format(one.metavar) for one in verb.arguments if not one.name.startswith("-")]
    return " ".join(["harness", verb.name, *words, "[OPTION...]"])


def _list_exit_codes() -> Iterator[str]:
    for code in ExitCode:
        yield from textwrap.wrap(code.meaning, WIDTH, initial_indent=f"{code:4}  ", subsequent_indent=" " * 6)


def _describe(title: Title, width: int) -> list[str]:
    return textwrap.wrap(
        title.summary, WIDTH, initial_indent=f"  {title.name}".ljust(width), subsequent_indent=" " * width
    )


def _list_examples(verb: Verb) -> Iterator[str]:
    """Yield the examples, each with its comment behind it, or below it if the line would be too long."""
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
