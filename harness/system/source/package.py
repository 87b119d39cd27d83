"""Downloading one pinned file from the places that pip is configured to use."""

import contextlib
import functools
import hashlib
import logging
import os
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import LimitError, UnavailableError, UnfitError
from harness.parse.shortage import read_shortage
from harness.parse.tool.pip import PackageIndex
from harness.records.secret import redact
from harness.records.source import Sdist
from harness.system.cache.entry import Note
from harness.system.disk import expand_home
from harness.system.limit import limit_of, refuse_program

_CHUNK_BYTES = 1 << 16
# Of a page or an archive; all of pip's index of names is half of that.
_MOST_BYTES = 64 << 20
# So many of pip's time-outs for a single read may a whole page or archive take: 15 minutes by default.
_PATIENCE = 60
_WAY_OUT = "pip config set global.index-url URL  # an index that has it; or measure a tree with --source DIR"


def download_sdist(sdist: Sdist, index: PackageIndex, target: Path, *, environ: Mapping[str, str], note: Note) -> None:
    """Write the pinned file to `target`, from the first place that has it.

    Raises UnavailableError, which says for each place what was wrong, with both sums if they differ.
    """
    failures: list[str] = []
    with _collected(failures), _open_client(index, environ) as client:
        for place, options in _places(index):
            try:
                url = _find(sdist, client, options)
                if url:
                    note(f"downloading {sdist.filename} from {redact(url)}")
                    digest = _receive(client, url, target, sdist)
            except (LimitError, UnfitError):
                raise
            except Exception as error:
                if limit := limit_of(error):  # it would strike at every other place, too
                    raise limit from None
                # Whatever the HTTP library raises, the next place may do.
                failures.append(f"{place}: {_reason(error)}")
                continue
            if not url:
                failures.append(f"{place} does not have it")
            elif digest == sdist.sha256:
                return
            else:
                failures.append(f"{place} has SHA-256 {digest}, but {sdist.sha256} is pinned")
    if complaint := read_shortage("\n".join(failures)):  # the finder logs what it meets, and goes on
        raise refuse_program("the package index client", complaint)
    raise UnavailableError(
        f"{sdist.filename} cannot be downloaded",
        cause="; ".join(dict.fromkeys(failures)) or "pip is configured to use no index",
        hint=_WAY_OUT,
    )


@contextlib.contextmanager
def _collected(failures: list[str]) -> Iterator[None]:
    """Keep the log messages of the finder, which say why an index had no page."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            failures.append(redact(record.getMessage()))

    logger = logging.getLogger("unearth")
    collector = Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)


def _open_client(index: PackageIndex, environ: Mapping[str, str]) -> Any:
    from unearth.auth import MultiDomainBasicAuth
    from unearth.fetchers import PyPIClient

    return PyPIClient(
        trusted_hosts=index.trusted_hosts,
        verify=_certificates(index, environ),
        cert=index.client_cert or None,
        timeout=index.timeout_s,
        follow_redirects=True,
        auth=MultiDomainBasicAuth(
            prompting=False, index_urls=[url for url in (index.index_url, *index.extra_index_urls) if url]
        ),
        proxy=index.proxy or None,
        event_hooks={"response": [functools.partial(_bound, most_s=_PATIENCE * index.timeout_s)]},
    )


def _bound(response: Any, *, most_s: float) -> None:
    """End a response with an error if its body exceeds a limit of bytes or time.

    The time-outs of the library apply to a single read, and it keeps a whole page in memory.
    """
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            size, end_s = 0, time.monotonic() + most_s
            for chunk in self._stream:
                size += len(chunk)
                if size > _MOST_BYTES or time.monotonic() > end_s:
                    how = f"{_MOST_BYTES >> 20} MB" if size > _MOST_BYTES else f"{most_s:g} s"
                    raise UnavailableError(f"it is not complete after {how}")
                yield chunk

        def close(self) -> None:
            self._stream.close()

    response.stream = Bounded(response.stream)


def _certificates(index: PackageIndex, environ: Mapping[str, str]) -> ssl.SSLContext | bool:
    name = index.cert or environ.get("REQUESTS_CA_BUNDLE", "")
    if not name:
        return True
    path = expand_home(name)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise UnfitError(
            f"the certificates at {name} cannot be read",
            cause=error.strerror or str(error),
            hint="pip config list  # correct the option cert",
        ) from None


def _places(index: PackageIndex) -> Iterator[tuple[str, dict[str, Any]]]:
    for location in index.find_links:
        folder = location if "://" in location else str(expand_home(location))
        yield redact(location), {"find_links": [folder]}
    if not index.no_index:
        # Told of no place, the finder takes the usual index.
        usual = {"index_urls": [index.index_url]} if index.index_url else {}
        yield redact(index.index_url) or "the usual package index", usual
        for url in index.extra_index_urls:
            yield redact(url), {"index_urls": [url]}


def _find(sdist: Sdist, client: Any, options: dict[str, Any]) -> str:
    """Return the URL of the file in one place, or an empty string."""
    import unearth

    finder = unearth.PackageFinder(client, no_binary=[sdist.name], ignore_compatibility=True, **options)
    for package in finder.find_matches(f"{sdist.name}=={sdist.version}"):
        if package.link.filename == sdist.filename:
            return package.link.url_without_fragment
    return ""


def _receive(client: Any, url: str, target: Path, sdist: Sdist) -> str:
    """Return the SHA-256 of the body, which is written to `target` if it is the pinned one."""
    digest = hashlib.sha256()
    size = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=target.parent) as scratch,
        (Path(scratch) / target.name).open("wb") as file,
        client.get_stream(url) as response,
    ):
        response.raise_for_status()
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            size += len(chunk)
            if size > 2 * sdist.bytes + _CHUNK_BYTES:
                raise UnavailableError(f"it is longer than the {sdist.bytes} bytes that are pinned")
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        if digest.hexdigest() == sdist.sha256:
            Path(file.name).replace(target)
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    text = redact(str(error).strip() or type(error).__name__)
    return " ".join(text.split())[:200]
