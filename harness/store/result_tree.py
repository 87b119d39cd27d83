"""Reports of ggml-ci on disk: single files, result folders, and whole trees of them.

<project>/<2 hex>/<38 hex>/<node>/{README.md, README.md.bak, runtime, stdall, *.log, *.exit}
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnreadableError, UsageError
from harness.parse.report.ending import is_open
from harness.parse.report.folder import wanted
from harness.parse.report.imported import import_run
from harness.parse.report.pasted import import_paste, is_pasted
from harness.parse.report.report import is_report, parse_report
from harness.records.record import Record
from harness.records.report import ReportRemark
from harness.records.run import Run, SettingOrigin
from harness.store.bundle import REPORT, RUN
from harness.system.foreign import list_folder, open_file, read_bytes, walk_tree
from harness.system.scratch import is_scratch

BACKUP = "README.md.bak"
IMPORTABLE = "harness import PATH: a finished bundle, a report, an archive, or a folder of them"
_LAYOUT = re.compile(r"(?:^|.*/)[^/]+/[0-9a-f]{2}/[0-9a-f]{38}/([^/]+)")
# Two runs of one commit on one node share a folder's name but for this.
_TWIN = re.compile(r"~[0-9]+$")
_HEAD_BYTES = 64
_SHOWN = 40
_REMARK = 120


class ReportEntry(Record):
    """A report's file, the folder whose other files belong to it (empty for a file of its own), and the node.

    `root` is the tree in which it was found, where no link is followed; empty for a file that a person named.
    """

    path: str
    folder: str = ""
    node: str = ""
    root: str = ""


class ResultTree(Record):
    """The reports that a path stands for, and the links and special files that were ignored, each with its kind.

    `unread` are errors about folders that could not be read.
    """

    entries: tuple[ReportEntry, ...]
    left_out: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class ReportReading(Record):
    """A run as it was read: the bytes of its report, and of the files beside it that were needed.

    `others` are the paths of the other files; `remarks` name what was ignored in the folder.
    """

    run: Run
    report: bytes
    files: dict[str, bytes]
    others: tuple[str, ...] = ()
    remarks: tuple[ReportRemark, ...] = ()


def find_entries(path: Path, *, needed: bool = True) -> ResultTree:
    """Return the reports that a path stands for, sorted: itself, or all below it; bundles of the harness are ignored.

    Raises UsageError if the path does not exist, UnreadableError if it holds no report and one is `needed`.
    """
    if not path.exists():
        raise UsageError(
            f"no such file or folder: {path}",
            hint=IMPORTABLE,
        )
    if not path.is_dir():
        return ResultTree(entries=(ReportEntry(path=str(path), node=_node(path.parent)),))
    left_out: list[str] = []
    unread: list[str] = []
    entries = sorted(_walk(path, left_out, unread), key=lambda entry: entry.path)
    if not entries and needed:
        cause = "; ".join(unread) or "no README.md below it begins with '## Summary'"
        raise UnreadableError(f"no ggml-ci report in {path}", cause=cause)
    return ResultTree(entries=tuple(entries), left_out=tuple(left_out), unread=tuple(unread))


def read_entry(entry: ReportEntry, node: str = "", beside: str = "") -> ReportReading:
    """Return the run of a report; `node` is the name for reports that no folder names.

    `beside` is another folder of files that belong to it, and takes precedence if both have a file of one name. Raises
    UnreadableError with file and line for a text that is not a report, and for one that is cut off.
    """
    raw = read_bytes(Path(entry.path), within=Path(entry.root) if entry.root else None)
    text = raw.decode("utf-8", errors="replace")
    digest = hashlib.sha256(raw).hexdigest()
    named_by = SettingOrigin.FOLDER if entry.node else SettingOrigin.FLAG
    if not is_report(text) and is_pasted(text):
        return _read_paste(entry, raw, text, entry.node or node, named_by)
    if not is_report(text):
        first = text.partition("\n")[0][:_SHOWN]
        cause = f"it begins with {first!r}, and no line has timings of whisper.cpp" if raw else "it is empty"
        hint = "give a report, the log of whisper-bench, or a table of models with an Enc. column"
        raise UnreadableError(f"{entry.path}:1: not a ggml-ci report", cause=cause, hint=hint)
    report = parse_report(text)
    if report.cut:
        raise UnreadableError(f"{entry.path}:{report.cut.line}: {report.cut.what}", cause="the file was cut off")
    paths, remarks = _list(entry, beside)
    names = sorted(paths.keys() - {Path(entry.path).name})
    looked_into = names if is_open(report) else wanted(names)
    files = {name: read_bytes(paths[name], within=paths[name].parent) for name in looked_into}
    texts = {name: content.decode("utf-8", errors="replace") for name, content in files.items()}
    run = import_run(report, digest=digest, name=entry.node or node, named_by=named_by, files=texts)
    others = tuple(str(paths[name]) for name in names if name not in files)
    return ReportReading(run=run, report=raw, files=files, others=others, remarks=tuple(remarks))


def _read_paste(entry: ReportEntry, raw: bytes, text: str, name: str, named_by: SettingOrigin) -> ReportReading:
    digest = hashlib.sha256(raw).hexdigest()
    try:
        run, logs = import_paste(text, digest=digest, name=name, named_by=named_by)
    except UnreadableError as error:
        raise UnreadableError(f"{entry.path}: {error.what}", cause=error.cause, hint=error.hint) from None
    return ReportReading(run=run, report=raw, files={name: log.encode() for name, log in logs.items()})


def _walk(root: Path, left_out: list[str], unread: list[str]) -> Iterator[ReportEntry]:
    for folder, found, entered in walk_tree(root):
        entered[:] = [name for name in entered if not is_scratch(name)]
        names = found.files
        if RUN in names:
            entered.clear()  # a bundle of ours
            continue
        node = _node(folder)
        path = next((folder / name for name in (REPORT, BACKUP) if name in names), None)
        if path and (node or _begins_like_report(path)):
            yield ReportEntry(path=str(path), folder=str(folder), node=node or folder.name, root=str(root))
            entered.clear()
            continue
        left_out += [f"{folder / name} ({kind})" for name, kind in found.others if name]
        unread += [trouble for name, trouble in found.others if not name]
        for name in names:
            if name.endswith(".md") and _begins_like_report(folder / name):
                yield ReportEntry(path=str(folder / name), root=str(root))


def _node(folder: Path) -> str:
    """Return the node that a folder of a results tree is named after, or an empty string."""
    found = _LAYOUT.fullmatch(folder.as_posix()) or _LAYOUT.fullmatch(folder.absolute().as_posix())
    return _TWIN.sub("", found[1]) if found else ""


def _begins_like_report(path: Path) -> bool:
    try:
        with open_file(path, within=path.parent) as file:
            return is_report(file.read(_HEAD_BYTES).decode("utf-8", errors="replace"))
    except (UnreadableError, OSError):
        return False


def _list(entry: ReportEntry, beside: str) -> tuple[dict[str, Path], list[ReportRemark]]:
    """Return the files that belong to a report by name, and remarks about what was ignored."""
    paths: dict[str, Path] = {}
    strange: list[str] = []
    large: list[str] = []
    root = Path(entry.root) if entry.folder != entry.root else None
    places = [(Path(entry.folder), root)] if entry.folder else []
    for folder, within in [*places, *([(Path(beside), Path(beside).parent)] if beside else [])]:
        found = list_folder(folder, within=within)
        paths |= {name: folder / name for name in found.files}
        strange += [f"{name} ({kind})" for name, kind in found.others]
    for name in sorted(paths.keys() - {Path(entry.path).name}):
        try:
            open_file(paths[name], within=paths[name].parent).close()
        except UnreadableError as error:
            large.append(f"{name} ({error.cause})")
            del paths[name]
    remarks = []
    if strange:
        what = "links and special files beside a report are ignored"
        remarks.append(ReportRemark(line=1, what=what, text=", ".join(strange)[:_REMARK]))
    if large:
        what = "files beside a report that cannot be read, or are too large, are ignored"
        remarks.append(ReportRemark(line=1, what=what, text=", ".join(large)[:_REMARK]))
    return paths, remarks
