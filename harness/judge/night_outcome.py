"""What came of the items of a night, in a few words each."""

from collections.abc import Mapping

from harness.judge.night_change import list_certain
from harness.records.bisection import BisectReport, BisectVerdict
from harness.records.history import Event, EventKind
from harness.records.night import DoneItem, DoneStatus, NightView, WorkKind

_SORTED = {
    EventKind.CODE: "the code",
    EventKind.NODE: "not the code: the node changed",
}


def describe_outcome(
    one: DoneItem, events: Mapping[str, Event], view: NightView, searches: Mapping[str, BisectReport]
) -> str:
    """Return what came of an item; empty where that it was done says all.

    `events` are those of the node and `searches` the answers of bisections, both by the id of the event.
    """
    if one.reason or one.status is not DoneStatus.DONE:
        return one.reason
    asked = one.item.asked_by
    if one.item.kind is WorkKind.CONFIRM:
        return _describe_confirmation(asked, events.get(asked), view)
    if one.item.kind is WorkKind.BISECT:
        return _describe_search(searches.get(asked))
    return ""


def _describe_confirmation(asked: str, event: Event | None, view: NightView) -> str:
    if event and event.kind in _SORTED:
        found = list_certain(event)
        change = f", {found[0].metric} {100 * found[0].change:+.1f} %" if found else ""
        return f"{_SORTED[event.kind]}{change}"
    question = next((one for one in view.questions if one.event == asked), None)
    if question is None:
        return "no difference"
    seen = f"; {100 * question.mde:.1f} % would have been seen" if question.mde is not None else ""
    return f"not decided yet{seen}"


def _describe_search(answer: BisectReport | None) -> str:
    if answer is None or answer.verdict is BisectVerdict.UNRESOLVED:
        return "no answer yet; the next night goes on"
    if answer.verdict is BisectVerdict.NOTHING:
        return f"nothing there: {answer.why}"
    found = [one.commit[:8] for culprit in answer.culprits for one in culprit.suspects]
    return f"found: {', '.join(found)}"
