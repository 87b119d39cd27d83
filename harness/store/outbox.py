"""Runs written as a results tree of ggml-ci: <project>/<2 hex>/<38 hex>/<node>/."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnfitError
from harness.records.record import short_hash
from harness.records.run import Run
from harness.store.bundle import LOGS, REPORT

_NO_PROJECT = "unknown"
_SHA = re.compile(r"[0-9a-f]{40}")


def write_folder(tree: Path, run: Run, bundle: Path, made: Mapping[str, str]) -> Path:
    """Write the result folder of a run from its bundle and the files that were `made`, and return it.

    The report and the logs are copied byte for byte. The folder appears whole or not at all. A second run of one
    commit on one node gets `~2` behind the node's name; one that is there already with this report is left alone.
    Raises UnfitError for a folder that cannot be written.
    """
    commit = tree / (run.project or _NO_PROJECT) / _sha(run)[:2] / _sha(run)[2:]
    report = (bundle / REPORT).read_bytes()
    folder, there = _choose(commit, run.node.name, report)
    if there:
        return folder
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for log in sorted(path for path in (bundle / LOGS).glob("*") if path.is_file()):
            shutil.copyfile(log, partial / log.name)
        for name, text in made.items():
            (partial / name).write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
        (partial / REPORT).write_bytes(report)
        os.sync()  # a power loss must not leave a folder that only looks whole
        partial.rename(folder)
    except OSError as error:
        raise UnfitError(f"cannot write {folder}", cause=error.strerror or str(error), hint="--output DIR") from None
    return folder


def _choose(commit: Path, node: str, report: bytes) -> tuple[Path, bool]:
    """Return the first folder that is free or holds this report, and whether it does."""
    folder, number = commit / node, 1
    while folder.exists():
        path = folder / REPORT
        if path.is_file() and path.read_bytes() == report:
            return folder, True
        number += 1
        folder = commit / f"{node}~{number}"
    return folder, False


def _sha(run: Run) -> str:
    """Return the commit, or for a tree without one a stand-in of the same form."""
    sha = run.source.commit.sha
    return sha if _SHA.fullmatch(sha) else short_hash(run.source.id or run.id, run.source.commit.changes, length=40)
