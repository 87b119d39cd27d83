"""What is not told."""

import pytest

from harness.errors import UsageError
from harness.records.secret import redact, without_secrets


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://me:CANARY@example.org/a", "https://example.org/a"),
        ("https://CANARY@example.org/a", "https://example.org/a"),
        ("https://me:CAN@ARY@example.org/a", "https://example.org/a"),
        ("https://me:CAN/ARY@example.org/a", "https://example.org/a"),
        ("postgresql://example.org/a?x=1&password=CANARY", "postgresql://example.org/a?x=1&password=***"),
        ("at https://b/c?X-Amz-Signature=CANARY&x=1 it", "at https://b/c?X-Amz-Signature=***&x=1 it"),
        ("404 for url 'HTTPS://me:CANARY@example.org:8080/a?b' and http://x:CANARY@b/", "404 for url '"),
    ],
)
def test_a_login_is_not_told(text: str, told: str) -> None:
    assert redact(text).startswith(told)
    assert not any(part in redact(text) for part in ("CAN", "ARY"))


@pytest.mark.parametrize(
    "text", ["https://example.org/a@b", "https://example.org:8080/a@b", "git@example.org:a/b", "a@b", "mail me@x.org"]
)
def test_what_is_no_login_stays(text: str) -> None:
    assert redact(text) == text


def test_long_texts_take_no_time() -> None:
    text = "a://b:" * 20_000 + "@"
    assert len(redact(text)) <= len(text)


def test_errors_tell_no_login() -> None:
    error = UsageError("no https://a:CANARY@b/", cause="at http://CANARY@c/", hint="git clone https://x:CANARY@d/")
    assert "CANARY" not in str(error) + repr(error) + error.cause + error.hint


def test_variables_with_secrets_are_left_out() -> None:
    environ = {
        "HF_TOKEN": "x",
        "GITHUB_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PIP_INDEX_URL": "https://example.org/",
        "DB_PASSWORD": "x",
        "GGML_RPC_AUTH": "x",
        "MYSQL_PWD": "x",
        "GG_BUILD_PASS": "x",
        "HTTPS_PROXY": "http://me:CANARY@proxy:3128",
        "PATH": "/bin",
        "PWD": "/",
        "SSH_AUTH_SOCK": "/x",
        "GIT_ASKPASS": "/x",
        "GGML_CUDA_GRAPH_PASSES": "2",
        "NO_PROXY": "localhost",
        "http_proxy": "http://proxy:3128",
    }
    assert list(without_secrets(environ)) == [
        *("PATH", "PWD", "SSH_AUTH_SOCK", "GIT_ASKPASS", "GGML_CUDA_GRAPH_PASSES", "NO_PROXY", "http_proxy")
    ]
