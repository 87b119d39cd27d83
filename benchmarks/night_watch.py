"""What a simulated night knows before its next item: the same history, the same view, made of what it has stored."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.night_node import SERIES
from benchmarks.night_results import CONFIG, NODE, Results
from harness.judge.creep import AnchorNights, ask_creep
from harness.judge.judged_history import choose_trials, judge_history, sort_by_trials
from harness.judge.night_question import KnownBisection
from harness.judge.night_view import NightFacts, make_night_view
from harness.judge.trial_answer import LiveTrial, list_trials
from harness.records.history import History
from harness.records.night import BranchCommit, NightView
from harness.records.purpose import RunPurpose

CELLS = tuple(dict.fromkeys(case for case, _ in SERIES))


class Watched(NamedTuple):
    """The history with what trials have shown, and what a night makes of it."""

    history: History
    view: NightView


class Watcher:
    """Looks at what is stored; numbers are judged anew only where there are new ones.

    Where nothing was stored since a former night, the view is that night's last one, but for the branch and the clock.
    """

    def __init__(self) -> None:
        self._points = -1
        self._judged: History | None = None
        self._stored = -1
        self._last: Watched | None = None

    def look(
        self,
        results: Results,
        line: Sequence[BranchCommit],
        anchor: str,
        *,
        began: str,
        left_s: float,
        tried: tuple[str, ...],
    ) -> Watched:
        """Return what is known now."""
        stored = len(results.raw.details)
        if self._last and stored == self._stored and not tried:
            view = self._last.view.replace(
                now=results.tell(), began=began, left_s=left_s, commits=tuple(line), tried=(), confirmed_s=0.0,
                anchored_tonight=0,
            )  # fmt: skip
            return Watched(self._last.history, view)
        order = {one.sha: place for place, one in enumerate(line)}
        points = sum(not one.trial for one in results.raw.details.values())
        if self._judged is None or points != self._points:
            self._judged, self._points = judge_history(results.raw, order), points
        known = {one.runs: one for one in results.trials}
        chosen = choose_trials(self._judged, results.raw.details.values())
        ids = [tuple(sorted(side.run_id for side in one.sides)) for one in chosen]
        trials = [known[one[0], one[1]] for one in ids]
        history = sort_by_trials(self._judged, trials, order)
        facts = NightFacts(
            node=NODE,
            now=results.tell(),
            began=began,
            left_s=left_s,
            commits=tuple(line),
            anchor=anchor,
            cells=CELLS,
            raw=results.raw,
            history=history,
            config=CONFIG,
            trials=trials,
            asked=ask_creep(AnchorNights(NODE, anchor, CONFIG, list_anchored(results), order, history.events)),
            bisections=list_bisections(results),
            built=tuple(results.built),
            tried=tried,
        )
        self._stored = stored
        self._last = Watched(history, make_night_view(facts))
        return self._last


def list_anchored(results: Results) -> list[LiveTrial]:
    """Return the blocks of all nights against the anchor, oldest first."""
    found = list_trials(results.raw.details.values(), (RunPurpose.ANCHOR,))
    ids = {frozenset(side.run_id for side in one.sides) for one in found}
    return [one for one in results.trials if frozenset(one.runs) in ids]


def list_bisections(results: Results) -> list[KnownBisection]:
    """Return the searches that were begun, with the verdict of those that have come to an end."""
    return [
        KnownBisection(
            id=f"b-{event}",
            old=results.ends[event][0],
            new=results.ends[event][1],
            case=search.case,
            metric=search.metric,
            spent_s=search.spent_s,
            verdict=results.answers[event][1].verdict if event in results.answers else None,
        )
        for event, search in results.searches.items()
    ]
