"""Many settings measured side by side: the axes, their cells, and the results."""

from enum import StrEnum

from harness.records.comparison import Summary
from harness.records.measurement import Case
from harness.records.quality import TextQuality
from harness.records.record import Record
from harness.records.run import SettingUsed

# The model behind `SweepRow.rtf`: a window of speech, token by token; at 150 words a minute there are about so many
# tokens.
WINDOW_S = 30.0
TOKENS_PER_WINDOW = 100
# Axis name and value, in the order of the axes.
Values = tuple[tuple[str, str], ...]


class RowAbsence(StrEnum):
    """Why a row has no numbers yet, if the sweep still has to measure them."""

    NOT_YET = "not-yet"
    RUN_GONE = "run-gone"


class Axis(Record):
    """A setting and its values; names in capitals are CMake options."""

    name: str
    values: tuple[str, ...]


class SweepEntry(Record):
    """One config of a sweep: the values that decide the binary, and the id of the run that measures it.

    `reason` says why there is no run.
    """

    values: Values
    run: str = ""
    reason: str = ""


class Cell(Record):
    """One combination of all axes: `entry` is the number of its config, `reason` says why it is not measured."""

    values: Values
    entry: int
    case: Case
    reason: str = ""


class Sweep(Record):
    """A sweep as it is stored; its runs are ordinary runs, and tables are always made from them.

    `start` and `end` are UTC in ISO 8601; `end` is empty while it is not finished. `settings` decide what is
    measured, so that a config whose run is lost can be measured again; sweeps of earlier versions have none. `job` is
    the key of the job of a fleet that measures it.
    """

    schema: int
    id: str
    node: str
    start: str
    seed: int
    repetitions: int
    axes: tuple[Axis, ...]
    entries: tuple[SweepEntry, ...]
    cells: tuple[Cell, ...]
    end: str = ""
    settings: tuple[SettingUsed, ...] = ()
    job: str = ""

    @property
    def varying(self) -> tuple[Axis, ...]:
        """The axes that have more than one value."""
        return tuple(axis for axis in self.axes if len(axis.values) > 1)

    def label(self, values: Values) -> str:
        """Return the `values` in which cells differ, for people: `threads=2 fa=1`."""
        names = {axis.name for axis in self.varying}
        return " ".join(f"{name}={value}" for name, value in values if name in names)


class SweepRow(Record):
    """The results of a cell: a summary for each metric by name, and the peak memory of its processes.

    `reason` says why there are no numbers, and `absent` whether they are still to come. `equal_to` is the number, from
    0, of the first row that measured the same code with the same settings. `rtf` is the modelled real-time factor
    (`harness.stats.realtime`). `still` counts its processes that were stopped in spite of repetitions. `text` is how
    good its text is, None if nobody looked; rows that differ in threads alone share it.
    """

    values: Values
    summaries: tuple[tuple[str, Summary], ...] = ()
    rtf: float | None = None
    max_rss_bytes: int = 0
    reason: str = ""
    equal_to: int | None = None
    still: int = 0
    absent: RowAbsence | None = None
    text: TextQuality | None = None

    @property
    def blank(self) -> bool:
        """Whether there is neither a number nor a final reason."""
        return not self.summaries and (self.absent is not None or not self.reason)

    def get(self, metric: str) -> Summary | None:
        """Return the summary of a metric, or None."""
        return dict(self.summaries).get(metric)


class Standing(Record):
    """The row with the best median of a metric, and whether it is really better than every other one.

    `others` counts the rows, of other code or settings, that it was compared with; `unresolved` are those that it could
    not be distinguished from. `rounds` is the number of rounds, `least_rounds` the fewest that could decide.
    """

    metric: str
    row: int
    others: int
    unresolved: tuple[int, ...]
    rounds: int
    least_rounds: int

    @property
    def certain(self) -> bool:
        """Whether the best row is really the best."""
        return not self.unresolved


class SweepTable(Record):
    """A sweep with its numbers: a row for each cell, in the order of the cells, and the best row of each metric."""

    sweep: Sweep
    rows: tuple[SweepRow, ...]
    standings: tuple[Standing, ...]
