"""`harness export`: runs as a results tree that upstream's readers know."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.selection import select_runs
from harness.errors import UnreadableError, UsageError
from harness.parse.report.report import parse_report
from harness.records.record import Record
from harness.render.ci_folder import render_folder
from harness.settings.layer import Settings, nearest
from harness.store.bundle import LOGS, REPORT, require_outside
from harness.store.exporter import list_logs, write_folder
from harness.store.find import Stored
from harness.system.foreign import read_bytes

GGML_CI = "ggml-ci"
LAYOUTS = (GGML_CI,)


class Exported(Record):
    """A run and the folder that it was written to."""

    run: str
    path: str


def export_runs(settings: Settings, output: Output, *, words: Sequence[str], layout: Sequence[str], folder: str) -> int:
    """Write the runs that `words` name below a folder; return the exit code.

    `layout` is its name, and behind it the folder where `folder` is empty.
    """
    name, *rest = layout or (GGML_CI,)
    if name not in LAYOUTS:
        raise UsageError(f"unknown layout {name!r}", hint=nearest(name, LAYOUTS))
    if not folder and len(rest) == 1:
        folder, rest = rest[0], []
    wanted = [*words, *rest]
    if not wanted or not folder:
        missing = "the folder to write to" if wanted else "the runs to export"
        raise UsageError(f"{missing} is missing", hint="harness export RUN... --layout ggml-ci --output DIR")
    require_outside(Path(folder) / GGML_CI)
    runs, code = select_runs(settings, output, wanted)
    exported = []
    for number, stored in enumerate(runs):
        output.console.count("exporting", number, len(runs))
        try:
            path = _export(Path(folder), stored)
        except UnreadableError as error:  # its report is a link, say: the others are exported
            if len(runs) == 1:
                raise
            output.console.warn(f"harness: {error}")
            code = error.exit_code
            continue
        exported.append(Exported(run=stored.run.id, path=str(path)))
    output.console.note(f"exported {len(exported)} runs into {folder}")
    output.show("\n".join(one.path for one in exported), tuple(exported))
    return code


def _export(tree: Path, stored: Stored) -> Path:
    bundle = Path(stored.path)
    if not bundle.is_dir():
        raise UsageError(f"{bundle} is not a run in the results", hint=f"harness import {bundle}")
    text = read_bytes(bundle / REPORT, within=bundle).decode("utf-8", errors="surrogateescape")
    logs = {
        name: read_bytes(bundle / LOGS / name, within=bundle).decode("utf-8", errors="surrogateescape")
        for name in sorted(list_logs(bundle))
    }
    return write_folder(tree, stored.run, bundle, render_folder(stored.run, parse_report(text), logs))
