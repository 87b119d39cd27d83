"""A GitHub of the tests' own, on the loopback: pull requests, their comments, and the artifacts of runs."""

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPOSITORY = "somebody/something"
ROBOT = "github-actions[bot]"
Values = dict[str, Any]


class GitHub:
    """What is there, and what was asked for: `asked` has the method, path and headers of each request.

    Each of `troubles` (a status, headers and a message) is the answer to one request. `meet` is called whenever
    comments have been listed, before the answer.
    """

    def __init__(self) -> None:
        self.pulls: list[Values] = []
        self.comments: dict[int, list[Values]] = {}
        self.artifacts: dict[int, list[Values]] = {}
        self.packed: dict[int, bytes] = {}
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.troubles: list[tuple[int, dict[str, str], str]] = []
        self.meet: Callable[[], object] = lambda: None
        self.url = self.storage = ""
        self._lock = threading.Lock()
        self._last = 0

    def open_pull(self, number: int, sha: str, label: str = "stranger:topic") -> None:
        """Open a pull request, or push to it."""
        self.pulls = [one for one in self.pulls if one["number"] != number]
        self.pulls.append({"number": number, "state": "open", "head": {"sha": sha, "label": label}})

    def upload(self, run: int, name: str, packed: bytes, *, size: int | None = None, expired: bool = False) -> None:
        """Keep an artifact of a run."""
        number = self._count()
        self.packed[number] = packed
        entry = {"id": number, "name": name, "expired": expired, "size_in_bytes": len(packed) if size is None else size}
        self.artifacts.setdefault(run, []).append(entry)

    def say(self, pull: int, body: str, login: str = ROBOT) -> int:
        """Write a comment, and return its number."""
        with self._lock:
            number = self._count()
            entry = {"id": number, "body": body, "user": {"login": login}, "html_url": f"https://example.org/{number}"}
            self.comments.setdefault(pull, []).append(entry)
        return number

    def said(self, pull: int) -> list[str]:
        """Return the comments under a pull request."""
        return [one["body"] for one in self.comments.get(pull, [])]

    def written(self) -> list[str]:
        """Return the methods of all requests that change something."""
        return [method for method, _, _ in self.asked if method != "GET"]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Values) -> tuple[int, Any]:
        """Return the status of an answer, and what it holds."""
        parts = path.removeprefix(f"/repos/{REPOSITORY}/").split("/")
        match method, *parts:
            case "GET", "pulls":
                # As GitHub does: a filter without a colon is passed over.
                wanted = query["head"] if ":" in query.get("head", "") else ""
                return 200, _page([one for one in self.pulls if wanted in ("", one["head"]["label"])], query)
            case "GET", "actions", "runs", run, "artifacts":
                found = [one for one in self.artifacts.get(int(run), []) if one["name"] == query["name"]]
                return 200, {"total_count": len(found), "artifacts": _page(found, query)}
            case "GET", "issues", pull, "comments":
                page = _page(list(self.comments.get(int(pull), [])), query)
                self.meet()
                return 200, page
            case "POST", "issues", pull, "comments":
                number = self.say(int(pull), body["body"])
                return 201, next(one for one in self.comments[int(pull)] if one["id"] == number)
            case (("PATCH" | "DELETE"), "issues", "comments", comment):
                return self._change(int(comment), body if method == "PATCH" else None)
        return 404, {"message": "Not Found"}

    def _change(self, comment: int, body: Values | None) -> tuple[int, Any]:
        with self._lock:
            for found in self.comments.values():
                for one in found:
                    if one["id"] == comment:
                        if body is None:
                            found.remove(one)
                        else:
                            one["body"] = body["body"]
                        return 204 if body is None else 200, one
        return 404, {"message": "Not Found"}

    def _count(self) -> int:
        self._last += 1
        return self._last


def _page(entries: list[Values], query: Mapping[str, str]) -> list[Values]:
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    return entries[size * (page - 1) : size * page]


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        github, parts = self.server.github, urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        github.asked.append((self.command, self.path, dict(self.headers)))
        if github.troubles:
            code, headers, message = github.troubles.pop(0)
            self._send(code, json.dumps({"message": message}).encode(), headers)
        elif parts.path.endswith("/zip"):
            self._send(302, b"", {"Location": f"{github.storage}/{parts.path.split('/')[-2]}"})
        elif self.server.is_storage:
            self._send(200, github.packed[int(parts.path.strip("/"))], {})
        else:
            code, found = github.answer(self.command, parts.path, dict(urllib.parse.parse_qsl(parts.query)), body)
            self._send(code, json.dumps(found).encode(), {})

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that the server looks up

    def _send(self, code: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if code != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if code != 204:
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    def __init__(self, github: GitHub, *, is_storage: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.github = github
        self.is_storage = is_storage


@contextmanager
def serve_github() -> Iterator[GitHub]:
    """Offer a GitHub; its artifacts are stored at another port, as at another host."""
    github = GitHub()
    with _Server(github, is_storage=False) as main, _Server(github, is_storage=True) as storage:
        github.url, github.storage = (f"http://127.0.0.1:{one.server_port}" for one in (main, storage))
        for one in (main, storage):
            threading.Thread(target=one.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield github
        finally:
            for one in (main, storage):
                one.shutdown()
