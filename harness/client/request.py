"""One request for a transcription, as a browser or curl sends it, and whether the answer is one."""

import hashlib
import http.client
import json
import secrets
import time
from pathlib import Path
from typing import NamedTuple

from harness.client.server import HOST

_PATH = "/inference"
_JSON = "application/json"
_OK = 200
_DIGITS = 12
# No text is that long.
_MOST_BYTES = 64 << 20


class Upload(NamedTuple):
    """The body of a request with a recording, and its media type."""

    body: bytes
    media_type: str


class Reply(NamedTuple):
    """What came of a request, and after how many milliseconds: the digest of its text, or why there is none."""

    ms: float
    digest: str = ""
    refusal: str = ""


def read_upload(audio: Path) -> Upload:
    """Return the request for the transcription of a recording; the file's own name is not sent."""
    boundary = f"harness-{secrets.token_hex(16)}"
    parts = [
        ('name="file"; filename="audio.wav"\r\nContent-Type: audio/wav', audio.read_bytes()),
        ('name="response_format"', b"json"),
        ('name="temperature"', b"0.0"),
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return Upload(body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


def ask(port: int, upload: Upload, deadline: float) -> Reply:
    """Send a request on a connection of its own, and return what came of it, before the deadline."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(HOST, port, timeout=max(deadline - began, 0.1))
    try:
        headers = {"Content-Type": upload.media_type, "Accept": _JSON, "Connection": "close"}
        connection.request("POST", _PATH, upload.body, headers)
        response = connection.getresponse()
        content = response.read(_MOST_BYTES)
        taken_ms = (time.monotonic() - began) * 1000
    except TimeoutError:
        return Reply((time.monotonic() - began) * 1000, refusal="no answer in time")
    except (OSError, ValueError, http.client.HTTPException) as error:  # ValueError: a chunk of negative length
        return Reply((time.monotonic() - began) * 1000, refusal=f"the connection broke ({type(error).__name__})")
    finally:
        connection.close()
    digest, refusal = read_answer(response.status, response.headers.get_content_type(), content)
    return Reply(taken_ms, digest, refusal)


def read_answer(status: int, media_type: str, content: bytes) -> tuple[str, str]:
    """Return the digest of the text in an answer, and why it is none; one of them is empty."""
    if status != _OK:
        return "", f"HTTP {status}"
    if media_type != _JSON:
        return "", f"{media_type} instead of {_JSON}"
    if len(content) >= _MOST_BYTES:
        return "", "the answer never ends"
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return "", "the answer is not JSON"
    text = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text.strip():
        return "", "the text is empty" if isinstance(text, str) else "the answer has no text"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS], ""
