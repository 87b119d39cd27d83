"""A node as the pages about all nodes show it: its series as they stand, its events, commits and runs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge.night_report import list_suspects
from harness.judge.site_address import make_slug, run_page, series_page
from harness.judge.site_state import SeriesEvents, find_missing, find_state
from harness.records.bisection import BisectReport
from harness.records.history import EventKind, History, Judgement, Series, SeriesKey
from harness.records.night_report import EventNote, NightReport
from harness.records.raw_history import MachineFacts, RunDetail
from harness.records.site import SITE_SCHEMA, SiteNode, SiteRun, SiteSeries

# The values of a trend, and the newest runs that have a page of their own.
TREND, PAGES = 60, 30


class NodeFacts(NamedTuple):
    """What has to be loaded of a node.

    `history` is that of the node, sorted and with the triage of people. `runs` are all its runs, oldest first, with the
    status of each by its id in `statuses`. `nights` are its newest reports, the latest first, `bisections` the answers
    to searches that have ended. `root` is the results folder, and `unreadable` says what could not be read.
    """

    node: str
    digest: str
    root: str
    history: History
    runs: Sequence[RunDetail]
    statuses: Mapping[str, str]
    machine: MachineFacts = ()
    nights: Sequence[NightReport] = ()
    bisections: Sequence[BisectReport] = ()
    unreadable: tuple[str, ...] = ()
    every_run: bool = False


def make_site_node(facts: NodeFacts) -> SiteNode:
    """Return a node as the pages about all nodes show it."""
    history, night = facts.history, facts.nights[0] if facts.nights else None
    events = SeriesEvents(history.events)
    missing = find_missing(history.series)
    shown = _choose_pages(facts)
    places = {one.name: one.position for one in history.commits}
    return SiteNode(
        schema=SITE_SCHEMA,
        digest=facts.digest,
        node=facts.node,
        slug=make_slug(facts.node),
        title=dict(facts.machine).get("CPU", ""),
        series=tuple(
            _sum_up(one, judged, events, missing)
            for one, judged in zip(history.series, history.judgements, strict=True)
        ),
        events=history.events,
        notes=tuple(_list_notes(facts)),
        commits=history.commits,
        runs=tuple(_name_run(one, facts, places, shown) for one in facts.runs),
        run_count=len(facts.runs),
        anchor=night.anchor.sha if night and night.anchor else "",
        night=night.id if night else "",
        unreadable=facts.unreadable,
    )


def _sum_up(series: Series, judged: Judgement, events: SeriesEvents, missing: frozenset[SeriesKey]) -> SiteSeries:
    points, newest = series.points, series.points[-1]
    return SiteSeries(
        key=series.key,
        page=series_page(series.key),
        state=find_state(series, judged, events, missing),
        day=newest.day,
        commit=newest.commit,
        value=newest.value,
        change=None if judged.change is None or not math.isfinite(judged.change) else judged.change,
        visible=judged.visible,
        events=tuple(one.id for one in events.find(series.key)),
        trend=tuple(one.value for one in points[-TREND:]),
    )


def _choose_pages(facts: NodeFacts) -> frozenset[str]:
    """Return the runs that have a page: the newest, those of events, and those of the live comparisons of these."""
    if facts.every_run:
        return frozenset(one.run_id for one in facts.runs)
    newest = [one.run_id for one in facts.runs[-PAGES:]]
    named = [name for one in facts.history.events for name in (one.run, *one.trials) if name]
    return frozenset({*newest, *named})


def _name_run(one: RunDetail, facts: NodeFacts, places: Mapping[str, int], shown: frozenset[str]) -> SiteRun:
    commit = one.sha or one.release
    is_point = not (one.trial or one.changes or one.purpose == "tune")
    return SiteRun(
        id=one.run_id,
        path=one.path.removeprefix(facts.root).lstrip("/"),
        start=one.start,
        commit=commit,
        purpose=one.purpose,
        status=facts.statuses.get(one.run_id, ""),
        position=places.get(commit, -1) if is_point else -1,
        page=run_page(facts.node, one.run_id) if one.run_id in shown else "",
        caveats=one.caveats,
    )


def _list_notes(facts: NodeFacts) -> Iterator[EventNote]:
    """Yield what is known of each event beside its numbers, from the newest night that knew of it."""
    known: dict[str, EventNote] = {}
    for night in reversed(facts.nights):
        known |= {one.event: one for one in night.about}
    answers = {one.id: one for one in facts.bisections}
    for event in facts.history.events:
        note = known.get(event.id, EventNote(event=event.id))
        answer = answers.get(event.bisection)
        if event.kind is EventKind.CODE and answer:
            note = note.replace(
                bisection=answer.id, verdict=answer.verdict, why=answer.why, suspects=tuple(list_suspects(answer))
            )
        if note != EventNote(event=event.id):
            yield note
