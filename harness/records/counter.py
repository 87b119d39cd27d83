"""What hardware counters say about the two sides of a live comparison."""

from harness.records.comparison import Family
from harness.records.measurement import Case
from harness.records.record import ExplainedWord, Record


class CounterSign(ExplainedWord):
    """What time and instructions of a call say together, with one line of meaning."""

    SAME_WORK = (
        "same-work",
        "The time changed, the number of instructions did not: code layout, memory or the clock of the CPU.",
    )
    OTHER_WORK = "other-work", "Time and instructions changed in the same direction: the code does more work, or less."
    OTHER_PACE = (
        "other-pace",
        "Time and instructions changed in opposite directions: an instruction takes longer, or less long.",
    )
    HIDDEN_WORK = "hidden-work", "The number of instructions changed, the time did not: something else is the limit."
    WORK_ONLY = "work-only", "The number of instructions changed; whether the time did is not resolved."


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
