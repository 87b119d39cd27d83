"""The console: plain where nobody watches, one live line where somebody does."""

import io

import pytest

from harness.commands.output import Output
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.render.plain import format_seconds
from harness.system.console import Console
from tests import factory


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def show(console: Console, phase: Phase = Phase.BENCHMARK, status: Status = Status.PASSED) -> None:
    step = factory.step("memcpy", phase)
    console.begin(step, place="[1/2]", left_s=lambda _: 90.0, describe=lambda text: text.strip())
    console.watch(b"7/9\n")
    console.end(factory.result("memcpy", phase, status).replace(reason="for a reason" if status.bad else ""))


def test_plain_text_has_no_escapes_and_a_line_per_step() -> None:
    stream = io.StringIO()
    show(Console(stream))
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().startswith("[1/2] memcpy")
    assert "PASSED" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_a_terminal_gets_a_live_line_with_what_is_left() -> None:
    stream = Terminal()
    show(Console(stream))
    assert "about 1 min 30 s left" in stream.getvalue()
    assert "\x1b[32mPASSED" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1, "the live line is overwritten, not scrolled"


def test_failures_say_why() -> None:
    stream = io.StringIO()
    show(Console(stream), status=Status.FAILED)
    assert "for a reason" in stream.getvalue()


def test_probes_have_a_line_too_so_that_no_number_is_missing() -> None:
    stream = io.StringIO()
    show(Console(stream), phase=Phase.LIST)
    assert stream.getvalue().startswith("[1/2] ")


def test_quiet_says_nothing() -> None:
    stream = Terminal()
    console = Console(stream, quiet=True)
    console.note("something")
    console.progress("base", 1, 2)
    show(console)
    assert stream.getvalue() == ""


def test_verbose_shows_the_childs_output() -> None:
    stream = io.StringIO()
    show(Console(stream, verbose=True))
    assert "7/9\n" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")]
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_what_was_said_once_is_not_said_again() -> None:
    stream = io.StringIO()
    console = Console(stream)
    for text in ("a", "a", "b", "a"):
        console.note_once(text)
    assert stream.getvalue() == "a\nb\n"


def test_a_result_and_an_error_do_not_end_up_behind_the_live_line() -> None:
    stream = Terminal()
    console = Console(stream)
    console.erase()
    assert stream.getvalue() == "", "there is none yet"
    console.tick("one block", 0.5)
    Output(console, stream=stream).write("the answer")
    *_, last = stream.getvalue().split("\r\x1b[2K")
    assert last == "the answer\n"
    console.erase()
    assert stream.getvalue().endswith("the answer\n"), "it was erased before"
    console.tick("another block", 0.9)
    console.erase()
    assert stream.getvalue().endswith("\r\x1b[2K")
