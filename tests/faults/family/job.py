"""Jobs of a fleet that are killed and started again, and collections that are struck at every call that writes."""

import errno
import json
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from harness.store.bundle import load_run
from harness.store.job_trace import find_traces
from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_truth, judge_words
from tests.faults.shim import KILL, Rule, Shimmed, error_name
from tests.faults.stage import SHORT, Stage
from tests.player import Started

KEY = "lab/2026-05-29/zen4/node-1/run"
_JOB = ("run", *SHORT, "--job", KEY)
# A scheduler starts a job again and again; so often is enough.
_STARTS = 4
CHAINS, KILLS = 6, 5
# How many calls of each kind a job makes below the results, and a collection of two runs below those of the fleet.
CALLS = {"mkdir": 6, "write": 16, "rename": 11}
COLLECT_CALLS = {"mkdir": 26, "create": 19, "write": 18, "rename": 2, "unlink": 4}
_FLEET = """\
name = "lab"
results = "all"
[class.zen4]
scheduler = "github"
labels = ["bench"]
nodes = ["node-1"]
results = "inbox"
[[class.zen4.job]]
verb = "run"
"""


def judge_once(stage: Stage) -> Iterator[Deviation]:
    """Start a job until it is done, and yield what is lost or doubled then."""
    stage.mend()
    for _ in range(_STARTS):
        done = stage.call(_JOB)
        yield from judge_words(done)
        if done.code != 0:
            yield Deviation(kind=Kind.LOST, what=f"the job is not done: {done.code}: {done.text.strip()[-600:]}")
            return
    if "is done already" not in done.stdout:
        yield Deviation(kind=Kind.WRONG, what=f"it is measured again and again: {done.text.strip()[-600:]}")
    sealed = [run for run in map(load_run, stage.sealed()) if run.job == KEY]
    if len(sealed) != 1:
        yield Deviation(kind=Kind.LOST, what=f"{len(sealed)} runs of one job")
    for run in sealed:
        yield from judge_truth(run, stage, 0)
    traces = find_traces(stage.kit.results, KEY)
    if [(one.finished, one.exit_code, len(one.runs)) for one in traces] != [(True, 0, 1)]:
        yield Deviation(kind=Kind.WRONG, what=f"its traces are {traces}")
    yield from (Deviation(kind=Kind.PROCESS, what=line) for line in stage.wait_for_processes())


class JobKilled(Look):
    """A job is killed at one call, and started again until it is done."""

    call: str
    nth: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        Shimmed(rules=(Rule(call=self.call, nth=self.nth, error=KILL, below="results", count=1),)).strike(stage)
        if (code := stage.call(_JOB).code) != KILL:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {code}: the fault did not strike")
        yield from judge_once(stage)


class JobChain(Look):
    """A job is killed at random instants, again and again, and then left alone."""

    seed: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        draw = random.Random(self.seed)
        for _ in range(KILLS):
            stage.during.append(lambda child: _kill_after(child, draw.uniform(0.05, 2.0)))
            yield from judge_words(stage.call(_JOB))
            stage.during.clear()
        yield from judge_once(stage)


def _kill_after(child: Started, seconds: float) -> None:
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)


class Collected(Look):
    """A collection is struck at one call: what arrived is whole, and the next collection completes the rest."""

    call: str
    nth: int
    error: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        inbox, results = stage.kit.folder / "inbox", stage.kit.folder / "all"
        (stage.kit.folder / "fleet.toml").write_text(_FLEET)
        for number in range(2):
            _leave(stage, inbox, number)
        count = 1 if self.error == KILL else 0
        Shimmed(rules=(Rule(call=self.call, nth=self.nth, error=self.error, below="all", count=count),)).strike(stage)
        done = stage.call(("fleet", "collect"))
        struck = stage.struck
        stage.mend()
        yield from judge_words(done)
        if not struck:
            yield Deviation(kind=Kind.WRONG, what="the fault did not strike")
        codes = (KILL,) if self.error == KILL else (0, 3)
        if done.code not in codes:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code} instead of {codes}: {done.text[-500:]}")
        for run in results.glob("node-1/*/*"):
            if _list_files(run) != _list_files(inbox / run.relative_to(results)):
                yield Deviation(kind=Kind.LOST, what=f"{run.name} is there, and is not what the node left")
        again = stage.call(("fleet", "collect"))
        if again.code != 0 or _list_files(results) != _list_files(inbox):
            yield Deviation(
                kind=Kind.LOST, what=f"collecting again ends with {again.code}: {again.text.strip()[-500:]}"
            )


def _leave(stage: Stage, inbox: Path, number: int) -> None:
    """Copy the finished run of the template to the inbox, under an id of its own."""
    name = f"{stage.template.bundle.name}-{number}"
    start = json.loads((stage.template.bundle / "run.json").read_text())["start"]
    month = inbox / "node-1" / start[:7]
    shutil.copytree(stage.template.bundle, month / name)
    record = (month / name / "run.json").read_text()
    (month / name / "run.json").write_text(record.replace(stage.template.bundle.name, name))


def _list_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _list_faults() -> Iterator[Fault]:
    for call, count in CALLS.items():
        for nth in range(1, count + 1):
            yield Fault(
                family=Family.FLEET,
                name=f"job-{call}-{nth}",
                where=f"{call} number {nth} of a job in results",
                what="SIGKILL right before it, then the scheduler starts it again",
                deeds=(JobKilled(call=call, nth=nth),),
                seen=Seen(),
                words=(),
                sample=(call, nth) == ("rename", count),
            )
    for seed in range(CHAINS):
        yield Fault(
            family=Family.FLEET,
            name=f"job-at-random-{seed}",
            where="anywhere in a job",
            what=f"SIGKILL at {KILLS} random instants, then the scheduler starts it again",
            deeds=(JobChain(seed=seed),),
            seen=Seen(),
            words=(),
        )
    for call, count in COLLECT_CALLS.items():
        for nth in range(1, count + 1):
            for error in (KILL, errno.EIO if call == "unlink" else errno.ENOSPC):
                yield Fault(
                    family=Family.FLEET,
                    name=f"collect-{call}-{nth}-{error_name(error)}",
                    where=f"{call} number {nth} of a collection",
                    what="SIGKILL right before it" if error == KILL else f"it fails with {error_name(error)}",
                    deeds=(Collected(call=call, nth=nth, error=error),),
                    seen=Seen(),
                    words=(),
                    sample=(call, nth, error) == ("write", 3, errno.ENOSPC),
                )


FAULTS = tuple(_list_faults())
