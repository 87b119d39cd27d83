"""What `--json` prints, whatever the verb: one document around the result."""

from typing import Any

from harness.records.caveat import Caveat
from harness.records.record import Record

# The number of the form of the document. It is raised when a field is removed, renamed or gets another meaning.
ANSWER_SCHEMA = 1


class Complaint(Record):
    """Why a command failed: what happened, the likely cause, and a command to try; the last two may be empty."""

    what: str
    cause: str = ""
    hint: str = ""


class Answer(Record, kw_only=True):
    """The document that `--json` prints when a command has ended, exactly one for each command.

    `exit_code` is that of the process, and `status` the same as a word. `error` says why the command failed, if it did.
    `warnings` are the lines of standard error that are shown even with --quiet. `caveats` are what a reader of the
    result must know, each once. The form of `result` depends on the verb; it is null if there is none.
    """

    schema: int = ANSWER_SCHEMA
    verb: str
    harness: str
    exit_code: int
    status: str
    error: Complaint | None = None
    warnings: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    result: Any = None
