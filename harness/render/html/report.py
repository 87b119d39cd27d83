"""Reports as one page: of a run, of several, and of what was measured together."""

from collections.abc import Sequence

from harness.render.figure.figure import Figure
from harness.render.html.block import PageContent
from harness.render.html.page import PageFrame, PageKit, render_page
from harness.render.html.report_run import ReportedRun, view_run


def render_content(kit: PageKit, frame: PageFrame, content: PageContent) -> bytes:
    """Return a page of sections and blocks."""
    return render_page(kit, "report.html", frame, {"page": content})


def render_run_page(
    kit: PageKit, frame: PageFrame, one: ReportedRun, figures: Sequence[Figure], place: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """Return the page of a run; `place` are the texts and addresses that lead to it from the root of a site."""
    return render_content(kit, frame, view_run(one, figures).replace(place=place))
