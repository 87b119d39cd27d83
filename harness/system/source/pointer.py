"""Files in Git LFS: the commit holds a pointer with the sum of the content, the work tree the content itself.

git compares the two with a filter. No filter runs here (docs/reference/security.md), so this module does the same.
"""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from harness.errors import UnreadableError
from harness.system.digest import MOST_MODEL_BYTES
from harness.system.foreign import open_file
from harness.system.git import Git, unquote_path

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER = re.compile(r"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize ([0-9]{1,15})\n")
_PROGRAM = "100755"
_SIZES = range(len("version https://git-lfs.github.com/spec/v1\noid sha256:\nsize \n") + 65, 160)


def find_stored(git: Git, changed: Collection[Path]) -> set[Path]:
    """Return the paths, relative to git's folder, where HEAD has a pointer to exactly the present content."""
    pointers = {}
    for line in git.ask("ls-tree", "-r", "-l", "HEAD", "--", ".").splitlines():
        head, _, name = line.partition("\t")
        mode, _, sha, size = head.split()
        if size.isdecimal() and int(size) in _SIZES:
            pointers[unquote_path(name)] = mode, sha
    found = set()
    for path in changed:
        mode, sha = pointers.get(str(path), ("", ""))
        pointer = _POINTER.fullmatch(git.run("cat-file", "blob", sha).stdout) if sha else None
        if pointer and _is_same(git.folder / path, mode, sha256=pointer[1], size_bytes=int(pointer[2])):
            found.add(path)
    return found


def _is_same(path: Path, mode: str, *, sha256: str, size_bytes: int) -> bool:
    try:
        status = path.lstat()
        if status.st_size != size_bytes or bool(status.st_mode & 0o100) != (mode == _PROGRAM):
            return False
        with open_file(path, within=path.parent, most_bytes=MOST_MODEL_BYTES) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except (OSError, UnreadableError):
        return False
