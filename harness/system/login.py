"""Logins for git: in the environment, bound to their server, and only for commands that need them."""

import base64
import re
import urllib.parse
from collections.abc import Mapping

from harness.records.secret import is_secret

# GIT_CONFIG_COUNT, and as many GIT_CONFIG_KEY_0, GIT_CONFIG_VALUE_0, ..., are settings (git-config(1)).
_COUNT = re.compile("[0-9]{1,4}")


def part_login(url: str, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return an http(s) URL without its login, and the variables that give git the login for that server only.

    In a URL it would be in the arguments of git's processes, which everybody on the node can see, and in the clone.
    """
    parts = urllib.parse.urlsplit(url)
    login, at, server = parts.netloc.rpartition("@")
    if parts.scheme.lower() not in ("http", "https") or not at:
        return url, {}
    words = base64.b64encode(urllib.parse.unquote(login if ":" in login else f"{login}:").encode()).decode()
    number = _count_settings(environ)
    return parts._replace(netloc=server).geturl(), {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"http.{parts.scheme}://{server}/.extraHeader",
        f"GIT_CONFIG_VALUE_{number}": f"Authorization: Basic {words}",
    }


def leave_out_logins(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those settings that hold the login of a URL.

    The others are renumbered, since git does not start if one is missing.
    """
    names = [(f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}") for number in range(_count_settings(environ))]
    if not names:
        return dict(environ)
    pairs = [(environ.get(key, ""), environ.get(value, "")) for key, value in names]
    kept = [pair for pair in pairs if not any(is_secret("", word) for word in pair)]
    taken = {name for pair in names for name in pair}
    left = {name: value for name, value in environ.items() if name not in taken}
    left["GIT_CONFIG_COUNT"] = str(len(kept))
    for (key, value), pair in zip(names, kept, strict=False):
        left[key], left[value] = pair
    return left


def _count_settings(environ: Mapping[str, str]) -> int:
    count = environ.get("GIT_CONFIG_COUNT", "")
    return int(count) if _COUNT.fullmatch(count) else 0
