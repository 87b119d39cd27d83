"""`harness report`: write runs in the formats of other programs, or what was measured as a page or a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.report_figure import (
    DRAWN,
    PICTURE_ENDINGS,
    PICTURES,
    PNG,
    PictureWords,
    choose_picture,
    compose_picture,
)
from harness.commands.report_page import HTML, HTML_ENDINGS, compose_report
from harness.commands.selection import select_runs
from harness.commands.verb import OUTPUT, RUNS, Argument, Verb
from harness.errors import UnfitError, UsageError
from harness.records.record import Record
from harness.render.figure.palette import Theme
from harness.render.format.format import Format, RunSheet
from harness.render.format.registry import DEFAULT, FORMATS, find_ending, list_formats
from harness.render.format.text import escaped, visible
from harness.settings.layer import Settings
from harness.store.bundle import require_outside
from harness.store.find import StoredRun, read_logs
from harness.system.fresh import make_folders, write_output

STANDARD_OUTPUT = "-"


class ReportWords(Record):
    """The name of a format and the file or folder to write to, both may be empty; for a picture what it shows."""

    format: str = ""
    target: str = ""
    figure: str = ""
    theme: str = ""


def report(settings: Settings, output: Output, words: Sequence[str], asked: ReportWords) -> int:
    """Write what `words` name to a file or folder, or print it; return the exit code."""
    name, target = asked.format, "" if asked.target == STANDARD_OUTPUT else asked.target
    if picture := choose_picture(name, target):
        wanted = PictureWords(format=picture, figure=asked.figure, theme=asked.theme)
        return _report_picture(settings, output, words, wanted, target)
    if asked.figure or asked.theme:
        option = "--figure" if asked.figure else "--theme"
        raise UsageError(f"{option} is for a picture", hint=f"{option} {asked.figure or asked.theme} -o FILE.svg")
    if name == HTML or (not name and target.lower().endswith(HTML_ENDINGS)):
        return _report_page(settings, output, words, target)
    chosen = _choose(name, target)
    stored, code = select_runs(settings, output, words)
    sheets = [_sheet(one, chosen) for one in stored]
    if not any(result.has_numbers for sheet in sheets for result in sheet.run.results):
        output.console.note("none of these runs has any measurement")
    if target and chosen.layout and not target.endswith(".json"):
        _write(
            Path(target), {name: _clean(text, chosen).encode() for name, text in chosen.layout(sheets).items()}, output
        )
        return code
    text = _clean(chosen.render(sheets), chosen)
    if target:
        path = Path(target)
        _write(path.parent, {path.name: text.encode()}, output)
    else:
        output.write(text, is_json=chosen.is_json)
    return code


def _report_picture(settings: Settings, output: Output, words: Sequence[str], wanted: PictureWords, target: str) -> int:
    if wanted.format == PNG and not target:
        raise UsageError("a PNG cannot be printed", cause="it is not text", hint=f"-o FILE.{PNG}")
    picture, code = compose_picture(settings, output, words, wanted)
    if target:
        _write(Path(target).parent, {Path(target).name: picture}, output)
    else:
        output.write(picture.decode())
    return code


def _report_page(settings: Settings, output: Output, words: Sequence[str], target: str) -> int:
    page, code = compose_report(settings, output, words)
    if target:
        _write(Path(target).parent, {Path(target).name: page}, output)
    else:
        output.write(page.decode())
    return code


def _clean(text: str, chosen: Format) -> str:
    """Return a rendered text without characters that could control a terminal; JSON uses escapes instead."""
    return escaped(text) if chosen.is_json else visible(text)


def _choose(name: str, target: str) -> Format:
    if name:
        return FORMATS[name]
    if not target or not Path(target).suffix:
        return DEFAULT
    found = find_ending(target.lower())
    if found is None:
        endings = " ".join(
            (*(ending for format_ in FORMATS.values() for ending in format_.endings), *HTML_ENDINGS, *PICTURE_ENDINGS)
        )
        raise UsageError(
            f"the ending of {target} belongs to no format",
            cause=f"the known endings are {endings}",
            hint="--format NAME",
        )
    return found


def _sheet(stored: StoredRun, chosen: Format) -> RunSheet:
    return RunSheet(run=stored.run, report=stored.report, logs=read_logs(stored) if chosen.needs_logs else {})


def _write(folder: Path, files: Mapping[str, bytes], output: Output) -> None:
    """Write rendered files atomically; missing parents are created below `folder`, which may be new itself."""
    for name, content in files.items():
        path = folder / name
        require_outside(path)
        try:
            if len(files) > 1:
                make_folders(path.parent, within=folder)
            write_output(path, content)
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or str(error)
            raise UnfitError(
                f"cannot write {path}", cause=cause, hint="-o FILE  # in a folder that you may write to"
            ) from None
        output.console.note(f"wrote {path}")


_PAGE = (
    f"  {HTML:<30}  one file with figures, tables, caveats and logs, for a browser; also of a live comparison, a sweep,"
    " a search or a night"
)
_PICTURE = (
    f"  {', '.join(PICTURES):<30}  one figure of the same: --figure names it, --theme its colours; PNG needs the extra"
    " png"
)


VERB = Verb(
    name="report",
    call=lambda call: report(
        call.settings,
        call.output,
        call.words("run"),
        ReportWords(
            format=call.text("format"),
            target=call.text("output"),
            figure=call.text("figure"),
            theme=call.text("theme"),
        ),
    ),
    arguments=(
        RUNS,
        Argument(
            name="--format",
            metavar="NAME",
            choices=(*FORMATS, HTML, *PICTURES),
            help="one of the formats below (default: from the ending of FILE, else markdown)",
        ),
        OUTPUT.replace(metavar="FILE", help="write to this file or folder instead of standard output"),
        Argument(
            name="--figure",
            metavar="NAME",
            help="the figure of a picture, NAME:2 for the second of that name (default: the one that says most): "
            f"{', '.join(DRAWN)}",
        ),
        Argument(
            name="--theme",
            metavar="NAME",
            choices=tuple(Theme),
            help="the colours of a picture: light or dark (default: SVG follows its reader, PNG is light)",
        ),
    ),
    examples=(
        ("harness report latest", "the report of the newest run"),
        ("harness report all -o runs.csv", "the ending selects the format"),
        ("harness report sweep -o sweep.html", "a page with figures; also of a run, an ab, a bisection, a night"),
        ("harness report latest --figure roofline -o roofline.svg", "one figure, as SVG or PNG"),
        ("harness report latest --format issue89-full", "a table for the benchmark thread"),
    ),
    forms=(),
    details=f"formats:\n{list_formats()}\n{_PAGE}\n{_PICTURE}",
)
