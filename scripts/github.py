"""GitHub's REST API with the standard library: requests with a token, pages, limits, and errors that say what to do."""

import contextlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from scripts.runner import StepError, say

_ATTEMPTS = 4
# Before another attempt, longer each time; and so long at most until a limit of requests is over.
_PAUSE_S, _PATIENCE_S = 1.0, 120.0
_TIMEOUT_S = 60
_MINUTE_S = 60.0
_PAGE, _MOST_PAGES = 100, 100
_MOST_BYTES = 32 << 20
_LOCAL = ("localhost", "127.0.0.1", "::1")
UNFIT, UNAVAILABLE = 3, 4


class MissingError(StepError):
    """Something is not there, or may not be seen."""


class _Redirection(urllib.request.HTTPRedirectHandler):
    """Follows GitHub to where it stores files, without the token."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and _place(newurl) != _place(req.full_url):
            request.remove_header("Authorization")
        return request


class Api:
    """The API of one repository, with the token of a job."""

    def __init__(self, environ: Mapping[str, str], *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._url = environ.get("GITHUB_API_URL", "") or "https://api.github.com"
        self._repository = environ["GITHUB_REPOSITORY"]
        self._token = environ.get("ACTION_TOKEN", "")
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_Redirection)
        parts = urllib.parse.urlsplit(self._url)
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise StepError(f"{self._url} is no place for a token: only https is")
        if not self._token:
            raise StepError("there is no token; in the workflow: ACTION_TOKEN: ${{ github.token }}")

    def get(self, path: str, **query: str | int) -> Any:
        """Return what is at a path below the repository."""
        return _decode(self._ask("GET", path, query), path)

    def list_all(self, path: str, key: str = "", **query: str | int) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, page after page; `key` names the list where it is a part of the answer."""
        for page in range(1, _MOST_PAGES + 1):
            found = self.get(path, **query, per_page=_PAGE, page=page)
            entries = found.get(key) if key and isinstance(found, dict) else found
            if not isinstance(entries, list):
                raise StepError(f"{path}: GitHub's answer is no list", UNAVAILABLE)
            yield from entries
            if len(entries) < _PAGE:
                return
        raise StepError(f"{path}: more than {_PAGE * _MOST_PAGES} entries", UNAVAILABLE)

    def send(self, method: str, path: str, **body: str) -> Any:
        """Write something, and return GitHub's answer."""
        return _decode(self._ask(method, path, {}, json.dumps(body).encode()), path)

    def remove(self, path: str) -> None:
        """Remove what is at a path below the repository, if it is still there."""
        with contextlib.suppress(MissingError):
            self._ask("DELETE", path, {})

    def download(self, path: str, most: int) -> bytes:
        """Return a file of at most `most` bytes."""
        return self._ask("GET", path, {}, most=most)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str | int], body: bytes | None = None, most: int = _MOST_BYTES
    ) -> bytes:
        """Return the body of an answer; what may pass by itself is asked again."""
        words = f"?{urllib.parse.urlencode(query)}" if query else ""
        url = f"{self._url}/repos/{self._repository}{path}{words}"
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "whisper-harness",
        }
        for attempt in range(1, _ATTEMPTS + 1):
            request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - see above
            pause = _PAUSE_S * 2 ** (attempt - 1)
            try:
                with self._opener.open(request, timeout=_TIMEOUT_S) as response:
                    content: bytes = response.read(most + 1)
            except urllib.error.HTTPError as error:
                with error:
                    why, pause = _explain(error, method, path, pause)
            except (OSError, HTTPException) as error:
                why = f"{method} {path}: GitHub does not answer: {error}"
            else:
                if len(content) > most:
                    raise StepError(f"{path}: it has more than {most} bytes", UNAVAILABLE)
                return content
            if attempt < _ATTEMPTS:
                say(f"{why}; attempt {attempt} of {_ATTEMPTS}, the next one in {pause:.0f} s")
                self._sleep(pause)
        raise StepError(f"{why}; run this job again later", UNAVAILABLE)


def _explain(error: urllib.error.HTTPError, method: str, path: str, pause: float) -> tuple[str, float]:
    """Return what went wrong and how long to wait until the next attempt; raises StepError if that is in vain."""
    message = _read_message(error)
    about = f"{method} {path}: {error.code} {message}"
    limited = error.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in error.headers
    if error.code in (403, 429) and not limited and "rate limit" in message.lower():
        limited, pause = True, _MINUTE_S  # so long at least, where GitHub does not say how long
    if error.code == 429 or (error.code == 403 and limited):
        wait = _find_wait(error.headers, pause)
        if wait > _PATIENCE_S:
            text = f"{about}: the limit of requests is reached; run this job again in {wait / 60:.0f} minutes"
            raise StepError(text, UNAVAILABLE)
        return f"{about}: the limit of requests is reached", wait
    if error.code in (401, 403):
        advice = "the token may not do that; the job needs `permissions: pull-requests: write` and `actions: read`"
        raise StepError(f"{about}: {advice}. The token of a fork's own job never may", UNFIT)
    if error.code == 404:
        raise MissingError(f"{about}: it is not there, or the token may not see it", UNAVAILABLE)
    if error.code < 500:
        raise StepError(about, UNAVAILABLE)
    return about, pause


def _find_wait(headers: Message, otherwise: float) -> float:
    """Return how many seconds GitHub asks to wait."""
    after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
    if after.isdecimal():
        return float(after)
    return max(otherwise, float(reset) - time.time()) if reset.isdecimal() else otherwise


def _read_message(error: urllib.error.HTTPError) -> str:
    try:
        found = json.loads(error.read(1 << 16))
    except (ValueError, OSError, HTTPException, RecursionError):
        return error.reason
    message = found.get("message") if isinstance(found, dict) else ""
    return " ".join(str(message or error.reason).split())[:200]


def _decode(content: bytes, path: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise StepError(f"{path}: GitHub's answer is no JSON", UNAVAILABLE) from None


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
