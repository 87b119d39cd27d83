"""Reports of ggml-ci, losslessly: whatever the text, `render_document(parse_report(text)) == text`.

The grammar is that of `run.sh` in ggml-org/ci, which writes the Summary and the Environment, and of `ci/run.sh` in
whisper.cpp, which writes the Output. The message of the commit is unescaped in a fence and may hold anything, so
its end is found from the Environment that follows it, never by counting fences.
"""

import re

from harness.parse.report.section import ReportDraft, read_sections
from harness.records.report import (
    LABEL_WIDTH,
    OLD_LABEL_WIDTH,
    OutputMark,
    Report,
    ReportEnvironment,
    ReportHeader,
    ReportPassage,
)

_HEAD = "## Summary\n\n"
_FIELD = re.compile(r"- ([a-z]+):( *)(.*)")
_AFTER_MESSAGE = "\n```\n\n## Environment\n\n```\n"
_ENVIRONMENT = "## Environment\n\n```\n"
_FENCE = "\n```\n"
_CLOSED = "\n```\n\n"
_OUTPUT = "## Output\n\n"
# The very first reports had neither Environment nor an Output heading.
_AFTER_OLD_MESSAGE = "\n```\n\n### "


def parse_report(text: str) -> Report:
    """Return the blocks of any text, and a remark for each line that does not fit the grammar; never raises.

    A text that begins with a section instead of the Summary is a `README.md.bak`.
    """
    ends = text.count("\n")
    crlf = ends > 0 and text.count("\r\n") == ends
    draft = ReportDraft(text.replace("\r\n", "\n") if crlf else text)
    if draft.text.startswith(_HEAD):
        _read_header(draft)
        _read_environment(draft)
    elif not draft.text.startswith("### "):
        draft.remark(0, "not a ggml-ci report: it does not begin with '## Summary'")
    if draft.text.startswith(_OUTPUT, draft.at):
        draft.take(OutputMark(), draft.at + len(_OUTPUT))
    read_sections(draft)
    return draft.finish(crlf=crlf)


def is_report(text: str) -> bool:
    """Return whether a text begins like a report, or like the part that `ci/run.sh` writes."""
    return text.startswith(("## Summary\n", "## Summary\r\n", "### ctest_", "### bench\n"))


def _read_header(draft: ReportDraft) -> None:
    text, at = draft.text, len(_HEAD)
    fields: list[tuple[str, str, str]] = []
    fenced = False
    while at < len(text) and not text.startswith("## ", at):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else None]
        at, here = (end + 1 if end >= 0 else len(text)), at
        if line == "```" and end >= 0:
            fenced = True
            break
        if found := _FIELD.fullmatch(line):
            fields.append((found[1], found[2], found[3]))
        elif line:
            draft.remark(here, "not a line of a Summary")
    if not fenced:
        draft.remark(at, "the Summary has no message", cut=at >= len(text))
    stop, end = _find_message_end(draft, at) if fenced else (at, at)
    draft.take(
        ReportHeader(
            fields=tuple((name, value) for name, _, value in fields),
            message=text[at : max(at, stop)],
            label_width=_label_width(fields),
        ),
        max(at, end),
    )


def _label_width(fields: list[tuple[str, str, str]]) -> int:
    old = [(name, blanks) for name, blanks, _ in fields if len(name) + len(blanks) + 3 == OLD_LABEL_WIDTH]
    return OLD_LABEL_WIDTH if fields and len(old) == len(fields) else LABEL_WIDTH


def _find_message_end(draft: ReportDraft, begin: int) -> tuple[int, int]:
    """Return where the message ends, and where what follows its fence begins.

    The Environment is the last one whose first fence is followed by a heading, because a message may quote a report.
    """
    text = draft.text
    found = text.rfind(_AFTER_MESSAGE, begin - 1)
    last = found
    while found >= 0:
        fence = text.find(_FENCE, found + len(_AFTER_MESSAGE) - 1)
        if fence >= 0 and text.startswith("\n## ", fence + len(_FENCE)):
            return found, found + len(_CLOSED)
        # The next one to the left must end before this one begins.
        found = text.rfind(_AFTER_MESSAGE, begin - 1, found + len(_FENCE))
    if last >= 0:
        return last, last + len(_CLOSED)
    old = text.find(_AFTER_OLD_MESSAGE, begin - 1)
    if old >= 0:
        return old, old + len(_CLOSED)
    if text.endswith(_CLOSED):
        return len(text) - len(_CLOSED), len(text)
    draft.remark(len(text), "the report stops in the middle of the message", cut=True)
    return len(text), len(text)


def _read_environment(draft: ReportDraft) -> None:
    text, begin = draft.text, draft.at
    if not text.startswith(_ENVIRONMENT, begin):
        if begin < len(text) and not text.startswith("### ", begin):
            draft.remark(begin, "no Environment after the Summary")
        elif begin == len(text):
            draft.remark(begin, "the report stops after the Summary", cut=True)
        return
    inside = begin + len(_ENVIRONMENT)
    fence = text.find(_FENCE, inside - 1)
    if fence < 0:
        draft.remark(len(text), "the report stops in the middle of the Environment", cut=True)
        draft.take(ReportEnvironment(lines=tuple(text[inside:].split("\n"))), len(text))
        return
    end = fence + len(_FENCE)
    end += text.startswith("\n", end)
    body = text[inside : max(inside, fence + 1)]
    draft.take(ReportEnvironment(lines=tuple(body.split("\n")[:-1])), end)
    heading = text.find("\n## Output\n\n", end - 1)
    if heading < 0:
        draft.remark(end, "no Output after the Environment", cut=end == len(text))
    elif heading + 1 > end:
        draft.remark(end, "text between the Environment and the Output")
        draft.take(ReportPassage(text=text[end : heading + 1]), heading + 1)
