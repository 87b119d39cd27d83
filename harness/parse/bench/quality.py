"""What the worker answers when it is asked what a library computes: checks and divergences."""

import contextlib
import hashlib
import math
from typing import Annotated, TypeVar

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE
from harness.records.quality import ResultCheck, TokenDivergence
from harness.records.record import Record
from harness.records.wording import format_unreal
from harness.stats.edit import count_edits
from harness.stats.summary import summarize

# How the reason begins where a program computes something else than the weights say.
WRONG = "wrong result"
_OPENING = '{"ok": true, "command": "'
_DIGEST_LENGTH = 12
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Bits = Annotated[str, msgspec.Meta(pattern="^[01]*$")]


class CheckAnswer(Record):
    """The worker's answer to `check`: see ResultCheck; `blank_keys` is which of several right results was nearest."""

    ok: bool
    command: str
    errors: tuple[float, ...]
    agreeing: _Bits
    unreal: _Number
    blank_keys: _Number = 0


class DivergenceAnswer(Record):
    """The worker's answer to `diverge`, with a number for each position.

    The library predicts `tokens`, those of the reference; `own` are what it says when it is left to itself.
    """

    ok: bool
    command: str
    windows: _Number
    of_windows: _Number
    language: str
    detected: bool
    divergence: tuple[float, ...]
    agreeing: _Bits
    log_probability: tuple[float, ...]
    reference_log_probability: tuple[float, ...]
    tokens: tuple[_Number, ...]
    own: tuple[_Number, ...]
    unreal: _Number
    made_by: str


_Answer = TypeVar("_Answer", CheckAnswer, DivergenceAnswer)


def parse_check(log: str, tolerance: float) -> ResultCheck:
    """Return what a log says of a check; raises UnreadableError if it says nothing."""
    answer = _find(log, "check", CheckAnswer)
    if not answer.errors or len(answer.errors) != len(answer.agreeing) or min(answer.errors) < 0:
        raise UnreadableError("the worker's answer to check is not whole")
    return ResultCheck(errors=answer.errors, tolerance=tolerance, agreeing=answer.agreeing, unreal=answer.unreal)


def parse_divergence(log: str) -> TokenDivergence:
    """Return what a log says of a divergence, the numbers of all positions summed up.

    Raises UnreadableError if it says nothing, and if some logits are not numbers: then nothing can be compared. Below
    six positions no interval has 95 %, and it is the whole range.
    """
    answer = _find(log, "diverge", DivergenceAnswer)
    rows = (answer.divergence, answer.log_probability, answer.reference_log_probability)
    positions = len(answer.tokens)
    if not positions or {len(answer.agreeing), *map(len, rows)} != {positions} or min(answer.divergence) < 0:
        raise UnreadableError("the worker's answer to diverge is not whole")
    if answer.unreal:
        raise UnreadableError(f"{WRONG}: {format_unreal(answer.unreal)}")
    summary = summarize(answer.divergence)
    return TokenDivergence(
        windows=answer.windows,
        of_windows=answer.of_windows,
        positions=positions,
        agreeing=answer.agreeing,
        mean=_mean(answer.divergence),
        median=summary.median,
        low=summary.minimum if summary.low is None else summary.low,
        high=summary.maximum if summary.high is None else summary.high,
        worst=summary.maximum,
        log_probability=_mean(answer.log_probability),
        reference_log_probability=_mean(answer.reference_log_probability),
        tokens=positions,
        token_edits=count_edits(answer.tokens, answer.own),
        digest=hashlib.sha256(" ".join(map(str, answer.own)).encode()).hexdigest()[:_DIGEST_LENGTH],
        made_by=answer.made_by,
    )


def _mean(values: tuple[float, ...]) -> float:
    return math.fsum(values) / len(values)


def _find(log: str, command: str, kind: type[_Answer]) -> _Answer:
    """Return the last answer to this command in a log."""
    opening = f'{_OPENING}{command}"'
    for line in reversed(log.splitlines()):
        # The library may have left a line of its own unfinished.
        _, found, rest = line.partition(opening)
        if found:
            with contextlib.suppress(*UNDECODABLE):
                return msgspec.json.decode(found + rest, type=kind)
    raise UnreadableError(f"the worker did not answer {command}")
