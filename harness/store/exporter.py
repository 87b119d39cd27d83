"""Runs written as a results tree of ggml-ci: <project>/<2 hex>/<38 hex>/<node>/."""

import contextlib
import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnfitError, UnreadableError
from harness.records.record import short_hash
from harness.records.run import Run
from harness.store.bundle import LOGS, REPORT
from harness.system.foreign import copy_file, list_folder, read_bytes
from harness.system.fresh import create_file, make_folders
from harness.system.scratch import EXPORT, clear_scratch, scratch_folder

_NO_PROJECT = "unknown"
_SHA = re.compile(r"[0-9a-f]{40}")


def write_folder(tree: Path, run: Run, bundle: Path, made: Mapping[str, str]) -> Path:
    """Write the result folder of a run from its bundle and the files that were `made`, and return it.

    The report and the logs are copied byte for byte. The folder appears complete or not at all. A second run of one
    commit on one node gets `~2` after the node's name; a folder that already holds this report is left unchanged.
    Raises UnfitError for a folder that cannot be written, UnreadableError for a report that is not a regular file and
    for names that cannot be those of folders.
    """
    commit = tree / _part(run.project or _NO_PROJECT) / _sha(run)[:2] / _sha(run)[2:]
    report = read_bytes(bundle / REPORT, within=bundle)
    folder, there = _choose(tree, commit, _part(run.node.name), report)
    if there:
        clear_scratch(tree, EXPORT)
        return folder
    try:
        make_folders(commit, within=tree)
        with scratch_folder(tree, EXPORT) as aside:
            new = aside / folder.name
            new.mkdir()
            for name in sorted(list_logs(bundle) - made.keys() - {REPORT}):
                with create_file(new / name) as file:
                    copy_file(bundle / LOGS / name, file, within=bundle)
            written = {_part(name): text.encode("utf-8", errors="surrogateescape") for name, text in made.items()}
            for name, content in {**written, REPORT: report}.items():
                with create_file(new / name) as file:
                    file.write(content)
            os.sync()  # a power loss must not leave a folder that only looks whole
            return _give_name(new, tree, commit, _part(run.node.name), report)
    except OSError as error:
        raise UnfitError(
            f"cannot write {folder}", cause=error.strerror or str(error), hint="--output DIR  # another folder"
        ) from None


def _give_name(new: Path, tree: Path, commit: Path, node: str, report: bytes) -> Path:
    """Give a folder the first free name; another process may have taken one, even for this report."""
    while True:
        folder, there = _choose(tree, commit, node, report)
        if there:
            return folder
        try:
            new.rename(folder)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        else:
            return folder


def list_logs(bundle: Path) -> set[str]:
    """Return the names of the regular files among the logs of a bundle; a link or a FIFO is not one of them."""
    try:
        return set(list_folder(bundle / LOGS, within=bundle).files)
    except UnreadableError:  # there is none, or a link has its name
        return set()


def _part(name: str) -> str:
    """Return a name for a folder; raises UnreadableError for one that would lead elsewhere."""
    if name in ("", os.curdir, os.pardir) or os.sep in name or "\0" in name:
        cause = "a run.json that the harness did not write has it" if name else "a run.json has no such name"
        raise UnreadableError(f"{name!r} cannot be the name of a folder", cause=cause)
    return name


def _choose(tree: Path, commit: Path, node: str, report: bytes) -> tuple[Path, bool]:
    """Return the first folder that is free or holds this report, and whether it does."""
    folder, number = commit / node, 1
    while os.path.lexists(folder):
        with contextlib.suppress(UnreadableError):
            if read_bytes(folder / REPORT, within=tree) == report:
                return folder, True
        number += 1
        folder = commit / f"{node}~{number}"
    return folder, False


def _sha(run: Run) -> str:
    """Return the commit, or for a tree without one a placeholder of the same form."""
    sha = run.source.commit.sha
    return sha if _SHA.fullmatch(sha) else short_hash(run.source.id or run.id, run.source.commit.changes, length=40)
