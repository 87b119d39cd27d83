"""What rsync, scp and ssh say, as they say it, and which words name a folder on another computer."""

import pytest

from harness.errors import UsageError
from harness.parse.tool.remote_copy import (
    RemoteFolder,
    explain_failure,
    is_remote,
    lacks_rsync,
    parse_remote,
    read_extent,
)

HERE = RemoteFolder("bench1", "/srv/results")
STATS = """
Number of files: 1,234 (reg: 1,200, dir: 34)
Number of created files: 12
Number of deleted files: 0
Number of regular files transferred: 1,012
Total file size: 3,456,789 bytes
Total transferred file size: 2345678 bytes
"""


@pytest.mark.parametrize(
    ("text", "host", "folder"),
    [
        ("bench1:/srv/results", "bench1", "/srv/results"),
        ("me@bench1.example.org:results", "me@bench1.example.org", "results"),
        ("bench1:~/results", "bench1", "results"),
        ("bench1:", "bench1", "."),
    ],
)
def test_a_folder_elsewhere(text: str, host: str, folder: str) -> None:
    assert is_remote(text)
    assert parse_remote(text) == (host, folder)
    assert str(parse_remote(text)) == f"{host}:{folder}"


@pytest.mark.parametrize(
    "text",
    [
        "-oProxyCommand=id:x",
        ":x",
        "a b:x",
        "a:$(id)",
        "a:x;y",
        "a:x y",
        "a::x",
        "a://x",
        "a:-x",
        "a:x*",
        "a:x\ny",
        "@a:x",
    ],
)
def test_what_a_shell_or_an_option_could_take_apart_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a folder on another computer"):
        parse_remote(text)


@pytest.mark.parametrize("text", ["/srv/a:b", "results", "./a:b", ""])
def test_a_folder_here(text: str) -> None:
    assert not is_remote(text)


@pytest.mark.parametrize(
    ("stderr", "cause", "command"),
    [
        (
            "ssh: Could not resolve hostname x: Name or service not known",
            "its name is not known",
            "getent hosts bench1",
        ),
        ("me@x: Permission denied (publickey,password).", "it does not accept a key of yours", "ssh-copy-id bench1"),
        ("Host key verification failed.", "its host key is not known", "ssh bench1 true"),
        ("ssh: connect to host x port 22: Connection refused", "nothing listens there for ssh", "ssh -v bench1 true"),
        ("ssh: connect to host x port 22: Connection timed out", "it does not answer", "ssh -v bench1 true"),
        (
            'rsync: [sender] change_dir "/srv/results" failed: No such file or directory (2)\nrsync error: x (code 23)',
            "there is no such folder",
            "ssh bench1 ls -d /srv/results",
        ),
        ('rsync: [sender] opendir "/srv" failed: Permission denied (13)', "you may not read", "ls -l /srv/results"),
        ('rsync: [receiver] write failed on "x": No space left on device (28)', "the disk here is full", "df -h"),
        ("something else\nrsync error: unexplained (code 12)", "something else", "ssh -v bench1 true"),
        ("", "it gave no reason", "ssh -v bench1 true"),
    ],
)
def test_a_failure_is_explained(stderr: str, cause: str, command: str) -> None:
    why, what = explain_failure(stderr, HERE)
    assert cause in why
    assert command in what


@pytest.mark.parametrize(
    ("stderr", "lacks"),
    [
        ("bash: line 1: rsync: command not found\nrsync error: remote command not found (code 127)", True),
        ("sh: 1: rsync: not found", True),
        ("rsync: [sender] change_dir failed: No such file or directory", False),
    ],
)
def test_a_computer_without_rsync_is_known(stderr: str, *, lacks: bool) -> None:
    assert lacks_rsync(stderr) is lacks


def test_how_much_would_be_copied_is_read() -> None:
    assert read_extent(STATS) == (1012, 2345678)
    assert read_extent("Number of files transferred: 3\nTotal transferred file size: 5 B\n") == (3, 5)
    assert read_extent("nothing that is known") is None
