"""A sitting of the search for the commit of a change, as a night asks for it."""

from harness.bisect.line import find_line
from harness.bisect.sitting import begin_search, go_on, take_up_search
from harness.night.request import ask_for, choose_live
from harness.night.result import WorkResult
from harness.records.bisection import BisectVerdict
from harness.records.night import DoneStatus, WorkItem
from harness.records.source import SourceRequest
from harness.run.places import Workplace, hold_node
from harness.run.recovery import settle_unfinished
from harness.settings.request import BisectRequest, NightRequest
from harness.system.seed import draw_seed
from harness.trial.setup import make_setup


def search_commit(item: WorkItem, request: NightRequest, work: Workplace) -> WorkResult:
    """Search for a commit until it is found or the time is up; the next night goes on where this one ends."""
    asked, line = find_line(ask_for_search(item, request), work)
    stored = begin_search(asked, line)
    setup = make_setup(asked.run.measure, work)
    with hold_node(work):
        settle_unfinished(work.places, request.node, work.console)
        stored = take_up_search(asked, stored, work, resumed=False)
        report = go_on(asked, stored, setup, work)
    reason = f"no answer yet: {report.why}" if report.verdict is BisectVerdict.UNRESOLVED else ""
    return WorkResult(DoneStatus.DONE, report.runs, reason)


def ask_for_search(item: WorkItem, request: NightRequest) -> BisectRequest:
    """Return the search that an item asks for: of one case and one metric, by the strongest evidence."""
    seed, case, metric = draw_seed(), item.cases[0], item.metrics[0]
    template = request.side.take(choose_live(request.side.measure.suite, (case,)))
    run = ask_for(template, "", item, request, seed)
    run = run.replace(source=SourceRequest(repo=request.repo, ours=template.source.ours))
    design = request.design.replace(
        seed=seed, threshold=item.threshold, metrics=(metric,), named=True, max_time_s=item.limit_s
    )
    return BisectRequest(
        words=(item.baseline, item.commit), run=run, design=design, case=case, metric=metric, budget_s=item.limit_s
    )
