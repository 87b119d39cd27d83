"""A job of GitHub Actions as its steps see it: the files that they write to, and the variables that they pass on."""

import contextlib
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from harness.records.secret import is_secret, redact

ROOT = Path(__file__).resolve().parents[1]
HARNESS = str(ROOT / "scripts" / "harness")
SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"
# What steps are given by action.yml and the workflow.
OWN = "ACTION_"
# The runner's own variables: files that later steps execute or are configured by, and logins of its services.
_OF_THE_RUNNER = ("ACTIONS_", "GITHUB_", "INPUT_", OWN)
_HARMLESS = (SUMMARY, "GITHUB_ACTIONS")
# Artifacts may not have : " < > | * ? / \ and line ends in their names; shells and people want fewer.
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100
# The file that holds what a verb has printed as JSON, alone in its artifact.
ANSWER = "answer.json"
# What the name of a file has at its end that holds nothing finished.
UNFINISHED = ".unfinished"
USAGE, UNREADABLE, MISSING = 2, 5, 12


class StepError(Exception):
    """A step cannot go on; the message says why and what to try, and the exit code is the harness's."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def is_kept_back(name: str, value: str) -> bool:
    """Return whether a variable is none for the harness and the code that it measures.

    pip's settings count only if there is a login in them: they say where sources come from.
    """
    if name.startswith(_OF_THE_RUNNER):
        return name not in _HARMLESS
    if name.startswith("PIP_"):
        return redact(value) != value
    return is_secret(name, value)


def keep_back(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those of the runner and without secrets."""
    return {name: value for name, value in environ.items() if not is_kept_back(name, value)}


def clean_word(text: str) -> str:
    """Return a text as part of the name of an artifact."""
    return _UNUSUAL.sub("-", text).strip("-.")[:_LONGEST]


def split_words(text: str) -> list[str]:
    """Return the words of a command, split and unquoted as a shell does; nothing in them is expanded."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise StepError(f"the words of `{text}` cannot be told apart: {error}; close the quote") from None


def find_option(words: Sequence[str], name: str) -> str:
    """Return the value of an option among the words of a command, empty where it is not there."""
    found = ""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == name:
            found = following
        elif word.startswith(f"{name}="):
            found = word.partition("=")[2]
    return found


def write_outputs(environ: Mapping[str, str], **values: str) -> None:
    """Set outputs of the step. No text can end the value that it stands in: the delimiter is random."""
    if path := environ.get(OUTPUT):
        end = f"end-{secrets.token_hex(16)}"
        lines = [f"{name.replace('_', '-')}<<{end}\n{value}\n{end}\n" for name, value in values.items()]
        _append(Path(path), "".join(lines))


def write_summary(environ: Mapping[str, str], text: str) -> None:
    """Add Markdown to the summary of the job."""
    if path := environ.get(SUMMARY):
        _append(Path(path), text)


def measure_summary(environ: Mapping[str, str]) -> int:
    """Return the length of the summary so far."""
    path = Path(environ.get(SUMMARY) or os.devnull)
    return path.stat().st_size if path.is_file() else 0


def say(text: str) -> None:
    """Print a line into the log of the job."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run_harness(words: Sequence[str], environ: Mapping[str, str], output: Path | None = None) -> int:
    """Run the harness, and return its exit code; a signal that asks this process to end is passed on.

    While it runs, no line in the log is a command for the runner, whoever writes it. What it prints on standard output
    goes to the file `output`, if that is given.
    """
    mark = secrets.token_hex(16)
    say(f"::stop-commands::{mark}")
    with contextlib.ExitStack() as stack:
        # The log's last line may have no end.
        stack.callback(say, f"\n::{mark}::")
        stdout = stack.enter_context(output.open("wb")) if output else None
        child = subprocess.Popen([HARNESS, *words], env=dict(environ), stdin=subprocess.DEVNULL, stdout=stdout)

        def pass_on(number: int, _frame: FrameType | None) -> None:
            child.send_signal(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, pass_on)
        code = child.wait()
    return code if code >= 0 else 128 - code


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
