"""Downloads of large pinned files: resumable, bounded, and always verified."""

import contextlib
import hashlib
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

import harness
from harness.errors import UnavailableError, UnfitError, UsageError
from harness.parse.notation import parse_count
from harness.records.record import Record
from harness.records.secret import redact
from harness.system.disk import make_folder, require_free
from harness.system.download.certificate import certificates
from harness.system.download.part import PartialDownload
from harness.system.limit import limit_of
from harness.system.lock import hold

Progress = Callable[[int, int], None]
_HUGGING_FACE = "https://huggingface.co"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# An attempt that brings this much was worth it: it does not count against the bound.
_WORTHWHILE_BYTES = 1 << 20
# What brings less for so long as nothing may come at all is as good as nothing.
_LEAST_BYTES_PER_S = 1024
_FORBIDDEN = {401, 403, 407}
_PASSING = {408, 425, 429}
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


class RetryPolicy(Record):
    """How long to wait for a connection and for data, and after how many fruitless attempts in a row to give up."""

    connect_s: float = 15
    read_s: float = 60
    attempts: int = 5
    backoff_s: float = 1


PATIENT = RetryPolicy()
QUICK = RetryPolicy(connect_s=5, read_s=20, attempts=2)


class WrongSumError(UnavailableError):
    """The download is complete, but not the pinned content."""


class _CutError(Exception):
    """An attempt ended early; another one may succeed."""


class DownloadRequest(Record):
    """A file to be downloaded: its address, and its pinned content; `size_bytes` 0 means unknown.

    `token` is sent only to the host of `url`, over https or the loopback.
    """

    url: str
    sha256: str
    size_bytes: int = 0
    token: str = ""

    @property
    def shown(self) -> str:
        """The address without a login."""
        return redact(self.url)


class _Response(Protocol):
    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    def iter_raw(self) -> Iterator[bytes]: ...


# Additional headers -> the answer, open for reading.
_Ask = Callable[[Mapping[str, str]], AbstractContextManager[_Response]]


def silent(_done: int, _total: int) -> None:
    """Report nothing."""


class _Means(NamedTuple):
    """How a file is fetched, and what is called with the progress."""

    environ: Mapping[str, str]
    progress: Progress
    patience: RetryPolicy


def fetch(
    wanted: DownloadRequest,
    destination: Path,
    environ: Mapping[str, str],
    progress: Progress = silent,
    patience: RetryPolicy = PATIENT,
) -> None:
    """Make `destination` the wanted file, downloading what is missing.

    A partial download is in `<destination>.part` and is resumed, in this process or a later one. `progress` receives
    the bytes done and in total. Proxies are those of the process's own environment. Raises UnavailableError for files
    that cannot be downloaded (WrongSumError for other content than the pinned one), UnfitError for a full disk.
    """
    make_folder(destination.parent)
    try:
        with locked(destination):
            if destination.is_file() and _sha256(destination) == wanted.sha256:  # another process was faster
                return
            with PartialDownload(destination) as part:
                require_free(destination.parent, max(wanted.size_bytes - part.size, 0), what=destination.name)
                _complete(wanted, part, _Means(environ, progress, patience))
    except OSError as error:
        raise UnfitError(f"cannot write {destination}", cause=error.strerror or str(error)) from None


def _complete(wanted: DownloadRequest, part: PartialDownload, means: _Means) -> None:
    """Fill `part`, and make it the destination if its sum is correct."""
    resumed = part.size > 0
    if part.sha256 != wanted.sha256:
        _transfer(wanted, part, means)
    if part.sha256 != wanted.sha256 and resumed:  # the earlier piece may be of another file, or damaged
        part.restart("")
        _transfer(wanted, part, means)
    if part.sha256 != wanted.sha256:
        part.discard()
        raise _wrong_sum(wanted, part.sha256)
    part.finish()


def _transfer(wanted: DownloadRequest, part: PartialDownload, means: _Means) -> None:
    """Complete `part`, in as many attempts as the policy allows."""
    import httpx2

    headers = {"User-Agent": f"whisper-harness/{harness.__version__}", "Accept-Encoding": "identity"}
    if wanted.token and _may_carry_token(wanted.url):
        headers["Authorization"] = f"Bearer {wanted.token}"
    patience = means.patience
    timeout = httpx2.Timeout(patience.read_s, connect=patience.connect_s)
    try:
        client = httpx2.Client(
            verify=certificates(means.environ), headers=headers, timeout=timeout, follow_redirects=True, trust_env=True
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:  # SOCKS without its package, a malformed proxy
        raise UnfitError(
            "the proxy settings cannot be used", cause=str(error), hint="export HTTPS_PROXY=http://HOST:PORT"
        ) from None

    def ask(more: Mapping[str, str]) -> AbstractContextManager[_Response]:
        return client.stream("GET", wanted.url, headers=dict(more))

    fruitless = 0
    with client:
        while not (wanted.size_bytes and part.size == wanted.size_bytes):
            before = part.size
            try:
                _attempt(ask, wanted, part, means)
                return
            except (httpx2.RequestError, httpx2.InvalidURL, _CutError) as error:
                if limit := limit_of(error):
                    raise limit from None
                fruitless = 0 if part.size >= before + _WORTHWHILE_BYTES else fruitless + 1
                if fruitless >= patience.attempts:
                    raise _unreachable(wanted, error, part) from None
            time.sleep(patience.backoff_s * 2 ** max(fruitless - 1, 0))


def _attempt(ask: _Ask, wanted: DownloadRequest, part: PartialDownload, means: _Means) -> None:
    headers = {"Range": f"bytes={part.size}-"} if part.size else {}
    if part.size and part.etag:
        headers["If-Range"] = part.etag
    with ask(headers) as response:
        _require_success(response.status_code, wanted, part)
        total = _announced_bytes(response.status_code, response.headers, part)
        if wanted.size_bytes and total and total != wanted.size_bytes:
            raise _wrong_size(wanted, total)
        if response.status_code != 206:
            part.restart(response.headers.get("ETag", ""))
        total = wanted.size_bytes or total
        looked, size = time.monotonic(), part.size
        for chunk in response.iter_raw():
            part.append(chunk)
            if (passed_s := time.monotonic() - looked) > means.patience.read_s:
                if part.size - size < _LEAST_BYTES_PER_S * passed_s:
                    raise _CutError(f"only {part.size - size} bytes arrived in {passed_s:.0f} s")
                looked, size = time.monotonic(), part.size
            if wanted.size_bytes and part.size > wanted.size_bytes:
                part.discard()
                raise _wrong_size(wanted, part.size)
            means.progress(part.size, total)
    if part.size < total:
        raise _CutError(f"the connection ended after {part.size} of {total} bytes")


def _require_success(status: int, wanted: DownloadRequest, part: PartialDownload) -> None:
    if status in {200, 206}:
        return
    if status == 416:  # nothing lies behind the piece we have: it is of another file
        part.restart("")
    if status == 416 or status in _PASSING or status >= 500:
        raise _CutError(f"the server answered {status}")
    if status in _FORBIDDEN:
        hint = "--weights PATH  # gives the file; or set HF_TOKEN to a token that may read it, or use a mirror"
    else:
        hint = "--weights PATH  # gives the file; or check the mirror's address"
    raise UnavailableError(f"{wanted.shown} cannot be downloaded", cause=f"the server answered {status}", hint=hint)


def _announced_bytes(status: int, headers: Mapping[str, str], part: PartialDownload) -> int:
    """Return the length of the whole file from the server, or 0."""
    if status != 206:
        return parse_count(headers.get("Content-Length", "")) or 0
    match = _CONTENT_RANGE.match(headers.get("Content-Range", ""))
    if match is None or int(match[1]) != part.size:
        part.restart("")
        raise _CutError("the server sent a different range than was asked for")
    return 0 if match[2] == "*" else int(match[2])


def _may_carry_token(url: str) -> bool:
    parsed = urllib.parse.urlsplit(url)
    return parsed.scheme == "https" or parsed.hostname in _LOOPBACK


def _unreachable(wanted: DownloadRequest, error: Exception, part: PartialDownload) -> UnavailableError:
    kept = f" ({part.size / 1e6:,.1f} MB were received and are kept)" if part.size else ""
    return UnavailableError(
        f"{wanted.shown} cannot be downloaded{kept}",
        cause=str(error) or type(error).__name__,
        hint="--weights synthetic  # needs no network; or check the network, the proxy settings and the mirror",
    )


def _wrong_size(wanted: DownloadRequest, found_bytes: int) -> UnavailableError:
    return UnavailableError(
        f"{wanted.shown} is not the pinned file",
        cause=f"it has {found_bytes} bytes, but {wanted.size_bytes} are pinned (a login page, or another mirror?)",
        hint="--weights PATH  # gives the file; or check the mirror's address",
    )


def _wrong_sum(wanted: DownloadRequest, found: str) -> WrongSumError:
    return WrongSumError(
        f"{wanted.shown} is not the pinned file, and was removed",
        cause=f"its SHA-256 is {found}, but {wanted.sha256} is pinned",
        hint="try again, or use another mirror; if that does not help, the published file has changed",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mirrored(url: str, mirror: str) -> str:
    """Return `url` with the address of Hugging Face replaced by `mirror`; raises UsageError for an invalid address."""
    if not mirror or not url.startswith(f"{_HUGGING_FACE}/"):
        return url
    if not mirror.startswith(("https://", "http://")):
        hint = f"an address such as {_HUGGING_FACE}"
        raise UsageError(f"the mirror {redact(mirror)!r} is not an https:// or http:// address", hint=hint)
    return mirror.rstrip("/") + url.removeprefix(_HUGGING_FACE)


@contextlib.contextmanager
def locked(destination: Path) -> Iterator[None]:
    """Hold `<destination>.lock` for the duration of the block; raises UnfitError if that is impossible."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(destination.with_name(f"{destination.name}.lock"), busy=lambda: None))
        except OSError as error:
            raise UnfitError(f"cannot lock {destination.name}", cause=str(error)) from None
        yield
