"""The search for the best settings: what was tried, stage by stage, and how sure the answer is."""

from harness.records.comparison import Comparison
from harness.records.record import ExplainedWord, Record
from harness.records.sweep import Values


class Goal(ExplainedWord):
    """What to minimise."""

    LATENCY = "latency", "The time of one window of speech."
    THROUGHPUT = (
        "throughput",
        "The CPU time of one window of speech, for processes that run side by side and fill the node.",
    )
    MEMORY = "memory", "The peak memory of a process."


class Candidate(Record):
    """One candidate of a stage: `score` is the median of the goal over `n` processes, or None.

    `encode_ms` and `decode_ms`, a pass and a token, are the medians that the candidate had when its stage ended.
    """

    values: Values
    score: float | None
    n: int
    reason: str = ""
    encode_ms: float | None = None
    decode_ms: float | None = None


class Stage(Record):
    """One axis, with the results of the stages before; `winner` is an index, or None if nothing was measured.

    `reason` says why an axis was not tried.
    """

    axis: str
    tried: tuple[Candidate, ...] = ()
    winner: int | None = None
    reason: str = ""


class Duel(Record):
    """The choice of the stages, measured in turns with another setting; it is the contender of `comparison`."""

    against: str
    values: Values
    comparison: Comparison


class Tuning(Record):
    """The result of a search; `unit` is that of the scores, `start` is UTC in ISO 8601.

    `found` is the result of the stages, `winner` that of the duels, and `why` the reason for it. `score` is the
    winner's median over `rounds` of the duels; without duels, its score in its stage, which is too optimistic.
    """

    id: str
    node: str
    model: str
    goal: Goal
    unit: str
    start: str
    budget_s: float
    spent_s: float
    stages: tuple[Stage, ...]
    found: Values
    winner: Values
    why: str
    score: float
    rounds: int
    duels: tuple[Duel, ...]
    runs: tuple[str, ...]
    cmake: str
    cli: str
