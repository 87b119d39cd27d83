"""Each page of the tutorial and of the how-tos, typed from its first block to its last in a home folder of its own.

The harness is the real one. Fake are the tools that it builds with, and what is cloned: small repositories stand for
whisper.cpp and for the harness. `speed.json` of the fakes makes the tutorial's edit of ggml matter.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.records.source import Source
from harness.system.cache.entry import obtain_entry
from harness.system.source.resolve import load_pins
from harness.system.source.tree import GENERATED
from tests.desk import Desk
from tests.flow.kit import Kit
from tests.flow.repository import Repository, whisper
from tests.flow.test_flow_transcribe import write_wav
from tests.page_shell import PAGES, REASONS, list_blocks, write_script

UPSTREAM = "https://github.com/ggml-org/whisper.cpp"
OURS = "https://github.com/OWNER/HARNESS"
NAMES = [page.stem for page in PAGES]
# Lines of ggml that the tutorial edits.
TILES = """\
    // block-tiling attempt
    const int64_t blck_0 = 16;
    const int64_t blck_1 = 16;
"""
CONFIG = """\
[user]
name = A
email = a@example.org
[init]
defaultBranch = master
[url "file://{folder}/upstream"]
insteadOf = {upstream}
[url "file://{folder}/ours"]
insteadOf = {ours}
"""


class Reader:
    """Somebody with a home folder in which nothing was done yet."""

    def __init__(self, kit: Kit, desk: Desk) -> None:
        self.kit = kit
        self.desk = desk
        self.home = kit.folder / "home"
        self.home.mkdir()
        shutil.rmtree(kit.tree)
        config = CONFIG.format(folder=kit.folder, upstream=UPSTREAM, ours=OURS)
        (self.home / ".gitconfig").write_text(config)
        self._plant_upstream()
        self._plant_ours()
        self._plant_release()

    @property
    def environ(self) -> dict[str, str]:
        theirs = {name: value for name, value in self.kit.environ.items() if name not in self._default}
        ours = {
            "HOME": str(self.home),
            "PATH": f"{self.home}/bin:{os.environ['PATH']}",
            "GIT_CONFIG_SYSTEM": os.devnull,
            "HARNESS_WEIGHTS": str(self.kit.weights),
            "HARNESS_ENGINE": "bench",
            "HARNESS_RELINK": "0",
            "HARNESS_REPETITIONS": "1",
        }
        return {**theirs, **ours}

    # What a reader has not set.
    _default = ("HARNESS_RESULTS", "HARNESS_CACHE", "PYTHONPATH")

    def _plant_upstream(self) -> None:
        upstream = Repository(self.kit.folder / "upstream", {**self.kit.environ, "HOME": str(self.home)})
        whisper(upstream.path)
        (upstream.path / "ggml/src/ggml-cpu").mkdir(parents=True)
        upstream.commit("begin", **{"ggml/src/ggml-cpu/ggml-cpu.c": TILES})
        for tag in ("v1.8.4", "v1.8.5"):
            upstream.commit(tag, **{"ggml/src/ggml.c": f"// {tag}\n"})
            upstream.git("tag", tag)
        upstream.commit("more", **{"ggml/src/ggml.c": "// more\n"})

    def _plant_ours(self) -> None:
        """Make a repository whose scripts/harness is the harness that is tested."""
        ours = Repository(self.kit.folder / "ours", {**self.kit.environ, "HOME": str(self.home)})
        for command in (ours.path / "scripts/harness", self.home / "bin/harness"):
            command.parent.mkdir()
            self.desk.write_command(command)
        ours.commit("begin")

    def _plant_release(self) -> None:
        """Put the release that is measured by default into the cache, where its archive would be unpacked."""
        pins = load_pins()
        release = pins.find("")
        assert release
        folder = self.home / ".cache" / "whisper-harness" / "sources" / f"sdist-{release.sdist.sha256[:12]}"

        def make(target: Path) -> Source:
            whisper(target)
            (target / "samples").mkdir()
            write_wav(target / "samples" / "jfk.wav")
            (target / "models").mkdir()
            (target / "models" / "for-tests-silero-v6.2.0-ggml.bin").touch()
            return Source(id=folder.name, kind="sdist", path=str(target), commit=release.commit(pins.repo))

        obtain_entry(folder, Source, make, note=print, generated=GENERATED)

    def give_speech(self) -> None:
        """Leave a recording, and weights that nobody can tell from real ones."""
        write_wav(self.home / "talk.wav")
        weights = bytearray(self.kit.weights.read_bytes())
        weights[-1] ^= 1
        (self.home / "ggml-tiny.bin").write_bytes(weights)

    def give_results(self) -> None:
        """Leave what a reader of a how-to has: a clone of whisper.cpp, and a run of it."""
        clones = [["git", "clone", "-q", url, name] for url, name in ((UPSTREAM, "whisper.cpp"), (OURS, "harness"))]
        for words in (*clones, [str(self.home / "bin/harness"), "run", "--model", "tiny", "--quiet"]):
            done = subprocess.run(words, cwd=self.home, env=self.environ, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

    def type(self, page: Path) -> None:
        """Type the blocks of a page; an assertion says which command did not end as the page says."""
        folder = self.kit.folder / "typed"
        folder.mkdir()
        script = write_script([block for block in list_blocks(page) if not block.reason], folder)
        done = subprocess.run(
            ["bash", script],
            cwd=self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,  # for a computer that is busy with other things
            check=False,
        )
        ended = folder / "failed"
        assert ended.exists() and ended.read_text() == "done\n", f"{ended.read_text()}\n{done.stdout[-4000:]}"
        assert "Traceback" not in done.stdout, done.stdout


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as opened:
        yield opened


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_what_a_page_tells_to_type_does_what_it_says(page: Path, kit: Kit, desk: Desk) -> None:
    blocks = [block for block in list_blocks(page) if not block.reason]
    if any("jq " in block.text for block in blocks) and not shutil.which("jq"):
        pytest.skip("jq is not installed")
    if not blocks:
        pytest.skip("nothing on this page is run")
    reader = Reader(kit, desk)
    if page.parent.name == "tutorial":
        (reader.home / "bin/harness").unlink()
        kit.set_speed(0.002, **{"blck_0=1": 1.2})
    else:
        reader.give_results()
        reader.give_speech()
    reader.type(page)


def test_a_block_that_is_not_run_says_why() -> None:
    """Each reason is one of the list, and a block that names an exit code has one command."""
    blocks = [block for page in PAGES for block in list_blocks(page)]
    assert blocks
    for block in blocks:
        assert not block.reason or block.reason in REASONS, f"{block.where}: {block.reason!r} is not in REASONS"
        commands = block.text.replace("\\\n", " ").splitlines()
        assert not block.code or len(commands) == 1, f"{block.where}: a block with an exit code has one command"
