"""The text of both sides of a live comparison, paired as their cases are, and judged apart from the times."""

from collections.abc import Iterable, Iterator
from itertools import product

from harness.judge.quality import RowPair, compare_quality, list_quality
from harness.judge.sample import RunPair
from harness.records.measurement import Case
from harness.records.quality_report import QualityFamily
from harness.records.run import Run
from harness.records.suite import Benchmark


def judge_trial_text(pairs: Iterable[RunPair]) -> QualityFamily | None:
    """Return the verdicts on the text of live comparisons, baselines first; None if there is none to compare."""
    rows = tuple(row for baseline, contender in pairs for row in _pair_rows(baseline, contender))
    family = compare_quality(rows)
    return family if family.comparisons else None


def _pair_rows(baseline: Run, contender: Run) -> Iterator[RowPair]:
    """Yield what both sides make of each recording where both were looked at."""
    here, there = ({row.case: row for row in list_quality(run)} for run in (baseline, contender))
    for mine, theirs in zip(_list_settings(baseline), _list_settings(contender), strict=False):
        if mine in here and theirs in there:
            yield here[mine], there[theirs]


def _list_settings(run: Run) -> Iterator[Case]:
    suite = run.suite
    for weights, threads, fa, audio in product(run.weights, suite.threads, suite.flash_attn, run.audio):
        yield Case.of(Benchmark.QUALITY.value, model=weights.model, audio=audio.name, threads=threads, fa=fa)
