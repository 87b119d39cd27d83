"""A report that was read, as the text that it was."""

from harness.records.report import Report


def render_document(report: Report) -> str:
    """Return the exact text that `parse_report` had, byte for byte."""
    text = "".join(map(str, report.blocks))
    return text.replace("\n", "\r\n") if report.crlf else text
