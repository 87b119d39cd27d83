"""What CMake made of the options that it was given: its cache, and what it says of them while it configures."""

import re

from harness.records.variable import Variable

_ENTRY = re.compile(r'^"?([^\s#/"][^:="]*)"?:([A-Z]+)=(.*)$')
# The documentation string of what nobody but the command line has declared, whatever type was given with it.
_ON_COMMAND_LINE = "No help, variable specified on the command line."
_UNDECLARED = "UNINITIALIZED"
_ADVANCED = "-ADVANCED"
# CMake's own words, since 2.8.8: a blank line, the names, each on a line of its own, and a blank line.
_UNREAD = re.compile(
    r"^[ \t]*Manually-specified variables were not used by the project:\n[ \t]*\n((?:[ \t]+\S+\n)+)", re.M
)
_EFFECTIVE = re.compile(r'^set\((GGML_\w+) "([^"]*)"\)$', re.M)
# whisper.cpp's whisper_option_depr (v1.6 to v1.9.3); CMake wraps what is longer than a line.
_RENAMED = re.compile(r"\b(\w+)\s+is\s+deprecated\s+and\s+will\s+be\s+removed\s+in\s+the\s+future\.\s+Use\s+(\w+)")


def parse_cache(text: str) -> tuple[Variable, ...]:
    """Return the variables of a CMakeCache.txt, CMake's own internal ones left out."""
    found: list[Variable] = []
    help_text: list[str] = []
    for line in text.splitlines():
        if line.startswith("//"):
            help_text.append(line[2:])
            continue
        entry = _ENTRY.match(line)
        if entry and entry[2] not in ("INTERNAL", "STATIC"):
            name, kind, value = entry.groups()
            if len(value) > 1 and value[0] == value[-1] == "'":  # what begins or ends with a space is quoted
                value = value[1:-1]
            declared = kind != _UNDECLARED and _ON_COMMAND_LINE not in help_text
            found.append(Variable(name=name, kind=kind, value=value, declared=declared))
        help_text = []
    return tuple(one for one in found if not one.name.endswith(_ADVANCED))


def parse_unread(log: str) -> frozenset[str]:
    """Return the names of the command line that nothing has read while CMake configured.

    What is only asked for with `if(DEFINED NAME)` counts as not read; what a project reads in a loop over all of its
    variables, as ggml does with every GGML_*, counts as read.
    """
    return frozenset(name for block in _UNREAD.findall(log) for name in block.split())


def parse_effective(package: str) -> dict[str, str]:
    """Return the values that ggml built with, by name, of the package file that it writes (`ggml-config.cmake`).

    They are those of its variables, which hide what the cache holds: whisper.cpp sets some of ggml's options itself.
    """
    return dict(_EFFECTIVE.findall(package))


def parse_renamed(log: str) -> dict[str, str]:
    """Return the names that the project calls old, each with its new name."""
    return dict(_RENAMED.findall(log))
