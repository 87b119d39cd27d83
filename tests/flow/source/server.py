"""A simple index on the loopback that has one archive."""

import io
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def sdist_bytes(*extra: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("setup.py", "whisper.cpp/CMakeLists.txt", "whisper.cpp/include/whisper.h", *extra):
            info = tarfile.TarInfo(f"thing-1.0/{name}")
            content = b"raise SystemExit('run')\n" if name == "setup.py" else b"// whisper\n"
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = sdist_bytes()


class Server:
    """A simple index on the loopback with `thing-1.0.tar.gz`; `requests` are the paths asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.requests: list[str] = []
        (root / "simple" / "thing").mkdir(parents=True)
        (root / "files").mkdir()
        (root / "simple/thing/index.html").write_text(
            '<a href="/files/thing-1.0-py3-none-any.whl">w</a><a href="/files/thing-0.9.tar.gz">o</a>'
            '<a href="/files/thing-1.0.tar.gz" data-requires-python="&lt;3">s</a>'
        )
        (root / "files/thing-1.0.tar.gz").write_bytes(ARCHIVE)
        requests = self.requests

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name upstream
                requests.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
