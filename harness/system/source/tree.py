"""A local tree as it is: built in place, and identified by its commit and its uncommitted changes."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from harness.errors import UnfitError, UnreadableError, UsageError
from harness.parse.result_name import is_result
from harness.records.record import is_text, short_hash
from harness.records.source import Commit, Source
from harness.system.built import FileState, is_touched, look
from harness.system.cache.entry import Note
from harness.system.digest import MOST_MODEL_BYTES
from harness.system.foreign import MissingError, open_file
from harness.system.git import ForeignGit, probe_commit, unquote_path
from harness.system.source.overlooked import find_overlooked
from harness.system.source.pointer import find_stored
from harness.system.view import require_readable

# Upstream's configure step writes it into the source tree.
GENERATED = frozenset({"bindings/javascript/package.json"})
_CHUNK_BYTES = 1 << 20
# The mode of a submodule's entry in the index.
_SUBMODULE = "160000 "
_READ_BY_GIT = frozenset({".gitattributes", ".gitignore", ".gitmodules"})
_PLAIN = {"GIT_LITERAL_PATHSPECS": "1"}
_HINT = "--source DIR  # the top folder of a whisper.cpp tree"


def probe_tree(folder: Path, *, environ: Mapping[str, str], note: Note, ours: Sequence[str] = ()) -> Source:
    """Return the source at `folder`, which is never written to.

    With git: the checked-out commit, and a hash over every file that differs from it, including untracked files unless
    they are ignored. The repository counts only if it tracks the tree: one that merely encloses it says nothing about
    it. If it tracks the tree as a part, the changes are those of that part. Without git: a hash over all files except
    the weights in `models/` and `build*` and hidden folders at the top. Files of the harness are not changes: results,
    which are recognised by name, and untracked files at the paths `ours`. Raises UsageError if this is not whisper.cpp.
    """
    folder = folder.resolve()
    if not is_text(str(folder)):
        hint = "rename the folder that it is in, or copy the tree"
        raise UsageError("the path of the source tree is not valid UTF-8", hint=hint)
    check_tree(folder, what=str(folder))
    # A link is not followed: it may lead out of the tree.
    placed = map(Path, ours)
    inside = [one for one in (path.parent.resolve() / path.name for path in placed) if folder in one.parents]
    commit = _probe_git(folder, environ, note, inside)
    if commit is None:
        commit = Commit(sha="", changes=hash_files(folder, _without(folder, _all_files(folder), inside)))
    identity = f"tree-{short_hash(commit.sha, commit.changes)}"
    kept = tuple(map(str, inside))
    return Source(id=identity, kind="tree", path=str(folder), commit=commit, mutable=True, ours=kept)


def check_tree(folder: Path, *, what: str) -> None:
    """Raise UsageError unless `folder` holds whisper.cpp; `what` names it in the message.

    Raises UnreadableError if its CMakeLists.txt or whisper.h is not a regular file, or cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{what} is not a folder", hint=_HINT)
    for path in (folder / "CMakeLists.txt", *_headers(folder)):
        with contextlib.suppress(MissingError):
            open_file(path).close()  # a FIFO or a device of that name is refused by name
    if not (folder / "CMakeLists.txt").is_file():
        raise UsageError(f"{what} has no CMakeLists.txt", hint=_HINT)
    if not is_whisper(folder):
        raise UsageError(f"{what} is not whisper.cpp", cause="it has no whisper.h, at the top or in include/")


def is_whisper(folder: Path) -> bool:
    """Return whether `folder` is the top of a tree of whisper.cpp."""
    return (folder / "CMakeLists.txt").is_file() and any(header.is_file() for header in _headers(folder))


def _headers(folder: Path) -> tuple[Path, ...]:
    return folder / "include" / "whisper.h", folder / "whisper.h"


def hash_files(folder: Path, paths: Iterable[Path]) -> str:
    """Return 40 hex digits of a hash over names, kinds, executable bits and contents of `paths` below `folder`.

    Their order does not matter. A path that does not exist counts as deleted, so that removing a file is a change.
    """
    digest = hashlib.sha256()
    for path in sorted(paths, key=os.fsencode):
        name = os.fsencode(path)
        kind, content = _describe(folder / path)
        digest.update(b"%d:%s%s%d:" % (len(name), name, kind, len(content)))
        digest.update(content)
    return digest.hexdigest()[:40]


def _describe(path: Path) -> tuple[bytes, bytes]:
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return b"link", os.fsencode(path.readlink())
        if stat.S_ISREG(status.st_mode):
            return (b"program" if status.st_mode & 0o100 else b"file"), _digest(path)
    except (FileNotFoundError, NotADirectoryError, MissingError):
        return b"deleted", b""
    except UnreadableError as error:
        raise UnfitError(f"{path} cannot be read", cause=error.cause or error.what) from None
    except OSError as error:
        raise UnfitError(f"{path} cannot be read", cause=error.strerror or str(error)) from None
    return b"other", b""


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    # A model that somebody keeps in the tree may be the largest file; a link that has taken its place is not read.
    with open_file(path, within=path.parent, most_bytes=MOST_MODEL_BYTES) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()


def _all_files(folder: Path) -> Iterator[Path]:
    for path in _walk(folder, lambda here, name: here == Path() and name.startswith(("build", "."))):
        if path.as_posix() not in GENERATED and not path.match("models/ggml-*.bin"):
            yield path


def _walk(folder: Path, skip: Callable[[Path, str], bool]) -> Iterator[Path]:
    """Yield files and links below `folder`, relative to it, without skipped folders."""
    for parent, folders, files in os.walk(folder):
        here = Path(parent).relative_to(folder)
        folders[:] = [name for name in folders if not skip(here, name)]
        links = [name for name in folders if (folder / here / name).is_symlink()]
        yield from (here / name for name in (*files, *links))


def look_at_tree(source: Source, *, environ: Mapping[str, str]) -> dict[str, FileState]:
    """Return the state of the files of a tree that `probe_tree` has identified, by path.

    If git tracks the tree, ignored files are not included.
    """
    folder = Path(source.path)
    git = ForeignGit(folder, environ) if source.commit.sha else None
    files = _list_files(git, "--cached", "--others") if git else _all_files(folder)
    paths = _without(folder, files, [Path(one) for one in source.ours])
    looks = ((str(path), look(folder / path)) for path in paths if path.as_posix() not in GENERATED)
    return {path: seen for path, seen in looks if seen}


def find_written(folder: Path, looks: Mapping[str, FileState]) -> str:
    """Return the first file that was written to, replaced or removed since `looks` was taken, or an empty string."""
    return next((path for path, seen in looks.items() if is_touched(seen, look(folder / path))), "")


def _without(folder: Path, paths: Iterable[Path], ours: Sequence[Path]) -> Iterator[Path]:
    """Yield the paths except those that the harness wrote: in its own folders, or results anywhere."""
    own = frozenset(ours)
    for path in paths:
        if own.isdisjoint((folder / path, *(folder / path).parents)) and not is_result(path.parts):
            yield path


def _probe_git(folder: Path, environ: Mapping[str, str], note: Note, ours: Sequence[Path]) -> Commit | None:
    git = ForeignGit(folder, environ)
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in _READ_BY_GIT.intersection(files):
            require_readable(Path(parent) / name)
    try:
        tracked = git.run("ls-files", "--error-unmatch", "--", "CMakeLists.txt").ok
    except UnfitError as error:
        note(f"{error.line}: the tree is identified by its contents alone")
        return None
    if not tracked:
        if (folder / ".git").exists():
            note("git does not track this tree: it is identified by its contents alone")
        return None
    remotes = ["origin", *git.ask("remote").splitlines()]
    urls = (git.ask("config", "--get", f"remote.{name}.url") for name in remotes)
    commit = probe_commit(git, "HEAD", repo=next(filter(None, urls), ""))
    if commit is None:
        return None
    links = _list_submodules(git)
    listed = (
        *_without(folder, _list_changed(git, "HEAD", links), ()),
        *_without(folder, _list_untracked(git, links), ours),
    )
    changed = {path for path in listed if path.as_posix() not in GENERATED}
    if changed:
        changed -= find_stored(git, changed)
    return replace(commit, changes=hash_files(folder, changed) if changed else "")


def _list_changed(git: ForeignGit, commit: str, links: Mapping[Path, str]) -> list[Path]:
    """Return the tracked files that differ from a commit, including those of its submodules `links`.

    git itself would start another git in each submodule, with the settings of that.
    """
    words = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative")
    changed = git.paths(*words, "--ignore-submodules=all", commit, "--", ".")
    changed += find_overlooked(git)
    if links:
        changed += git.paths(*words, "--cached", "--ignore-submodules=none", commit, "--", *map(str, links), env=_PLAIN)
    astray = [str(path) for path in links if not _is_folder(git.folder / path)]
    if astray:  # gone, or a file or a link now
        changed += git.paths(*words, "--ignore-submodules=dirty", commit, "--", *astray, env=_PLAIN)
    for path, inner in _enter_submodules(git, links):
        if inner.run("cat-file", "-e", f"{links[path]}^{{commit}}").ok:
            files = _list_changed(inner, links[path], _list_submodules(inner))
        else:
            files = inner.paths("ls-files")
        changed += [path / file for file in files]
    return changed


def _list_untracked(git: ForeignGit, links: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that git neither tracks nor ignores, including those of submodules and nested repositories."""
    yield from _list_files(git, "--others")
    for path, inner in _enter_submodules(git, links):
        yield from (path / file for file in _list_untracked(inner, _list_submodules(inner)))


def _list_files(git: ForeignGit, *kinds: str) -> Iterator[Path]:
    """Yield the files of these kinds; for the folder of a nested repository, all files that it does not ignore."""
    for path in git.paths("ls-files", *kinds, "--exclude-standard", "--", "."):
        folder = git.folder / path
        if not _is_folder(folder):
            yield path
            continue
        inner = ForeignGit(folder, git.environ)
        if inner.home and inner.home.tree == str(folder):
            files = _list_files(inner, "--cached", "--others")
        else:
            files = _walk(folder, lambda _, name: name == ".git")
        yield from (path / file for file in files)


def _enter_submodules(git: ForeignGit, paths: Iterable[Path]) -> Iterator[tuple[Path, ForeignGit]]:
    """Yield the submodules that are checked out, with git in them."""
    for path in paths:
        folder = git.folder / path
        if _is_folder(folder):
            inner = ForeignGit(folder, git.environ)
            if inner.home and inner.home.tree == str(folder):
                yield path, inner


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _list_submodules(git: ForeignGit) -> dict[Path, str]:
    """Return the submodules in the index, below the folder, with their recorded commits."""
    lines = git.ask("ls-files", "--stage", "--", ".").splitlines()
    entries = (line.partition("\t") for line in lines if line.startswith(_SUBMODULE))
    return {Path(unquote_path(path)): head.split()[1] for head, _, path in entries}
