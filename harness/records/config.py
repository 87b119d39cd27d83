"""The identity of a binary as asked for."""

from harness.records.record import Record, short_hash


class CMakeOption(Record):
    """One `-DNAME=VALUE` with the reason for it, so that a plan can explain itself."""

    name: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"-D{self.name}={self.value}"


class Config(Record):
    """Build type, ISA choice, backend, compiler and CMake options; `id` names the build tree."""

    build_type: str
    isa: str
    backend: str
    compiler: str
    options: tuple[CMakeOption, ...]

    @property
    def id(self) -> str:
        """Eight hex digits over everything but the reasons."""
        options = sorted((option.name, option.value) for option in self.options)
        return short_hash(self.build_type, self.isa, self.backend, self.compiler, options, length=8)
