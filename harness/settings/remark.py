"""What stands behind a command as a comment of the shell: what another computer cannot do as its words say it."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

# A path, alone or behind the name of an option; whoever pastes the line elsewhere has no such file.
_PATH = re.compile(r"(?:^|[=:,@])(?:/|~|\.{1,2}/|file:)(?!/github)")
MARK = "  # "
# Trials of one seed throw the same coins, and a coin counts once where the trials of a node are put together.
SAME_SEED = "the same random orders, which add no evidence on that node; without --seed they are new, and do"


def add_remarks(command: str, remarks: Iterable[str]) -> str:
    """Return a command with remarks behind it, each once; the shell does not read them.

    It is empty for a command of several lines, and remarks become one line: a shell would take what follows a line end
    for a command of its own, and a record may be a stranger's.
    """
    if not command.isprintable():
        return ""
    found = tuple(dict.fromkeys(map(_flatten, remarks)))
    return f"{command}{MARK}{'; '.join(found)}" if found else command


def _flatten(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def split_remarks(command: str) -> tuple[str, str]:
    """Return a command without the remarks behind it, and these; what is between quotes is no remark."""
    at = command.find(MARK)
    while at >= 0:
        try:
            shlex.split(command[:at])
        except ValueError:  # a quote is open there
            at = command.find(MARK, at + 1)
        else:
            return command[:at], command[at + len(MARK) :]
    return command, ""


def remark_paths(command: str) -> str:
    """Return a command with a remark about the paths in it, if there are any."""
    try:
        words = shlex.split(command)
    except ValueError:  # from the record of another program
        words = command.split()
    return add_remarks(command, list_paths(words))


def list_paths(words: Sequence[str]) -> Iterator[str]:
    """Yield a remark about the words that are paths, if any is."""
    paths = [word for word in words if _PATH.search(word)]
    if paths:
        yield f"paths of the computer that measured: {' '.join(paths)}"
