"""What the bench program of a commit measures: the behaviour changes after which numbers mean something else.

Sources: examples/bench/bench.cpp and ggml's whisper_bench_* functions in src/whisper.cpp at the releases named.
"""

import re
from typing import Protocol

from harness.records.record import Record
from harness.records.run import OURS
from harness.records.source import Source
from harness.records.suite import Benchmark

# The subject of a yardstick that is not whisper-bench's.
MEASURED_BY = "measured by"
_NEXT, _DOES = "; ", ": "
_RELEASE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


class BehaviourChange(Record):
    """A release that changed what a bench program measures, with the old and the new behaviour.

    A commit without a known release is placed by its date: before `before`, no commit had the change; from `since` on,
    all of upstream's commits have it; in between it is not known. `breaks` means that values are no longer the same
    quantity. `ours` is False if the harness always sets the behaviour itself, so that only others' runs are affected.
    """

    release: str
    subject: str
    old: str
    new: str
    benchmark: Benchmark
    before: str
    since: str
    breaks: bool = False
    ours: bool = True


BEHAVIOUR_CHANGES = (
    BehaviourChange(
        release="v1.5.0",
        subject="timed work",
        old="one encode",
        new="one encode, 256 tokens, 64 batches of 5, 16 prompts of 256 tokens",
        benchmark=Benchmark.WHISPER,
        before="2023-09-11",
        since="2023-11-16",
    ),
    BehaviourChange(
        release="v1.7.5",
        subject="backend of mul_mat",
        old="made once",
        new="made and freed inside each timed call",
        benchmark=Benchmark.MUL_MAT,
        before="2025-01-07",
        since="2025-04-03",
    ),
    BehaviourChange(
        release="v1.8.0",
        subject="heat-up (v1.8.0)",
        old="one token",
        new="256 tokens and a batch of 5",
        benchmark=Benchmark.WHISPER,
        before="2025-06-25",
        since="2025-10-01",
    ),
    BehaviourChange(
        release="v1.8.0",
        subject="flash attention by default",
        old="off",
        new="on",
        benchmark=Benchmark.WHISPER,
        before="2025-06-25",
        since="2025-10-01",
        ours=False,
    ),
    BehaviourChange(
        release="v1.8.4",
        subject="heat-up (v1.8.4)",
        old="once",
        new="twice",
        benchmark=Benchmark.WHISPER,
        before="2025-10-15",
        since="2026-04-25",
    ),
    BehaviourChange(
        release="v1.8.5",
        subject="data of mul_mat",
        old="filled once for all types",
        new="bytes 0 to 63, filled again for each type",
        benchmark=Benchmark.MUL_MAT,
        before="2025-10-15",
        since="2026-05-29",
        breaks=True,
    ),
)


class DatedRun(Protocol):
    """A run, or as much of one as tells which commit was measured and when."""

    @property
    def origin(self) -> str:
        """Who measured, as in `Run`."""

    @property
    def source(self) -> Source:
        """The tree that was measured."""

    @property
    def start(self) -> str:
        """When it began, or the latest that this can have been."""

    @property
    def earliest(self) -> str:
        """The first moment at which it can have begun, where that is another one."""


def name_yardstick(benchmark: str, run: DatedRun) -> str:
    """Return what a benchmark measures at the commit of a run, as far as that is known: equal texts are one yardstick.

    Only changes that matter to the run are named: where the harness says what it wants, a default changes nothing.
    """
    known = (
        (change, is_after(change, run))
        for change in BEHAVIOUR_CHANGES
        if change.benchmark == benchmark and (change.ours or run.origin != OURS)
    )
    sides = ((change.subject, change.new if after else change.old) for change, after in known if after is not None)
    return _NEXT.join(f"{subject}{_DOES}{does}" for subject, does in sides)


def split_yardstick(yardstick: str) -> tuple[tuple[str, str], ...]:
    """Return the subjects that a yardstick names, each with what the benchmark does."""
    pairs = (part.partition(_DOES) for part in yardstick.split(_NEXT) if part)
    return tuple((subject, does) if sep else (MEASURED_BY, subject) for subject, sep, does in pairs)


def is_after(change: BehaviourChange, run: DatedRun) -> bool | None:
    """Return whether the bench program of `run` has `change`; None if that is not known."""
    version = _version(run.source.commit.release)
    if version:
        return version >= _version(change.release)
    end = run.source.commit.date or ("" if run.origin == OURS else run.start)
    begin = run.source.commit.date or run.earliest or end  # of a date that is not exact
    if not end or (end >= change.before and begin < change.since):
        return None
    return begin >= change.since


def _version(release: str) -> tuple[int, ...]:
    """Return (1, 8, 5) for `v1.8.5`, and () for a name that is not a release."""
    found = _RELEASE.fullmatch(release)
    return tuple(map(int, found.groups())) if found else ()
