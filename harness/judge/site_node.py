"""A node as the pages about all nodes show it: its series as they stand, its events, commits and runs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

from harness.judge.night_report import list_suspects
from harness.judge.site_address import make_slug, run_page, series_page
from harness.judge.site_state import SeriesEvents, find_missing, find_state
from harness.judge.trial_answer import LiveTrial
from harness.judge.witness_node import list_findings
from harness.records.bisection import BisectReport
from harness.records.caveat import DISTURBED
from harness.records.history import EventKind, History, Judgement, Series, SeriesKey
from harness.records.night_report import EventNote, NightReport
from harness.records.node_health import NodeHealth, NodeMeasure
from harness.records.purpose import RunPurpose
from harness.records.raw_history import MachineFacts, RunDetail
from harness.records.site import SITE_SCHEMA, SiteNode, SiteRun, SiteSeries, SiteTrack

# The values of a trend, and the newest runs that have a page of their own.
TREND, PAGES = 60, 30
# Among so many newest nights those are counted that are missing.
_NIGHTS = 30
# So many points of a series say what a node knows of a change that another one shows: four months of nights.
TRACK = 120


class NodeFacts(NamedTuple):
    """What has to be loaded of a node.

    `history` is that of the node, sorted and with the triage of people. `runs` are all its runs, oldest first, with the
    status of each by its id in `statuses`. `nights` are its newest reports, the latest first, `bisections` the answers
    to searches that have ended. `root` is the results folder, and `unreadable` says what could not be read.
    `trials` are its live comparisons, as far as they sorted events or were made by hand. `health` and `measure` say how
    well it measures.
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
    trials: Sequence[LiveTrial] = ()
    health: NodeHealth | None = None
    measure: NodeMeasure | None = None


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
        scatter=_find_scatter(history.judgements),
        looked=len(facts.runs[-PAGES:]),
        disturbed=sum(any(code in DISTURBED for code in one.caveats) for one in facts.runs[-PAGES:]),
        missed=_count_missed(facts.runs),
        anchor=night.anchor.sha if night and night.anchor else "",
        night=night.id if night else "",
        unreadable=facts.unreadable,
        machine=dict(facts.machine).get("microarchitecture", ""),
        options=facts.runs[-1].options if facts.runs else "",
        findings=list_findings(facts.trials),
        tracks=tuple(_list_tracks(history.series)),
        health=facts.health,
        measure=facts.measure,
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


def _list_tracks(series: Sequence[Series]) -> Iterator[SiteTrack]:
    """Yield the newest points of the series in which a change of the code can be confirmed."""
    for number, one in enumerate(series):
        if one.key.is_live:
            points = one.points[-TRACK:]
            yield SiteTrack(
                series=number,
                positions=tuple(point.position for point in points),
                values=tuple(point.value for point in points),
                cuts=tuple(place for place, point in enumerate(points) if place and point.cuts),
                whole=len(points) == len(one.points),
            )


def _find_scatter(judgements: Sequence[Judgement]) -> float | None:
    """Return how much single points of the median series scatter; None where no newest epoch has enough of them."""
    levels = [level for one in judgements if (level := one.epochs[-1].level if one.epochs else None)]
    usable = [one.spread for one in levels if one.low is not None and math.isfinite(one.spread)]
    return median(usable) if usable else None


def _count_missed(runs: Sequence[RunDetail]) -> int | None:
    """Return how many of the newest days before the newest night have no run; None where no night was measured."""
    days = {one.start[:10] for one in runs}
    nights = sorted(one.start[:10] for one in runs if one.purpose == RunPurpose.NIGHT)
    try:
        first, last = (date.fromisoformat(nights[place]) for place in (0, -1))
    except (IndexError, ValueError):
        return None
    count = min(_NIGHTS, (last - first).days)
    return sum((last - timedelta(days=number)).isoformat() not in days for number in range(1, count + 1))


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
        options=one.options,
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
