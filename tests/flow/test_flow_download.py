"""Downloads from servers that behave, and from servers that do not: all of them on the loopback."""

import hashlib
import http.server
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.system import disk
from harness.system.download.fetch import DownloadRequest, RetryPolicy, WrongSumError, _may_carry_token, fetch, mirrored

CONTENT = bytes(range(256)) * 12_000  # 3 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HASTY = RetryPolicy(connect_s=5, read_s=10, attempts=3, backoff_s=0.01)

Behaviour = Callable[["Handler"], None]


class Handler(http.server.BaseHTTPRequestHandler):
    """Notes each request and answers as the server's next behaviour does; the last one stays."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.requests.append({"path": self.path, **dict(self.headers)})
        script = self.server.script
        behaviour = script.pop(0) if len(script) > 1 else script[0]
        behaviour(self)

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), Handler)
        self.script: list[Behaviour] = [whole]
        self.requests: list[dict[str, str]] = []

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_address[1]}/ggml-base.bin"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that hang up are part of these tests


def whole(handler: Handler, content: bytes = CONTENT, etag: str = '"one"') -> None:
    handler.answer(200, content, ETag=etag)


def ranged(handler: Handler) -> None:
    """Behave: the rest from where it was asked for, unless the client's piece is of another file."""
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    if asked is None or handler.headers.get("If-Range", '"one"') != '"one"':
        whole(handler)
        return
    start = int(asked[1])
    if start >= len(CONTENT):
        handler.answer(416, Content_Range=f"bytes */{len(CONTENT)}")
        return
    span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    handler.answer(206, CONTENT[start:], Content_Range=span, ETag='"one"')


def cut_after(size: int) -> Behaviour:
    def behaviour(handler: Handler) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        handler.send_response(206 if asked else 200)
        handler.send_header("Content-Length", str(len(CONTENT) - start))
        handler.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.send_header("ETag", '"one"')
        handler.end_headers()
        handler.wfile.write(CONTENT[start : start + size])

    return behaviour


def status(code: int) -> Behaviour:
    return lambda handler: handler.answer(code, b"no")


def stalled(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[:1000])
    handler.wfile.flush()
    time.sleep(1)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "ggml-base.bin"


def wanted(url: str) -> DownloadRequest:
    return DownloadRequest(url=url, sha256=SHA256)


def get(server: Server, destination: Path, *, token: str = "", size_bytes: int = len(CONTENT)) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    fetch(
        DownloadRequest(url=server.url(), sha256=SHA256, size_bytes=size_bytes, token=token),
        destination,
        environ={},
        progress=lambda done, total: seen.append((done, total)),
        patience=HASTY,
    )
    return seen


def leave_part(destination: Path, content: bytes, etag: str = "") -> None:
    destination.parent.mkdir(parents=True)
    destination.with_name("ggml-base.bin.part").write_bytes(content)
    if etag:
        destination.with_name("ggml-base.bin.part.etag").write_text(etag)


def left_in(destination: Path) -> set[str]:
    return {path.name for path in destination.parent.iterdir()} - {"ggml-base.bin.lock"}


@pytest.mark.parametrize("size_bytes", [len(CONTENT), 0])
def test_a_file_comes_whole(server: Server, destination: Path, size_bytes: int) -> None:
    seen = get(server, destination, size_bytes=size_bytes)
    assert destination.read_bytes() == CONTENT
    assert left_in(destination) == {"ggml-base.bin"}
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert "Range" not in server.requests[0]


def test_a_file_that_is_there_is_not_asked_for(server: Server, destination: Path) -> None:
    destination.parent.mkdir(parents=True)
    destination.write_bytes(CONTENT)
    get(server, destination)
    assert server.requests == []


def test_a_damaged_file_is_replaced(server: Server, destination: Path) -> None:
    destination.parent.mkdir(parents=True)
    destination.write_bytes(CONTENT[:-1] + b"x")
    get(server, destination)
    assert destination.read_bytes() == CONTENT


def test_a_part_is_gone_on_with(server: Server, destination: Path) -> None:
    leave_part(destination, CONTENT[:1_000_000], '"one"')
    server.script = [ranged]
    seen = get(server, destination)
    assert destination.read_bytes() == CONTENT
    assert (server.requests[0]["Range"], server.requests[0]["If-Range"]) == ("bytes=1000000-", '"one"')
    assert seen[0][0] > 1_000_000


def test_a_part_of_another_file_is_dropped(server: Server, destination: Path) -> None:
    leave_part(destination, b"old" * 1000, '"zero"')
    server.script = [ranged]
    get(server, destination)
    assert destination.read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_damaged_part_is_found_out_by_its_sum(server: Server, destination: Path) -> None:
    leave_part(destination, b"x" + CONTENT[1:1_000_000])
    server.script = [ranged]
    get(server, destination)
    assert destination.read_bytes() == CONTENT
    assert [request.get("Range") for request in server.requests] == ["bytes=1000000-", None]


def test_a_complete_part_needs_no_server(server: Server, destination: Path) -> None:
    leave_part(destination, CONTENT)
    get(server, destination)
    assert destination.read_bytes() == CONTENT
    assert server.requests == []


def test_a_part_that_is_too_long_is_dropped(server: Server, destination: Path) -> None:
    leave_part(destination, CONTENT + b"more")
    server.script = [ranged]
    get(server, destination)
    assert destination.read_bytes() == CONTENT


def test_a_server_that_ignores_ranges_sends_it_whole(server: Server, destination: Path) -> None:
    leave_part(destination, CONTENT[:1_000_000], '"one"')
    get(server, destination)
    assert destination.read_bytes() == CONTENT
    assert "Range" in server.requests[0]


def test_a_cut_connection_is_taken_up_again(server: Server, destination: Path) -> None:
    server.script = [cut_after(500_000), ranged]
    get(server, destination)
    assert destination.read_bytes() == CONTENT
    resumed = server.requests[1]
    assert 0 < int(resumed["Range"].removeprefix("bytes=").rstrip("-")) <= 500_000
    assert resumed["If-Range"] == '"one"'


def test_cuts_without_progress_are_bounded_and_what_came_is_kept(server: Server, destination: Path) -> None:
    server.script = [cut_after(1000)]
    with pytest.raises(UnavailableError) as caught:
        get(server, destination)
    assert len(server.requests) == HASTY.attempts
    assert "are kept" in caught.value.what
    assert left_in(destination) == {"ggml-base.bin.part", "ggml-base.bin.part.etag"}
    assert CONTENT.startswith(destination.with_name("ggml-base.bin.part").read_bytes())


def test_cuts_after_a_good_piece_do_not_count(server: Server, destination: Path) -> None:
    server.script = [status(503), cut_after(1_100_000), status(503), status(503), ranged]
    get(server, destination)
    assert destination.read_bytes() == CONTENT


def test_another_range_than_asked_for_is_not_appended(server: Server, destination: Path) -> None:
    leave_part(destination, CONTENT[:1_000_000], '"one"')
    shifted = f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"
    server.script = [lambda handler: handler.answer(206, CONTENT[5:], Content_Range=shifted), ranged]
    get(server, destination)
    assert destination.read_bytes() == CONTENT


def test_a_stalled_server_is_given_up(server: Server, destination: Path) -> None:
    server.script = [stalled]
    patience = RetryPolicy(connect_s=5, read_s=0.2, attempts=3, backoff_s=0.01)
    with pytest.raises(UnavailableError) as caught:
        fetch(wanted(server.url()), destination, environ={}, patience=patience)
    assert "timed out" in caught.value.cause
    assert len(server.requests) == patience.attempts


def test_a_wrong_sum_names_both_and_leaves_nothing(server: Server, destination: Path) -> None:
    wrong = CONTENT[:-1] + b"x"
    server.script = [lambda handler: whole(handler, wrong)]
    with pytest.raises(WrongSumError) as caught:
        get(server, destination)
    assert caught.value.exit_code == 4
    assert SHA256 in caught.value.cause
    assert hashlib.sha256(wrong).hexdigest() in caught.value.cause
    assert caught.value.hint
    assert left_in(destination) == set()


def test_another_length_than_pinned_is_not_even_loaded(server: Server, destination: Path) -> None:
    leave_part(destination, CONTENT[:1_000_000], '"one"')
    server.script = [lambda handler: whole(handler, b"<html>Log in to the hotel's network</html>")]
    with pytest.raises(UnavailableError, match="not the pinned file"):
        get(server, destination)
    assert destination.with_name("ggml-base.bin.part").stat().st_size == 1_000_000


@pytest.mark.parametrize(("code", "token"), [(401, ""), (403, ""), (403, "hf_secret"), (404, "")])
def test_refusals_are_final_and_keep_the_secret(server: Server, destination: Path, code: int, token: str) -> None:
    server.script = [status(code)]
    with pytest.raises(UnavailableError) as caught:
        get(server, destination, token=token)
    assert len(server.requests) == 1
    assert str(code) in caught.value.cause
    assert ("HF_TOKEN" in caught.value.hint) == (code != 404)
    assert "hf_secret" not in str(caught.value)
    assert server.requests[0].get("Authorization") == (f"Bearer {token}" if token else None)


def test_a_token_opens_what_is_closed(server: Server, destination: Path) -> None:
    def gated(handler: Handler) -> None:
        if handler.headers.get("Authorization") == "Bearer hf_secret":
            whole(handler)
        else:
            handler.answer(403)

    server.script = [gated]
    get(server, destination, token="hf_secret")
    assert destination.read_bytes() == CONTENT


@pytest.mark.parametrize("code", [301, 302, 307])
def test_a_redirect_to_another_host_drops_the_token(server: Server, destination: Path, code: int) -> None:
    elsewhere = server.url("localhost").replace("ggml-base", "elsewhere")
    server.script = [lambda handler: handler.answer(code, Location=elsewhere), ranged]
    get(server, destination, token="hf_secret")
    assert destination.read_bytes() == CONTENT
    first, second = server.requests
    assert first["Authorization"] == "Bearer hf_secret"
    assert second["path"] == "/elsewhere.bin"
    assert "Authorization" not in second


def test_a_token_does_not_travel_in_the_clear() -> None:
    assert _may_carry_token("https://huggingface.co/x")
    assert not _may_carry_token("http://mirror.example/x")
    assert not _may_carry_token("http://localhost.example/x")


def test_a_login_in_the_address_is_not_repeated(server: Server, destination: Path) -> None:
    server.script = [status(404)]
    url = server.url().replace("//", "//user:secret@")
    with pytest.raises(UnavailableError) as caught:
        fetch(wanted(url), destination, environ={}, patience=HASTY)
    assert "secret" not in str(caught.value)


def test_no_server_at_all_is_said_soon(server: Server, destination: Path) -> None:
    server.server_close()
    with pytest.raises(UnavailableError) as caught:
        get(server, destination)
    assert caught.value.cause
    assert "--weights synthetic" in caught.value.hint
    assert left_in(destination) == set()


def test_a_full_disk_is_noticed_before(server: Server, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)
    with pytest.raises(UnfitError, match="not enough space"):
        get(server, destination)
    assert server.requests == []


def test_a_folder_that_cannot_be_made_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnfitError):
        get(server, tmp_path / "file" / "ggml-base.bin")


def test_a_missing_bundle_of_authorities_is_said(server: Server, destination: Path) -> None:
    with pytest.raises(UsageError, match="PIP_CERT"):
        fetch(wanted(server.url()), destination, environ={"PIP_CERT": "/none.pem"}, patience=HASTY)


def test_a_proxy_that_cannot_be_used_is_said(
    server: Server, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy:70")
    with pytest.raises(UnfitError, match="proxy"):
        get(server, destination)


def test_two_at_once_load_it_once(server: Server, destination: Path) -> None:
    threads = [threading.Thread(target=get, args=(server, destination)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert destination.read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_mirror_replaces_the_address_of_hugging_face_only() -> None:
    url = "https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-base.bin"
    assert mirrored(url, "") == url
    assert mirrored(url, "https://m.example/hf/") == url.replace("https://huggingface.co", "https://m.example/hf")
    assert mirrored("https://else.example/x", "https://m.example") == "https://else.example/x"
    assert mirrored("https://huggingface.com/x", "https://m.example") == "https://huggingface.com/x"
    with pytest.raises(UsageError):
        mirrored(url, "m.example")
