"""A stretch of history: the commits from one end to the other, and the files that each changes."""

from harness.records.record import Record
from harness.records.source import Commit


class LineCommit(Record):
    """A commit of a line, with the files that it changes relative to the commit before it."""

    commit: Commit
    files: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of this commit in a search."""
        return name_commit(self.commit)


class CommitLine(Record):
    """GOOD, and the commits behind it, oldest first; BAD is the last of them.

    `repo` is the repository that they come from. If BAD is the local tree `tree` with uncommitted changes, these are
    the last commit of the line, although nobody has committed them.
    """

    good: Commit
    commits: tuple[LineCommit, ...]
    repo: str
    tree: str = ""

    @property
    def bad(self) -> Commit:
        """The end that has the change."""
        return self.commits[-1].commit

    @property
    def ends(self) -> tuple[str, str]:
        """The names of GOOD and BAD in a search."""
        return name_commit(self.good), self.commits[-1].key

    def find(self, key: str) -> LineCommit:
        """Return the commit that a search knows by this name, GOOD included; raises KeyError."""
        return self.index()[key]

    def index(self) -> dict[str, LineCommit]:
        """Return all commits by the names that a search knows them by, GOOD included."""
        return {name_commit(self.good): LineCommit(commit=self.good)} | {one.key: one for one in self.commits}


def name_commit(commit: Commit) -> str:
    """Return the sha of a commit; that of a tree with uncommitted changes is followed by their hash."""
    return f"{commit.sha}+{commit.changes[:8]}" if commit.dirty else commit.sha
