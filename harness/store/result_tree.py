"""Reports of ggml-ci on disk: single files, result folders, and whole trees of them.

<project>/<2 hex>/<38 hex>/<node>/{README.md, README.md.bak, runtime, stdall, *.log, *.exit}
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnreadableError, UsageError
from harness.parse.ending import is_open
from harness.parse.folder import wanted
from harness.parse.imported import import_run
from harness.parse.pasted import import_paste, is_pasted
from harness.parse.report import is_report, parse_report
from harness.records.record import Record
from harness.records.report import Remark
from harness.records.run import Origin, Run
from harness.store.bundle import REPORT, RUN

BACKUP = "README.md.bak"
_LAYOUT = re.compile(r"(?:^|.*/)[^/]+/[0-9a-f]{2}/[0-9a-f]{38}/([^/]+)")
# Two runs of one commit on one node share a folder's name but for this.
_TWIN = re.compile(r"~[0-9]+$")
_HEAD_BYTES = 64
_SHOWN = 40
_MAX_BYTES = 64 << 20


class Entry(Record):
    """A report's file, the folder whose other files belong to it (empty for a file of its own), and the node."""

    path: str
    folder: str = ""
    node: str = ""


class Reading(Record):
    """A run as it was read: the bytes of its report, and those of the files beside it that were looked into.

    `others` are the paths of the files that were not; `remarks` name what is no file of the folder's own.
    """

    run: Run
    report: bytes
    files: dict[str, bytes]
    others: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


def find_entries(path: Path) -> list[Entry]:
    """Return the reports that a path stands for, sorted: itself, or all below it; bundles of ours are left out.

    Raises UsageError where nothing is, UnreadableError where no report is.
    """
    if not path.exists():
        raise UsageError(f"no such file or folder: {path}", hint="harness import REPORT, FOLDER or TREE")
    if not path.is_dir():
        return [Entry(path=str(path), node=_node(path.parent))]
    entries = sorted(_walk(path), key=lambda entry: entry.path)
    if not entries:
        raise UnreadableError(f"no ggml-ci report in {path}", cause="no README.md below it begins with '## Summary'")
    return entries


def read_entry(entry: Entry, node: str = "", beside: str = "") -> Reading:
    """Return the run of a report; `node` is the name for reports that no folder names.

    `beside` is another folder of files that belong to it, for those that its own has not.
    Raises UnreadableError with file and line for what is no report, and for one that is cut off.
    """
    raw = _read(Path(entry.path))
    text = raw.decode("utf-8", errors="replace")
    digest = hashlib.sha256(raw).hexdigest()
    named_by = Origin.FOLDER if entry.node else Origin.FLAG
    if not is_report(text) and is_pasted(text):
        return _read_paste(entry, raw, text, entry.node or node, named_by)
    if not is_report(text):
        first = text.partition("\n")[0][:_SHOWN]
        cause = f"it begins with {first!r}, and no line has timings of whisper.cpp" if raw else "it is empty"
        hint = "a report, the log of whisper-bench, or a table of models with a column Enc."
        raise UnreadableError(f"{entry.path}:1: not a ggml-ci report", cause=cause, hint=hint)
    report = parse_report(text)
    if report.cut:
        raise UnreadableError(f"{entry.path}:{report.cut.line}: {report.cut.what}", cause="the file was cut off")
    folders = [folder for folder in (beside, entry.folder) if folder]
    paths = {name: Path(folder) / name for folder in folders for name in _names(folder)}
    names = sorted(paths.keys() - {Path(entry.path).name})
    looked_into = names if is_open(report) else wanted(names)
    files = {name: _read(paths[name]) for name in looked_into}
    texts = {name: content.decode("utf-8", errors="replace") for name, content in files.items()}
    run = import_run(report, digest=digest, name=entry.node or node, named_by=named_by, files=texts)
    others = tuple(str(paths[name]) for name in names if name not in files)
    return Reading(run=run, report=raw, files=files, others=others, remarks=tuple(_remark_links(entry.folder)))


def _read_paste(entry: Entry, raw: bytes, text: str, name: str, named_by: Origin) -> Reading:
    digest = hashlib.sha256(raw).hexdigest()
    try:
        run, logs = import_paste(text, digest=digest, name=name, named_by=named_by)
    except UnreadableError as error:
        raise UnreadableError(f"{entry.path}: {error.what}", cause=error.cause, hint=error.hint) from None
    return Reading(run=run, report=raw, files={name: log.encode() for name, log in logs.items()})


def _walk(root: Path) -> Iterator[Entry]:
    for folder, folders, found in os.walk(root):
        names = [name for name in found if _is_plain(f"{folder}/{name}")]
        if RUN in names:
            folders.clear()  # a bundle of ours
            continue
        node = _node(Path(folder))
        path = next((f"{folder}/{name}" for name in (REPORT, BACKUP) if name in names), "")
        if path and (node or _begins_like_report(path)):
            yield Entry(path=path, folder=folder, node=node or Path(folder).name)
            folders.clear()
            continue
        for name in names:
            if name.endswith(".md") and _begins_like_report(f"{folder}/{name}"):
                yield Entry(path=f"{folder}/{name}")


def _node(folder: Path) -> str:
    """Return the node that a folder of a results tree is named after, or nothing."""
    found = _LAYOUT.fullmatch(folder.as_posix()) or _LAYOUT.fullmatch(folder.absolute().as_posix())
    return _TWIN.sub("", found[1]) if found else ""


def _begins_like_report(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return is_report(file.read(_HEAD_BYTES).decode("utf-8", errors="replace"))
    except OSError:
        return False


def _names(folder: str) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}


def _is_plain(path: str) -> bool:
    """Return whether a path is a file itself: a link in a tree of others may lead to a file of the user's."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _remark_links(folder: str) -> Iterator[Remark]:
    """Yield a remark where a folder has links, pipes or devices, which are left out."""
    if not folder:
        return
    with os.scandir(folder) as entries:
        names = sorted(
            entry.name
            for entry in entries
            if not entry.is_file(follow_symlinks=False) and not entry.is_dir(follow_symlinks=False)
        )
    if names:
        yield Remark(line=1, what="links and special files beside a report are left out", text=", ".join(names)[:120])


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"cannot read {path}", cause=error.strerror or str(error)) from None
    if len(content) > _MAX_BYTES:
        raise UnreadableError(f"{path}:1: too large for a report or a log", cause=f"more than {_MAX_BYTES >> 20} MB")
    return content
