"""What is benchmarked: a benchmark name and its parameters."""

import functools
import re

from harness.errors import UnreadableError
from harness.records.record import Record

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VALUE = re.compile(r"[^/=\s]+")


class Case(Record, order=True):
    """A benchmark with sorted parameters; `str()` is its canonical name and `Case.parse` the inverse.

    `whisper/fa=0/model=base/threads=4`, `memcpy/threads=4`, `mul_mat/n=4096/threads=4/type=q4_0`.
    """

    benchmark: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, benchmark: str, **params: str | int) -> "Case":
        """Return the case with `params` sorted by name; raises ValueError for what `parse` could not read."""
        return _make(benchmark, tuple(sorted([(key, str(value)) for key, value in params.items()])))

    @classmethod
    def parse(cls, text: str) -> "Case":
        """Return the case that `str()` wrote as `text`; raises UnreadableError otherwise."""
        benchmark, *fields = text.split("/")
        params: dict[str, str] = {}
        for field in fields:
            key, equals, value = field.partition("=")
            if not equals or key in params:
                raise UnreadableError(f"not a case name: {text!r}", cause=f"{field!r} is not one key=value")
            params[key] = value
        try:
            return cls.of(benchmark, **params)
        except ValueError as error:
            raise UnreadableError(f"not a case name: {text!r}", cause=str(error)) from None

    def __str__(self) -> str:
        return "/".join([self.benchmark, *(f"{key}={value}" for key, value in self.params)])

    def shared(self, other: "Case") -> "Case":
        """Return the case with those parameters alone that both agree in."""
        return Case(benchmark=self.benchmark, params=tuple(pair for pair in self.params if pair in other.params))

    def get(self, name: str) -> str:
        """Return the value of parameter `name`, or an empty string."""
        return dict(self.params).get(name, "")


@functools.lru_cache(maxsize=4096)
def _make(benchmark: str, pairs: tuple[tuple[str, str], ...]) -> Case:
    """Return the case of checked parts; a history repeats the same few hundred of them without end."""
    if not _NAME.fullmatch(benchmark):
        raise ValueError(f"not a benchmark name: {benchmark!r}")
    for key, value in pairs:
        if not _NAME.fullmatch(key) or not _VALUE.fullmatch(value):
            raise ValueError(f"not a case parameter: {key}={value!r}")
    return Case(benchmark=benchmark, params=pairs)
