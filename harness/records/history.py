"""A node's numbers over time: series and their points, epochs with their levels, and what looks unlike its past."""

from enum import StrEnum

from harness.records.comparison import Comparison
from harness.records.measurement import TABLE_METRICS, Case
from harness.records.record import ExplainedWord, Record
from harness.records.suite import Benchmark
from harness.records.triage import Triage

# The metrics that a live comparison measures.
_LIVE = frozenset(metric.name for metric in TABLE_METRICS)


class CutKind(StrEnum):
    """Why a series is not one thing before and after: the benchmark changed, or the node, or a trial showed the latter.

    The last kind is an event that the code did not make; its id is the subject.
    """

    YARDSTICK = "yardstick"
    NODE = "node"
    EVENT = "event"


class Cut(Record, gc=False):
    """A reason why an epoch begins, with what changed as a text."""

    kind: CutKind
    subject: str


class Point(Record, gc=False):
    """The value of a series at one run: the median of its repetitions, with its interval, in the metric's unit.

    `position` is the place of its commit in the order of history, which all series of a node share; several runs of
    one commit have one position. `day` is the UTC date of the run's start, `n` how many values the median is made of,
    `mde` the smallest relative change that the run could have shown. `caveats` are the run's codes, `purpose` says what
    it was measured for. `cuts` are the reasons why an epoch begins with this point.
    """

    position: int
    commit: str
    run: str
    day: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 1
    mde: float | None = None
    caveats: tuple[str, ...] = ()
    purpose: str = ""
    cuts: tuple[Cut, ...] = ()


class SeriesKey(Record, order=True):
    """What makes two numbers points of one series. What a record does not know is an empty text."""

    node: str
    config: str
    case: Case
    metric: str
    yardstick: str = ""

    @property
    def is_live(self) -> bool:
        """Whether a live comparison can measure it."""
        return self.case.benchmark == Benchmark.WHISPER and self.metric in _LIVE


class Series(Record):
    """One metric of one case of one config on one node, over commits, in their order."""

    key: SeriesKey
    points: tuple[Point, ...]


class Level(Record):
    """Where `n` points of a series lie: their middle with its interval, in the metric's unit.

    `spread` is the robust standard deviation of one point, as a share of the middle; `memory` says how alike
    neighbours are (lag-1 autocorrelation, 0 for independent points), by which the interval is wider.
    `low` and `high` are None where there are too few points.
    """

    n: int
    middle: float
    spread: float
    memory: float
    low: float | None = None
    high: float | None = None
    confidence: float = 0.0


class Epoch(Record):
    """A stretch of a series in which node and yardstick stayed the same: its points from `first` to `last`.

    `cuts` say why it begins, none of them for the first one. `level` is that of its last points between which no
    suspicion lies that still stands; None without a usable point.
    """

    first: int
    last: int
    cuts: tuple[Cut, ...]
    level: Level | None


class ChangePoint(Record):
    """Since when a series lies on another level: `since` is its first point there, most likely.

    It is one of the points from `earliest` to `latest` with the `confidence` given, if the noise is what it was.
    """

    since: int
    earliest: int
    latest: int
    confidence: float


class Suspicion(Record):
    """A series that looks unlike its past: never an accusation, only a reason to measure.

    Points are numbered within the series. It was `raised` at a point, where its `score`, in robust standard errors,
    reached its `threshold`, or most of it where other series of the node stepped as well. `change` is relative to the
    level before, from `low` to `high` with 95 % confidence, if the noise is what it was. `nights` counts the usable
    points of the series before, `precedents` those of them that gave it a suspicion at least as strong. `returned` is
    the point at which the series was seen to be back on its level.
    """

    key: SeriesKey
    raised: int
    place: ChangePoint
    before: float
    after: float
    change: float
    low: float
    high: float
    score: float
    threshold: float
    nights: int
    precedents: int
    returned: int | None = None


class SeriesChange(Record):
    """By how much a series changed where the yardstick or the node is known to have changed.

    `point` is the number of the first one after it. `before` and `after` are levels, in the metric's unit; `change` is
    relative to the one before, from `low` to `high` with 95 % confidence, if the noise is what it was. They are None
    where either side has too few points.
    """

    key: SeriesKey
    point: int
    before: float
    after: float
    change: float
    low: float | None = None
    high: float | None = None


class EventKind(ExplainedWord):
    """What is known of an event."""

    SUSPICION = "SUSPICION", "A series looks unlike its past; only a live comparison can say what it is."
    CODE = "CODE", "A live comparison on this node shows that the code changed the speed."
    NODE = "NODE", "The old commit, measured again, shows the change as well: it is the node."
    YARDSTICK = "YARDSTICK", "The benchmark measures something else since then: do not compare across it."
    MISSING = "MISSING", "A node, a case or its tests were not measured any more."
    BROKEN = "BROKEN", "The newest commits do not build."


class Event(Record):
    """Something that changed on a node, once, however many of its series show it; the evidence for it.

    `id` rests on the node and on the run that first showed it, and so stays the same when history is judged again with
    more runs. Between commits `old` and `new` it happened: `old` is the last one that is surely before, `new` the
    newest one when it was first seen, in `run`, on that `day`. What was seen in the numbers alone has `suspicions`, and
    `returned`, the day at which the last of its series was back; `trials` are the runs that sorted it, and `found` is
    what they came to together. What is known from the runs, a change of the yardstick or the node, has a `subject`,
    such as "kernel: 6.1 -> 6.12", and `changes`. So has what only trials have shown: its `changes` are theirs. It is
    `open` as long as one of its suspicions is. `command` would sort it, or measures it again once it is sorted, and
    `search` would find its commit where it may be one of several; both may be empty. `bisection` is the newest one of
    these commits that has ended. `triage` is what people decided about it.
    """

    id: str
    kind: EventKind
    node: str
    day: str
    run: str
    old: str
    new: str
    suspicions: tuple[Suspicion, ...] = ()
    returned: str = ""
    trials: tuple[str, ...] = ()
    found: tuple[Comparison, ...] = ()
    subject: str = ""
    changes: tuple[SeriesChange, ...] = ()
    open: bool = False
    command: str = ""
    search: str = ""
    bisection: str = ""
    triage: Triage | None = None


class SeriesStatus(ExplainedWord):
    """What is known of a series at its newest point."""

    STEADY = "steady", "The newest points look like those before them."
    SUSPICION = "suspicion", "The series looks unlike its past; no live comparison has looked at it yet."
    CONFIRMED = "confirmed", "A live comparison measured that the code changed the speed."
    TOO_FEW = "too few points", "The series has too few points to see a change in it."


class OddSeries(Record):
    """A series that looks unlike its past in the newest one or two points alone, by how much it changed there."""

    key: SeriesKey
    change: float


class OddRun(Record):
    """A run that looks unlike the past of its node, which may be chance: a reason to measure it again the same night.

    `id` is that of the event that it becomes if a live comparison shows a change from commit `old`, before it, to its
    own, `new`. `score` is relative to what it takes, `series` come strongest first. `back` tells that later ones are.
    """

    id: str
    node: str
    run: str
    day: str
    old: str
    new: str
    score: float
    series: tuple[OddSeries, ...]
    back: bool = False


class Judgement(Record):
    """One series as it stands: its epochs and its suspicions, oldest first, and what the newest point comes to.

    `change` compares the newest point with the level of its epoch: before the oldest suspicion that is open, if one
    is. It is None where there is no level. `missing` is how many more points it takes until a step can be seen,
    `visible` the smallest one, as a share, that would be suspected within a week in nine of ten cases.
    """

    key: SeriesKey
    status: SeriesStatus
    epochs: tuple[Epoch, ...]
    suspicions: tuple[Suspicion, ...]
    change: float | None
    missing: int = 0
    visible: float | None = None


class NodeHistory(Record):
    """All series of a node, in the order given, its events by the days on which they were first seen, and odd runs."""

    judgements: tuple[Judgement, ...]
    events: tuple[Event, ...]
    odd: tuple[OddRun, ...] = ()


class HistoryCommit(Record):
    """A commit of a history: its place in the order, its sha or else its release, and what is known of it.

    `name` is what points call it. `date` is when it was made, or else when it was first known to be there.
    """

    position: int
    name: str
    sha: str
    release: str
    date: str
    subject: str

    @property
    def short(self) -> str:
        """The commit as people read it: its release, else eight digits."""
        return self.release or self.sha[:8]

    def is_named(self, word: str) -> bool:
        """Return whether a word is its release, or the beginning of its sha."""
        return word == self.release or (bool(word) and self.sha.startswith(word.lower()))


class History(Record):
    """Series with the judgement of each, in the same order; events, oldest first; commits, in their order; odd runs."""

    series: tuple[Series, ...]
    judgements: tuple[Judgement, ...]
    events: tuple[Event, ...]
    commits: tuple[HistoryCommit, ...]
    odd: tuple[OddRun, ...] = ()
