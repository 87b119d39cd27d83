"""The exit codes of the harness: one closed list, each with a word for programs and one line of meaning."""

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """How a command ended, as a number for shells; a code keeps its meaning for ever."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Return the member for a number, the form in which it is stored."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "Everything that was asked for was done."
    DEFECT = 1, "The harness has a defect: the message is a traceback, which should be reported."
    USAGE = 2, "The command line, a setting or a variable asks for something that does not exist."
    UNFIT = 3, "This node cannot do it now: no compiler, no space, no memory, a folder of others, or a run in progress."
    UNAVAILABLE = 4, "Sources or weights are unavailable, or are not what was pinned."
    UNREADABLE = 5, "An input file cannot be understood."
    BUILD_FAILED = 10, "The build failed; the message and its log say why."
    TESTS_FAILED = 11, "A test of whisper.cpp failed, or did not run."
    BENCHMARK_FAILED = 12, "A benchmark failed, or something that was asked for was not measured."
    REGRESSION = 20, "A comparison found a regression whose estimate reaches the threshold."
    INCONCLUSIVE = 21, "No answer was found, and --strict was given; or calibrate had too few blocks."
    NOISY = 75, "The node is too noisy for a measurement now, and --refuse-noise was given: try again later."
    INTERRUPTED = 130, "Interrupted; what was finished is on disk, and --resume goes on."

    @classmethod
    def of(cls, code: int) -> Self:
        """Return the member with this number."""
        return next(one for one in cls if one == code)

    @property
    def word(self) -> str:
        """The code as a word for programs, such as `build-failed`."""
        return self.name.lower().replace("_", "-")
