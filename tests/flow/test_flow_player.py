"""A fork that plays the harness (tests/player.py) is what a real start is: else the other flow tests prove little."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.flow.kit import Kit

# What a child of the harness finds: variables, folder, ignored and blocked signals, descriptors. A shell blocks signals
# while it starts a program, so it looks itself.
LOOK = """\
#!/bin/sh
{{
    env | grep -Ev '^(WHISPER_HARNESS_RUN|__CF_USER_TEXT_ENCODING)=' | sort
    pwd
    while read -r name value; do
        case $name in SigBlk:|SigIgn:) echo "$name $value" ;; esac
    done < /proc/$$/status
    ls /proc/$$/fd
}} > {seen} 2> /dev/null
exec {real} "$@"
"""
QUICK = ("--no-tests", "--bench", "whisper", "--repetitions", "1")


def test_what_it_starts_finds_the_same(kit: Kit) -> None:
    ninja, real, seen = kit.tools / "ninja", kit.tools / "ninja-real", kit.folder / "seen"
    ninja.rename(real)
    ninja.write_text(LOOK.format(seen=seen, real=real))
    ninja.chmod(0o755)
    found = []
    for kit.fresh in (True, False):
        done = kit.run(*QUICK)
        assert done.returncode == 0, done.stderr
        found.append(seen.read_text())
        seen.unlink()
    assert found[0] == found[1]
    assert f"TMPDIR={kit.temporary}" in found[0]


@pytest.mark.parametrize(
    "words", [("--version",), ("--help",), ("list",), ("list", "--nonsense"), ("show", "nothing"), ("schema",)]
)
def test_it_says_the_same(kit: Kit, words: tuple[str, ...]) -> None:
    ends = []
    for kit.fresh in (True, False):
        done = kit.harness(*words)
        ends.append((done.returncode, done.stdout, done.stderr))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_signals_end_it_likewise(kit: Kit, number: int) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 300, "silent": True}})
    ends = []
    for kit.fresh in (True, False):
        (kit.tools / "calls.jsonl").unlink(missing_ok=True)
        child = kit.start(*kit.words(*QUICK))
        kit.wait_for_model()
        child.send_signal(number)
        out, err = child.communicate(timeout=60)
        ends.append((child.wait(), out, "harness: interrupted; finished work is kept in" in err))
        for pid in kit.running():
            subprocess.run(["kill", "-9", str(pid)], check=False)
    assert ends[0] == ends[1]
    assert ends[0] == ((-9, "", False) if number == signal.SIGKILL else (130, "", True))


def test_variables_that_python_reads_are_for_a_real_start(kit: Kit, tmp_path: Path) -> None:
    kinds: list[Any] = []
    for environ in ({}, {"PYTHONHASHSEED": "1"}, {"PYTHONPATH": str(tmp_path)}, {"LC_ALL": "C"}, {"LD_PRELOAD": ""}):
        child = kit.start("--version", environ=environ)
        child.communicate(timeout=60)
        kinds.append(isinstance(child, subprocess.Popen))
    assert kinds == [False, True, True, True, True]
