import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.system.git import find_reason, git_environment, locate_repository, redact_url, unquote_path
from harness.system.login import leave_out_logins, part_login


@pytest.mark.parametrize(
    "repo",
    [
        "-uexec",
        "--upload-pack=touch x",
        "ext::sh -c touch%20x",
        "fd::17",
        "http://a\n-x",
        "gopher://example.org/x",
        "no/such/folder",
        "host:/path -oProxyCommand",
    ],
)
def test_what_could_run_a_program_is_refused(repo: str) -> None:
    with pytest.raises(UsageError) as caught:
        locate_repository(repo)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "repo", ["https://example.org/a/b", "ssh://git@example.org/a", "git@example.org:a/b.git", "file:///srv/x.git"]
)
def test_urls_stay_as_they_are(repo: str) -> None:
    assert locate_repository(repo) == repo


def test_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate_repository("clone") == str((tmp_path / "clone").resolve())


def test_environment_of_an_enclosing_git_is_dropped() -> None:
    given = {"GIT_DIR": "/x", "GIT_INDEX_FILE": "/y", "GIT_SSL_CAINFO": "/ca", "HOME": "/h", "LC_ALL": "de_DE"}
    env = git_environment(given, network=True)
    assert "GIT_DIR" not in env
    assert "GIT_INDEX_FILE" not in env
    assert env["GIT_SSL_CAINFO"] == "/ca"
    assert env["HOME"] == "/h"
    assert env["LC_ALL"] == "C"
    assert env["GIT_TERMINAL_PROMPT"] == "0"
    assert "ext" not in env["GIT_ALLOW_PROTOCOL"].split(":")


def test_local_commands_have_no_transport() -> None:
    assert git_environment({}, network=False)["GIT_ALLOW_PROTOCOL"] == "none"
    assert git_environment({}, network=False)["GIT_NO_LAZY_FETCH"] == "1"
    assert "GIT_NO_LAZY_FETCH" not in git_environment({}, network=True)
    assert git_environment({"GIT_SSH_COMMAND": "mine"}, network=True)["GIT_SSH_COMMAND"] == "mine"


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("src/whisper.cpp", "src/whisper.cpp"),
        (r'"a\"b\\c\td"', 'a"b\\c\td'),
        (r'"\303\244.txt"', "ä.txt"),
        (r'"\344.txt"', os.fsdecode(b"\xe4.txt")),
        (r'"two\nlines"', "two\nlines"),
    ],
)
def test_quoted_paths_come_back(line: str, path: str) -> None:
    assert unquote_path(line) == path


def test_credentials_are_kept_out_of_records_and_messages() -> None:
    assert redact_url("https://me:token@example.org/a/b") == "https://example.org/a/b"
    assert redact_url("git@example.org:a/b") == "git@example.org:a/b"
    assert redact_url("https://example.org/a@b") == "https://example.org/a@b"
    said = "hint: x\nfatal: unable to access 'https://me:token@example.org/': no\n\n"
    assert find_reason(said) == "fatal: unable to access 'https://example.org/': no"
    assert find_reason("") == "no reason given"


def test_a_login_goes_by_the_environment() -> None:
    url, variables = part_login("https://me:p%40ss@example.org:8443/a/b", {"GIT_CONFIG_COUNT": "2"})
    assert url == "https://example.org:8443/a/b"
    assert variables == {
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_2": "http.https://example.org:8443/.extraHeader",
        "GIT_CONFIG_VALUE_2": "Authorization: Basic bWU6cEBzcw==",
    }
    assert part_login("https://token@example.org/a", {})[1]["GIT_CONFIG_VALUE_0"] == "Authorization: Basic dG9rZW46"


@pytest.mark.parametrize("url", ["https://example.org/a", "ssh://git@example.org/a", "git@example.org:a", "/a/b@c"])
def test_other_addresses_stay(url: str) -> None:
    assert part_login(url, {}) == (url, {})


def test_git_is_not_given_the_secrets_of_others() -> None:
    environ = {"HF_TOKEN": "x", "PIP_INDEX_URL": "x", "GITHUB_TOKEN": "for a credential helper"}
    assert {"HF_TOKEN", "PIP_INDEX_URL", "GITHUB_TOKEN"} & git_environment(environ, network=True).keys() == {
        "GITHUB_TOKEN"
    }


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            (
                "warning: filtering not recognized by server, ignoring\n"
                "remote: fatal: bad tree object ef0fd655\n"
                "error: git upload-pack: git-pack-objects died with error.\n"
                "remote: aborting due to possible repository corruption on the remote side.\n"
                "fatal: protocol error: bad pack header\n"
                "fatal: git upload-pack: aborting due to possible repository corruption on the remote side.\n"
            ),
            "fatal: bad tree object ef0fd655",
        ),
        (
            (
                "remote: error: object file ./objects/ef/0f is empty\nremote: fatal: loose object ef0f is corrupt\n"
                "fatal: early EOF\nfatal: fetch-pack: invalid index-pack output\n"
            ),
            "fatal: loose object ef0f is corrupt",
        ),
        (
            (
                "error: packfile ./objects/pack/pack-d8.pack does not match index\n"
                "fatal: remote error: upload-pack: not our ref 233fe1\nfatal: git upload-pack: not our ref 233fe1\n"
            ),
            "error: packfile ./objects/pack/pack-d8.pack does not match index",
        ),
        (
            (
                "fatal: 'x' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n"
                "Please make sure you have the correct access rights\nand the repository exists.\n"
            ),
            "fatal: 'x' does not appear to be a git repository",
        ),
        ("fatal: git upload-pack: not our ref 233fe1\n", "fatal: git upload-pack: not our ref 233fe1"),
        ("Host key verification failed.\n", "Host key verification failed."),
        (
            "warning: lazy fetching disabled\nfatal: could not fetch 4bcfe98e from promisor remote\n",
            "fatal: could not fetch 4bcfe98e from promisor remote",
        ),
        (
            "Host key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make sure\n",
            "Host key verification failed.",
        ),
    ],
)
def test_the_telling_line_of_a_complaint_is_seldom_the_last(said: str, reason: str) -> None:
    assert find_reason(said) == reason


def test_settings_with_a_login_are_left_out_and_the_others_numbered_anew() -> None:
    given = {
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "url.https://me:secret@example.org/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://example.org/",
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "*",
        "GIT_CONFIG_KEY_2": "http.proxy",
        "GIT_CONFIG_VALUE_2": "http://me:secret@proxy:3128",
        "HOME": "/h",
    }
    kept = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*", "HOME": "/h"}
    assert leave_out_logins(given) == kept
    assert leave_out_logins(kept) == kept
    assert git_environment(given, network=True).items() >= given.items()
    assert not any("secret" in value for value in git_environment(given, network=False).values())
    assert leave_out_logins({"GIT_CONFIG_COUNT": "x"}) == {"GIT_CONFIG_COUNT": "x"}
