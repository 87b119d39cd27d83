"""What CMake keeps of one variable."""

from harness.records.record import Record


class Variable(Record):
    """One entry of a CMakeCache.txt.

    `kind` is CMake's type (BOOL, STRING, PATH, ...; UNINITIALIZED where none is known). `declared` says whether anybody
    but the command line knows the variable: a project's `option()` or `set(... CACHE ...)`, or CMake itself.
    """

    name: str
    kind: str
    value: str
    declared: bool
