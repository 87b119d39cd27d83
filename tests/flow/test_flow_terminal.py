"""What a run looks like on a terminal, which is a real pseudo-terminal here: nothing is wider than it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.flow.kit import Kit

QUICK = ("--bench", "whisper", "--no-tests", "--repetitions", "2", "--threads", "2")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def watch(kit: Kit, columns: int, *words: str, environ: dict[str, str] | None = None) -> str:
    """Return everything that a command writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-P", "-m", "harness", *words]
    whole = {**kit.environ, "TERM": "xterm", **(environ or {})}
    child = subprocess.Popen(command, cwd=kit.folder, env=whole, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    while True:
        assert select.select([ours], [], [], 120)[0], text.decode()
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # EIO: nobody has the other end any more
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    assert child.wait() == 0, text.decode()
    return text.decode()


def lines(text: str) -> list[str]:
    """Return what stood on the lines of a terminal, also what was written over."""
    return [_ESCAPE.sub("", line) for line in re.split(r"[\r\n]+", text)]


@pytest.mark.parametrize(
    ("columns", "share"), [(44, r" *\d+ %"), (80, r"(\[#*-*\])? +\d+ %"), (160, r"\[#*-*\] +\d+ %")]
)
def test_a_run_has_a_header_a_line_a_step_and_a_live_line(kit: Kit, columns: int, share: str) -> None:
    text = watch(kit, columns, *kit.words(*QUICK))
    shown = lines(text)
    # A path, which is there to be copied, is whole; all else fits.
    long = [line for line in shown if len(line) > columns and " results/" not in line]
    assert [line for line in long if " " in line.strip()] == []
    before = shown[: next(place for place, line in enumerate(shown) if "[1/" in line or "[ 1/" in line)]
    assert len([line for line in before if re.match(r"[a-z]+  +\S", line)]) <= 8
    assert not any("-DGGML" in line for line in shown)
    live = [line for line in shown if re.match(r"(\[#*-*\])? *\d+ %  ", line)]
    assert live
    assert all(re.match(share, line) for line in live)
    assert any("[" in line[:2] for line in live) is (columns > 44), "there is room for a bar"
    shares = [int(found[1]) for line in live if (found := re.search(r"(\d+) %", line))]
    assert shares[0] == 0
    assert "\x1b[32mPASSED" in text
    ended = [line for line in shown if re.match(r"\[ *\d+/\d+\] .* (PASSED|SKIPPED)", line)]
    total = int(re.sub(r".*/(\d+)\].*", r"\1", ended[0]))
    assert len(ended) == total, "a line a step"


@pytest.mark.parametrize("columns", [60, 80])
def test_a_trial_has_one_header_and_then_its_steps(kit: Kit, columns: int) -> None:
    kit.set_speed(0.002)
    words = kit.trial_words("ab", "GGML_LLAMAFILE=ON", "GGML_LLAMAFILE=OFF", "--engine", "bench")
    shown = lines(watch(kit, columns, *words))
    first = next(place for place, line in enumerate(shown) if re.search(r"\[ *1/", line))
    before = shown[:first]
    header = [line[:11].strip() for line in before if re.match(r"(differ in|[a-z]+)  +\S", line)]
    assert header == ["node", "baseline", "contender", "differ in", "weights", "threads", "time", "plan"]
    assert "differ in  GGML_LLAMAFILE (ON / OFF)" in before
    assert "time       build time not known yet, then at most 10 min 00 s of measuring"[: columns - 8] in "\n".join(
        before
    )
    wide = [line for line in shown if len(line) > columns]
    assert all("/" in line for line in wide), "only paths, which are there to be copied"
    assert not [line for line in before if len(line) > columns]
    ended = [line for line in shown[first:] if re.match(r"\[ *\d+/\d+\] .* (PASSED|SKIPPED)", line)]
    numbers = [tuple(map(int, re.findall(r"\d+", line)[:2])) for line in ended]
    assert numbers == [(number, len(ended)) for number in range(1, len(ended) + 1)], "each step has one line"
    assert [line.partition(", ")[2][:4] for line in ended[:2]] == ["base", "cont"], "configured before any is built"
    assert all("configure (Release), " in line for line in ended[:2])
    assert not [line for line in shown[first:] if line.startswith(("node ", "source "))], "no header in between"
    again = lines(watch(kit, 80, *words))
    (time,) = [line for line in again if line.startswith("time ")]
    assert re.fullmatch(r"time       (about \d+ s to build, then )?at most 10 min 00 s of measuring.*", time)


def test_no_color_means_none(kit: Kit) -> None:
    text = watch(kit, 80, *kit.words(*QUICK), environ={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*m", text)
    assert "\x1b[2K" in text, "the live line is no colour"
    assert "PASSED" in text


def test_a_terminal_that_knows_no_escapes_gets_none(kit: Kit) -> None:
    assert "\x1b" not in watch(kit, 80, "list", environ={"TERM": "dumb"})


def test_without_a_terminal_there_are_whole_lines_alone(kit: Kit) -> None:
    done = kit.run(*QUICK)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert "\r" not in done.stderr + done.stdout
    assert f"  {kit.tree}\n" in done.stderr, "whole, however long it is"
    assert "time     about " in done.stderr


def test_the_plan_is_shown_on_request(kit: Kit) -> None:
    shown = lines(watch(kit, 80, *kit.words(*QUICK, "--dry-run")))
    assert [line for line in shown if len(line) > 80 and line.count(" ") > 6] == []
    assert any("-DCMAKE_BUILD_TYPE=Release" in line for line in shown)
    done = kit.run(*QUICK, "-v")
    assert "-DCMAKE_BUILD_TYPE=Release" in done.stderr
    assert "steps    " in done.stderr


@pytest.mark.parametrize("columns", [50, 80])
def test_tables_of_stored_runs_fit(kit: Kit, columns: int) -> None:
    assert kit.run(*QUICK).returncode == 0
    shown = lines(watch(kit, columns, "show", "latest"))
    assert [line for line in shown if len(line) > columns and "/" not in line] == []
    rows = [line for line in shown if line.strip().startswith("tiny ")]
    assert len(rows) > (1 if columns == 50 else 0)


def test_help_fits(kit: Kit) -> None:
    for words in ((), ("run", "--help")):
        assert max(map(len, lines(watch(kit, 80, *words)))) < 80


def test_paths_on_a_terminal_are_those_from_here(kit: Kit) -> None:
    text = watch(kit, 80, *kit.words(*QUICK))
    (bundle,) = kit.bundles()
    assert f"bundle: {bundle.relative_to(kit.folder)}" in text
    assert Path(kit.folder, bundle).is_dir()


def test_plots_are_for_terminals_alone(kit: Kit) -> None:
    kit.set_speed(0.002)
    words = kit.trial_words("ab", "GGML_LLAMAFILE=ON", "GGML_LLAMAFILE=OFF", "--engine", "bench")
    shown = watch(kit, 120, *words, environ={"PYTHONUTF8": "1"})
    assert "├●┤ the change and its interval" in shown
    ids = [path.name for path in kit.bundles()]
    assert "●" in watch(kit, 120, "compare", *ids, environ={"PYTHONUTF8": "1"})
    done = kit.harness("compare", *ids)
    assert done.returncode == 0, done.stderr
    assert "MDE" in done.stdout
    assert not {"●", "├"}.intersection(done.stdout)
