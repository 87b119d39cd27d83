"""Pages on the loopback, for looking at them in a browser: files of one folder, by their types, and nothing else."""

import contextlib
import errno
import socketserver
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.errors import HarnessError, UnfitError
from harness.system.foreign import read_bytes

_LOOPBACK = "127.0.0.1"
# Whoever asks by another name was sent here by a page of somebody else, who chose what that name means.
_NAMES = (_LOOPBACK, "localhost")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_INDEX = "index.html"
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-ancestors 'none'"
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)
_HIGHEST_OWN = 1024


class PageServer(ThreadingHTTPServer):
    """A server of the files in a folder, on the loopback alone."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__((_LOOPBACK, port), partial(_Handler, folder))

    @property
    def address(self) -> str:
        """The address of the first page."""
        return f"http://{_LOOPBACK}:{self.server_port}/"

    def server_bind(self) -> None:
        """Bind without a question for the name of this computer, which can take a long time."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _LOOPBACK, int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that went away."""


class _Handler(BaseHTTPRequestHandler):
    """An answer to one browser: GET and HEAD of a page."""

    timeout = 30.0
    server_version, sys_version = "harness", ""

    def __init__(self, folder: Path, *connection: object) -> None:
        self._folder = folder
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Send a page."""
        self._answer(whole=True)

    def do_HEAD(self) -> None:
        """Send what a page is."""
        self._answer(whole=False)

    def log_message(self, *words: object) -> None:
        """Print nothing: the terminal says what goes wrong."""

    def end_headers(self) -> None:
        """Send the headers of every answer."""
        for name, value in _HEADERS:
            self.send_header(name, value)
        super().end_headers()

    def _answer(self, *, whole: bool) -> None:
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host.lower() not in _NAMES:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "this server shows pages to this computer alone")
            return
        parts = split_path(self.path)
        kind = _TYPES.get(Path(parts[-1]).suffix) if parts else None
        content = read_page(self._folder, parts) if parts and kind else None
        if content is None or kind is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if whole:
            self.wfile.write(content)


def split_path(target: str) -> tuple[str, ...]:
    """Return the parts of the path of a page that is asked for; empty where it can be none."""
    try:
        path = unquote(urlsplit(target).path, errors="strict")
    except ValueError:
        return ()
    if not path.startswith("/") or "\\" in path or "\0" in path:
        return ()
    *folders, name = path[1:].split("/")
    parts = (*folders, name or _INDEX)
    return () if any(not part or part.startswith(".") for part in parts) else parts


def read_page(folder: Path, parts: tuple[str, ...]) -> bytes | None:
    """Return the content of a regular file below a folder; None where there is none, or a link leads there."""
    try:
        return read_bytes(folder.joinpath(*parts), within=folder)
    except HarnessError:
        return None


def serve_site(folder: Path, port: int, *, note: Callable[[str], None]) -> None:
    """Show the pages of a folder at a port of the loopback until Ctrl-C; 0 is any port that is free.

    Raises UnfitError for a port that cannot be used.
    """
    try:
        server = PageServer(folder, port)
    except OSError as error:
        raise _refuse(port, error) from None
    with server, contextlib.suppress(KeyboardInterrupt):
        note(f"{server.address} (Ctrl-C to end)")
        server.serve_forever()


def _refuse(port: int, error: OSError) -> UnfitError:
    cause = error.strerror or str(error)
    if error.errno == errno.EADDRINUSE:
        cause = "another program uses it"
    elif error.errno in (errno.EACCES, errno.EPERM) and 0 < port < _HIGHEST_OWN:
        cause = f"ports below {_HIGHEST_OWN} are for the administrator"
    return UnfitError(f"port {port} cannot be used", cause=cause, hint="--serve 0  # any port that is free")
