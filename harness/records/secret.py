"""What must not be shown: logins in URLs, and variables that hold secrets."""

import re
from collections.abc import Mapping

# The login of a URL ends at the last @ before the path; a password may hold a slash, but a port is none.
_LOGIN = re.compile(
    r"([a-z][a-z0-9+.-]{1,20}://)(?:[^/\s]{0,500}@|[^/\s@:]{0,100}:(?![0-9]{1,5}/)[^\s@]{0,500}@)", re.IGNORECASE
)
# Databases and signed addresses have their secrets among the words behind the question mark.
_QUERY = re.compile(
    r"([?&][a-z0-9_.-]{0,40}(?:token|secret|passw|passphrase|credential|api_?key|signature)[a-z0-9_.-]{0,40}=)[^&#\s'\"]+",
    re.IGNORECASE,
)
HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|KEYS?$|_PWD$|(?:^|_)(?:AUTH|BEARER|COOKIE|JWT|PASS|PAT)$"
    r"|^(?:PIP|UV|HF|NETRC)(?:_|$)",
    re.IGNORECASE,
)


def redact(text: str, mark: str = "") -> str:
    """Return `text` with the login of every URL in it replaced by `mark`, and secrets in its query by `HIDDEN`."""
    text = _LOGIN.sub(rf"\1{mark}", text) if "@" in text else text
    return _QUERY.sub(rf"\1{HIDDEN}", text) if "=" in text else text


def is_secret(name: str, value: str = "") -> bool:
    """Return whether the name of a variable or option looks like a secret, or its value holds a URL with a secret."""
    return bool(_SECRET_NAME.search(name)) or redact(value) != value


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that neither look like a secret nor hold a URL with a secret."""
    return {name: value for name, value in environ.items() if not is_secret(name, value)}
