"""Why an environment could not be made: from what venv and pip wrote to a cause and a command."""

import re

from harness.errors import UnfitError
from harness.parse.shortage import read_shortage

_NOEXEC = r"failed to map segment from shared object"
# Of each: what the programs write, what it means, what to do. The first that is found counts. `{python}` is the
# interpreter, `{folder}` the environment, `{variable}` what names another folder, `{name}` what the pattern found.
_CAUSES = (
    (
        r"No module named '?(?:ensurepip|venv)\b|ensurepip is (?:not available|disabled)",
        "{python} comes without venv or ensurepip, which make virtual environments",
        "sudo apt install python3-venv (Debian, Ubuntu), or start with another Python from 3.11 on",
    ),
    (
        r"No space left on device|Errno 28\b|Disk quota exceeded|Errno 122\b",
        "the disk is full, or the quota used up, while {folder} was set up",
        "free some space, or name another folder: {variable}=FOLDER",
    ),
    (
        r"DO NOT MATCH THE HASHES.*?\n\s+(?P<name>[A-Za-z0-9][\w.-]*==[\w.]+)|DO NOT MATCH THE HASHES",
        "the package index delivered something other than what is locked: {name} has another SHA-256",
        "python3 -m pip cache purge, then again; or another index (what is set: python3 -m pip config list)",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|SSLError",
        "the certificate of the package index, or of a proxy before it, is not trusted",
        "PIP_CERT=FILE names the certificates to trust; what is set: python3 -m pip config list",
    ),
    (
        r"ProxyError|Cannot connect to proxy|407 Proxy",
        "the proxy on the way to the package index refuses or does not answer",
        "look at HTTPS_PROXY and at: python3 -m pip config list",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionResetError|IncompleteRead",
        "the package index cannot be reached",
        "check the network, or name another index: PIP_INDEX_URL=URL; what is set: python3 -m pip config list",
    ),
    (
        r"EOF when reading a line|\b40[13] (?:Client )?Error",
        "the package index asks for a login",
        "put it into pip's configuration or ~/.netrc; what is set: python3 -m pip config list",
    ),
    (
        r"The repository located at (?P<name>\S+) is not a trusted or secure host",
        "pip does not ask the package index at {name}, because its address begins with http:// and not with https://",
        "name an index with https: PIP_INDEX_URL=URL; or, if you trust the network: PIP_TRUSTED_HOST={name}",
    ),
    (
        r"No matching distribution found for (?P<name>[A-Za-z0-9][\w.-]*==[\w.]+)",
        "no package index that pip may ask has {name} for this Python and this machine",
        "name another index, PIP_INDEX_URL=URL, or start with a Python from 3.11 to 3.13",
    ),
    (
        r"Failed (?:to build|building wheel for) '?(?P<name>[A-Za-z0-9][\w.-]*)|error: command '[^']*(?:gcc|cc|clang)",
        "{name} has no ready-made file for this Python and this machine, and could not be built",
        "install a C compiler and the headers of Python, or start with a Python from 3.11 to 3.13",
    ),
    (
        _NOEXEC,
        "{folder} lies on a file system from which no program may be loaded (noexec)",
        "name another folder: {variable}=FOLDER",
    ),
    (
        r"Read-only file system|Permission denied|Operation not permitted|Errno (?:1|13|30)\b",
        "{folder} cannot be written to",
        "name another folder: {variable}=FOLDER",
    ),
)
# What pip writes around the reason of a lost connection: the address of an object.
_OBJECT = re.compile(r"<[^<>]*>: ")
_LONGEST = 300


def explain(output: str, *, doing: str, hint: str, python: str, folder: str, variable: str) -> UnfitError:
    """Return why `doing` failed, from what the program wrote; `hint` is what to do where that names no known cause."""
    told = read_shortage(output)  # first: for pip it may look like a lost connection
    if told and not re.search(_NOEXEC, told.line):
        what = f"the environment in {folder} cannot be made: {told.shortage.means}"
        return UnfitError(what, cause=_shorten(told.line), hint=told.shortage.remedy)
    for pattern, what, remedy in _CAUSES:
        match = re.search(pattern, output, re.DOTALL)
        if match:
            names = {"python": python, "folder": folder, "variable": variable}
            names["name"] = match.groupdict().get("name") or "a package"
            return UnfitError(what.format(**names), cause=_line_at(output, match.start()), hint=remedy.format(**names))
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?:ERROR|[A-Za-z.]*[Ee]rror)\b", line)]
    return UnfitError(f"{doing} failed", cause=_shorten((errors or lines or [""])[-1]), hint=hint)


def _line_at(text: str, place: int) -> str:
    return _shorten(text[text.rfind("\n", 0, place) + 1 :].split("\n", 1)[0])


def _shorten(line: str) -> str:
    line = _OBJECT.sub("", line.strip())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
