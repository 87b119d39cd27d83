"""The harness is killed, at every call and at random instants, and gone on with."""

import random
import signal
import time
from collections.abc import Iterator

from harness.store.bundle import load_run
from tests.faults.family.disk import CALLS
from tests.faults.fault import PASSED, Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_mended, judge_words
from tests.faults.shim import KILL, failing
from tests.faults.stage import SHORT, Stage
from tests.player import Started

_KILLED = Seen(codes=(-9,), mends=True)
# A chain is one run, killed again and again until it has come to its end.
CHAINS, KILLS = 20, 6


def _at_every_call() -> Iterator[Fault]:
    for (call, below), count in CALLS.items():
        for nth in range(1, count + 1):
            yield Fault(
                family=Family.KILL,
                name=f"at-{below}-{call}-{nth}",
                where=f"{call} number {nth} in {below}",
                what="SIGKILL right before it",
                deeds=failing(call, nth, KILL, below),
                seen=_KILLED,
                sample=(call, below, nth) in (("rename", "results", 2), ("fsync", "results", 5)),
            )


class Chain(Look):
    """A run that is killed at random instants, and gone on with, until it has been killed `kills` times."""

    seed: int
    kills: int
    number: int = signal.SIGKILL

    def look(self, stage: Stage) -> Iterator[Deviation]:
        draw = random.Random(self.seed)
        finished: set[str] = set()
        for _ in range(self.kills):
            words = ("run", "--resume") if stage.begun() else ("run", *SHORT)
            stage.during.append(lambda child: _kill_after(child, draw.uniform(0.05, 1.6), self.number))
            done = stage.call(words)
            stage.during.clear()
            yield from judge_words(done)
            if done.code not in (0, -self.number, 130):
                yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text.strip()[-600:]}")
            now = {result.step for path in stage.begun() for result in load_run(path).results}
            if stage.begun() and not finished <= now:
                yield Deviation(kind=Kind.LOST, what=f"steps that were finished are gone: {finished - now}")
            finished = now
        yield from judge_mended(stage)


def _kill_after(child: Started, seconds: float, number: int) -> None:
    time.sleep(seconds)
    child.send_signal(number)


def _at_random() -> Iterator[Fault]:
    for seed in range(CHAINS):
        yield Fault(
            family=Family.KILL,
            name=f"at-random-{seed}",
            where="anywhere",
            what=f"SIGKILL at {KILLS} random instants of one run",
            deeds=(Chain(seed=seed, kills=KILLS),),
            seen=Seen(status=PASSED),
            words=(),
        )


FAULTS = (*_at_every_call(), *_at_random())
