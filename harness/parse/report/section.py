"""The sections of a report's Output, read block by block: ctest logs, benchmarks, and sections of other projects."""

import re

from harness.parse.notation import parse_number
from harness.records.report import (
    COLUMNS,
    ERRORS,
    MEMCPY,
    MODELS,
    MUL_MAT,
    NO_ROWS,
    TEXT_QUALITY,
    AnyBlock,
    BenchHead,
    BenchLog,
    Report,
    ReportPassage,
    ReportRemark,
    ReportRow,
    ReportTable,
    TestLog,
    format_row,
)

_SHOWN = 120

_HEADING = re.compile(r"(#{2,3}) (\S.*)\n")
_TEST = re.compile(r"### ctest_(\S*)\n\nRuns ctest in (\S*) mode\n- status: *(\S*)\n```\n")
_BENCH = re.compile(r"### bench\n\nWhisper Benchmark Results\n- status: *(\S*)\n")
_PART = re.compile(r"#### (.*)\n\n")
_STATUS = re.compile(r"-?[0-9]{1,9}")
# What a whole section may end with; only the first two of them can end a log.
_ENDS = ("\n```\n", "\n```\n\n", "|\n\n", f"{NO_ROWS}\n\n", "\n\n")
_KNOWN = ("Output", "ctest_", "bench")
_LOST = "ms"
_TIMES = COLUMNS[4:8]


class ReportDraft:
    """The text of a report, and how far it has been read (`at`)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._blocks: list[AnyBlock] = []
        self._remarks: list[ReportRemark] = []
        self._line, self._counted = 1, 0
        self._known = 0  # remarks of earlier blocks

    def take(self, block: AnyBlock, end: int) -> None:
        """Add `block` for the text from `at` to `end`; it keeps that text if its fields do not reproduce it."""
        if end > self.at:
            text = self.text[self.at : end]
            raw = None if block.written() == text else text
            if raw is not None and len(self._remarks) == self._known:
                self.remark(self.at, "not written as ggml-ci writes it")
            self._blocks.append(block.replace(line=self._line_at(self.at), raw=raw))
        self._known = len(self._remarks)
        self.at = end

    def remark(self, offset: int, what: str, *, cut: bool = False) -> None:
        """Add a remark about something unexpected at `offset`."""
        end = self.text.find("\n", offset)
        text = self.text[offset : end if end >= 0 else None][:_SHOWN]
        self._remarks.append(ReportRemark(line=self._line_at(offset), what=what, text=text, cut=cut))

    def finish(self, *, crlf: bool) -> Report:
        """Return the report that was read."""
        remarks = sorted(self._remarks, key=lambda remark: remark.line)
        return Report(blocks=tuple(self._blocks), remarks=tuple(remarks), crlf=crlf)

    def _line_at(self, offset: int) -> int:
        """Return the number of the line of `offset`, counting on from the last one asked for."""
        if offset >= self._counted:
            self._line += self.text.count("\n", self._counted, offset)
        else:
            self._line -= self.text.count("\n", offset, self._counted)
        self._counted = offset
        return self._line


def read_sections(draft: ReportDraft) -> None:
    """Read everything from the current position of the draft."""
    text = draft.text
    while draft.at < len(text):
        log = _TEST.match(text, draft.at)
        end, name = _find_section_end(text, draft.at, _ENDS[:2] if log else _ENDS)
        if log:
            _read_tests(draft, log, end)
        elif bench := _BENCH.match(text, draft.at, end):
            _read_bench(draft, bench, end)
        else:
            _read_passage(draft, name, end)


def _read_passage(draft: ReportDraft, name: str, end: int) -> None:
    text = draft.text[draft.at : end]
    if end == len(draft.text) and (name.startswith(_KNOWN) or not text.endswith("\n")):
        draft.remark(end, f"the report stops in the middle of section '{name}'", cut=True)
    else:
        draft.remark(draft.at, f"section '{name}' is not known: kept as text" if name else "no section: kept as text")
    draft.take(ReportPassage(text=text, name=name), end)


def _find_section_end(text: str, begin: int, ends: tuple[str, ...]) -> tuple[int, str]:
    """Return where the next section begins, or the end of the text, and the name of this one."""
    heading = _HEADING.match(text, begin)
    found = text.find("\n##", begin)
    while found >= 0:
        if _HEADING.match(text, found + 1) and text.endswith(ends, begin, found + 1):
            return found + 1, heading[2] if heading else ""
        found = text.find("\n##", found + 1)
    return len(text), heading[2] if heading else ""


def _read_tests(draft: ReportDraft, head: re.Match[str], end: int) -> None:
    body = draft.text[head.end() - 1 : end]
    gap = body.endswith("\n```\n\n")
    closed = gap or body.endswith("\n```\n")
    if not closed:
        draft.remark(end, f"the report stops in the middle of ctest_{head[1]}", cut=True)
    log = body[1 : len(body) - (6 if gap else 5)] if closed else body[1:]
    draft.take(TestLog(mode=head[1], status=_status(draft, head, 3), log=log, gap=gap), end)


def _read_bench(draft: ReportDraft, head: re.Match[str], end: int) -> None:
    draft.take(BenchHead(status=_status(draft, head, 1)), head.end())
    text, seen = draft.text, False
    while draft.at < end:
        found = text.find("\n\n#### ", draft.at, end)
        stop = found + 2 if found >= 0 else end
        part = _PART.match(text, draft.at, stop)
        if part and part[1] == MODELS:
            _read_table(draft, part.end(), stop)
        elif part and part[1] in (MEMCPY, MUL_MAT, ERRORS, TEXT_QUALITY) and text.startswith("```\n", part.end(), stop):
            _read_log(draft, part, stop)
        else:
            draft.remark(draft.at, "not a part of the benchmarks: kept as text")
            draft.take(ReportPassage(text=text[draft.at : stop], name=part[1] if part else ""), stop)
        seen |= bool(part and part[1] == MODELS)
    if end == len(text) and not seen:
        draft.remark(end, "the report stops before the model table", cut=True)


def _read_log(draft: ReportDraft, part: re.Match[str], end: int) -> None:
    body = draft.text[part.end() + 3 : end]
    tail = next((tail for tail in ("\n```\n\n", "\n```\n", "\n```") if body.endswith(tail)), "")
    if not tail:
        draft.remark(end, f"the report stops in the middle of '{part[1]}'", cut=True)
    elif tail != "\n```\n\n":
        draft.remark(end, f"no empty line after '{part[1]}'", cut=end == len(draft.text))
    draft.take(BenchLog(title=part[1], log=body[1 : len(body) - len(tail)]), end)


def _read_table(draft: ReportDraft, begin: int, end: int) -> None:
    text = draft.text
    body = text[begin:end]
    if not body.endswith("\n\n"):
        draft.remark(end, "the report stops in the middle of the model table", cut=True)
    lines: list[ReportRow] = []
    at = begin
    plain = body.rstrip("\n")
    for line in plain.split("\n") if plain and plain != NO_ROWS else ():
        lines.append(_read_row(draft, line, at))
        at += len(line) + 1
    draft.take(ReportTable(lines=tuple(lines)), end)


def _read_row(draft: ReportDraft, line: str, at: int) -> ReportRow:
    """Return the values of a row, split at the bars, since long names and commits shift the columns."""
    pieces = line.split("|")
    cells = tuple([cell.strip(" ") for cell in pieces[1:-1]])
    if len(cells) != len(COLUMNS) or pieces[0] or pieces[-1]:
        draft.remark(at, f"not a row of the model table: {len(cells)} cells between bars, not {len(COLUMNS)}")
        return ReportRow(text=line)
    if cells != COLUMNS and cells[0] != "---":
        for name, cell in zip(_TIMES, cells[4:8], strict=True):
            if parse_number(cell) is None and cell not in ("", _LOST):
                draft.remark(at, f"{name} {cell!r} is not a number")
    return ReportRow(cells=cells, text=None if format_row(cells) == line else line)


def _status(draft: ReportDraft, head: re.Match[str], group: int) -> int | None:
    if _STATUS.fullmatch(head[group]):
        return int(head[group])
    draft.remark(head.start(group), "the status is not a number")
    return None
