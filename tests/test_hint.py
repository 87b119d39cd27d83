"""Every text behind `try:` and `fix:` is a command that can be copied, options that exist, or a plain sentence."""

import re
import shutil
import subprocess

import pytest

from tests.hint import COMMENT, PROGRAMS, check_hint, list_hints

# Whose texts are parts of sentences, or are shown beside a link.
APART = ("render/html/", "render/paste.py", "judge/illegal.py")
FOUND = sorted({hint for hint in list_hints() if not hint.module.startswith(APART)})
# Their options are their own.
OTHERS = tuple(f"{word} " for word in PROGRAMS)


def test_hints_can_be_copied() -> None:
    wrong = {f"{hint.module}:{hint.line}: {hint.text}": check_hint(hint.text) for hint in FOUND}
    assert {text: why for text, why in wrong.items() if why} == {}


def test_hints_are_found_at_all() -> None:
    assert len(FOUND) > 300
    assert {check_hint("harness ru"), check_hint("harness run --modle x"), check_hint("--nothing")}.isdisjoint({""})
    assert check_hint("`ls`") != ""
    assert check_hint("do it.") != ""


def test_a_command_ends_where_its_comment_begins() -> None:
    """Behind a command there is no prose that a shell would take for words."""
    for hint in FOUND:
        command = hint.text.partition(COMMENT)[0]
        first = command.split(maxsplit=1)[0] if command.strip() else ""
        if (first in PROGRAMS or first == "harness") and " = " not in command:
            assert not re.search(r"[,;:.] [a-z]|, or ", command), hint
            assert "#" not in command, hint


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_commands_of_other_programs_are_understood_by_a_shell() -> None:
    commands = [hint.text.replace("{}", "x") for hint in FOUND if hint.text.split(maxsplit=1)[0] in PROGRAMS]
    assert len(commands) > 20
    done = subprocess.run(["bash", "-n"], input="\n".join(commands), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_option_in_a_sentence_exists() -> None:
    for hint in FOUND:
        if not hint.text.startswith(OTHERS):
            for option in re.findall(r"(?<![\w{-])--[a-z][a-z-]*[a-z]", hint.text.partition("docker")[0]):
                assert "" in (check_hint(option), check_hint(f"{option} {{}}")), hint
