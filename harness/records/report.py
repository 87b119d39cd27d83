"""A ggml-ci report as it was written: blocks whose texts, joined, are the report."""

from harness.records.record import Record

MEMCPY = "memcpy Benchmark"
MUL_MAT = "ggml_mul_mat Benchmark"
MODELS = "Model Benchmarks"
ERRORS = "Benchmark Errors"
# No part of upstream's reports.
TEXT_QUALITY = "Text Quality"
FENCE = "```"
NO_ROWS = "No model benchmark results available."
COLUMNS = ("Config", "Model", "Th", "FA", "Enc.", "Dec.", "Bch5", "PP", "Commit")
_ROW = "| %16s | %13s | %3s | %3s | %7s | %7s | %7s | %7s | %7s |"
# Where the values of a header begin: since 2023 with two blanks after the longest word, before with one.
LABEL_WIDTH = 11
OLD_LABEL_WIDTH = 10


class ReportRemark(Record):
    """Something in a report that the grammar does not cover; `line` counts from 1.

    `cut` says that the report is cut off here.
    """

    line: int
    what: str
    text: str = ""
    cut: bool = False


class ReportBlock(Record, tag=True, kw_only=True):
    """A stretch of a report that begins on `line`; `str()` is its exact text.

    `raw` is that text if it differs from what the fields would give, else None.
    """

    line: int = 0
    raw: str | None = None

    def written(self) -> str:
        """Return the text of the fields, as ggml-ci writes it."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.written() if self.raw is None else self.raw


class ReportHeader(ReportBlock):
    """The Summary: `fields` by their names (status, runtime, date, repo, commit, author), and the commit's message."""

    fields: tuple[tuple[str, str], ...]
    message: str
    label_width: int = LABEL_WIDTH

    def written(self) -> str:
        """Return the text of the fields."""
        lines = "".join(f"{f'- {name}:':<{self.label_width}}{value}\n" for name, value in self.fields)
        return f"## Summary\n\n{lines}{FENCE}\n{self.message}\n{FENCE}\n\n"

    def get(self, name: str) -> str:
        """Return one field, or an empty string."""
        return dict(self.fields).get(name, "")


class ReportEnvironment(ReportBlock):
    """The lines of the Environment: mostly KEY=VALUE, but variables may have further lines."""

    lines: tuple[str, ...]

    def written(self) -> str:
        """Return the text of the lines."""
        body = "".join(f"{line}\n" for line in self.lines)
        return f"## Environment\n\n{FENCE}\n{body}{FENCE}\n\n"

    def get(self, name: str) -> str:
        """Return the value of a variable, or an empty string."""
        return next((line[len(name) + 1 :] for line in self.lines if line.startswith(f"{name}=")), "")


class OutputMark(ReportBlock):
    """The heading before the sections that `ci/run.sh` wrote."""

    def written(self) -> str:
        """Return the heading."""
        return "## Output\n\n"


class TestLog(ReportBlock):
    """The section of one ctest run: its exit status (None if there is none) and the output of ctest.

    `gap` is the empty line after it, which llama.cpp and ggml write but whisper.cpp does not.
    """

    __test__ = False  # not a test of pytest's

    mode: str
    status: int | None
    log: str
    gap: bool = False

    def written(self) -> str:
        """Return the section."""
        end = "\n" if self.gap else ""
        return (
            f"### ctest_{self.mode}\n\nRuns ctest in {self.mode} mode\n- status: {_number(self.status)}\n"
            f"{FENCE}\n{self.log}\n{FENCE}\n{end}"
        )


class BenchHead(ReportBlock):
    """The beginning of the benchmarks of whisper.cpp, with the exit status of that step."""

    status: int | None

    def written(self) -> str:
        """Return the heading and the status."""
        return f"### bench\n\nWhisper Benchmark Results\n- status: {_number(self.status)}\n"


class BenchLog(ReportBlock):
    """A part of the benchmarks that holds plain output: memcpy, mul_mat, errors."""

    title: str
    log: str

    def written(self) -> str:
        """Return the part."""
        return f"#### {self.title}\n\n{FENCE}\n{self.log}\n{FENCE}\n\n"


class ReportRow(Record):
    """A line of the model table: nine values, or none if it is another line.

    `text` is the original line if its blanks differ from upstream's.
    """

    cells: tuple[str, ...] = ()
    text: str | None = None

    def __str__(self) -> str:
        return self.text if self.text is not None else format_row(self.cells)

    def get(self, column: str) -> str:
        """Return the value under a column's name, or an empty string."""
        return self.cells[COLUMNS.index(column)] if self.cells else ""


class ReportTable(ReportBlock):
    """The model table, including head and rule; without lines if upstream says that there are no results."""

    lines: tuple[ReportRow, ...]

    def written(self) -> str:
        """Return the part."""
        body = "\n".join(map(str, self.lines)) if self.lines else NO_ROWS
        return f"#### {MODELS}\n\n{body}\n\n"

    @property
    def rows(self) -> tuple[ReportRow, ...]:
        """The rows of values."""
        return tuple([row for row in self.lines if row.cells and row.cells != COLUMNS and row.cells[1].strip("-:")])


class ReportPassage(ReportBlock):
    """Text that the grammar does not cover, or a section of another project under its `name`."""

    text: str
    name: str = ""

    def written(self) -> str:
        """Return the text."""
        return self.text


AnyBlock = ReportHeader | ReportEnvironment | OutputMark | TestLog | BenchHead | BenchLog | ReportTable | ReportPassage


class Report(Record):
    """A whole report; `crlf` says that all of its lines end as on Windows."""

    blocks: tuple[AnyBlock, ...]
    remarks: tuple[ReportRemark, ...] = ()
    crlf: bool = False

    @property
    def header(self) -> ReportHeader | None:
        """The Summary, or None."""
        return next((block for block in self.blocks if isinstance(block, ReportHeader)), None)

    @property
    def environment(self) -> ReportEnvironment:
        """The Environment, without lines if the report has none."""
        found = (block for block in self.blocks if isinstance(block, ReportEnvironment))
        return next(found, ReportEnvironment(lines=()))

    @property
    def tests(self) -> tuple[TestLog, ...]:
        """The ctest sections in their order."""
        return tuple(block for block in self.blocks if isinstance(block, TestLog))

    @property
    def bench(self) -> BenchHead | None:
        """The beginning of the benchmarks, or None."""
        return next((block for block in self.blocks if isinstance(block, BenchHead)), None)

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """The model tables; a report has at most one, but a pasted one may have more."""
        return tuple(block for block in self.blocks if isinstance(block, ReportTable))

    @property
    def cut(self) -> ReportRemark | None:
        """Where the report is cut off, or None."""
        return next((remark for remark in self.remarks if remark.cut), None)

    def log(self, title: str) -> str:
        """Return the output in a part of the benchmarks, or an empty string."""
        found = (block.log for block in self.blocks if isinstance(block, BenchLog) and block.title == title)
        return next(found, "")

    def output(self) -> str:
        """Return everything after the Output heading, or the whole text if there is no heading (README.md.bak)."""
        marks = [number for number, block in enumerate(self.blocks) if isinstance(block, OutputMark)]
        return "".join(map(str, self.blocks[marks[0] + 1 if marks else 0 :]))


def format_row(cells: tuple[str, ...]) -> str:
    """Return a line of the model table; longer values push the rest to the right."""
    return _ROW % cells


def _number(status: int | None) -> str:
    return "" if status is None else str(status)
