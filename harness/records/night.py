"""A night's watch over a branch: what is known before an item of work, the plan that follows, and what came of it.

A night has no state of its own. What it knows is in bundles and in git, and the plan is made again after every item.
"""

from harness.records.bisection import BisectVerdict
from harness.records.measurement import Case
from harness.records.record import ExplainedWord, Record


class WorkKind(ExplainedWord):
    """What a night can do, the most urgent first."""

    CONFIRM = "confirm", "Measure two commits in turns, to find out whether a suspicion is the code or the node."
    BISECT = "bisect", "Look for the commit that changed the speed."
    HEAD = "head", "Measure the newest commit of the branch: the ordinary run of a night."
    ANCHOR = "anchor", "Compare the newest commit with the anchor, a few blocks each night, so that slow creep shows."
    CELLS = "cells", "Measure the cases that the run of the newest commit lacks."
    GAP = "gap", "Measure a commit in the middle of the widest stretch without a run."
    AUDIT = "audit", "Compare a commit with itself: any difference that is found is false, and is counted."


class BranchCommit(Record, gc=False):
    """A commit on the first parents of the branch; `compiled` tells that it changes a file that is compiled."""

    sha: str
    date: str
    subject: str
    compiled: bool = True


class MeasuredCommit(Record, gc=False):
    """A run of a commit on this node with the config of the night.

    `start` is UTC in ISO 8601, `code` identifies the machine code (`CodeDigests.id`), empty where nothing is known of
    it. `cells` are the cases with a number, `tests` is how many of its tests ran. `failed` says why there is no build,
    and is empty where there is one.
    """

    sha: str
    run: str
    start: str
    code: str = ""
    cells: tuple[Case, ...] = ()
    tests: int = 0
    failed: str = ""


class QuestionCause(ExplainedWord):
    """Why two commits are to be measured in turns."""

    SUSPICION = "suspicion", "A series looks unlike its past for several points."
    ODD = "odd", "The newest point alone looks unlike the points before it."
    CREEP = "creep", "The blocks against the anchor show a change that came over many nights."


class Question(Record):
    """Something that a live comparison of two commits would sort, and how far it has come.

    `event` is the id of the event that it is, or becomes with an answer. Between `old` and `new` something looks unlike
    the past, in `cases` and `metrics`, the strongest first, by `change`, with a `score` relative to what it takes to
    look so (1 or more). `threshold` is the smallest change that the comparison is to detect. The evidence of earlier
    nights counts: `nights`, `blocks` and `spent_s` are what it took so far, `needed_s` is what it still takes, most
    likely, and `mde` the smallest change that could have been seen until now, None without any.
    """

    event: str
    cause: QuestionCause
    old: str
    new: str
    cases: tuple[Case, ...]
    metrics: tuple[str, ...]
    change: float
    score: float
    threshold: float
    nights: int = 0
    blocks: int = 0
    spent_s: float = 0.0
    needed_s: float = 0.0
    mde: float | None = None


class CodeSearch(Record):
    """A CODE event whose commit is one of several, and the bisection that looks for it, if one was begun.

    `verdict` is None as long as there is no answer.
    """

    event: str
    old: str
    new: str
    case: Case
    metric: str
    threshold: float
    bisection: str = ""
    spent_s: float = 0.0
    verdict: BisectVerdict | None = None


class NightCosts(Record):
    """Expected seconds on this node: a build of everything, one beside another commit, a run of the suite once built.

    `cell_s` is one case of the suite, `block_s` one case in a block of a live comparison.
    """

    full_build_s: float = 240.0
    near_build_s: float = 30.0
    run_s: float = 300.0
    cell_s: float = 30.0
    block_s: float = 10.0


class NightView(Record):
    """What a night knows before its next item; the plan follows from it alone.

    `commits` is the branch, oldest first; the last one is the head. `fetched` is False where the repository could not
    be reached, so that the head is the newest one known. `anchor` is a sha. `cells` are the cases that the suite wants,
    `measured` the runs of this node and config, oldest first. `anchored` are the shas of heads with the number of their
    blocks against the anchor, and `anchored_tonight` those of this night alone. `tried` are the items that were done or
    failed in this process, by their keys: they are not planned again. `confirmations` and `audits` count the live
    comparisons with an answer; `answered` is the newest question that has one. `confirmed_s` is how long questions were
    measured this night. `built` are commits whose builds are in the cache, and `codes` the machine code of commits that
    were built (sha, `CodeDigests.id`), measured or not. `now` and `began` are UTC in ISO 8601, `left_s` is what is left
    of the budget.
    """

    node: str
    now: str
    began: str
    left_s: float
    commits: tuple[BranchCommit, ...]
    anchor: str
    cells: tuple[Case, ...]
    measured: tuple[MeasuredCommit, ...] = ()
    questions: tuple[Question, ...] = ()
    searches: tuple[CodeSearch, ...] = ()
    anchored: tuple[tuple[str, int], ...] = ()
    anchored_tonight: int = 0
    confirmations: int = 0
    audits: int = 0
    answered: Question | None = None
    confirmed_s: float = 0.0
    built: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    costs: NightCosts = NightCosts()
    tried: tuple[str, ...] = ()
    fetched: bool = True
    wants_tests: bool = True


class WorkItem(Record):
    """One thing to do: measure `commit`, or compare `baseline` with it, and why.

    `seconds` is the expected wall time, builds among it, `bits` what it is expected to tell, `limit_s` the time after
    which measuring is to stop, 0 without one, and `blocks` the number of blocks, 0 where the evidence decides. `fits`
    tells that it is expected to end within the budget. `asked_by` is the id of the event or the commit's sha that it is
    for.
    """

    kind: WorkKind
    commit: str
    reason: str
    seconds: float
    bits: float
    baseline: str = ""
    cases: tuple[Case, ...] = ()
    metrics: tuple[str, ...] = ()
    threshold: float = 0.02
    limit_s: float = 0.0
    blocks: int = 0
    asked_by: str = ""
    fits: bool = True

    @property
    def key(self) -> str:
        """What makes two items the same."""
        return f"{self.kind} {self.asked_by} {self.baseline} {self.commit}"

    @property
    def pair(self) -> str:
        """Its commits as people read them: `bad009e6 : 842ac1f6`, or one alone."""
        return f"{self.baseline[:8]} : {self.commit[:8]}" if self.baseline else self.commit[:8]


class Passed(Record):
    """A commit that is not measured, and why: it has the code of `like`, which was measured, or nothing is compiled."""

    sha: str
    reason: str
    like: str = ""


class NightPlan(Record):
    """The work of a night in its order, as far as it is known now, and what is left out on purpose."""

    items: tuple[WorkItem, ...]
    passed: tuple[Passed, ...] = ()

    @property
    def next(self) -> WorkItem | None:
        """The first item that fits into what is left of the budget; None if there is none."""
        return next((item for item in self.items if item.fits), None)


class DoneStatus(ExplainedWord):
    """What came of an item of a night's work."""

    DONE = "done", "It was done, and its results are stored."
    FAILED = "failed", "What was measured failed: its build, its tests or its benchmarks."
    BROKEN_OFF = (
        "broken off",
        "It was stopped before its end: out of time or space, or interrupted. The next night goes on with it.",
    )


class DoneItem(Record):
    """An item of work, what came of it, in which runs, and how many seconds it took; `reason` says why it failed.

    `exit_code` is what a command that did the same would have returned: 10 for a build that failed, 11 for tests, 12
    for a benchmark, 4 for weights that cannot be downloaded.
    """

    item: WorkItem
    status: DoneStatus
    seconds: float
    runs: tuple[str, ...] = ()
    reason: str = ""
    exit_code: int = 0


class AuditCount(Record):
    """How many live comparisons of a commit with itself found a difference, which is false; the interval is exact.

    `low` and `high` bound the share of false verdicts with 95 % confidence (Clopper and Pearson, Biometrika 26, 1934,
    404).
    """

    trials: int
    false: int
    low: float
    high: float
