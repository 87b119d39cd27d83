"""A search for the commit that changed the speed: what it goes over, what it measured, and its answer."""

from harness.records.caveat import Caveat
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.comparison import Comparison
from harness.records.measurement import Case
from harness.records.record import ExplainedWord, Record
from harness.records.run import SettingUsed
from harness.records.suite import Engine
from harness.records.trial import TrialPurpose

# What stands in an answer for the commit that is not on the line, since it is before its first step.
NAME_OF_GOOD = "GOOD"


class CandidateCommit(Record):
    """A commit that may have changed the speed, on the line from GOOD (left out) to BAD (the last one).

    `merged` are the commits behind it whose library has the same code: they cannot have done it, and are measured with
    it. `files` are those that it changes and that are compiled. `wide` tells that most others include one of them, so
    that all must be compiled anew.
    """

    commit: str
    merged: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    wide: bool = False


class LineBlock(Record):
    """Two commits of the line measured side by side, in two fresh processes.

    `baseline` and `contender` are places on the line: 0 is GOOD, k the k-th candidate. `pairs` are (baseline,
    contender) values in the metric's unit; `start` is 1 where the baseline's process was started first, -1 where the
    contender's was, 0 where that is not known.
    """

    purpose: TrialPurpose
    baseline: int
    contender: int
    pairs: tuple[tuple[float, float], ...]
    start: int = 0


class Effort(Record):
    """Wall seconds that a search reckons with.

    They are those of a block, of a build beside one that is there (`near_s`, for each file that differs), and of one
    for which everything is compiled.
    """

    block_s: float
    near_s: float = 14.0
    full_s: float = 104.0


class LineSearch(Record):
    """All that a search knows; what comes next and the answer follow from it alone.

    `built` are the places that need no build any more, `unbuildable` those that were tried in vain. `threshold` is
    the smallest change that is looked for, `left_s` what is left of the time. `spent_s` and `builds` are counted by who
    measures.
    """

    case: Case
    metric: str
    candidates: tuple[CandidateCommit, ...]
    effort: Effort
    blocks: tuple[LineBlock, ...] = ()
    built: tuple[int, ...] = ()
    unbuildable: tuple[int, ...] = ()
    alpha: float = 0.01
    threshold: float = 0.02
    left_s: float = float("inf")
    spent_s: float = 0.0
    builds: int = 0


class NextBlock(Record):
    """The block to measure next, and why.

    `bits` is what so many `blocks` of it are expected to tell, in `seconds`, a build that is missing among them. They
    are not counted for ENDS and FINAL blocks.
    """

    purpose: TrialPurpose
    baseline: int
    contender: int
    blocks: int
    bits: float
    seconds: float
    reason: str


class BisectVerdict(ExplainedWord):
    """How the search for a commit ended."""

    FOUND = (
        "FOUND",
        "Each commit that changed the speed is in a set that holds it at 95 %, and a trial of its own shows the step.",
    )
    NOTHING = "NOTHING", "Between the two ends, the speed did not change by as much as was looked for."
    UNRESOLVED = "UNRESOLVED", "There are too few data to say which commit changed the speed, or whether one did."


class Suspect(Record):
    """A commit that may have done it, and how probable that is."""

    commit: str
    probability: float
    merged: tuple[str, ...] = ()
    unbuildable: bool = False


class Culprit(Record):
    """The smallest set of commits that holds a change with `probability` (95 % at least), the likeliest first.

    One name means that this commit did it. Several mean that they cannot be told apart, because those between them do
    not build. `baseline` and `contender` are the commits on both sides that were measured in the final trial.
    """

    suspects: tuple[Suspect, ...]
    probability: float
    baseline: str
    contender: str
    final: Comparison


class Bisection(Record):
    """The answer of a search.

    `ends` is the comparison of GOOD with BAD, None where they were not measured. `culprits` come in the line's order.
    `suspects` is what is left of a search that came to no end: the smallest set that holds the next change with
    `probability`; `nothing` is how probable it is that no further change exists. The counts are blocks by purpose.
    """

    verdict: BisectVerdict
    why: str
    ends: Comparison | None
    culprits: tuple[Culprit, ...]
    suspects: tuple[Suspect, ...]
    probability: float
    nothing: float
    ends_blocks: int
    search_blocks: int
    final_blocks: int
    builds: int
    spent_s: float


class BuiltCommit(Record):
    """What building and measuring a commit has come to.

    `code` identifies its machine code (`CodeDigests.id`) and is empty if nothing is known of it; `seconds` is the wall
    time of the build. `reason` says why the commit cannot be measured, and is empty if it can.
    """

    commit: str
    code: str = ""
    seconds: float = 0.0
    reason: str = ""


class BisectTrial(Record):
    """A trial of a bisection: the commits on both sides, and the ids of the two runs that hold its blocks."""

    purpose: TrialPurpose
    baseline: str
    contender: str
    runs: tuple[str, str]


class StoredBisection(Record):
    """A bisection as it is stored; its blocks are in the runs of its trials, and the answer follows from them.

    `question` is a hash of everything that must be the same for the blocks to be of use. `words` are the ends as they
    were typed. `start` and `end` are UTC in ISO 8601; `end` is empty while there is no answer. `spent_s` is the wall
    time of all sittings, and `settings` decide what is measured; `backend` and `engine` are what came of them.
    """

    schema: int
    id: str
    node: str
    start: str
    question: str
    words: tuple[str, str]
    line: CommitLine
    case: Case
    metric: str
    threshold: float
    seed: int
    pairs: int
    relink: bool
    settings: tuple[SettingUsed, ...]
    backend: str
    engine: Engine
    built: tuple[BuiltCommit, ...] = ()
    trials: tuple[BisectTrial, ...] = ()
    spent_s: float = 0.0
    end: str = ""


class Visit(Record):
    """A place that was measured: its number on the line, how many blocks it has, and what they say.

    `change` is the estimate against GOOD. `chance` is the probability that this commit has the first change, its own or
    one before it.
    """

    place: int
    commit: str
    blocks: int
    change: float
    chance: float


class BisectReport(Bisection):
    """The answer of a bisection, with everything that people want to know about it.

    `commits` is the length of the line; `passed` of them change nothing that is compiled, and `equal` places have the
    code of the one before. `chances` are the probabilities of the `candidates`, which are commits, to be the first
    change, in the order of the line; `visits` are the places that were measured. `named` are the commits that the
    answer names, `unbuildable` those that could not be measured. `others` are metrics that were not asked for, in which
    GOOD and BAD differ.
    `commands` repeat the final trials, or the one of both ends, and the search. `caveats` are those of these trials.
    """

    id: str
    node: str
    line: tuple[str, str]
    repo: str
    case: Case
    metric: str
    threshold: float
    commits: int
    passed: int
    equal: int
    chances: tuple[float, ...]
    visits: tuple[Visit, ...]
    named: tuple[LineCommit, ...]
    unbuildable: tuple[BuiltCommit, ...] = ()
    others: tuple[Comparison, ...] = ()
    commands: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    candidates: tuple[str, ...] = ()
