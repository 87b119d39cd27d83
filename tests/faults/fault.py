"""What a fault is: where it strikes, what is done, and what must be seen. Pure data, but for what a deed does."""

from collections.abc import Iterable
from enum import StrEnum

from harness.records.outcome import Status
from harness.records.record import Record
from tests.faults.stage import SHORT, Stage


class Family(StrEnum):
    """Families of faults, as docs/reference/faults.md calls them."""

    TOOL = "tools that fail"
    OUTPUT = "output that lies"
    CUT = "cut logs"
    ARCHIVE = "source archives"
    GIT = "git"
    WEIGHTS = "weights"
    DISK = "disk"
    LIMIT = "limits of the system"
    KILL = "kills"
    SIGNAL = "interrupts"
    ORDER = "order of writes"
    RIVAL = "two at once, locks"
    RECORD = "stored records"
    PART = "sweeps, comparisons, searches"
    BISECT = "bisections"
    NIGHT = "nights"
    FLEET = "fleets"
    WORKER = "worker"
    SERVER = "servers"
    NETWORK = "network"
    CLOCK = "clock"
    CLAIM = "claims"
    IMPORT = "imports"
    SHARE = "shares"
    INDEX = "index"
    SITE = "sites"
    STOP = "stops"
    RESUME = "resumed runs"
    LINK = "links"
    CHANGE = "changes"
    STREAM = "standard streams"


class Kind(StrEnum):
    """What a deviation is."""

    WRONG = "wrong"
    GREEN = "silent green"
    LOST = "lost"
    TRACEBACK = "traceback"
    PROCESS = "left-over process"
    FILE = "left-over temporary file"


class Deviation(Record):
    """Something that was not as it must be."""

    kind: Kind
    what: str


class Deed(Record):
    """Something that is done before a command, or while it runs."""

    def strike(self, stage: Stage) -> None:
        """Do it."""
        raise NotImplementedError


class Look(Deed):
    """A deed that looks by itself at what comes of it; no command follows."""

    def strike(self, stage: Stage) -> None:
        """Do nothing before."""

    def look(self, stage: Stage) -> Iterable[Deviation]:
        """Do it, and return what was not as it must be."""
        raise NotImplementedError


class Seen(Record):
    """What must be seen.

    `codes` are the exit codes that are right, and `says` words of the one clear sentence, on standard error, in the
    report or as a result's reason. `status` is that of the run that must be sealed, None where there must be none.
    A code 0 needs a run as whole as without the fault, or the `caveat` that tells of it. Where it `mends`, the run
    is gone on with after the cause is removed (from the start where there was nothing to go on with), must end well,
    and lose nothing that was finished. `keeps` are names of temporary files that may stay (a download's first half).
    Where it is `mute`, standard error cannot tell anybody. `denies` are words that would lead a reader astray.
    """

    codes: tuple[int, ...] = (0,)
    says: tuple[str, ...] = ()
    status: Status | None = None
    caveat: str = ""
    mends: bool = False
    keeps: tuple[str, ...] = ()
    mute: bool = False
    denies: tuple[str, ...] = ()


class Fault(Record):
    """One fault. `words` is the whole command; `run` alone stands for the kit's shortest run."""

    family: Family
    name: str
    where: str
    what: str
    deeds: tuple[Deed, ...]
    seen: Seen
    words: tuple[str, ...] = ("run", *SHORT)
    sample: bool = False

    @property
    def id(self) -> str:
        """The name by which it can be asked for."""
        return f"{self.family.name.lower()}/{self.name}"


PASSED, FAILED = Status.PASSED, Status.FAILED
FINE = Seen(status=PASSED)
# Whatever the harness makes of it: it says so and can go on, or nobody can tell the difference.
HONEST = Seen(codes=(0, 3), mends=True)


def fails(code: int, *says: str, **more: object) -> Seen:
    """Return that a run must be sealed as FAILED with this exit code."""
    return Seen(codes=(code,), says=says, status=FAILED).replace(**more)


def refuses(code: int, *says: str, **more: object) -> Seen:
    """Return that the command must be refused, and no run sealed."""
    return Seen(codes=(code,), says=says).replace(**more)
