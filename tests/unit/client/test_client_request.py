"""What the client takes for an answer, and what it sends."""

import email.parser
import email.policy
from pathlib import Path

import pytest

from harness.client.__main__ import main, read_order
from harness.client.request import read_answer, read_upload

JSON = "application/json"


def test_an_upload_is_a_form_with_a_file(tmp_path: Path) -> None:
    audio = tmp_path / 'a "strange" name.wav'
    audio.write_bytes(bytes(range(256)) + b"\r\n--")
    body, media_type = read_upload(audio)
    head = f"Content-Type: {media_type}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
    assert parts.keys() == {"file", "response_format", "temperature"}
    assert parts["file"].get_payload(decode=True) == audio.read_bytes()
    assert parts["file"].get_filename() == "audio.wav", "a name may be private"
    assert parts["response_format"].get_payload(decode=True) == b"json"


def test_texts_that_are_alike_have_one_digest() -> None:
    first, again, other = (read_answer(200, JSON, b'{"text": "%s"}' % text) for text in (b"a b", b"a b", b"a c"))
    assert first == again != other
    assert (len(first[0]), first[1]) == (12, "")


@pytest.mark.parametrize(
    ("status", "kind", "content", "refusal"),
    [
        (500, JSON, b'{"text": "a"}', "HTTP 500"),
        (204, JSON, b"", "HTTP 204"),
        (200, "text/plain", b'{"text": "a"}', "text/plain instead of application/json"),
        (200, JSON, b"", "the answer is not JSON"),
        (200, JSON, b"\xff\xfe\xff", "the answer is not JSON"),
        (200, JSON, b"[" * 100_000, "the answer is not JSON"),
        (200, JSON, b'"text"', "the answer has no text"),
        (200, JSON, b'{"error": "no"}', "the answer has no text"),
        (200, JSON, b'{"text": 3}', "the answer has no text"),
        (200, JSON, bytes(64 << 20), "the answer never ends"),
        (200, JSON, b'{"text": " \\n\\t"}', "the text is empty"),
    ],
)
def test_everything_else_is_refused_with_a_reason(status: int, kind: str, content: bytes, refusal: str) -> None:
    assert read_answer(status, kind, content) == ("", refusal)


RIGHT = [
    "--audio",
    "a.wav",
    "--clients",
    "2",
    "--requests",
    "8",
    "--span",
    "60",
    "--seconds",
    "9.5",
    "--",
    "s",
    "-t",
    "1",
]


def test_a_command_line_is_an_order() -> None:
    order = read_order(RIGHT)
    assert order
    assert (order.words, order.audio, order.plan, order.seconds) == (("s", "-t", "1"), Path("a.wav"), (2, 8, 60.0), 9.5)


@pytest.mark.parametrize(
    "argv",
    [[], RIGHT[:11], RIGHT[2:], [*RIGHT[:3], "0", *RIGHT[4:]], [*RIGHT[:3], "x", *RIGHT[4:]], ["--x", *RIGHT[1:]]],
)
def test_a_wrong_call_starts_nothing(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err.startswith("usage: python -m harness.client --audio")
