"""A canary for each secret: none of them in anything that is written, printed, or handed to a child."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.kit import Kit
from tests.player import the_player

CANARY = "cAnArY7d1f"
SECRETS = {
    "HF_TOKEN": f"hf_{CANARY}",
    "PIP_INDEX_URL": f"http://me:{CANARY}@127.0.0.1:9/simple",
    "PIP_EXTRA_INDEX_URL": f"http://{CANARY}@127.0.0.1:9/more",
    "HTTPS_PROXY": f"http://me:{CANARY}@127.0.0.1:9",
    "HTTP_PROXY": f"http://me:{CANARY}@127.0.0.1:9",
    "HARNESS_WEIGHTS_MIRROR": f"http://me:{CANARY}@127.0.0.1:9",
    "GITHUB_TOKEN": CANARY,
    "GGML_HUB_TOKEN": CANARY,
    "GG_BUILD_PASSWORD": CANARY,
    "MKL_LICENSE_KEY": CANARY,
}

# Between the attempts of a download there are 15 seconds in all, which prove nothing here.
HASTY = "import time; time.sleep = lambda _: None"


def written(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.name not in (".netrc", "spy"))


def leaks(kit: Kit) -> list[str]:
    return [str(path) for path in written(kit.folder) if CANARY.encode() in path.read_bytes()]


@pytest.fixture
def environ(kit: Kit) -> dict[str, str]:
    (kit.folder / ".netrc").write_text(f"machine 127.0.0.1 login me password {CANARY}\n")
    return dict(SECRETS)


def spy(kit: Kit, tool: str) -> None:
    """Let a tool write down the environment that it was given."""
    program = kit.tools / tool
    first, rest = program.read_text().split("\n", 1)
    program.write_text(f"{first}\n/usr/bin/env >> {kit.folder}/environment.txt\n{rest}")


def test_a_run(kit: Kit, environ: dict[str, str]) -> None:
    kit.commit_tree()
    for tool in ("cmake", "ctest", "ninja", "gcc", "g++"):
        spy(kit, tool)
    done = kit.run(environ=environ)
    assert done.returncode == 0, done.stderr
    assert "LC_ALL=C" in (kit.folder / "environment.txt").read_text(), "the spies saw something"
    assert CANARY not in done.stdout + done.stderr
    assert leaks(kit) == []


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--ref", "v1.8.5", "--model", "tiny"),
        ("run", "--ref", "v1.8.5", "--model", "tiny", "--repo", f"http://me:{CANARY}@127.0.0.1:9/a"),
        ("run", "--ref", "x", "--model", "tiny", "--repo", f"ftp://me:{CANARY}@127.0.0.1:9/a"),
        ("models", "tiny", "--weights", "official"),
        ("models", "tiny", "--weights", "official", "--weights-mirror", f"gopher://me:{CANARY}@127.0.0.1"),
    ],
)
def test_what_cannot_be_had(kit: Kit, environ: dict[str, str], words: tuple[str, ...]) -> None:
    done = the_player().play(words, {**kit.environ, **environ}, kit.folder, HASTY)
    assert done.code in (2, 4), done.err
    assert "Traceback" not in done.err
    assert CANARY not in done.out + done.err
    assert leaks(kit) == []


def test_no_process_has_the_login_among_its_arguments(kit: Kit, environ: dict[str, str]) -> None:
    """Let git be a program that notes its arguments, as `ps` would show them."""
    program = kit.tools / "git"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {kit.folder}/arguments.txt\nexit 1\n')
    program.chmod(0o755)
    path = f"{kit.tools}{os.pathsep}{os.environ['PATH']}"
    words = ("run", "--ref", "x", "--model", "tiny", "--repo", f"http://me:{CANARY}@127.0.0.1:9/a")
    done = kit.harness(*words, environ={**environ, "PATH": path})
    assert "init" in (kit.folder / "arguments.txt").read_text()
    assert CANARY not in done.stdout + done.stderr
    assert leaks(kit) == []


def test_a_proxy_that_cannot_be_used(kit: Kit, environ: dict[str, str]) -> None:
    proxy = f"http://me:{CANARY}@127.0.0.1:port"
    done = kit.harness(
        "models", "tiny", "--weights", "official", environ={**environ, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy}
    )
    assert CANARY not in done.stdout + done.stderr
