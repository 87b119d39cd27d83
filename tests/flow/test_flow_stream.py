"""Standard streams that are closed, full, or that nobody reads: what was done is kept, and nobody sees a traceback."""

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import harness.cli.main
import harness.environment.dependency  # noqa: F401
from tests.flow.kit import ROOT, Kit
from tests.stream import CLOSED, FULL, GONE, REFUSING, SLOW, STATES, arrange

REPORTS = ROOT / "tests" / "data" / "reports"
# Every verb that ends without a build; None: it prints nothing on standard output.
VERBS: dict[str, tuple[str, ...]] = {
    "version": ("--version",),
    "help": ("run", "--help"),
    "runs": ("runs",),
    "show": ("show", "latest"),
    "report": ("report", "latest", "--format", "csv"),
    "report-file": ("report", "latest", "-o", "out.csv"),
    "import": ("import", str(next(iter(sorted(REPORTS.glob("*.md"))))), "--node", "b"),
    "export": ("export", "latest", "-o", "tree"),
    "compare": ("compare", "latest", "latest"),
    "schema": ("schema",),
    "models": ("models",),
    "cache": ("cache",),
    "wrong": ("runs", "--nonsense"),
    "missing": ("show", "nothing"),
}
EVERYTHING = (("closed", (0, 1, 2)), ("hung-up", (0, 1, 2)))
_SIGNS = ("Traceback", "Exception ignored")


def play(kit: Kit, words: tuple[str, ...], statements: str = "") -> tuple[int, str, str]:
    """Return exit code and outputs of a command in a child of this process, whose streams are arranged first."""
    files = [kit.folder / name for name in ("stdout", "stderr")]
    for path in files:
        path.unlink(missing_ok=True)
    pid = os.fork()
    if not pid:
        os._exit(_be_the_harness(kit, words, statements, files))
    _, status = os.waitpid(pid, 0)
    out, err = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    return os.waitstatus_to_exitcode(status), out, err


def _be_the_harness(kit: Kit, words: tuple[str, ...], statements: str, files: list[Path]) -> int:
    try:
        for number, path in enumerate(files, 1):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        os.chdir(kit.folder)
        environ = kit.environ
        os.environ.clear()
        os.environ.update(environ)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["harness", *words]
        for name in ("stdin", "stdout", "stderr"):
            setattr(sys, name, None)
        exec(statements, {"os": os, "signal": signal})
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python does at its start
        from harness.__main__ import main

        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        # What the interpreter does at its very end.
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        (kit.folder / "stderr").write_text(traceback.format_exc())
        return 99
    return code


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_in_every_state_of_the_streams(name: str, kit: Kit) -> None:
    play(kit, ("import", str(REPORTS), "--node", "a"))
    words = VERBS[name]
    plain, said, told = play(kit, words)
    assert plain == {"wrong": 2, "missing": 2}.get(name, 0), told
    for state, numbers in (*((one, (1,)) for one in STATES), ("closed", (2,)), ("full", (2,)), *EVERYTHING):
        code, out, err = play(kit, words, arrange(STATES[state], *numbers))
        where = f"{state}, {numbers}: {err}"
        assert not any(sign in err for sign in _SIGNS), where
        lost = state in REFUSING and 1 in numbers and bool(said)
        assert code == (3 if lost and not plain else plain), where
        if 1 not in numbers and name != "import":
            assert out == said, where
        if lost and 2 not in numbers and not plain:
            assert "cannot be printed on standard output" in err, where


@pytest.mark.parametrize(
    ("state", "numbers", "code"),
    [(CLOSED, (0, 1, 2), 3), (FULL, (1,), 3), (GONE, (1, 2), 0), (CLOSED, (2,), 0), (SLOW, (1, 2), 0)],
)
def test_what_was_measured_is_sealed_whatever_the_streams_are(
    kit: Kit, state: str, numbers: tuple[int, ...], code: int
) -> None:
    words = tuple(kit.words("--no-tests", "--bench", "whisper", "--repetitions", "1", "--json", "--verbose"))
    ended, out, err = play(kit, words, arrange(state, *numbers))
    assert (ended, "Traceback" in err) == (code, False), err
    run = kit.only_run()
    assert run.exit_code == 0
    assert kit.partials() == []
    if state == SLOW:
        assert f'"id": "{run.id}"' in out
    # A descriptor that is closed is not given to a record: no child has written into one.
    logs = [path.read_text(encoding="utf-8", errors="replace") for path in (kit.bundles()[0] / "logs").iterdir()]
    assert all(log.startswith("+ ") for log in logs if log)


def test_a_failure_of_what_is_measured_outranks_an_answer_that_is_not_printed(kit: Kit) -> None:
    kit.break_tools({"cmake --build Release": {"exit": 1}})
    assert play(kit, tuple(kit.words("--no-tests")), arrange(FULL, 1))[0] == 10


@pytest.mark.parametrize("what", ["pipe", "folder", "missing", "full"])
def test_a_job_summary_that_takes_nothing_is_said(kit: Kit, what: str) -> None:
    path = kit.folder / "summary"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "missing":
        path = path / "nowhere" / "summary"
    summary = "/dev/full" if what == "full" else str(path)
    words = tuple(kit.words("--no-tests", "--bench", "memcpy", "--repetitions", "1"))
    code, _, err = play(kit, words, f"os.environ['GITHUB_STEP_SUMMARY'] = {summary!r}")
    assert code == 0
    assert "the report is not in the job summary" in err


def test_a_hangup_that_is_ignored_stays_ignored(kit: Kit) -> None:
    nohup = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    code = "from harness.__main__ import main; import os, signal; main(); os.kill(os.getpid(), signal.SIGHUP)"
    kit_words = [sys.executable, "-P", "-c", f"import os, signal; {nohup}; import sys; sys.argv[1:] = ['runs']; {code}"]
    assert subprocess.run(kit_words, env=kit.environ, cwd=kit.folder, capture_output=True).returncode == 0


def test_the_interpreter_says_nothing_at_its_end(kit: Kit) -> None:
    for module, state, code in (("harness --version", FULL, 3), ("benchmarks.faults --list", GONE, 0)):
        words = [sys.executable, "-P", "-m", *module.split()]
        start = f"import os, sys\nexec({arrange(state, 1)!r})\nos.execv(sys.argv[1], sys.argv[1:])"
        argv = [sys.executable, "-c", start, *words]
        done = subprocess.run(argv, env=kit.environ, cwd=kit.folder, stderr=subprocess.PIPE, text=True)
        assert done.returncode == code, done.stderr
        assert not any(sign in done.stderr for sign in _SIGNS), done.stderr
