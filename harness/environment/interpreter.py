"""A clear error for a Python that is too old. Python 2.7 and newer can parse this file and `harness/__main__.py`."""

import os
import re
import subprocess
import sys

OLDEST = (3, 11)
UNFIT = 3  # the exit code of harness.errors.UnfitError, which a Python this old cannot import


def refuse(arguments):
    # type: (list[str]) -> int
    """Say that this Python is too old, and how to run the command with a newer one; return the exit code."""
    newer = find_newer(os.environ.get("PATH", os.defpath).split(os.pathsep))
    words = ["-m", "harness"] + arguments
    if newer:
        hint = " ".join(quote(word) for word in [newer] + words)
    else:
        hint = "install Python %d.%d or newer, then python%d.%d %s" % (
            OLDEST + OLDEST + (" ".join(quote(word) for word in words),)
        )
    what = "Python %d.%d is too old; the harness needs %d.%d or newer" % (tuple(sys.version_info[:2]) + OLDEST)
    try:
        sys.stderr.write("harness: %s\n  try:   %s\n" % (what, hint))
        sys.stderr.flush()
    except (AttributeError, IOError, OSError):  # closed, or the disk is full: there is still the exit code
        pass
    return UNFIT


def find_newer(folders):
    # type: (list[str]) -> str
    """Return the name of a Python in `folders` that is new enough and runs; empty if there is none."""
    minors = set()  # type: set[int]
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        matches = [re.match(r"python3\.(\d+)$", name) for name in names]
        minors.update(int(match.group(1)) for match in matches if match)
    named = ["python3.%d" % minor for minor in sorted(minors, reverse=True) if minor >= OLDEST[1]]
    for name in ["python3"] + named:
        if runs(name):
            return name
    return ""


def runs(name):
    # type: (str) -> bool
    """Return whether the program `name` runs and is a new enough Python; a pyenv shim may have none behind it."""
    check = "import sys; sys.exit(sys.version_info < (%d, %d))" % OLDEST
    with open(os.devnull, "r+") as nothing:
        try:
            return subprocess.call([name, "-c", check], stdin=nothing, stdout=nothing, stderr=nothing) == 0
        except OSError:
            return False


def quote(word):
    # type: (str) -> str
    """Return `word` quoted for a shell."""
    return word if re.match(r"[\w@%+=:,./-]+$", word) else "'" + word.replace("'", "'\"'\"'") + "'"
