"""What to do next on a node: the worst obstacle first, else the commands that suit what is there."""

import shlex
from collections.abc import Iterator, Sequence

from harness.records.condition import Finding, FindingStatus, NextStep
from harness.records.record import Record

# Without these nothing can be measured at all; then what spoils numbers most. What is not listed comes last.
_OBSTACLES = ("tools", "cache", "disk space")
_SPOILERS = (
    "memory",
    "threads",
    "cgroup quota",
    "other processes",
    "steal",
    "temperature",
    "swap",
    "power",
    "power profile",
    "governor",
    "frequency limit",
    "load average",
)
_MANY = 2


class Outlook(Record):
    """What is around a node besides its condition: how many runs are stored, and where somebody works.

    `here` says that the current folder is in a checkout of whisper.cpp; `synthetic` that a run would use synthetic
    weights. `unreached` is the folder that the command `harness` lies in if a shell would not find it.
    """

    runs: int = 0
    here: bool = False
    synthetic: bool = False
    unreached: str = ""


def list_next_steps(findings: Sequence[Finding], around: Outlook) -> tuple[NextStep, ...]:
    """Return the steps in their order: `harness` becomes a command, the node is mended, then measured or compared."""
    unfit = [finding for finding in findings if finding.fitness is FindingStatus.UNFIT and finding.fix]
    first = min(unfit, key=_rank, default=None)
    reach = list(_reach(around.unreached))
    mend = [*reach, *([NextStep(command=first.fix, why=f"{first.topic}: {first.means}")] if first else [])]
    if first and first.topic in _OBSTACLES:
        return (*mend, NextStep(command="harness doctor", why="then see whether anything else is in the way"))
    return (*mend, *_measure(around))


def _reach(folder: str) -> Iterator[NextStep]:
    """Yield what makes `harness` a command, as all commands are printed."""
    if folder:
        command = f'export PATH={shlex.quote(folder)}:"$PATH"'
        yield NextStep(command=command, why="then your shell knows harness, and what is printed can be typed")


def _rank(finding: Finding) -> int:
    order = (*_OBSTACLES, *_SPOILERS)
    return order.index(finding.topic) if finding.topic in order else len(order)


def _measure(around: Outlook) -> Iterator[NextStep]:
    weights = ", with synthetic weights: right for timing" if around.synthetic else ""
    if not around.runs:
        yield NextStep(command="harness run --model tiny", why=f"the first numbers of this node{weights}")
    if around.here:
        yield NextStep(command="harness ab", why="is your change faster? Your branch and edits against its base")
    elif not around.runs:
        yield NextStep(command="harness ab", why="inside your own clone of whisper.cpp: is your change faster?")
    if around.runs:
        yield NextStep(command="harness show latest", why="the newest numbers, caveats first")
    if around.runs >= _MANY:
        yield NextStep(command="harness history", why="every number over time, and what looks unlike its past")
    elif around.runs:
        yield NextStep(command="harness calibrate", why="what differences this node can show, and how soon")
