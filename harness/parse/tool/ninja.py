"""The output of Ninja, errors of the compilers that it starts, and the links in its build file."""

import re
from typing import NamedTuple

from harness.parse.notation import ECHO, plain_lines
from harness.records.record import Record

_PROGRESS = re.compile(r"^\[(\d{1,9})/(\d{1,9}) (\d{1,9}(?:\.\d{1,9})?)\] ([^\r\n]{0,500})", re.MULTILINE)

# gcc and clang: `/tree/src/a.cpp:12:3: fatal error: ...`; the folder says nothing here.
_PLACE = re.compile(r"[^:]+:[0-9]{1,9}(?::[0-9]{1,9})?:")
_ERROR, _FATAL = " error: ", " fatal"
_MOST_TOLD = 200

_EDGE = re.compile(r"^build ([^|:\n]+): (\S+) (.*)\n((?:  .*\n)*)", re.M)
_LINKS = "_LINKER__"
_MEASURED = re.compile(r"(?:^|/)(?:lib(?:whisper|ggml)[^/]*\.(?:so[.\d]*|a)|whisper-bench|bench)$")
_FIELD = re.compile(r"^  (LANGUAGE_COMPILE_FLAGS|LINK_FLAGS|LINK_LIBRARIES|SONAME) = (.*)$", re.M)
_VERSIONED = re.compile(r"(\.so)[.\d]+\b")
_MACRO = re.compile(r'-D\w{0,40}(?:VERSION|COMMIT)\w{0,40}=\\*"([^"\\\s]*)\\*"')
# A space in a name is written so; nothing else in a build file is.
_SPACE = "$ "
_STAND_IN = "\x02"


class BuildProgress(Record):
    """How far a build is: finished edges of `total`, seconds since it began, and the last edge."""

    finished: int
    total: int
    elapsed_s: float
    what: str

    def __str__(self) -> str:
        return f"{self.finished}/{self.total}"

    @property
    def share(self) -> float:
        """The finished share."""
        return self.finished / self.total if self.total else 0.0


def parse_progress(text: str) -> BuildProgress | None:
    """Return the last progress line in a piece of build output, or None."""
    last = None
    for match in _PROGRESS.finditer(text.replace("\r", "\n")):
        last = match
    if last is None:
        return None
    return BuildProgress(finished=int(last[1]), total=int(last[2]), elapsed_s=float(last[3]), what=last[4].rstrip())


def parse_targets(text: str) -> frozenset[str]:
    """Return the names in the output of `ninja -t targets all` (`name: rule`), CMake's targets and files alike."""
    pairs = (line.rstrip("\r").rpartition(": ") for line in text.split("\n") if not line.startswith((ECHO, "ninja: ")))
    return frozenset(name for name, separator, _ in pairs if separator)


def find_complaint(text: str) -> str:
    """Return the first error of a compiler in a build's output, with file and line, or an empty string."""
    for line in plain_lines(text):
        head, found, what = line.partition(_ERROR)
        fatal = _FATAL if head.endswith(_FATAL) else ""
        place = head.removesuffix(_FATAL).rpartition("/")[2]
        if found and _PLACE.fullmatch(place):
            return f"{place}{fatal}{found}{what[:_MOST_TOLD]}".rstrip()
    return ""


class LinkedFile(NamedTuple):
    """One library or program: its file, its objects, and how they are linked, without version numbers."""

    output: str
    objects: tuple[str, ...]
    how: str


def parse_links(text: str) -> tuple[LinkedFile, ...]:
    """Return the links of whisper.cpp's and ggml's libraries and of the bench program, in the order of the file."""
    found = []
    for outputs, rule, inputs, fields in _EDGE.findall(text.replace(_SPACE, _STAND_IN)):
        output = outputs.split()[0].replace(_STAND_IN, " ")
        if _LINKS not in rule or not _MEASURED.search(output):
            continue
        objects = tuple(name.replace(_STAND_IN, " ") for name in inputs.split(" | ")[0].split(" || ")[0].split())
        how = "\n".join(f"{name}={value.replace(_STAND_IN, ' ')}" for name, value in _FIELD.findall(fields))
        found.append(LinkedFile(output=output, objects=objects, how=_VERSIONED.sub(r"\1", f"{output}\n{how}")))
    return tuple(found)


def parse_versions(text: str) -> tuple[str, ...]:
    """Return the versions and commits that are compiled in as macros, such as GGML_COMMIT, longest first."""
    return tuple(sorted(set(filter(None, _MACRO.findall(text))), key=lambda word: (-len(word), word)))
