"""Samples and their comparison: summaries, verdicts, and what differs between two sides."""

from harness.records.caveat import Caveat
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case
from harness.records.record import ExplainedWord, Record

# The chance of any false verdict in a family; nothing else is ever promised.
ALPHA = 0.01


class Summary(Record):
    """A sample of `n` values: median, its confidence interval, extremes.

    `low` and `high` are None if n is too small for an interval of the wanted confidence; `confidence` is that of the
    actual interval, 0 without one. `spread` is (maximum - minimum) / median, 0 for a median of zero.
    """

    n: int
    median: float
    minimum: float
    maximum: float
    spread: float
    low: float | None = None
    high: float | None = None
    confidence: float = 0.0


class Verdict(ExplainedWord):
    """What a comparison found: changed, not changed, or not known."""

    IMPROVED = "IMPROVED", "The contender is better than the baseline; chance alone does not explain it."
    REGRESSED = "REGRESSED", "The contender is worse than the baseline; chance alone does not explain it."
    UNCHANGED = (
        "UNCHANGED",
        "No difference of the size that matters: one as large as the MDE would most likely have been found.",
    )
    UNRESOLVED = "UNRESOLVED", "There are too few data, or they scatter too much, to tell a difference from none."


class Comparison(Record):
    """One metric of one case, contender against baseline.

    Changes are relative, contender / baseline - 1, in the unit's own direction (the metric says which is better); they
    describe the centre about which the differences are symmetric.
    `low` and `high` bound the change with `confidence`; they are None, as is `mde`, if the data allow no bound.
    `p` is adjusted for the family, `p_raw` is not. `mde` is the smallest change that these data would have shown in
    nine of ten cases. `n` counts the units of replication on the thinner side: pairs of processes, or days, or runs
    within days. `relevant` tells a change whose estimate reaches the threshold from one that is merely certain.
    """

    case: Case
    metric: str
    n: int
    change: float
    p: float
    p_raw: float
    verdict: Verdict
    relevant: bool
    baseline: Summary
    contender: Summary
    low: float | None = None
    high: float | None = None
    confidence: float = 0.0
    mde: float | None = None
    caveats: tuple[Caveat, ...] = ()


class Family(Record):
    """All comparisons of one question; the probability of any false verdict among them is at most `alpha`.

    `method` names the procedure, `threshold` the relative change that matters. `seeds` are those of the random
    orders of live comparisons, one for each trial with its own seed; stored runs have none.
    """

    comparisons: tuple[Comparison, ...]
    alpha: float
    threshold: float
    method: str
    caveats: tuple[Caveat, ...] = ()
    seeds: tuple[int, ...] = ()

    @property
    def all_caveats(self) -> tuple[Caveat, ...]:
        """The caveats of the family and of its comparisons, each once."""
        return tuple(dict.fromkeys([*self.caveats, *(caveat for one in self.comparisons for caveat in one.caveats)]))

    def exit_code(self, *, strict: bool) -> ExitCode:
        """REGRESSION for a relevant regression; if strict, INCONCLUSIVE for anything UNRESOLVED; else OK."""
        if any(one.verdict is Verdict.REGRESSED and one.relevant for one in self.comparisons):
            return ExitCode.REGRESSION
        if strict and any(one.verdict is Verdict.UNRESOLVED for one in self.comparisons):
            return ExitCode.INCONCLUSIVE
        return ExitCode.OK


class CounterSign(ExplainedWord):
    """What time and instructions of a call say together, with one line of meaning."""

    SAME_WORK = (
        "same-work",
        "The time changed, the number of instructions did not: code layout, memory, kernel or the clock of the CPU.",
    )
    OTHER_WORK = "other-work", "Time and instructions changed in the same direction: the code does more work, or less."
    OTHER_PACE = (
        "other-pace",
        "Time and instructions changed in opposite directions: on average an instruction takes longer, or less long.",
    )
    HIDDEN_WORK = "hidden-work", "The number of instructions changed, the time did not: something else is the limit."
    WORK_ONLY = "work-only", "The number of instructions changed; whether the time follows is not resolved."


class CounterRemark(Record):
    """What time and instructions of one call say together, as a word for programs and as a sentence.

    `case` and `metric` are those of the time.
    """

    case: Case
    metric: str
    sign: CounterSign
    message: str


class CounterReport(Record):
    """The counters of a live comparison, judged apart from its times, which they do not change.

    Each family keeps the promise of its own `alpha`. In both of them REGRESSED stands for more and IMPROVED for less.
    """

    instructions: Family
    others: Family
    remarks: tuple[CounterRemark, ...] = ()


class Difference(Record):
    """One context field in which the runs of a comparison differ, with the values of each side as text.

    `group` is the word of `--across` that allows the difference, empty if it needs no permission.
    """

    subject: str
    baseline: str
    contender: str
    group: str = ""
