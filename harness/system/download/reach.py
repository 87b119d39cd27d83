"""Whether a server answers, asked in the background, so that nobody waits for a network that is not there."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class ServerCheck:
    """Asks beside other work whether the server of a URL, or the proxy before it, takes a connection."""

    def __init__(self, url: str, environ: Mapping[str, str], *, patience_s: float = 2.0) -> None:
        """Ask at once, and for no longer than `patience_s`."""
        proxy = environ.get("HTTPS_PROXY") or environ.get("https_proxy") or ""
        place = urlsplit(proxy or url)
        self.host = place.hostname or ""
        self._answered = threading.Event()
        self._patience_s = patience_s
        with contextlib.suppress(ValueError):  # a port that is no number
            port = place.port or _PORTS.get(place.scheme, 443)
            threading.Thread(target=self._ask, args=(port,), daemon=True).start()

    def has_answered(self, *, wait_s: float) -> bool:
        """Return whether the server took the connection; waits at most `wait_s` for that."""
        return self._answered.wait(wait_s)

    def _ask(self, port: int) -> None:
        with contextlib.suppress(OSError, UnicodeError):
            socket.create_connection((self.host, port), timeout=self._patience_s).close()
            self._answered.set()
