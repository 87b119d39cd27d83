"""The search for the best settings: what was tried, stage by stage, and how sure the answer is."""

from enum import StrEnum

from harness.records.comparison import Comparison
from harness.records.record import Record
from harness.records.sweep import Values


class Goal(StrEnum):
    """What is to be as small as can be.

    LATENCY: the time of one window of speech. THROUGHPUT: the same in CPU time, as when processes side by side fill the
    node. MEMORY: the most memory that a process takes.
    """

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    MEMORY = "memory"


class Candidate(Record):
    """One candidate of a stage: `score` is the median of the goal over `n` processes, None where there is none.

    `encode_ms` and `decode_ms`, a pass and a token, are the medians that the candidate had when its stage ended.
    """

    values: Values
    score: float | None
    n: int
    reason: str = ""
    encode_ms: float | None = None
    decode_ms: float | None = None


class Stage(Record):
    """One axis, all else as the stages before had left it; `winner` is an index, None where nothing was measured.

    `reason` says why an axis was not tried.
    """

    axis: str
    tried: tuple[Candidate, ...] = ()
    winner: int | None = None
    reason: str = ""


class Duel(Record):
    """What the stages chose measured once more, in turns with another setting: `comparison` has it as contender."""

    against: str
    values: Values
    comparison: Comparison


class Tuning(Record):
    """A search as it ended: `unit` is that of the scores, `start` UTC in ISO 8601.

    `found` is what the stages ended with, `winner` what the duels left standing, and `why`. `score` is the winner's
    median over `rounds` of the duels; where there was none, the score that it had in its stage, which is too good.
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
