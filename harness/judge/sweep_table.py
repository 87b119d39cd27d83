"""The table of a sweep: the numbers of each cell, and which cells are really the best."""

from collections.abc import Mapping, Sequence

from harness.judge.text_quality import sum_up_text
from harness.records.build import are_equal
from harness.records.comparison import ALPHA, Verdict
from harness.records.measurement import DECODE, ENCODE, TABLE_METRICS, Case
from harness.records.outcome import Status, StepResult
from harness.records.run import Run
from harness.records.sweep import Cell, RowAbsence, Standing, Sweep, SweepRow, SweepTable
from harness.stats.realtime import model_rtf
from harness.stats.series import summarize_run
from harness.stats.symmetry import count_least_blocks
from harness.stats.verdict import PairedSample, judge_pairs

_NOT_YET = "not measured yet"
_METRICS = tuple(metric.name for metric in TABLE_METRICS)
# Values of one metric by round.
Rounds = Mapping[int, float]


def tabulate_sweep(sweep: Sweep, runs: Mapping[str, Run]) -> SweepTable:
    """Return the rows of a sweep and its best cells; `runs` holds the existing runs by id."""
    found = [runs.get(sweep.entries[cell.entry].run) for cell in sweep.cells]
    made = (_make_row(sweep, cell, run) for cell, run in zip(sweep.cells, found, strict=True))
    rows = tuple(row.replace(equal_to=_find_equal(sweep, found, number)) for number, row in enumerate(made))
    samples = [_list_rounds(run, cell.case) if run else {} for cell, run in zip(sweep.cells, found, strict=True)]
    standings = (_stand(metric, rows, samples) for metric in _METRICS)
    return SweepTable(sweep=sweep, rows=rows, standings=tuple(one for one in standings if one))


def _make_row(sweep: Sweep, cell: Cell, run: Run | None) -> SweepRow:
    reason = cell.reason or sweep.entries[cell.entry].reason
    if run is None:
        return _make_empty_row(cell, reason, sweep.entries[cell.entry].run)
    results = [result for result in run.results if result.case == cell.case]
    summaries = {name: summary for (case, name), summary in summarize_run(run).items() if case == cell.case}
    encode, decode = summaries.get(ENCODE.name), summaries.get(DECODE.name)
    return SweepRow(
        values=cell.values,
        summaries=tuple((name, summaries[name]) for name in _METRICS if name in summaries),
        rtf=model_rtf(encode.median, decode.median) if encode and decode else None,
        max_rss_bytes=max((one.completed.max_rss_bytes for one in results if one.completed), default=0),
        reason=reason or _explain(run, results),
        still=sum(result.stood_still and bool(result.measurements) for result in results),
        absent=None if reason or _is_answered(results) else RowAbsence.NOT_YET,
        text=sum_up_text(run.results, cell.case.get("model"), cell.case.get("fa")),
    )


def _make_empty_row(cell: Cell, reason: str, run: str) -> SweepRow:
    """Return the row of a cell without a run; `reason` says why there is none, `run` is the id that it should have."""
    if reason:
        return SweepRow(values=cell.values, reason=reason)
    if run:
        return SweepRow(values=cell.values, reason=f"its run is missing: {run}", absent=RowAbsence.RUN_GONE)
    return SweepRow(values=cell.values, reason=_NOT_YET, absent=RowAbsence.NOT_YET)


def _is_answered(results: Sequence[StepResult]) -> bool:
    """Return whether a case has numbers, or a reason for having none."""
    return any(result.status is Status.PASSED or result.reason for result in results)


def _find_equal(sweep: Sweep, runs: Sequence[Run | None], number: int) -> int | None:
    """Return the first cell before `number` that has the same case and equal code."""
    mine = runs[number]
    for earlier in range(number):
        other = runs[earlier]
        same_case = sweep.cells[earlier].case == sweep.cells[number].case
        if mine and other and same_case and are_equal(mine.code, other.code):
            return earlier
    return None


def _explain(run: Run, results: Sequence[StepResult]) -> str:
    """Return why a case has no numbers: its own failure, or the failure because of which it was skipped."""
    if any(result.status is Status.PASSED for result in results):
        return ""
    own = next((result for result in results if result.reason), None)
    if own is None:
        return _NOT_YET
    cause = next((one for one in run.results if one.status.bad and one.step == own.blocked_by), None)
    return f"{cause.step}: {cause.reason}" if cause else own.reason


def _list_rounds(run: Run, case: Case) -> dict[str, dict[int, float]]:
    rounds: dict[str, dict[int, float]] = {}
    for result in run.results:
        if result.case == case and result.status is Status.PASSED and not result.stood_still:
            for one in result.measurements:
                rounds.setdefault(one.metric, {})[result.repetition] = one.value
    return rounds


def _stand(metric: str, rows: Sequence[SweepRow], samples: Sequence[Mapping[str, Rounds]]) -> Standing | None:
    """Return the best row in a metric of which less is better, or None if there is nothing to compare.

    Rows with equal code are the same thing: the best of them stands for all, and is not compared with them.

    The best median is chosen from the same data, once for each metric. So each comparison is judged at alpha divided by
    the number of all of them: with probability 1 - alpha, no row is called best that is not.
    """
    medians = {number: one.median for number, row in enumerate(rows) if (one := row.get(metric))}
    if len(medians) < 2:
        return None
    best = min(medians, key=lambda number: medians[number])
    others = [number for number in medians if _group(rows, number) != _group(rows, best)]
    if not others:
        return None
    level = ALPHA / (len(others) * len(_METRICS))
    mine = samples[best].get(metric, {})
    compared = [_pair(metric, samples[number].get(metric, {}), mine) for number in others]
    family = judge_pairs(compared, alpha=ALPHA, threshold=0.0)
    unresolved = tuple(
        number
        for number, one in zip(others, family.comparisons, strict=True)
        if one.p_raw > level or one.verdict is not Verdict.IMPROVED
    )
    return Standing(
        metric=metric,
        row=best,
        others=len(others),
        unresolved=unresolved,
        rounds=len(mine),
        least_rounds=count_least_blocks(level),
    )


def _group(rows: Sequence[SweepRow], number: int) -> int:
    equal_to = rows[number].equal_to
    return number if equal_to is None else equal_to


def _pair(metric: str, theirs: Rounds, mine: Rounds) -> PairedSample:
    blocks = tuple(((theirs[number], mine[number]),) for number in sorted(theirs.keys() & mine.keys()))
    return PairedSample(case=Case.of("sweep"), metric=metric, blocks=blocks)
