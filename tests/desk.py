"""The command `harness` for a shell of a test: a small program that lets the player (tests/player.py) play the command.

A real start takes longer than most commands, and the pages of the how-tos have a hundred.
"""

import json
import shutil
import socketserver
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from tests.player import ROOT, the_player

# Python without its site: a start of hundredths of a second.
_COMMAND = """\
#!{python} -ISE
import json, os, sys
from _socket import AF_UNIX, SOCK_STREAM, socket

line = socket(AF_UNIX, SOCK_STREAM)
line.connect({address!r})
call = {{"words": sys.argv[1:], "environ": dict(os.environ), "folder": os.getcwd()}}
line.send(json.dumps(call).encode() + b"\\n")
answer = b""
while part := line.recv(65536):
    answer += part
code, out, err = json.loads(answer)
sys.stderr.write(err)
sys.stdout.write(out)
sys.exit(code)
"""


class _Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        call = json.loads(self.rfile.readline())
        environ = {**call["environ"], "PYTHONPATH": str(ROOT)}
        played = the_player().play(tuple(call["words"]), environ, Path(call["folder"]))
        self.wfile.write(json.dumps([played.code, played.out, played.err]).encode())


class Desk:
    """Plays what the command asks for as long as it is open."""

    def __init__(self) -> None:
        # The path of a socket has a hundred characters at most.
        self._folder = Path(tempfile.mkdtemp(prefix="desk-", dir="/tmp"))
        self._server = socketserver.ThreadingUnixStreamServer(str(self._folder / "line"), _Call)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "Desk":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        shutil.rmtree(self._folder)

    def write_command(self, path: Path) -> None:
        """Write the command `harness` of this desk."""
        path.write_text(_COMMAND.format(python=sys.executable, address=str(self._folder / "line")))
        path.chmod(0o755)
