"""What was linked into the library and the bench program, read from the build.ninja that CMake wrote."""

import re
from typing import NamedTuple

_EDGE = re.compile(r"^build ([^|:\n]+): (\S+) (.*)\n((?:  .*\n)*)", re.M)
_LINKS = "_LINKER__"
_MEASURED = re.compile(r"(?:^|/)(?:lib(?:whisper|ggml)[^/]*\.(?:so[.\d]*|a)|whisper-bench|bench)$")
_FIELD = re.compile(r"^  (LANGUAGE_COMPILE_FLAGS|LINK_FLAGS|LINK_LIBRARIES|SONAME) = (.*)$", re.M)
_VERSIONED = re.compile(r"(\.so)[.\d]+\b")
_MACRO = re.compile(r'-D\w{0,40}(?:VERSION|COMMIT)\w{0,40}=\\*"([^"\\\s]*)\\*"')
# A space in a name is written so; nothing else in a build file is.
_SPACE = "$ "
_STAND_IN = "\x02"


class Link(NamedTuple):
    """One library or program: its file, its objects, and how they are put together, version numbers left out."""

    output: str
    objects: tuple[str, ...]
    how: str


def parse_links(text: str) -> tuple[Link, ...]:
    """Return the links of whisper.cpp's and ggml's libraries and of the bench program, in the file's order."""
    found = []
    for outputs, rule, inputs, fields in _EDGE.findall(text.replace(_SPACE, _STAND_IN)):
        output = outputs.split()[0].replace(_STAND_IN, " ")
        if _LINKS not in rule or not _MEASURED.search(output):
            continue
        objects = tuple(name.replace(_STAND_IN, " ") for name in inputs.split(" | ")[0].split(" || ")[0].split())
        how = "\n".join(f"{name}={value.replace(_STAND_IN, ' ')}" for name, value in _FIELD.findall(fields))
        found.append(Link(output=output, objects=objects, how=_VERSIONED.sub(r"\1", f"{output}\n{how}")))
    return tuple(found)


def parse_versions(text: str) -> tuple[str, ...]:
    """Return the versions and commits that are compiled in as macros, GGML_COMMIT and its like, longest first."""
    return tuple(sorted(set(filter(None, _MACRO.findall(text))), key=lambda word: (-len(word), word)))
