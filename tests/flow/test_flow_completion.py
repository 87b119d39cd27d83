"""What a shell completes: names at once, refs and runs by asking a harness that imports next to nothing."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.flow.kit import ROOT, Kit

# The words that a shell would offer for the last one of a command.
ASK = """\
source ./harness.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_shtab_harness
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def scripted(kit: Kit) -> Kit:
    """A kit in which scripts can be made; an environment that is older than the lock may lack what makes them."""
    pytest.importorskip("shtab")
    return kit


def offered(kit: Kit, *words: str) -> set[str]:
    script = kit.folder / "harness.bash"
    if not script.exists():
        done = kit.harness("completion", "bash")
        assert done.returncode == 0, done.stderr
        script.write_text(done.stdout)
    command = ["bash", "-c", ASK, "bash", "harness", *words]
    done = subprocess.run(command, cwd=kit.folder, env=kit.environ, capture_output=True, text=True, check=True)
    assert not done.stderr
    return set(done.stdout.split())


@pytest.mark.skipif(not shutil.which("bash"), reason="bash completes nothing where there is none")
def test_bash_offers_verbs_options_models_and_what_is_there(scripted: Kit) -> None:
    kit = scripted
    assert kit.run("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2").returncode == 0
    (bundle,) = kit.bundles()
    assert {"run", "roofline"} <= offered(kit, "r")
    assert offered(kit, "run", "--no-te") == {"--no-tests"}
    assert {"base", "base.en", "fast"} >= offered(kit, "run", "--model", "bas") >= {"base"}
    assert offered(kit, "show", bundle.name[:8]) == {bundle.name}
    assert offered(kit, "compare", bundle.name[:8]) == {bundle.name}
    assert "v1.8.5" in offered(kit, "run", "--ref", "v1.8.")
    assert offered(kit, "sweep", "--format", "m") == {"markdown"}
    assert offered(kit, "completion", "z") == {"zsh"}
    assert "weights-synthetic" in offered(kit, "explain", "weights-")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_its_script(scripted: Kit, shell: str) -> None:
    named = scripted.harness("completion", shell)
    assert named.returncode == 0, named.stderr
    assert scripted.harness("completion", environ={"SHELL": f"/usr/bin/{shell}"}).stdout == named.stdout
    assert "given:" not in named.stdout, "our own names of arguments are nobody's business"
    for word in ("roofline", "repetitions", "completion --words runs", "completion --words refs"):
        assert word in named.stdout, word


def test_an_unknown_shell_is_refused(kit: Kit) -> None:
    assert kit.harness("completion", "tcsh").returncode == 2
    refused = kit.harness("completion", environ={"SHELL": "/bin/tcsh"})
    assert (refused.returncode, "harness completion bash" in refused.stderr) == (2, True)


def test_what_is_asked_for_in_the_midst_of_a_line_is_never_a_complaint(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text("results = [\n")
    for words in (("runs",), ("refs",), ("nonsense",), ()):
        done = kit.harness("completion", "--words", *words, environ={"HARNESS_RESULTS": "", "HARNESS_NONSENSE": "1"})
        assert (done.returncode, done.stderr) == (0, ""), words


def test_words_are_answered_without_what_takes_long_to_import(kit: Kit) -> None:
    look = "import sys; from harness.cli.word import answer; answer(['', '--words', 'runs']); print(*sys.modules)"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_RESULTS": str(kit.results)}
    done = subprocess.run([sys.executable, "-c", look], env=environ, capture_output=True, text=True, check=True)
    assert not {"msgspec", "argparse", "harness.cli.parser", "harness.commands.run"} & set(done.stdout.split())
