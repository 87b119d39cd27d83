"""`harness report --format svg` and `--format png`: one figure of what was measured, as a file."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.subject import (
    BisectionSubject,
    NightSubject,
    RunsSubject,
    Subject,
    SweepSubject,
    TrialSubject,
    TuningSubject,
    select_subject,
)
from harness.errors import UsageError
from harness.records.record import Record
from harness.records.wording import format_count
from harness.render.figure.choice import (
    DrawnFigure,
    list_bisection_figures,
    list_runs_figures,
    list_sweep_figures,
    list_trial_figures,
    list_tuning_figures,
)
from harness.render.figure.figure import Figure, FigureKind, write_svg
from harness.render.figure.palette import Theme
from harness.settings.layer import Settings
from harness.system.picture import paint_png

SVG, PNG = "svg", "png"
PICTURES = (SVG, PNG)
PICTURE_ENDINGS = tuple(f".{name}" for name in PICTURES)
# What is drawn of a run or of what was measured together; the others are on a site.
DRAWN = tuple(kind.value for kind in FigureKind if kind not in (FigureKind.SERIES, FigureKind.NIGHTS))
# Between the kind of a figure and its number, where there are several of a kind.
_NUMBER = ":"


class PictureWords(Record):
    """What a picture is to be: its format, the word for the figure, and the word for the colours; both may be empty."""

    format: str
    figure: str = ""
    theme: str = ""


def choose_picture(format_name: str, target: str) -> str:
    """Return the format of a picture that is asked for by its name or by the ending of a file; empty for others."""
    if format_name:
        return format_name if format_name in PICTURES else ""
    ending = Path(target).suffix.lower().removeprefix(".")
    return ending if ending in PICTURES else ""


def compose_picture(
    settings: Settings, output: Output, words: Sequence[str], wanted: PictureWords
) -> tuple[bytes, int]:
    """Return a figure of what `words` name as the content of a file, and an exit code: 0, or that for unreadable input.

    Raises UsageError for a figure that there is not, UnfitError where PNG cannot be made.
    """
    subject, code = select_subject(settings, output, words)
    figure = _pick(list_figures(subject), wanted.figure, words, output)
    theme = Theme(wanted.theme) if wanted.theme else None
    if wanted.format == PNG:
        return paint_png(write_svg(figure, theme or Theme.LIGHT)), code
    return write_svg(figure, theme).encode(), code


def list_figures(subject: Subject) -> tuple[DrawnFigure, ...]:
    """Return the figures of what words have named, the one that says most first; nights have none of their own."""
    match subject:
        case TrialSubject(result, (baseline, contender)):
            found = list_trial_figures(result, (baseline.run, contender.run))
        case SweepSubject(table, _):
            found = list_sweep_figures(table)
        case TuningSubject(tuning):
            found = list_tuning_figures(tuning)
        case BisectionSubject(report):
            found = list_bisection_figures(report)
        case NightSubject(_):
            found = ()
        case RunsSubject(stored):
            found = list_runs_figures([one.run for one in stored])
    return found


def _pick(figures: Sequence[DrawnFigure], word: str, words: Sequence[str], output: Output) -> Figure:
    """Return the figure that a word names, or the first of all."""
    named = " ".join(words)
    if not figures:
        raise UsageError(f"there is no figure of {named}", hint=f"harness show {named}")
    name, _, number = word.partition(_NUMBER)
    found = [draw for kind, draw in figures if kind == name or not name]
    kinds = list(dict.fromkeys(kind.value for kind, _ in figures))
    if not found:
        hint = f"--figure {kinds[0]}  # one of {', '.join(kinds)}"
        raise UsageError(f"there is no figure {name!r} of {named}", hint=hint)
    if number and not (number.isdecimal() and 1 <= int(number) <= len(found)):
        hint = f"--figure {name}{_NUMBER}1 to {name}{_NUMBER}{len(found)}" if len(found) > 1 else f"--figure {name}"
        raise UsageError(f"there is no figure {word!r} of {named}", hint=hint)
    if name and not number and len(found) > 1:
        count = format_count(len(found), "figure")
        output.console.note(f"there are {count} of this kind: --figure {name}{_NUMBER}2 is the next one")
    return found[int(number or 1) - 1]()
