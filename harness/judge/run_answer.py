"""A run as people see it, from its record: the text and the document for programs show the same values."""

from collections.abc import Iterator, Mapping, Sequence

from harness.judge.quality import list_quality
from harness.judge.roofline import list_shares
from harness.records.comparison import Summary
from harness.records.measurement import METRICS, Case
from harness.records.outcome import Status, StepResult
from harness.records.roofline import RooflineShare
from harness.records.run import Run
from harness.records.run_answer import CaseCost, CheckCount, RunAnswer, RunNumber, StepFailure
from harness.stats.realtime import model_case_rtf
from harness.stats.series import Key, order_model_cases, peak_memory, summarize_counts, summarize_run

Summaries = Mapping[Key, Summary]


def describe_run(run: Run, path: str, shares: Sequence[RooflineShare] | None = None) -> RunAnswer:
    """Return what people are shown of a run in the folder `path`; `shares` is that of the roofline, if it is known."""
    summaries = summarize_run(run)
    ratios = {(one.case, one.metric): one.ratio for one in (list_shares(run) if shares is None else shares)}
    return RunAnswer(
        id=run.id,
        node=run.node.name,
        path=path,
        status=run.status,
        exit_code=run.exit_code,
        outcome=run.exit_code.word,
        start=run.start,
        wall_s=run.wall_s,
        project=run.project,
        commit=run.short_commit,
        release=run.source.commit.release,
        config=run.config.id,
        numbers=tuple(_describe(run, key, summary, ratios.get(key)) for key, summary in summaries.items()),
        cases=tuple(_list_costs(run, summaries)),
        tests=tuple(count_tests(run)),
        failures=tuple(
            StepFailure(step=first.step, status=first.status, reason=first.reason, log=first.log, alike=len(others))
            for first, *others in group_failures(run)
        ),
        caveats=tuple(dict.fromkeys(caveat.code for caveat in run.caveats)),
        run=run,
        counters=tuple(_describe(run, key, summary, None) for key, summary in summarize_counts(run).items()),
        quality=list_quality(run),
    )


def _describe(run: Run, key: Key, summary: Summary, roofline: float | None) -> RunNumber:
    case, metric = key[0], METRICS[key[1]]
    return RunNumber(
        case=str(case),
        benchmark=case.benchmark,
        params=dict(case.params),
        metric=metric.name,
        unit=metric.unit,
        lower_is_better=metric.lower_is_better,
        n=summary.n,
        median=summary.median,
        minimum=summary.minimum,
        maximum=summary.maximum,
        spread=summary.spread,
        low=summary.low,
        high=summary.high,
        confidence=summary.confidence,
        weights=run.weights_kind(case),
        roofline=roofline,
    )


def _list_costs(run: Run, summaries: Summaries) -> Iterator[CaseCost]:
    peaks = peak_memory(run)
    cases: dict[Case, None] = dict.fromkeys([*order_model_cases(run, summaries), *peaks])
    for case in cases:
        yield CaseCost(case=str(case), rtf=model_case_rtf(summaries, case), peak_bytes=peaks.get(case))


def count_tests(run: Run) -> Iterator[CheckCount]:
    """Yield how the tests of each build ended, in the order of execution."""
    for result in run.results:
        if result.checks:
            names = {status: tuple(one.name for one in result.checks if one.status is status) for status in Status}
            yield CheckCount(
                build=result.build_type.lower() or result.step,
                passed=len(names[Status.PASSED]),
                failed=names[Status.FAILED],
                timed_out=names[Status.TIMED_OUT],
                skipped=len(names[Status.SKIPPED]),
            )


def group_failures(run: Run) -> list[list[StepResult]]:
    """Return the steps that failed; repetitions that failed alike are together."""
    groups: list[list[StepResult]] = []
    for result in run.results:
        alike = next((group for group in groups if result.fails_like(group[0])), None)
        if alike:
            alike.append(result)
        elif result.status.bad:
            groups.append([result])
    return groups
