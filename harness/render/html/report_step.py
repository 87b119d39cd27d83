"""The steps of a run on a page: a table of all, and the ends of their logs, more of them where a step failed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge.check import describe_check
from harness.records.outcome import StepResult
from harness.records.run import Run
from harness.records.wording import format_count
from harness.render.format.text import visible
from harness.render.html.block import Block, LogBlock, PageSection, TableBlock, TextBlock
from harness.render.html.table import (
    MARKS,
    PageCell,
    PageColumn,
    PageRow,
    PageTable,
    cell_number,
    cell_verdict,
    drop_empty,
    shorten,
)
from harness.render.section import bounded

# People look for the end of the log of a failed step; of the others a glance is enough.
_FAILED_LINES, _LINES = 60, 8
_WIDTH = 240
# Of many steps each shows fewer lines.
_ALL_LINES = 160
# So many characters of logs are shown at most, failed steps first.
_MOST = 70_000
# A run with more steps than this shows equal ones in one row.
_MANY = 120
_MOST_LOGS = 60
# A longer table of steps is folded; what failed stands open below it.
_FOLDED = 40


class _StepGroup(NamedTuple):
    """Steps that share a row: one, or the repetitions of a case that ended alike."""

    steps: tuple[StepResult, ...]

    @property
    def first(self) -> StepResult:
        return self.steps[0]


def list_steps(run: Run, logs: Mapping[str, str], path: str, title: str = "Steps") -> Iterator[PageSection]:
    """Yield the section about the steps of a run, whose bundle is at `path`; none for a run without steps."""
    if run.results:
        table = _tabulate(run)
        ends: list[Block] = list(_list_logs(run.results, logs, path))
        heading = [TextBlock(lines=(), heading="The end of each log")] if ends else []
        blocks = (TableBlock(table=table, folded=len(table.rows) > _FOLDED), *heading, *ends)
        name = title.lower().replace(" ", "-")
        yield PageSection(title=title, name=name, blocks=blocks)


def tail(log: str, lines: int) -> str:
    """Return the last lines of a log that hold anything, long ones cut, with signs for control characters."""
    found = [line for line in visible(log).splitlines() if line.strip()]
    shown = [shorten(line.rstrip(), _WIDTH) for line in found[-lines:]]
    if len(found) > lines:
        shown.insert(0, f"({format_count(len(found) - lines, 'line')} before)")
    return "\n".join(shown)


def _tabulate(run: Run) -> PageTable:
    groups = list(_group(run.results))
    many = ", equal ones in one row" if len(run.results) > len(groups) else ""
    steps = format_count(len(run.results), "step")
    columns = (
        PageColumn(name="Step"),
        PageColumn(name="Status"),
        PageColumn(name="Time", unit="s", number=True),
        PageColumn(name="Peak memory", unit="MB", number=True),
        PageColumn(name="What happened"),
    )
    table = PageTable(
        caption=f"What was done, in order: {steps}{many}", columns=columns, rows=tuple(_row(group) for group in groups)
    )
    return drop_empty(table)


def _group(results: Sequence[StepResult]) -> Iterator[_StepGroup]:
    """Yield the rows: each step, or in a long run the steps of one case that ended alike."""
    if len(results) <= _MANY:
        yield from (_StepGroup((one,)) for one in results)
        return
    found: dict[tuple[object, ...], list[StepResult]] = {}
    for one in results:
        alike = (one.phase, str(one.case)) if one.case else (one.step,)
        found.setdefault((*alike, one.status, one.reason), []).append(one)
    yield from (_StepGroup(tuple(steps)) for steps in found.values())


def _row(group: _StepGroup) -> PageRow:
    one, count = group.first, len(group.steps)
    completed = [step.completed for step in group.steps if step.completed]
    peak = max((process.max_rss_bytes for process in completed), default=0)
    parts = (one.reason, "reused" if one.reused else "", _count_tests(one), describe_check(one))
    reason = "; ".join(part for part in parts if part)
    name = f"{one.case} ({count} times)" if count > 1 else one.step
    return PageRow(
        cells=(
            PageCell(text=shorten(name)),
            cell_verdict(one.status),
            _cell_time(sum(process.wall_s for process in completed) if completed else None),
            cell_number(peak / 1e6 if peak else None),
            PageCell(text=shorten(reason, 400)),
        )
    )


def _cell_time(seconds: float | None) -> PageCell:
    return cell_number(None) if seconds is None else PageCell(text=f"{bounded(seconds):.2f}", value=bounded(seconds))


def _count_tests(step: StepResult) -> str:
    if not step.checks:
        return ""
    bad = [check.name for check in step.checks if check.status.bad]
    named = f", {len(bad)} failed: {', '.join(bad[:5])}{' ...' if len(bad) > 5 else ''}" if bad else ""
    return f"{format_count(len(step.checks), 'test')}{named}"


def _list_logs(results: Sequence[StepResult], logs: Mapping[str, str], path: str) -> Iterator[LogBlock]:
    """Yield the ends of logs in the order of the steps; those of failed steps first take what may be shown."""
    chosen = _choose(results)
    lines = max(2, min(_LINES, _ALL_LINES // max(1, len(chosen))))
    texts: dict[int, str] = {}
    left = _MOST
    for number in sorted(chosen, key=lambda at: not results[at].status.bad):
        one = results[number]
        text = tail(logs.get(one.log, ""), _FAILED_LINES if one.status.bad else lines) if one.log else ""
        texts[number] = text if len(text) <= left else ""
        left -= len(texts[number])
    for number in chosen:
        one = results[number]
        if one.log or one.reason:
            yield LogBlock(
                step=shorten(one.step),
                place=f"{path}/logs/{one.log}" if one.log and path else one.log,
                text=texts[number],
                mark=MARKS[one.status],
                status=one.status.value,
                note=shorten(one.reason, 400),
                opened=one.status.bad,
            )


def _choose(results: Sequence[StepResult]) -> list[int]:
    """Return the numbers of the steps whose logs are shown: all, or failed ones and one of each kind."""
    numbers = range(len(results))
    if len(results) <= _MOST_LOGS:
        return list(numbers)
    seen: set[tuple[object, ...]] = set()
    chosen: list[int] = []
    for number in numbers:
        one = results[number]
        kind = (one.phase, one.case, one.status) if one.case else (one.step,)
        if kind not in seen and len(chosen) < _MOST_LOGS:
            seen.add(kind)
            chosen.append(number)
    return chosen
