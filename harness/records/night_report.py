"""What people read in the morning: what is new, what stands, what was measured, what was not, and what comes next."""

from harness.records.bisection import BisectVerdict
from harness.records.history import Event
from harness.records.night import AuditCount, BranchCommit, DoneItem, Passed, Question, WorkItem
from harness.records.record import Record


class SuspectCommit(Record):
    """A commit that a bisection found, or one of several that it cannot tell apart, and how probable that is."""

    sha: str
    subject: str
    author: str
    probability: float


class EventNote(Record):
    """What is known of an event beside its numbers.

    `command` measures it again. `facts` are sentences about the node, for an event of the node. `bisection` is the id
    of the search for its commit, with its `verdict`, None while there is none, and `why`; `suspects` are the commits
    that it found, the likeliest first.
    """

    event: str
    command: str = ""
    facts: tuple[str, ...] = ()
    bisection: str = ""
    verdict: BisectVerdict | None = None
    why: str = ""
    suspects: tuple[SuspectCommit, ...] = ()


class NightReport(Record):
    """What people read in the morning.

    `new` are the events that were established or closed this night, `open` others that still stand, `suspicions` what
    looks unlike its past and is not sorted, and `about` what else is known of events. `done` is what was done, `left`
    what was not, because of the budget, `plan` what comes next. `settled` is how many events stand but are not shown,
    since people decided about them. `notes` are single sentences about the node, the network and the branch.
    `stopped` says why the night ended early, empty for one that came to its end. `exit_code` is that of the night.
    `job` is the key of the job of a fleet that it was.
    """

    schema: int
    node: str
    began: str
    ended: str
    repo: str
    branch: str
    head: BranchCommit
    anchor: BranchCommit | None
    budget_s: float
    new: tuple[Event, ...] = ()
    open: tuple[Event, ...] = ()
    suspicions: tuple[Question, ...] = ()
    about: tuple[EventNote, ...] = ()
    done: tuple[DoneItem, ...] = ()
    left: tuple[WorkItem, ...] = ()
    passed: tuple[Passed, ...] = ()
    plan: tuple[WorkItem, ...] = ()
    audit: AuditCount | None = None
    settled: int = 0
    notes: tuple[str, ...] = ()
    stopped: str = ""
    exit_code: int = 0
    job: str = ""

    @property
    def id(self) -> str:
        """When the night began, in the form in which the ids of runs begin: `20260529T000004Z`."""
        return f"{self.began[:19].replace('-', '').replace(':', '')}Z"


class Notice(Record):
    """What a command that is to be notified reads: one event of a night, and where it was found.

    `headline` is the night in one line.
    """

    schema: int
    node: str
    repo: str
    branch: str
    head: BranchCommit
    ended: str
    headline: str
    event: Event
    about: EventNote
