"""The step that comments on pull requests, against a made-up GitHub: hostile artifacts, one comment, errors."""

import io
import json
import stat
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scripts import comment as steps
from scripts.github import Api
from scripts.runner import StepError
from scripts.thread import CommentThread, Mark
from tests.flow.test_flow_secret import CANARY
from tests.github import REPOSITORY, ROBOT, GitHub, serve_github

HEAD = "b" * 40
RUN = 77
EVENT = {
    "id": RUN,
    "run_number": 5,
    "run_attempt": 1,
    "event": "pull_request",
    "html_url": "https://example.org/runs/77",
    "head_sha": HEAD,
    "head_branch": "topic",
    "head_repository": {"owner": {"login": "stranger"}},
    "pull_requests": [],
}
GATE = Mark("gate", 5, 1)


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serve_github() as found:
        yield found


def connect(github: GitHub, waits: list[float] | None = None) -> Api:
    environ = {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "ACTION_TOKEN": CANARY}
    return Api(environ, sleep=(waits if waits is not None else []).append)


def pack(content: bytes = b"{}", name: str = "answer.json", **fields: Any) -> bytes:
    entry = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(entry, field, value)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def pack_two() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("answer.json", "{}")
        archive.writestr("second.json", "{}")
    return packed.getvalue()


def encrypt() -> bytes:
    """Return an archive whose file claims to have a password."""
    packed = bytearray(pack())
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def test_one_small_file_is_unpacked() -> None:
    assert steps.unpack_answer(pack(b'{"a": 1}')) == b'{"a": 1}'


@pytest.mark.parametrize(
    ("packed", "about"),
    [
        (b"", "cannot be unpacked"),
        (b"no archive", "cannot be unpacked"),
        (pack()[:-30], "cannot be unpacked"),
        (pack(b"x" * 500)[:40] + b"\xff" * 5 + pack(b"x" * 500)[45:], "cannot be unpacked"),
        (pack(bytes(20 << 20)), "more than 1048576 bytes"),
        (pack(name="../answer.json"), "does not hold answer.json alone"),
        (pack(name="/etc/answer.json"), "does not hold answer.json alone"),
        (pack(name="folder/answer.json"), "does not hold answer.json alone"),
        (pack(name="answer.json/"), "does not hold answer.json alone"),
        (pack(b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16), "is not a plain file"),
        (pack(b"", external_attr=(stat.S_IFIFO | 0o666) << 16), "is not a plain file"),
        (encrypt(), "cannot be unpacked: RuntimeError"),
        (pack_two(), "does not hold answer.json alone"),
    ],
)
def test_a_hostile_archive_is_refused(packed: bytes, about: str) -> None:
    with pytest.raises(StepError, match=about) as refused:
        steps.unpack_answer(packed)
    assert refused.value.exit_code == 5


def origin(tmp_path: Path, **changes: Any) -> steps.Origin:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": EVENT | changes}))
    return steps.read_origin(event)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"workflow_run": null}', json.dumps({"workflow_run": EVENT | {"event": "push"}})],
)
def test_an_event_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    event = tmp_path / "event.json"
    event.write_text(content)
    with pytest.raises(StepError, match=r"on: workflow_run|not of a pull request"):
        steps.read_origin(event)


def test_the_pull_request_is_the_one_with_that_commit(github: GitHub, tmp_path: Path) -> None:
    api, mine = connect(github), origin(tmp_path)
    assert steps.find_pull_requests(api, mine) == []
    for number in range(1, 131):
        github.open_pull(number, "c" * 40)
    github.open_pull(130, HEAD)
    github.open_pull(200, HEAD, "other:topic")
    assert steps.find_pull_requests(api, mine) == [130], "on the second page, and not that of another fork"
    github.open_pull(130, "d" * 40)
    assert steps.find_pull_requests(api, mine) == [], "somebody has pushed meanwhile"
    gone = origin(tmp_path, head_repository=None)
    assert steps.find_pull_requests(api, gone) == [], (
        "a fork that was deleted; the commit is that of somebody else as well"
    )


def test_the_artifact_is_that_of_the_run_and_the_token_stays_with_github(github: GitHub, tmp_path: Path) -> None:
    api, mine = connect(github), origin(tmp_path)
    github.upload(RUN, "ab-answer-2", pack(b"another attempt"))
    github.upload(RUN + 1, "ab-answer-1", pack(b"another run"))
    github.upload(RUN, "ab-answer-1", pack(b"gone"), expired=True)
    assert steps.fetch_answer(api, mine, "ab-answer") is None
    github.upload(RUN, "ab-answer-1", pack(b"mine"))
    assert steps.fetch_answer(api, mine, "ab-answer") == b"mine"
    tokens = {path: headers.get("Authorization", "") for _, path, headers in github.asked}
    stored = [token for path, token in tokens.items() if not path.startswith("/repos/")]
    assert stored == [""]
    assert {token for path, token in tokens.items() if path.startswith("/repos/")} == {f"Bearer {CANARY}"}


def test_an_artifact_that_is_too_large_is_not_unpacked(github: GitHub, tmp_path: Path) -> None:
    api, mine = connect(github), origin(tmp_path)
    github.upload(RUN, "ab-answer-1", pack(), size=2 << 20)
    with pytest.raises(StepError, match="not one small file"):
        steps.fetch_answer(api, mine, "ab-answer")
    github.artifacts.clear()
    github.upload(RUN, "ab-answer-1", bytes(2 << 20), size=10)
    with pytest.raises(StepError, match="more than 1048576 bytes"):
        steps.fetch_answer(api, mine, "ab-answer")


def test_one_comment_is_written_and_then_updated(github: GitHub) -> None:
    thread = CommentThread(connect(github), 3, ROBOT)
    assert thread.write(GATE, "calm", wanted=False) == "nothing to write"
    assert github.said(3) == []
    assert thread.write(GATE, "slower", wanted=True).startswith("written: https://")
    assert github.said(3) == [f"{GATE}\nslower"]
    later = GATE._replace(run=6)
    assert thread.write(later, "calm", wanted=False) == "updated", "what it said is not true any more"
    assert github.said(3) == [f"{later}\ncalm"]
    assert thread.write(later, "calm", wanted=False) == "as it was"
    assert github.written() == ["POST", "PATCH"]
    assert thread.write(GATE, "late", wanted=True) == "a newer run has written already"
    assert github.said(3) == [f"{later}\ncalm"]
    assert thread.write(GATE._replace(name="arm"), "slower", wanted=True).startswith("written")
    assert len(github.said(3)) == 2, "another gate has a comment of its own"


def test_comments_of_others_are_left_alone_whatever_they_say(github: GitHub) -> None:
    github.say(3, f"{GATE}\nmine", login="stranger")
    github.say(3, "first!", login="somebody")
    github.say(3, f"look: {GATE}")
    github.comments[3].append({"id": 999, "body": None, "user": None})
    for _ in range(120):
        github.say(3, "chatter", login="somebody")
    thread = CommentThread(connect(github), 3, ROBOT)
    before = github.said(3)
    assert thread.write(GATE, "slower", wanted=True).startswith("written")
    assert thread.write(GATE, "slower still", wanted=True) == "updated", "it is on the second page"
    assert github.said(3) == [*before, f"{GATE}\nslower still"]


def test_two_that_write_at_once_leave_one_comment(github: GitHub) -> None:
    github.meet = threading.Barrier(2, timeout=30).wait
    newer = GATE._replace(run=6)
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda mark: CommentThread(connect(github), 3, ROBOT).write(mark, str(mark.run), wanted=True),
                (GATE, newer),
            )
        )
    assert github.said(3) == [f"{newer}\n6"]


@pytest.mark.parametrize(
    ("trouble", "about", "code"),
    [
        ((403, {}, "Resource not accessible by integration"), "permissions: pull-requests: write", 3),
        ((401, {}, "Bad credentials"), "permissions: pull-requests: write", 3),
        ((404, {}, "Not Found"), "it is not there, or the token may not see it", 4),
        ((422, {}, "Validation Failed"), "422 Validation Failed", 4),
        (
            (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"}, "API rate limit exceeded"),
            "the limit of requests is reached; run this job again in",
            4,
        ),
    ],
)
def test_what_github_refuses_is_said_with_what_to_do(
    github: GitHub, trouble: tuple[int, dict[str, str], str], about: str, code: int
) -> None:
    github.troubles = [trouble]
    waits: list[float] = []
    with pytest.raises(StepError, match=about) as refused:
        connect(github, waits).get("/pulls")
    assert refused.value.exit_code == code
    assert CANARY not in str(refused.value)
    assert waits == []


def test_what_passes_is_asked_again(github: GitHub) -> None:
    waits: list[float] = []
    github.troubles = [(502, {}, "Bad Gateway"), (429, {"Retry-After": "7"}, "slow down"), (503, {}, "busy")]
    assert connect(github, waits).get("/pulls") == []
    assert waits == [1, 7, 4]
    waits.clear()
    github.troubles = [(403, {}, "You have exceeded a secondary rate limit")]
    assert connect(github, waits).get("/pulls") == []
    assert waits == [60]
    github.troubles = [(500, {}, "oops")] * 9
    with pytest.raises(StepError, match=r"500 oops; run this job again later") as refused:
        connect(github, waits).get("/pulls")
    assert refused.value.exit_code == 4
    assert len(github.troubles) == 5


def test_nobody_answers(github: GitHub) -> None:
    environ = {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_REPOSITORY": REPOSITORY, "ACTION_TOKEN": CANARY}
    with pytest.raises(StepError, match="GitHub does not answer") as refused:
        Api(environ, sleep=lambda _: None).get("/pulls")
    assert refused.value.exit_code == 4
    with pytest.raises(StepError, match="only https is"):
        Api(environ | {"GITHUB_API_URL": "http://example.org"})
    with pytest.raises(StepError, match="there is no token"):
        Api(environ | {"ACTION_TOKEN": ""})
    github.troubles = [(200, {}, "no list")]
    with pytest.raises(StepError, match="GitHub's answer is no list"):
        list(connect(github).list_all("/pulls"))
