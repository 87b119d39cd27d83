"""`harness comment`: the comment of a pull request, from what `harness ab --json` has printed."""

from pathlib import Path

from harness.commands.output import Output, OutputForm
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UnreadableError
from harness.parse.ab_answer import MOST_ANSWER_BYTES, AbAnswer, parse_ab_answer
from harness.records.exit_code import ExitCode
from harness.records.trial_report import SideReport, TrialReport
from harness.render.comment import MOST_CHARACTERS, draft_comment, fits
from harness.system.foreign import read_bytes


def comment(path: Path, output: Output, *, number: int = 0, commit: str = "") -> int:
    """Print the comment that an answer of `harness ab` makes, and return the exit code.

    With `commit`, verdicts about any other contender are refused, and so is what is too long for a comment.
    """
    answer = _read(path)
    report = answer.result or _describe_failure(answer)
    sha = report.contender.sha
    if commit and sha != commit and (sha or report.family):
        cause = f"its contender is {sha or 'not known'}, not {commit}"
        raise UnreadableError(f"{path} is about another commit", cause=cause)
    draft = draft_comment(report, number)
    if not fits(draft):
        raise UnreadableError(f"{path} makes a comment of more than {MOST_CHARACTERS} characters")
    output.show(draft.text, draft)
    return int(ExitCode.OK)


def _read(path: Path) -> AbAnswer:
    try:
        return parse_ab_answer(read_bytes(path, within=path.parent, most_bytes=MOST_ANSWER_BYTES), str(path))
    except UnreadableError as error:
        hint = error.hint or "harness ab --json > answer.json  # writes such a file"
        raise UnreadableError(error.what, cause=error.cause, hint=hint) from None


def _describe_failure(answer: AbAnswer) -> TrialReport:
    """Return the report of a comparison that ended with an error before it had any answer."""
    nobody = SideReport(name="")
    failure = f"{answer.error.what} {answer.error.cause}".strip() if answer.error else f"exit code {answer.exit_code}"
    return TrialReport(node="", cpu="", baseline=nobody, contender=nobody, failure=failure)


def _call(call: Call) -> int:
    return comment(
        Path(call.text("file")), call.output, number=call.number("pull_request") or 0, commit=call.text("commit")
    )


VERB = Verb(
    name="comment",
    call=_call,
    arguments=(
        Argument(
            name="FILE",
            metavar="FILE",
            path=True,
            words=CompletionSource.FILE,
            help="what `harness ab --json` has printed; it is read as the text of a stranger",
        ),
        Argument(
            name="--pull-request",
            takes=ArgumentKind.NUMBER,
            metavar="N",
            help="the number of the pull request, for the command that checks it out",
        ),
        Argument(name="--commit", metavar="SHA", help="refuse an answer whose contender is not this commit"),
    ),
    examples=(
        ("harness comment answer.json", "as Markdown"),
        ("harness comment answer.json --pull-request 12 --json", "for a program, which must know whether it changed"),
    ),
    forms=(OutputForm.TEXT, OutputForm.JSON),
)
