"""What a robot writes under a pull request about a live comparison."""

from harness.records.comparison import Verdict
from harness.records.record import Record


class CommentDraft(Record):
    """A comment as Markdown, and whether anything `changed` that is worth a comment.

    `commit` is the contender's, empty if it was never built, and `verdict` the one word for all verdicts, None if there
    is none.
    """

    changed: bool
    text: str
    verdict: Verdict | None = None
    commit: str = ""
