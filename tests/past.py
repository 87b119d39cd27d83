"""The past of nodes, made up: numbers of nights with steps planted in them, judged as stored ones are."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from harness.judge.judged_history import judge_history
from harness.judge.site_node import NodeFacts, make_site_node
from harness.records.comparison import Comparison, Summary, Verdict
from harness.records.history import Event, EventKind, History
from harness.records.measurement import Case
from harness.records.raw_history import MachineFacts, RawHistory, RawPoint, RawSeriesKey, RunDetail
from harness.records.site import SiteNode

NIGHTS = 60
_FIRST = datetime(2026, 3, 1, 2, tzinfo=UTC)
_CASES = {
    "encode": (Case.of("whisper", fa=0, model="tiny", threads=4), 100.0),
    "decode": (Case.of("whisper", fa=0, model="tiny", threads=4), 4.0),
    "copy_rate": (Case.of("memcpy", threads=4), 9.0),
    "flop_rate": (Case.of("mul_mat", n=512, threads=4, type="q4_0"), 55.0),
}


def make_past(
    node: str, steps: Mapping[str, float], *, at: int = 40, nights: int = NIGHTS, kernel: int = 0
) -> RawHistory:
    """Return the numbers of a node: each metric that `steps` names changes by a share with night number `at`.

    With `kernel`, the node has another kernel from that night on.
    """
    draw = random.Random(node)
    details = {number: _detail(node, number, "b" if kernel and number >= kernel else "a") for number in range(nights)}
    series = {
        RawSeriesKey(node, "c0ffee11", str(case), metric, ""): [
            _point(number, level * (1 + steps.get(metric, 0.0) * (number >= at)) * draw.lognormvariate(0, 0.004))
            for number in range(nights)
        ]
        for metric, (case, level) in _CASES.items()
    }
    machines: dict[str, MachineFacts] = {
        "a": (("CPU", "EPYC <9>"), ("kernel", "6.1")),
        "b": (("CPU", "EPYC <9>"), ("kernel", "6.12")),
    }
    return RawHistory(series, details, machines)


def make_node(raw: RawHistory, history: History | None = None) -> SiteNode:
    """Return a node as the pages about all nodes show it."""
    runs = sorted(raw.details.values(), key=lambda one: one.start)
    facts = NodeFacts(
        node=runs[0].node,
        digest="d",
        root="/results",
        history=history or judge_history(raw, name_order(raw)),
        runs=runs,
        statuses={one.run_id: "PASSED" for one in runs},
        machine=raw.machines[runs[-1].machine],
    )
    return make_site_node(facts)


def name_order(raw: RawHistory) -> dict[str, int]:
    """Return the order of commits as git has it."""
    return {one.sha: number for number, one in raw.details.items()}


def confirm(history: History, metric: str) -> History:
    """Return a history whose suspicions of a metric were confirmed by a live comparison."""
    return history.replace(events=tuple(_confirm(one, metric) for one in history.events))


def name_sha(number: int) -> str:
    """Return the commit of a night: the same on all nodes."""
    return f"{random.Random(number).getrandbits(160):040x}"


def list_days(nights: int = NIGHTS) -> Sequence[str]:
    """Return the days of the nights."""
    return [(_FIRST + timedelta(days=number)).date().isoformat() for number in range(nights)]


def _confirm(event: Event, metric: str) -> Event:
    if event.kind is not EventKind.SUSPICION or event.suspicions[0].key.metric != metric:
        return event
    best = event.suspicions[0]
    found = Comparison(
        case=best.key.case,
        metric=metric,
        n=40,
        change=best.change,
        p=0.001,
        p_raw=0.001,
        verdict=Verdict.REGRESSED if best.change > 0 else Verdict.IMPROVED,
        relevant=True,
        baseline=_summary(best.before),
        contender=_summary(best.after),
        low=best.low,
        high=best.high,
        confidence=0.99,
        mde=0.01,
    )
    trials = (f"{event.run}-b", f"{event.run}-c")
    return event.replace(kind=EventKind.CODE, found=(found,), trials=trials, command="")


def _summary(median: float) -> Summary:
    return Summary(n=40, median=median, minimum=median, maximum=median, spread=0.0)


def _point(run: int, value: float) -> RawPoint:
    return RawPoint(run, 5, value, value * 0.99, value * 1.01)


def _detail(node: str, number: int, machine: str) -> RunDetail:
    start = _FIRST + timedelta(days=number)
    sha = name_sha(number)
    return RunDetail(
        path=f"/results/{node}/2026/{number}",
        run_id=f"{start:%Y%m%dT%H%M%SZ}-{sha[:8]}-c0ffee11",
        start=start.isoformat(),
        earliest=start.isoformat(),
        node=node,
        sha=sha,
        release="",
        changes="",
        commit_date=(start - timedelta(hours=5)).isoformat(),
        subject=f"ggml : change {number} <b>&amp;</b>",
        repo="",
        origin="harness",
        engine="bench",
        purpose="night",
        caveats=("steal",) if number % 7 == 0 else (),
        machine=machine,
        config="c0ffee11",
    )
