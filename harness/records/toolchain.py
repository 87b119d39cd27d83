"""The programs that build and test, as found."""

from harness.records.record import Record, short_hash


class Tool(Record):
    """A program: what it calls itself, its version, and where it is."""

    name: str
    version: str
    path: str


class Toolchain(Record):
    """Compilers, CMake, Ninja, CTest and, where present, a compiler cache and git."""

    cc: Tool
    cxx: Tool
    cmake: Tool
    ctest: Tool
    ninja: Tool
    compiler_cache: Tool | None = None

    @property
    def id(self) -> str:
        """Eight hex digits over what can change the code that comes out: the two compilers."""
        return short_hash(self.cc, self.cxx, length=8)
