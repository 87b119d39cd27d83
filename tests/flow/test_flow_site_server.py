"""The server of a site: pages of one folder for this computer, and nothing else."""

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UnfitError
from harness.system.page_server import PageServer, read_page, serve_site, split_path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    folder = tmp_path / "site"
    (folder / "nodes" / "a").mkdir(parents=True)
    (folder / "index.html").write_text("<p>first")
    (folder / "site.css").write_text("p{}")
    (folder / "site.js").write_text("1")
    (folder / "nodes" / "a" / "index.html").write_text("<p>node")
    (folder / "notes.txt").write_text("not a page")
    (folder / ".lock").touch()
    (folder / ".hidden.html").write_text("hidden")
    (tmp_path / "secret.html").write_text("secret")
    (folder / "link.html").symlink_to(tmp_path / "secret.html")
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.html")
    server = PageServer(folder, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(
    server: PageServer, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host if host is not None else f"127.0.0.1:{server.server_port}")
    connection.endheaders()
    answer = connection.getresponse()
    found = (answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return found


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/", "text/html; charset=utf-8", b"<p>first"),
        ("/index.html?x=1#y", "text/html; charset=utf-8", b"<p>first"),
        ("/site.css", "text/css; charset=utf-8", b"p{}"),
        ("/site.js", "text/javascript; charset=utf-8", b"1"),
        ("/nodes/a/", "text/html; charset=utf-8", b"<p>node"),
        ("/nodes/%61/index.html", "text/html; charset=utf-8", b"<p>node"),
    ],
)
def test_pages_are_sent_by_their_types(server: PageServer, path: str, kind: str, content: bytes) -> None:
    status, headers, body = ask(server, path)
    assert (status, body, headers["content-type"]) == (200, content, kind)
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "'unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert ask(server, path, "HEAD")[::2] == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.html", "/%2e%2e/secret.html", "/nodes/..%2f..%2fsecret.html", "/..%5csecret.html"),
        *("//etc/passwd", "/link.html", "/out/secret.html", "/nodes/a/../../index.html", "/.lock", "/.hidden.html"),
        *("/notes.txt", "/nodes/a", "/nodes", "/nodes/", "/pipe.html", "/nothing.html", "/%00.html", "/%ff.html"),
        *("/index.html/", "/index.html/x.html", f"/{'a' * 5000}.html", "*", "/index.html%00.css"),
    ],
)
def test_nothing_else_is_sent(server: PageServer, path: str) -> None:
    status, headers, body = ask(server, path)
    assert status == 404
    assert b"secret" not in body
    assert b"node" not in body
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1]:80", "0.0.0.0"]
)
def test_another_name_is_refused(server: PageServer, host: str) -> None:
    status, _, body = ask(server, "/", host=host)
    assert status == 421
    assert b"first" not in body


def test_this_computer_has_two_names(server: PageServer) -> None:
    for host in ("localhost", f"localhost:{server.server_port}", "127.0.0.1", "LOCALHOST:1"):
        assert ask(server, "/", host=host)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_pages_are_only_read(server: PageServer, method: str) -> None:
    assert ask(server, "/", method)[0] == 501


def test_it_listens_on_the_loopback_alone(server: PageServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/"


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UnfitError, match="cannot be used") as caught:
            serve_site(tmp_path, other.getsockname()[1], note=lambda _: None)
    assert caught.value.cause == "another program uses it"
    assert "--serve 0" in caught.value.hint


def test_ctrl_c_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: PageServer) -> None:
        raise KeyboardInterrupt

    said: list[str] = []
    monkeypatch.setattr(PageServer, "serve_forever", stop)
    serve_site(tmp_path, 0, note=said.append)
    assert said[0].startswith("http://127.0.0.1:")


def test_a_path_has_parts() -> None:
    assert split_path("/a/b.html?c") == ("a", "b.html")
    assert split_path("http://x/a.html") == ("a.html",)
    assert split_path("a.html") == ()
    assert split_path("http://[") == ()


def test_a_folder_that_is_gone_has_no_pages(tmp_path: Path) -> None:
    assert read_page(tmp_path / "gone", ("index.html",)) is None
