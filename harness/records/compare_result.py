"""The answer of `harness compare`: how fast two sets of runs are, and how good their text is."""

from harness.records.comparison import CounterReport, Difference, Family
from harness.records.quality_report import QualityFamily
from harness.records.record import Record


class CompareResult(Record):
    """The answer of `harness compare`: the ids of the runs of each side, what differs, and the verdicts.

    `counters` are those of live comparisons whose runs have counts. `quality` compares the text of both sides, a family
    of its own, None where they have no words or tokens in common.
    """

    baseline: str
    contender: str
    baseline_runs: tuple[str, ...]
    contender_runs: tuple[str, ...]
    differences: tuple[Difference, ...]
    family: Family
    counters: CounterReport | None = None
    quality: QualityFamily | None = None
