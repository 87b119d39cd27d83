"""`harness export`: write runs as a results tree that upstream's tools can read."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.selection import select_runs
from harness.commands.verb import OUTPUT, RUNS, Argument, Verb
from harness.errors import UnreadableError, UsageError
from harness.parse.report.report import parse_report
from harness.records.listing import ExportedRun, ExportList
from harness.records.wording import format_count
from harness.render.ci_folder import render_folder
from harness.settings.layer import Settings
from harness.store.bundle import LOGS, REPORT, require_outside
from harness.store.exporter import list_logs, write_folder
from harness.store.find import StoredRun
from harness.system.foreign import read_bytes

GGML_CI = "ggml-ci"


def export_runs(settings: Settings, output: Output, *, words: Sequence[str], folder: str) -> int:
    """Write the runs that `words` name into a folder, as a ggml-ci results tree; return the exit code."""
    if not folder:
        raise UsageError("the output folder is missing", hint=f"harness export {' '.join(words)} -o DIR")
    require_outside(Path(folder) / GGML_CI)
    runs, code = select_runs(settings, output, words)
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
        exported.append(ExportedRun(run=stored.run.id, path=str(path)))
    output.console.note(f"exported {format_count(len(exported), 'run')} into {folder}")
    output.show("\n".join(one.path for one in exported), ExportList(exported=tuple(exported)))
    return code


def _export(tree: Path, stored: StoredRun) -> Path:
    bundle = Path(stored.path)
    if not bundle.is_dir():
        raise UsageError(f"{bundle} is not in the results folder", hint=f"harness import {bundle}")
    text = read_bytes(bundle / REPORT, within=bundle).decode("utf-8", errors="surrogateescape")
    logs = {
        name: read_bytes(bundle / LOGS / name, within=bundle).decode("utf-8", errors="surrogateescape")
        for name in sorted(list_logs(bundle))
    }
    return write_folder(tree, stored.run, bundle, render_folder(stored.run, parse_report(text), logs))


VERB = Verb(
    name="export",
    call=lambda call: export_runs(call.settings, call.output, words=call.words("run"), folder=call.text("output")),
    arguments=(
        RUNS,
        Argument(
            name="--layout",
            metavar="NAME",
            default=GGML_CI,
            choices=(GGML_CI,),
            help="layout of the tree: ggml-ci, the only one so far",
        ),
        OUTPUT,
    ),
    examples=(("harness export all -o ~/ours", "all runs, under upstream's names"),),
)
