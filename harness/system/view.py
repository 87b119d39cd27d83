"""A user's repository as git sees it: its objects, refs and index, with safe settings.

The settings of a repository can name programs in many ways (filters, monitors, hooks, transports, viewers), and each
new git adds some. No list of them is complete, so git never reads them: GIT_COMMON_DIR names a folder of the harness,
made for one command, that leads to the objects and refs and holds its own `config` (gitrepository-layout(5)). Only
settings that state facts about the files, branches and addresses are copied into it. Filters that the user's own
settings define are switched off by `info/attributes`, which takes precedence over every .gitattributes
(gitattributes(5)).
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.result_name import SCRATCH
from harness.records.record import Record
from harness.system.disk import expand_home
from harness.system.foreign import is_regular, name_kind, read_bytes

# The whole file `info/attributes`: no path has a filter, whatever its name is and whoever defines it.
NO_FILTER = "* -filter\n"
# What git finds in the common folder, apart from settings, hooks and attributes. What is not there leads nowhere.
_SHARED = ("objects", "refs", "packed-refs", "reftable", "shallow", "logs")
_INFO = ("info/exclude", "info/grafts")
_INERT = re.compile(
    r"core\.(?:filemode|ignorecase|symlinks|precomposeunicode|excludesfile|sparsecheckout|sparsecheckoutcone)"
    r"|extensions\.(?:objectformat|refstorage)"
    r"|init\.defaultbranch|branch\..+\.(?:remote|merge)|remote\..+\.(?:url|fetch|promisor)"
)
_IGNORED = "core.excludesfile"
_GIT_FILE = "gitdir: "
_MOST_BYTES = 8192


class RepositoryHome(Record):
    """The folders of a repository: its own, the one it shares with its worktrees, and the work tree."""

    folder: str
    shared: str
    tree: str = ""

    @property
    def settings(self) -> Path:
        """The file of settings, which git itself must not read."""
        return Path(self.shared) / "config"


def find_home(folder: Path) -> RepositoryHome | None:
    """Return the repository in whose work tree an absolute `folder` lies, or None, as git would find it."""
    for top in (folder, *folder.parents):
        home = _read_home(top / ".git", tree=str(top))
        if home:
            return home
        if _read_home(top):  # inside of a repository itself, which is no work tree
            return None
    return None


def find_served(path: Path) -> RepositoryHome | None:
    """Return the repository that git serves for a local path, or None, in the order of git-upload-pack."""
    places = (path / ".git", path, path.with_name(f"{path.name}.git") / ".git", path.with_name(f"{path.name}.git"))
    return next(filter(None, map(_read_home, places)), None)


def require_files(home: RepositoryHome) -> None:
    """Raise UnreadableError for a FIFO or a device in a repository, where git would wait for its end, or forever."""
    parts = [Path(home.shared) / name for name in (*_SHARED, "config", *_INFO, "objects/info/alternates")]
    parts += [Path(home.folder) / name for name in ("index", "config.worktree", "info/sparse-checkout")]
    refs = (Path(folder) / name for folder, _, names in os.walk(Path(home.shared) / "refs") for name in names)
    for path in (*parts, *refs):
        require_readable(path)


def require_readable(path: Path) -> None:
    """Raise UnreadableError for a FIFO, a socket or a device; files, folders and missing paths pass."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UnreadableError(f"{path} is {name_kind(mode)}, not a file", hint="remove it")


@contextlib.contextmanager
def open_view(home: RepositoryHome, listed: str) -> Iterator[Path]:
    """Yield a folder that can replace the shared one of `home`; `listed` is `git config --list --null` of its file.

    Its `index` is a copy, because git writes file times into the index that it uses. The copy has the time of the
    original, from which git knows which entries it cannot trust.
    """
    with tempfile.TemporaryDirectory(prefix=SCRATCH) as scratch:
        view = Path(scratch)
        (view / "info").mkdir()
        for name in (*_SHARED, *_INFO):
            (view / name).symlink_to(Path(home.shared) / name)
        (view / "info" / "attributes").write_text(NO_FILTER, encoding="ascii")
        (view / "config").write_text(filter_settings(listed, tree=home.tree), encoding="utf-8")
        with contextlib.suppress(FileNotFoundError, PermissionError):  # git would not read it either
            shutil.copy2(Path(home.folder) / "index", view / "index")
        yield view


def filter_settings(listed: str, *, tree: str = "") -> str:
    """Return the file of settings for git, from those of the repository as `git config --null` lists them.

    A file of ignore patterns is passed on if it is a regular file; a relative path begins in the `tree`.
    """
    lines = ["[core]\nrepositoryFormatVersion = 1\nbare = false\n"]
    for entry in filter(None, listed.split("\0")):
        key, given, value = entry.partition("\n")
        if key == _IGNORED and not is_regular(tree / expand_home(value)):
            continue
        if _INERT.fullmatch(key):
            section, _, rest = key.partition(".")
            subsection, _, name = rest.rpartition(".")
            head = f'{section} "{_escape(subsection)}"' if subsection else section
            lines.append(f'[{head}]\n{name} = "{_escape(value) if given else "true"}"\n')
    return "".join(lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _read_home(place: Path, tree: str = "") -> RepositoryHome | None:
    """Return the repository at `place`, a git folder or a file that names one.

    None if it is neither, or cannot be read: git ignores it as well.
    """
    try:
        return _look_at(place, tree)
    except PermissionError:
        return None


def _look_at(place: Path, tree: str) -> RepositoryHome | None:
    if place.is_file():
        named = _read_line(place)
        if not named.startswith(_GIT_FILE):
            return None
        place = place.parent / named.removeprefix(_GIT_FILE)
    common = _read_line(place / "commondir")
    shared = place / common if common else place
    head = place / "HEAD"
    if (head.is_file() or head.is_symlink()) and (shared / "objects").is_dir() and (shared / "refs").is_dir():
        return RepositoryHome(folder=str(place.resolve()), shared=str(shared.resolve()), tree=tree)
    return None


def _read_line(path: Path) -> str:
    try:
        return os.fsdecode(read_bytes(path, most_bytes=_MOST_BYTES)).partition("\n")[0].rstrip("\r")
    except UnreadableError:
        return ""
