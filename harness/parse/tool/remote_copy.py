"""What rsync, scp and ssh say when they fail, and where they copy from."""

import re
from typing import NamedTuple

from harness.errors import UsageError

_HOST = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9._-]*")
# What a shell on the other computer would take apart: older programs pass the folder through one.
_SIGNS = re.compile(r"[^\s'\"`$\\;&|<>()*?\[\]{}!#~:]+")
# What ssh says, and what the owner of the fleet can do about it.
_COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    ("could not resolve hostname", "its name is not known", "getent hosts {host}"),
    ("name or service not known", "its name is not known", "getent hosts {host}"),
    ("permission denied (13)", "you may not read the folder there", "ssh {host} ls -l {folder}"),
    ("permission denied (", "it does not accept a key of yours, and no password is asked for", "ssh-copy-id {host}"),
    ("host key verification failed", "its host key is not known, or is another one than before", "ssh {host} true"),
    ("connection refused", "nothing listens there for ssh", "ssh -v {host} true"),
    ("connection timed out", "it does not answer", "ssh -v {host} true"),
    ("no route to host", "it does not answer", "ping {host}"),
    ("connection closed by", "it closed the connection", "ssh -v {host} true"),
    ("no space left on device", "the disk here is full", "df -h"),
    ("permission denied", "you may not read the folder there", "ssh {host} ls -l {folder}"),
    ("no such file or directory", "there is no such folder", "ssh {host} ls -d {folder}"),
)
_NO_RSYNC = re.compile(r"rsync: (?:command )?not found|rsync: No such file or directory", re.IGNORECASE)
_COUNT = re.compile(r"^Number of (?:regular )?files transferred: ([0-9,.]+)", re.MULTILINE)
_SIZE = re.compile(r"^Total transferred file size: ([0-9,.]+)", re.MULTILINE)


class RemoteFolder(NamedTuple):
    """A folder on another computer, as rsync and scp name it."""

    host: str
    folder: str

    def __str__(self) -> str:
        """Return it as one word: `HOST:FOLDER`."""
        return f"{self.host}:{self.folder}"


def is_remote(folder: str) -> bool:
    """Return whether a folder lies on another computer: `HOST:FOLDER`; a colon behind a slash is one of the path."""
    return ":" in folder.partition("/")[0]


def parse_remote(text: str) -> RemoteFolder:
    """Return the folder that `HOST:FOLDER` names; raises UsageError for what is none, or what a shell takes apart."""
    host, _, folder = text.partition(":")
    folder = folder.removeprefix("~/") or "."
    if not _HOST.fullmatch(host) or not _SIGNS.fullmatch(folder) or folder.startswith(("-", "//")):
        raise UsageError(
            f"{text!r} is not a folder on another computer",
            cause="expected HOST:FOLDER, without special characters, and no dash at its beginning; other ports and "
            "keys belong in ~/.ssh/config",
            hint='results = "bench1:/srv/results"',
        )
    return RemoteFolder(host, folder)


def explain_failure(stderr: str, remote: RemoteFolder) -> tuple[str, str]:
    """Return why a copy failed, and a command to try; the last line of `stderr` where it is not understood."""
    low = stderr.lower()
    for sign, cause, command in _COMPLAINTS:
        if sign in low:
            return cause, command.format(host=remote.host, folder=remote.folder)
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    # rsync ends with a line on itself, after the one that matters.
    told = [line for line in lines if not line.startswith(("rsync error:", "rsync: connection unexpectedly"))]
    return (told or lines or ["it gave no reason"])[-1], f"ssh -v {remote.host} true"


def lacks_rsync(stderr: str) -> bool:
    """Return whether the other computer has no rsync."""
    return _NO_RSYNC.search(stderr) is not None


def read_extent(stats: str) -> tuple[int, int] | None:
    """Return how many files, and how many bytes, a dry run of rsync would copy; None where it does not say so."""
    count, size = _COUNT.search(stats), _SIZE.search(stats)
    return (_number(count[1]), _number(size[1])) if count and size else None


def _number(text: str) -> int:
    return int(re.sub("[,.]", "", text))
