"""Where the measured code comes from."""

import re

from harness.records.record import Record

WHISPER = "whisper.cpp"
_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_URL = re.compile(r"[a-z][a-z0-9+]*://.*|[^/:@]+@[^/:]+:.*")


class Commit(Record):
    """The commit of a source tree, as far as it is known.

    `sha` is 40 hex digits, or empty for a tree without git. `date` is the author date in ISO 8601. `changes` is
    the hash of uncommitted changes (or of the whole tree if there is no commit), empty for a clean one.
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
    the user and are built incrementally. `kind` is `git`, `sdist` or `tree`. `pruned` trees hold only the library:
    no bench program, no tests. `ours` are paths in the tree of the harness and its output: untracked files there are
    not changes of the tree.
    """

    id: str
    kind: str
    path: str
    commit: Commit
    mutable: bool = False
    pruned: bool = False
    ours: tuple[str, ...] = ()


class SourceRequest(Record):
    """The source that the user asks for.

    `tree` is a folder and excludes the others. `ref` is a release, tag, branch or sha; empty for the default release,
    or for the default branch of `repo` if that is named. `repo` is a URL or path; empty for upstream. `ours` are paths
    of the harness: untracked files there are not changes of the tree. Commits with one `alias` are built under one path
    in turns, so that a compiler cache recognises the files that they have in common.
    """

    ref: str = ""
    repo: str = ""
    tree: str = ""
    ours: tuple[str, ...] = ()
    alias: str = ""

    @property
    def is_default(self) -> bool:
        """Whether the default release is asked for."""
        return not (self.ref or self.repo or self.tree)


class Sdist(Record):
    """A pinned source distribution: its file name in a package index, and the path of the tree inside."""

    name: str
    version: str
    filename: str
    bytes: int
    sha256: str
    subdirectory: str


class Release(Record):
    """A pinned release: its commit, and the sdist with its tree.

    `pruned` sdists hold only the library.
    """

    tag: str
    sdist: Sdist
    pruned: bool
    sha: str = ""
    author: str = ""
    date: str = ""
    message: str = ""

    def commit(self, repo: str) -> Commit:
        """Return the commit of the release in `repo`."""
        return Commit(
            sha=self.sha, release=self.tag, date=self.date, author=self.author, message=self.message, repo=repo
        )


class Pins(Record):
    """All pinned releases, which of them is the default, and the repository that they come from."""

    default: str
    repo: str
    releases: tuple[Release, ...]

    def find(self, ref: str) -> Release | None:
        """Return the release that a tag or sha (7 digits or more) names, or None; the default one for an empty ref."""
        wanted = ref or self.default
        for release in self.releases:
            if wanted == release.tag or (len(wanted) >= 7 and release.sha.startswith(wanted.lower())):
                return release
        return None


def name_project(repo: str, *, whisper: bool) -> str:
    """Return the name of the project whose repository a URL names, such as `llama.cpp`.

    The name of a folder proves nothing: without a URL the project is whisper.cpp if that is known to have been measured
    (`whisper`), else empty.
    """
    plain = repo.rstrip("/").removesuffix(".git")
    name = plain.rpartition("/")[2].rpartition(":")[2]
    if _URL.fullmatch(plain) and _PROJECT.fullmatch(name):
        return name
    return WHISPER if whisper else ""
