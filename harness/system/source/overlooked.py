"""Files that git is set to ignore: assume-unchanged and skip-worktree (git-update-index(1))."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnreadableError
from harness.system.digest import MOST_MODEL_BYTES
from harness.system.foreign import open_file
from harness.system.git import ForeignGit, unquote_path

_CHUNK_BYTES = 1 << 20
# The mode of a submodule.
_SUBMODULE = "160000"
# What `git ls-files -v` says of an entry that git compares with the file: in the index, or unmerged.
_LOOKED_AT = frozenset("HM")
# A file that a sparse checkout leaves out.
_LEFT_OUT = frozenset("Ss")


def find_overlooked(git: ForeignGit) -> Iterator[Path]:
    """Yield the files that git assumes to be unchanged but that differ from the index.

    A file that a sparse checkout omits is not a change.
    """
    for line in git.ask("ls-files", "--stage", "-v", "--", ".").splitlines():
        head, _, quoted = line.partition("\t")
        tag, mode, sha, *_ = head.split()
        if tag in _LOOKED_AT or mode == _SUBMODULE:
            continue
        path = Path(unquote_path(quoted))
        left_out = tag in _LEFT_OUT and not os.path.lexists(git.folder / path)
        if not left_out and _name_blob(git.folder / path, sha) != sha:
            yield path


def _name_blob(path: Path, like: str) -> str:
    """Return the object id of a file or a link, with the same hash as `like`, or an empty string."""
    long = len(like) == hashlib.sha256().digest_size * 2
    digest = hashlib.sha256() if long else hashlib.sha1(usedforsecurity=False)
    try:
        if path.is_symlink():
            target = os.fsencode(path.readlink())
            digest.update(b"blob %d\0%s" % (len(target), target))
        else:
            with open_file(path, within=path.parent, most_bytes=MOST_MODEL_BYTES) as file:
                digest.update(b"blob %d\0" % os.fstat(file.fileno()).st_size)
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
    except (UnreadableError, OSError):
        return ""
    return digest.hexdigest()
