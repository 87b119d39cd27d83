"""Standard streams that are closed, full, or that nobody reads: what was done is kept, and nobody sees a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow.kit import ROOT, Kit
from tests.player import Played, Player, the_player
from tests.stream import CLOSED, GONE, READ_ONLY, REFUSING, SLOW, STATES, arrange

REPORTS = ROOT / "tests" / "data" / "reports"
# Every verb that ends without a build.
VERBS: dict[str, tuple[str, ...]] = {
    "version": ("--version",),
    "help": ("run", "--help"),
    "list": ("list",),
    "show": ("show", "latest"),
    "report": ("report", "latest", "--format", "csv"),
    "report-file": ("report", "latest", "-o", "out.csv"),
    "import": ("import", str(next(iter(sorted(REPORTS.glob("*.md"))))), "--as-node", "b"),
    "export": ("export", "latest", "-o", "tree"),
    "compare": ("compare", "latest", "latest"),
    "schema": ("schema",),
    "explain": ("explain",),
    "models": ("models",),
    "cache": ("cache",),
    "nightly": ("nightly", "--dry-run", "--repo", "whisper.cpp", "--model", "tiny"),
    "wrong": ("list", "--nonsense"),
    "missing": ("show", "nothing"),
}
# Each verb meets one of each line: what refuses, a reader who goes away or is slow, standard error, all three.
KINDS: tuple[tuple[tuple[str, tuple[int, ...]], ...], ...] = (
    tuple((state, (1,)) for state in REFUSING),
    (("gone", (1,)), ("slow", (1,)), ("hung-up", (1,))),
    (("closed", (2,)), ("full" if "full" in STATES else "read-only", (2,))),
    (("closed", (0, 1, 2)), ("hung-up", (0, 1, 2))),
)
# Others use the same disk.
_FREE = re.compile(r"[\d.]+ .?B free")
_SIGNS = ("Traceback", "Exception ignored")


@pytest.fixture(scope="module")
def player() -> Player:
    return the_player()


@pytest.fixture(scope="module")
def stocked(player: Player, tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """A kit with some results, which all verbs share: none of them changes those of node a."""
    kit = Kit(tmp_path_factory.mktemp("stocked"), tiny_weights)
    kit.commit_tree()
    assert play(player, kit, "import", str(next(iter(sorted(REPORTS.glob("*.md"))))), "--as-node", "a").code == 0
    return kit


def play(player: Player, kit: Kit, *words: str, statements: str = "") -> Played:
    code, out, err = player.play(words, kit.environ, kit.folder, statements)
    return Played(code, _FREE.sub("some free", out), err)


@pytest.mark.parametrize("number", range(len(VERBS)), ids=list(VERBS))
def test_every_verb_in_every_kind_of_stream(number: int, stocked: Kit, player: Player) -> None:
    name, words = list(VERBS.items())[number]
    plain, said, told = play(player, stocked, *words)
    assert plain == {"wrong": 2, "missing": 2}.get(name, 0), told
    for state, numbers in (states[number % len(states)] for states in KINDS):
        code, out, err = play(player, stocked, *words, statements=arrange({**STATES, "slow": SLOW}[state], *numbers))
        where = f"{state}, {numbers}: {err}"
        assert not any(sign in err for sign in _SIGNS), where
        lost = state in REFUSING and 1 in numbers and bool(said)
        assert code == (3 if lost and not plain else plain), where
        if (1 not in numbers or state == "slow") and name != "import":
            assert out == said, where
        if lost and 2 not in numbers and not plain:
            assert "cannot be written to standard output" in err, where


@pytest.mark.parametrize("arranged", [((CLOSED, 0), (CLOSED, 1), (CLOSED, 2)), ((READ_ONLY, 1), (SLOW, 2))])
def test_what_was_measured_is_sealed_whatever_the_streams_are(
    kit: Kit, player: Player, arranged: tuple[tuple[str, int], ...]
) -> None:
    words = kit.words("--no-tests", "--bench", "whisper", "--repetitions", "1", "--json", "--verbose")
    statements = [f"os.environ['GITHUB_STEP_SUMMARY'] = {str(kit.folder)!r}"]
    statements += [arrange(state, number) for state, number in arranged]
    code, out, err = play(player, kit, *words, statements="\n".join(statements))
    assert (code, out, "Traceback" in err) == (3, "", False), err
    assert kit.only_run().exit_code == 0
    assert kit.partials() == []
    if (SLOW, 2) in arranged:
        assert f"could not add the report to the job summary {kit.folder} (GITHUB_STEP_SUMMARY): Is a directory" in err
        assert "cannot be written to standard output" in err
    # A descriptor that is closed is not given to a record: no child has written into one.
    logs = [path.read_text(encoding="utf-8", errors="replace") for path in (kit.bundles()[0] / "logs").iterdir()]
    assert all(log.startswith("+ ") for log in logs if log)


def test_a_failure_of_what_is_measured_outranks_an_answer_that_is_not_printed(kit: Kit, player: Player) -> None:
    kit.break_tools({"cmake --build Release": {"exit": 1}})
    assert play(player, kit, *kit.words("--no-tests"), statements=arrange(CLOSED, 1)).code == 10


def test_a_hangup_that_is_ignored_stays_ignored(stocked: Kit, player: Player) -> None:
    hung_up = """
import harness.cli.main as cli
signal.signal(signal.SIGHUP, signal.SIG_IGN)
inner = cli._dispatch
def hang_up(*given):
    os.kill(os.getpid(), signal.SIGHUP)
    return inner(*given)
cli._dispatch = hang_up
"""
    assert play(player, stocked, "list", statements=hung_up).code == 0
    assert play(player, stocked, "list", statements=hung_up.replace("SIG_IGN", "SIG_DFL")).code == 130


def test_who_asks_for_no_buffer_gets_each_line_at_once(stocked: Kit) -> None:
    code = "from harness.system.stream import secure_streams as go; import os; go(); print('first'); os._exit(0)"
    done = subprocess.run([sys.executable, "-u", "-c", code], env=stocked.environ, capture_output=True, text=True)
    assert done.stdout == "first\n"


def test_the_interpreter_says_nothing_at_its_end(stocked: Kit) -> None:
    benchmark = "from benchmarks.sitting import perform; perform(lambda: print(100_000 * 'x'))"
    for words, state, code in ((("-m", "harness", "--version"), CLOSED, 3), (("-c", benchmark), GONE, 0)):
        start = f"import os, sys\nexec({arrange(state, 1)!r})\nos.execv(sys.argv[1], sys.argv[1:])"
        argv = [sys.executable, "-c", start, sys.executable, "-P", *words]
        done = subprocess.run(argv, env=stocked.environ, cwd=stocked.folder, stderr=subprocess.PIPE, text=True)
        assert done.returncode == code, done.stderr
        assert not any(sign in done.stderr for sign in _SIGNS), done.stderr
