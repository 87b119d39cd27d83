"""What the machine code of a build is, whatever the build is called."""

from typing import Self

from harness.records.record import Record, short_hash


class Code(Record):
    """Digests of the library and the bench program of a build, so that builds with equal code are known.

    `objects` names each object file that was linked, relative to the build folder, with 16 hex digits over what the
    processor gets of it: instructions, constants, data, and what they refer to. The text of version, commit, source
    and build folder is left out, and so is what is never loaded, as debug information. `link` is a digest of how the
    objects were put together: order, flags, other libraries. `reason` says why nothing is known; then there are no
    digests.
    """

    objects: tuple[tuple[str, str], ...] = ()
    link: str = ""
    reason: str = ""

    @classmethod
    def unknown(cls, reason: str) -> Self:
        """Return a code about which nothing is known."""
        return cls(reason=reason)

    @property
    def known(self) -> bool:
        """Whether it can be compared."""
        return not self.reason and bool(self.objects)

    @property
    def id(self) -> str:
        """A short hash that names this code beside the numbers that it gave; empty where nothing is known."""
        return short_hash(self.objects, self.link) if self.known else ""


def are_equal(one: Code | None, other: Code | None) -> bool:
    """Return whether both are known and equal: what is not known is equal to nothing, itself included."""
    return one is not None and other is not None and one.known and one == other
