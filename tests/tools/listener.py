"""A fake whisper-server: listens, answers uploads with a text, one at a time, and goes wrong as `server.json` wants it.

{"taken": 1}             so many starts do not get their port
{"late_s": 0.3}          it listens only then; `never` is for ever
{"old": true}            it has no page about its health
{"spare": 2, ...}        so many requests are answered rightly before one of these:
{"status": 500}          {"body": "no JSON"}   {"type": "text/html"}   {"die": 11}   {"hang": true}   {"drop": true}
{"times": 3}             so many requests are answered wrongly, all others rightly
{"varying": true}        every text is another one
"""

import json
import os
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_HEADER_BYTES = 44
_LOG = """\
whisper_init_with_params_no_state: flash attn = {fa}
whisper_model_load: type          = 1 (tiny)
system_info: n_threads = {threads} / 2 | WHISPER : COREML = 0 | OPENVINO = 0 | CPU : SSE3 = 1 | OPENMP = 1 |
operator(): processing 'audio.wav' ({samples} samples, {seconds:.1f} sec), {threads} threads, 1 processors ...
"""


def serve(home: str, argv: list[str]) -> int:
    """Serve until a signal comes; return the exit code."""
    script = Path(home, "server.json")
    fault: dict[str, Any] = json.loads(script.read_text()) if script.exists() else {}
    if fault.get("taken"):
        script.write_text(json.dumps({**fault, "taken": fault["taken"] - 1}))
        print("couldn't bind to server socket: hostname=127.0.0.1", file=sys.stderr)
        return 1
    if "print" in fault:
        print(fault["print"], file=sys.stderr)
        return int(fault.get("exit", 0))
    if fault.get("deaf"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(300 if fault.get("never") else fault.get("late_s", 0))
    server = _Server(("127.0.0.1", int(argv[argv.index("--port") + 1])), _Handler)
    server.fault = fault
    server.facts = {"threads": argv[argv.index("-t") + 1], "fa": int("-fa" in argv)}
    server.serve_forever()
    return 0


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True
    request_queue_size = 64
    fault: dict[str, Any]
    facts: dict[str, Any]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.turn = threading.Lock()
        self.requests = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(404 if self.server.fault.get("old") else 200, "application/json", b'{"status":"ok"}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.turn:
            self._transcribe(body)

    def _transcribe(self, body: bytes) -> None:
        fault, number = self.server.fault, self.server.requests
        self.server.requests += 1
        wrong = fault.get("spare", 0) <= number < fault.get("spare", 0) + fault.get("times", 10_000)
        boundary = re.search(r"boundary=(\S+)", self.headers["Content-Type"])
        assert boundary
        audio = next(part for part in body.split(f"--{boundary[1]}".encode()) if b'name="file"' in part)
        samples = (len(audio.partition(b"\r\n\r\n")[2]) - _HEADER_BYTES - len(b"\r\n")) // 2
        print(_LOG.format(**self.server.facts, samples=samples, seconds=samples / 16_000), file=sys.stderr, flush=True)
        if wrong and "die" in fault:
            os.kill(os.getpid(), fault["die"])
        if wrong and fault.get("hang"):
            time.sleep(300)
        if wrong and fault.get("drop"):
            self.connection.close()
            return
        time.sleep(0.01)
        text = json.dumps({"text": f" five words of a text{number if fault.get('varying') else ''}\n"})
        said = fault if wrong else {}
        self._answer(said.get("status", 200), said.get("type", "application/json"), said.get("body", text).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing, as the true one does."""
