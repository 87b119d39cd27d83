"""`harness report --format html`: one file with the figures, numbers and caveats of what was measured."""

from collections.abc import Sequence

from harness import __version__
from harness.commands.output import Output
from harness.commands.report_figure import list_figures
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
from harness.render.figure.choice import draw_all
from harness.render.html.block import PageContent
from harness.render.html.page import PageFrame
from harness.render.html.report import render_content
from harness.render.html.report_bisection import view_bisection
from harness.render.html.report_night import view_night
from harness.render.html.report_run import ReportedRun, view_run, view_runs
from harness.render.html.report_sweep import view_sweep
from harness.render.html.report_trial import view_trial
from harness.render.html.report_tuning import view_tuning
from harness.settings.layer import Settings
from harness.store.find import StoredRun, read_logs
from harness.system.asset import load_page_kit

HTML = "html"
# Of several runs; each has its own page, too.
_MOST_FIGURES = 12
HTML_ENDINGS = (".html", ".htm")


def compose_report(settings: Settings, output: Output, words: Sequence[str]) -> tuple[bytes, int]:
    """Return the page about what `words` name, and an exit code: 0, or the code for unreadable input."""
    subject, code = select_subject(settings, output, words)
    content = view_subject(subject)
    frame = PageFrame(title=content.title, alone=True, version=__version__)
    return render_content(load_page_kit(), frame, content), code


def view_subject(subject: Subject) -> PageContent:
    """Return the page of whatever words have named."""
    figures = draw_all(list_figures(subject)[:_MOST_FIGURES])
    match subject:
        case TrialSubject(result, (baseline, contender)):
            found = view_trial(result, (_read(baseline), _read(contender)), figures)
        case SweepSubject(table, runs):
            found = view_sweep(table, runs, figures)
        case TuningSubject(tuning):
            found = view_tuning(tuning, figures)
        case BisectionSubject(report):
            found = view_bisection(report, figures)
        case NightSubject(night):
            found = view_night(night)
        case RunsSubject((one,)):
            found = view_run(_read(one), figures)
        case RunsSubject(stored):
            found = view_runs([_read(one) for one in stored], figures)
    return found


def _read(stored: StoredRun) -> ReportedRun:
    return ReportedRun(stored.run, read_logs(stored), stored.path, stored.report)
