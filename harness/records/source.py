"""Where the measured code comes from."""

from harness.records.record import Record


class Commit(Record):
    """The commit of a source tree, as far as it is known.

    `sha` is 40 hex digits, or empty for a tree without git. `date` is the author date in ISO 8601. `changes` is
    the hash of uncommitted changes (or of the whole tree where there is no commit), empty for a clean one.
    """

    sha: str
    release: str = ""
    date: str = ""
    author: str = ""
    message: str = ""
    repo: str = ""
    changes: str = ""

    @property
    def dirty(self) -> bool:
        """Whether the tree differs from the commit that it names."""
        return bool(self.changes)

    @property
    def short(self) -> str:
        """Eight characters for folder names and the report's table."""
        return (self.sha or self.changes or self.release)[:8]


class Source(Record):
    """A tree on disk and what it is.

    `id` changes when the content does and keys the build tree of an immutable source; `mutable` trees belong to
    the user and are built incrementally. `kind` is `git`, `sdist` or `tree`. `pruned` trees hold the library
    alone: no bench program, no tests.
    """

    id: str
    kind: str
    path: str
    commit: Commit
    mutable: bool = False
    pruned: bool = False
