"""A server that means no good."""

import socket
import threading
import time
from collections.abc import Callable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n"


class Server:
    """Answers every connection on the loopback by `answer`, in threads, until it is closed."""

    def __init__(self, answer: Callable[[socket.socket, bytes], None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        """The URL."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Listen no longer."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.asked += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(120)
                self._answer(connection, connection.recv(65536))
            except OSError:
                return


def say(*parts: bytes) -> Callable[[socket.socket, bytes], None]:
    """Return an answer of these bytes."""

    def answer(connection: socket.socket, _: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    return answer


def redirect_to(target: str) -> Callable[[socket.socket, bytes], None]:
    """Return an answer that sends elsewhere; `%` is this server."""

    def answer(connection: socket.socket, question: bytes) -> None:
        host = next((line[6:] for line in question.decode().split("\r\n") if line.lower().startswith("host: ")), "")
        place = target.replace("%", f"http://{host}")
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def drip(seconds: float) -> Callable[[socket.socket, bytes], None]:
    """Return an answer that comes byte by byte, for ever."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(HEAD + b"Content-Length: 77691713\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(seconds)

    return answer


def flood(connection: socket.socket, _: bytes) -> None:
    """Send a page that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>")
    while True:
        connection.sendall(b"<p>and on and on</p>" * 50_000)


def hush(connection: socket.socket, _: bytes) -> None:
    """Say nothing for a long time."""
    time.sleep(100)
    connection.close()
