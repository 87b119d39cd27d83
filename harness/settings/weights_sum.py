"""Weights that are named by what they are: `sha256:` and the sum of the file, or as much of it as is unique."""

import re

from harness.errors import UsageError
from harness.records.record import Record

SUM = "sha256:"
_FEWEST, _MOST = 12, 64
_DIGITS = re.compile(rf"[0-9a-f]{{{_FEWEST},{_MOST}}}")
_JOINT, _AT = "+", "@"


class WeightsSum(Record):
    """The SHA-256 sums of the weights, one for each model, whole or their beginnings; `place` is where to look first.

    `place` is a file or a folder, empty for none.
    """

    sums: tuple[str, ...]
    place: str = ""

    def __str__(self) -> str:
        return f"{SUM}{_JOINT.join(self.sums)}{f'{_AT}{self.place}' if self.place else ''}"

    def names(self, sha256: str) -> bool:
        """Return whether one of the sums is that of a file; an empty text is the sum of none."""
        return bool(sha256) and sha256.startswith(self.sums)


def read_sum(choice: str) -> WeightsSum | None:
    """Return the sums that a value of `--weights` names, None for one of another kind.

    It is written `sha256:SUM`, `sha256:SUM+SUM` for several models, and `sha256:SUM@PATH` for where to look first.
    Raises UsageError for what is no sum.
    """
    if not choice.startswith(SUM):
        return None
    words, _, place = choice.removeprefix(SUM).partition(_AT)
    sums = tuple(word.lower() for word in words.split(_JOINT))
    wrong = next((word for word in sums if not _DIGITS.fullmatch(word)), None)
    if wrong is not None:
        raise UsageError(
            f"--weights: {wrong!r} is not the SHA-256 sum of a file",
            cause=f"a sum has {_FEWEST} to {_MOST} hexadecimal digits",
            hint="sha256sum FILE  # prints it; or --weights with a path, auto, official or synthetic",
        )
    return WeightsSum(sums=sums, place=place)
