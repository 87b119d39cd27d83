"""The numbers of stored runs as the index has them: values series by series, and what is known of each run."""

from typing import NamedTuple

from harness.records.record import Record

# MachineFacts about a machine, each with its name.
MachineFacts = tuple[tuple[str, str], ...]


class RawSeriesKey(NamedTuple):
    """What makes two numbers values of one series; a case by its canonical name."""

    node: str
    config: str
    case: str
    metric: str
    yardstick: str


class RunDetail(Record):
    """A run of a history: where it is, when it began, what was measured, why, and on which machine.

    `purpose` is that of the record; of runs by hand it also tells trial, sweep, tune and imported. `asked_by` is the
    event or the commit that a night's watch measured it for.

    `machine` is a digest: equal ones stand for equal facts. `earliest` is before `start` where that is not exact.
    `trial` is the id of the live comparison that it is a side of, empty for all other runs. `options` are those
    of a command line that builds and measures on its node in the same way, quoted for a shell; empty for imported runs.
    `ended` is empty where that is not known. `config` is the id of its config, `code` identifies its machine code
    (`CodeDigests.id`), empty where nothing is known of it. `failure` says why there is no build that can be measured,
    `tests` is how many of its tests ran, `blocks` how many blocks a side of a live comparison has, and `build_s` how
    long the build took. `asks` has a word that equal suites share, and `tests` where these were asked for as well.
    """

    path: str
    run_id: str
    start: str
    earliest: str
    node: str
    sha: str
    release: str
    changes: str
    commit_date: str
    subject: str
    repo: str
    origin: str
    engine: str
    purpose: str
    caveats: tuple[str, ...]
    machine: str
    trial: str = ""
    options: str = ""
    asked_by: str = ""
    ended: str = ""
    config: str = ""
    code: str = ""
    failure: str = ""
    tests: int = 0
    blocks: int = 0
    build_s: float = 0.0
    asks: str = ""


class RawPoint(NamedTuple):
    """The value of a series at a run, by the run's number: how many values it is the median of, and its interval."""

    run: int
    n: int
    median: float
    low: float | None
    high: float | None


class RawHistory(NamedTuple):
    """The series of the runs that were asked for, in no order within one, and what is known of each run by its number.

    `machines` are the facts about each machine by its digest; `missing` is how many runs there are whose numbers are
    not known.
    """

    series: dict[RawSeriesKey, list[RawPoint]]
    details: dict[int, RunDetail]
    machines: dict[str, MachineFacts]
    missing: int = 0
