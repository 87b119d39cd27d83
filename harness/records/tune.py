"""The search for the best settings: what was tried, stage by stage, and how sure the answer is."""

from harness.records.comparison import Comparison
from harness.records.quality import TextQuality
from harness.records.record import ExplainedWord, Record
from harness.records.run import SettingUsed
from harness.records.sweep import Values


class Goal(ExplainedWord):
    """What to minimise."""

    LATENCY = "latency", "The time of one window of speech."
    THROUGHPUT = (
        "throughput",
        "The CPU time of one window of speech, for processes that run side by side and fill the node.",
    )
    MEMORY = "memory", "The peak memory of a process."


class TextGuard(Record):
    """How much text settings may cost; what costs more is not chosen.

    `max_wer` is how much higher the word error rate may be than that of the same weights in F16 without flash
    attention, as a difference of both rates. `max_divergence` is for the mean divergence from F16 weights on the CPU
    without flash attention, in nats. None is no limit.
    """

    max_wer: float | None = None
    max_divergence: float | None = None

    @property
    def limits(self) -> bool:
        """Whether there is any limit."""
        return self.max_wer is not None or self.max_divergence is not None


class Candidate(Record):
    """One candidate of a stage: `score` is the median of the goal over `n` processes, or None.

    `encode_ms` and `decode_ms`, a pass and a token, are the medians that the candidate had when its stage ended. `text`
    is how good its text is, None if nobody looked.
    """

    values: Values
    score: float | None
    n: int
    reason: str = ""
    encode_ms: float | None = None
    decode_ms: float | None = None
    text: TextQuality | None = None


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
    winner's median over `rounds` of the duels; without duels, its score in its stage, which is too optimistic. `gain`
    is the change of the score against the start in a duel, None without that duel. `text` is how good the winner's text
    is, `reference_text` that of the reference settings; None if nobody could look, and `remarks` say why. `guard` has
    the limits for text. `settings` decide what was measured; searches of earlier versions have none.
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
    gain: float | None = None
    guard: TextGuard = TextGuard()
    text: TextQuality | None = None
    reference_text: TextQuality | None = None
    remarks: tuple[str, ...] = ()
    settings: tuple[SettingUsed, ...] = ()
