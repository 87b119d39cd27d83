"""Why an environment could not be made: a cause and a hint, from the output of venv and pip."""

import re
from typing import NamedTuple

from harness.environment.wheel import INSTALL
from harness.errors import UnfitError
from harness.parse.shortage import read_shortage

_NOEXEC = r"failed to map segment from shared object"
# Each entry: what the programs write, what it means, what to do. The first match counts. `{python}` is the interpreter,
# `{folder}` the environment, `{variable}` the variable that names another folder, `{name}` the group of the pattern.
_CAUSES = (
    (
        r"No module named '?(?:ensurepip|venv)\b|ensurepip is (?:not available|disabled)",
        "{python} lacks venv or ensurepip, which are needed to make virtual environments",
        "sudo apt install python3-venv (Debian, Ubuntu), or use another Python, 3.11 or newer",
    ),
    (
        r"No space left on device|Errno 28\b|Disk quota exceeded|Errno 122\b",
        "the disk is full or the quota is used up in {folder}",
        "free some space, or set {variable}=FOLDER to use another folder",
    ),
    (
        r"DO NOT MATCH THE HASHES.*?\n\s+(?P<name>[A-Za-z0-9][\w.-]*==[\w.]+)|DO NOT MATCH THE HASHES",
        "the package index delivered another file than the locked one: the SHA-256 of {name} does not match",
        "python3 -m pip cache purge, then try again; python3 -m pip config list shows the index in use",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|SSLError",
        "the certificate of the package index, or of a proxy, is not trusted",
        "set PIP_CERT=FILE to the certificates to trust; python3 -m pip config list shows pip's settings",
    ),
    (
        r"ProxyError|Cannot connect to proxy|407 Proxy",
        "the proxy for the package index refuses the connection or does not answer",
        "check HTTPS_PROXY; python3 -m pip config list shows pip's settings",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionResetError|IncompleteRead",
        "the package index cannot be reached",
        "check the network, or set PIP_INDEX_URL=URL; python3 -m pip config list shows pip's settings",
    ),
    (
        r"EOF when reading a line|\b40[13] (?:Client )?Error",
        "the package index asks for a login",
        "put it into pip's configuration or ~/.netrc; python3 -m pip config list shows pip's settings",
    ),
    (
        r"The repository located at (?P<name>\S+) is not a trusted or secure host",
        "pip does not use the package index at {name}, because its address begins with http:// instead of https://",
        "set PIP_INDEX_URL=URL to an index with https; or, if you trust the network, PIP_TRUSTED_HOST={name}",
    ),
    (
        r"No matching distribution found for (?P<name>[A-Za-z0-9][\w.-]*==[\w.]+)",
        "the package index has no {name} for this Python and this machine",
        "set PIP_INDEX_URL=URL to another index, or use a Python from 3.11 to 3.14",
    ),
    (
        r"Failed (?:to build|building wheel for) '?(?P<name>[A-Za-z0-9][\w.-]*)|error: command '[^']*(?:gcc|cc|clang)",
        "{name} has no wheel for this Python and this machine, and could not be built",
        f"{INSTALL}; or use a Python from 3.11 to 3.14",
    ),
    (
        _NOEXEC,
        "{folder} is on a file system that does not allow programs to run (noexec)",
        "set {variable}=FOLDER to use another folder",
    ),
    (
        r"Read-only file system|Permission denied|Operation not permitted|Errno (?:1|13|30)\b",
        "{folder} is not writable",
        "set {variable}=FOLDER to use another folder",
    ),
)
# The address of an object, which pip writes before the reason of a lost connection.
_OBJECT = re.compile(r"<[^<>]*>: ")
_LONGEST = 300


class SetUpAction(NamedTuple):
    """An action of the set-up, as its errors describe it; `hint` is used if the cause is unknown.

    `variable` is the one that selects another folder.
    """

    doing: str
    hint: str
    python: str
    folder: str
    variable: str


def explain(output: str, action: SetUpAction) -> UnfitError:
    """Return the error for an action that failed, from the program's output."""
    complaint = read_shortage(output)  # first: for pip it may look like a lost connection
    if complaint and not re.search(_NOEXEC, complaint.line):
        what = f"cannot make the environment in {action.folder}: {complaint.shortage.means}"
        return UnfitError(what, cause=_shorten(complaint.line), hint=complaint.shortage.remedy)
    for pattern, what, remedy in _CAUSES:
        match = re.search(pattern, output, re.DOTALL)
        if match:
            names = {"python": action.python, "folder": action.folder, "variable": action.variable}
            names["name"] = match.groupdict().get("name") or "a package"
            return UnfitError(what.format(**names), cause=_line_at(output, match.start()), hint=remedy.format(**names))
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?:ERROR|[A-Za-z.]*[Ee]rror)\b", line)]
    return UnfitError(f"{action.doing} failed", cause=_shorten((errors or lines or [""])[-1]), hint=action.hint)


def _line_at(text: str, place: int) -> str:
    return _shorten(text[text.rfind("\n", 0, place) + 1 :].split("\n", 1)[0])


def _shorten(line: str) -> str:
    line = _OBJECT.sub("", line.strip())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
