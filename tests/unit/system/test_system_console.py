"""The console: plain where nobody watches, one live line where somebody does."""

import io
import re

import pytest

from harness.commands.output import Output
from harness.parse.tool.ninja import parse_progress
from harness.plan.forecast import TimeLeft, forecast_rest
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
    left = TimeLeft(seconds=90.0, guess_s=90.0)
    console.begin(step, place="[1/2]", foresee=lambda _elapsed_s, _share: left, read=parse_progress)
    console.watch(b"[7/9 1.0] x\n")
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


@pytest.mark.parametrize(
    ("known", "texts"),
    [
        (
            {"b": 5.0, "m": 30.0},
            ["about 35 s left", "about 32 s left", "over by 3 s, then about 30 s", "about 54 s left"],
        ),
        ({"m": 30.0}, ["about 30 s plus the build"] * 3 + ["about 54 s left"]),
    ],
)
def test_no_number_stands_still_where_a_build_takes_longer(
    known: dict[str, float], texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stream = Terminal()
    console, steps = Console(stream), (factory.step("b", Phase.BUILD), factory.step("m", Phase.BENCHMARK))

    def foresee(elapsed_s: float, share: float) -> TimeLeft:
        return forecast_rest(steps, known, elapsed_s=elapsed_s, share=share)

    console.begin(steps[0], place="[1/2]", foresee=foresee, read=parse_progress)
    for elapsed_s, said in ((3.0, b"[1/20 3.0] x\n"), (8.0, b"[2/20 8.0] x\n"), (16.0, b"[8/20 16.0] x\n")):
        now[0] = 100.0 + elapsed_s
        console.watch(said)
    drawn = stream.getvalue().split("\r\x1b[2K")[1:]
    assert [re.sub(r"\[?[#-]*\]? *\d+ %  ", "", line).partition(", [1/2]")[0] for line in drawn] == texts
    assert [line.rpartition(" b")[2] for line in drawn] == [", 0 s", " 1/20, 3 s", " 2/20, 8 s", " 8/20, 16 s"]
    shares = [int(found[1]) for line in drawn if (found := re.search(r"(\d+) %", line))]
    assert len(shares) == len(drawn)


def test_what_is_cut_has_a_shorter_form() -> None:
    stream = Terminal()
    Console(stream).tick(f"block 1; not settled: {'x' * 80}", 0.5, short="block 1; not settled: 3 of 4")
    assert stream.getvalue().endswith(" 50 %  block 1; not settled: 3 of 4")


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
    assert "[7/9 1.0] x\n" in stream.getvalue()


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


def test_a_warning_is_printed_once_even_when_quiet() -> None:
    stream = io.StringIO()
    console = Console(stream, quiet=True)
    for text in ("a", "a", "b", "a"):
        console.note_once("no warning")
        console.warn_once(text)
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
