"""`harness bisect` over small real repositories, with fake tools: the culprit, the ends, going on, bad input."""

import json
import os
import signal
import subprocess
from typing import Any

import pytest

from harness.records.trial import TrialEnd, TrialPurpose
from harness.store.bundle import load_run
from tests.elf import make_object
from tests.flow.kit import Kit, wait_for
from tests.flow.repository import Repository, whisper
from tests.stub import build_stub

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class History:
    """A repository of whisper.cpp with a commit for each word, and what the fake tools make of it."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.repository = Repository(kit.folder / "upstream", {**kit.environ, **IDENTITY})
        whisper(self.repository.path)
        (self.repository.path / "src").mkdir()
        self.shas = [self.repository.commit("begin")]

    def add(self, *subjects: str) -> None:
        """Add commits: one that is called `docs...` changes a page, another one the library."""
        for subject in subjects:
            if subject.startswith("docs"):
                self.shas.append(self.repository.commit(subject, **{f"{subject}.md": subject}))
            else:
                self.shas.append(self.repository.commit(subject, **{"src/whisper.cpp": f"// {subject}\n"}))

    def slow_from(self, first: int, factor: float = 1.2, noise: float = 0.004) -> None:
        """Let this commit and all behind it be slower by a factor."""
        slow = {f"git-{sha[:12]}": factor for sha in self.shas[first:]}
        self.kit.set_speed(noise, **slow)

    def words(self, *words: str) -> list[str]:
        given = ["--repo", str(self.repository.path), "--model", "tiny", "--weights", str(self.kit.weights)]
        return ["bisect", *words, *given, "--threads", "2", "--engine", "bench", "--seed", "1"]

    def bisect(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Search between the first and the last commit."""
        return self.kit.harness(*self.words(self.shas[0], self.shas[-1], *words), environ=environ)


@pytest.fixture
def history(kit: Kit) -> History:
    return History(kit)


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_culprit_is_found_and_every_block_lies_in_a_trial(history: History, kit: Kit) -> None:
    history.add("one", "docs1", "two", "three", "docs2", "four", "five")
    history.slow_from(4)
    done = history.bisect()
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert done.stdout.startswith("FOUND: 1 commit changed encode")
    assert f"{history.shas[4][:8]}" in told
    assert "Ann Author" in told
    assert "src/whisper.cpp" in told
    assert f"measured with it, since they do not change the code: {history.shas[5][:8]}" in told
    assert "commits 7, of which 5 can change this build" in " ".join(done.stderr.split())
    assert "2 cannot change this build by their files" in told
    assert f"harness ab {history.shas[3][:12]} {history.shas[4][:12]} --repo" in told
    assert kit.partials() == []
    runs = [load_run(bundle) for bundle in kit.bundles()]
    assert {run.trial.purpose for run in runs if run.trial} == set(TrialPurpose)
    assert len({run.trial.bisection for run in runs if run.trial}) == 1
    blocks = [result.repetition for run in runs if run.trial and run.trial.role == "baseline" for result in run.results]
    assert sorted(blocks) == list(range(1, len(blocks) + 1)), "each block has a number, and coins, of its own"
    calls = len(kit.calls("whisper-bench"))
    found = answer(history.bisect("--json"))
    assert (found["verdict"], len(found["culprits"])) == ("FOUND", 1)
    (suspect,) = found["culprits"][0]["suspects"]
    assert (suspect["commit"], suspect["merged"]) == (history.shas[4], [history.shas[5]])
    assert suspect["probability"] >= 0.95
    assert 0.17 < found["culprits"][0]["final"]["change"] < 0.23
    assert found["ends_blocks"] + found["search_blocks"] + found["final_blocks"] == len(blocks)
    assert len(kit.calls("whisper-bench")) == calls, "the same question is answered from what was measured"


def test_a_commit_that_cannot_be_built_stays_a_suspect(history: History) -> None:
    history.add("one", "two")
    (history.repository.path / "include" / "whisper.h").unlink()
    history.add("three")
    (history.repository.path / "include" / "whisper.h").write_text("// whisper\n")
    history.add("four", "five")
    history.slow_from(4)
    found = answer(history.bisect("--json"))
    assert found["verdict"] == "FOUND"
    suspects = {one["commit"]: one["unbuildable"] for one in found["culprits"][0]["suspects"]}
    assert suspects == {history.shas[3]: True, history.shas[4]: False}
    assert [one["commit"] for one in found["unbuildable"]] == [history.shas[3]]
    assert "is not whisper.cpp" in found["unbuildable"][0]["reason"]


def test_equal_code_is_measured_once(history: History, kit: Kit) -> None:
    """The first and the last two commits have the code of their neighbours, as those that change comments alone."""
    history.add("one", "two", "three", "four")
    first, last = (make_object(word * 16, (b"text",)) for word in (b"code", b"kode"))
    kit.offer_objects(**{f"git-{sha[:12]}": first for sha in history.shas[:3]}, any=last)
    history.slow_from(3, 0.8)
    found = answer(history.bisect("--json"))
    assert found["verdict"] == "FOUND"
    assert found["culprits"][0]["final"]["verdict"] == "IMPROVED"
    assert (found["equal"], found["search_blocks"], found["final_blocks"]) == (3, 0, 0)
    (suspect,) = found["culprits"][0]["suspects"]
    assert (suspect["commit"], suspect["merged"]) == (history.shas[3], [history.shas[4]])


def test_equal_ends_are_not_measured(history: History, kit: Kit) -> None:
    history.add("one", "two")
    kit.offer_objects(any=make_object(b"code" * 16, (b"text",)))
    found = answer(history.bisect("--json"))
    assert (found["verdict"], found["why"]) == ("NOTHING", "GOOD and BAD have the same machine code")
    assert not [call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call]


def test_no_difference_is_an_answer(history: History) -> None:
    history.add("one", "two", "three")
    history.slow_from(0, 1.0, noise=0.002)
    done = history.bisect()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("NOTHING: a change of 2 % between GOOD and BAD is excluded")


def test_the_library_is_asked_and_both_ends_are_compared_in_every_metric(history: History, kit: Kit) -> None:
    kit.offer_library(build_stub(kit.folder / "stub"))
    history.add("one")
    words = history.words(history.shas[0], history.shas[1], "--threshold", "50%", "--json")
    place = words.index("--engine")
    found = answer(kit.harness(*words[:place], *words[place + 2 :]))
    assert (found["verdict"], found["search_blocks"]) == ("NOTHING", 0)
    runs = [load_run(bundle) for bundle in kit.bundles()]
    assert len(runs) == 2
    for run in runs:
        assert {one.metric for one in run.measurements} == {"encode", "decode", "batchd", "prompt"}
        assert run.trial
        assert run.trial.stopped == TrialEnd.SETTLED


def test_a_search_that_was_killed_goes_on(history: History, kit: Kit) -> None:
    history.add("one", "two", "three", "four")
    history.slow_from(3)
    child = kit.start(*history.words(history.shas[0], history.shas[-1]))
    wait_for(lambda: len([call for call in kit.calls("whisper-bench") if "-m" in call]) > 12)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=60)
    kept = sum(len(load_run(partial).results) for partial in kit.partials())
    assert kept >= 8
    left = json.loads(kit.harness("list", "--unfinished", "--json").stdout)
    assert {one["kind"] for one in left} == {"bisect"}
    assert all("harness bisect --resume 2" in one["next"] for one in left)
    found = answer(kit.harness("bisect", "--resume", "--json"))
    assert found["verdict"] == "FOUND"
    assert found["culprits"][0]["suspects"][0]["commit"] == history.shas[3]
    assert kit.partials() == []
    assert 2 * sum(found[f"{part}_blocks"] for part in ("ends", "search", "final")) >= kept


def test_an_interrupt_says_how_it_goes_on(history: History, kit: Kit) -> None:
    history.add("one", "two")
    history.slow_from(2)
    child = kit.start(*history.words(history.shas[0], history.shas[-1]))
    wait_for(lambda: len([call for call in kit.calls("whisper-bench") if "-m" in call]) > 6)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert child.wait() == 130
    assert "finished work is kept" in stderr
    assert "harness bisect --resume" in stderr
    assert kit.partials() == []
    assert {run.trial.stopped for run in map(load_run, kit.bundles()) if run.trial} == {TrialEnd.INTERRUPTED}


def test_an_end_that_does_not_build(history: History, kit: Kit) -> None:
    history.add("one", "two")
    kit.break_tools({"cmake --build": {"exit": 1, "spare": 1}})
    done = history.bisect()
    assert done.returncode == 10, done.stderr
    assert f"BAD ({history.shas[-1][:8]}) cannot be built: build_release: exit code 1" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("{bad}", "{good}"), 2, "in the wrong order"),
        (("{bad}", "{bad}"), 2, "they are the same commit"),
        (("{good}", "nothing"), 2, "'nothing'"),
        (("{good}", "a..b"), 2, "is not the name of a commit"),
        (("{good}",), 2, "BAD is not a commit"),
        (("{good}", "{bad}", "{bad}"), 2, "bisect needs two commits, not 3"),
        (("{good}", "{bad}", "--metric", "encode,decode"), 2, "one metric"),
        (("{good}", "{bad}", "--threads", "1,2"), 2, "--threads has several values"),
        (("{good}", "{bad}", "--budget", "20s"), 2, "is too short to compare GOOD with BAD"),
        (("{good}", "{bad}", "--resume"), 2, "--resume cannot be combined"),
        (("--resume",), 2, "a search that is resumed keeps the settings"),
    ],
)
def test_bad_words(history: History, kit: Kit, words: tuple[str, ...], code: int, shown: str) -> None:
    history.add("one")
    given = (word.format(good=history.shas[0], bad=history.shas[-1]) for word in words)
    done = kit.harness(*history.words(*given))
    assert done.returncode == code, done.stderr
    assert shown in " ".join(done.stderr.split())
    assert not kit.calls("whisper-bench")


def test_nothing_is_left_to_resume(kit: Kit) -> None:
    done = kit.harness("bisect", "--resume", "--budget", "5m")
    assert done.returncode == 2
    assert "no unfinished bisection in" in done.stderr


def test_the_plan_is_shown_and_nothing_is_built(history: History, kit: Kit) -> None:
    history.add("one", "docs1", "two")
    history.repository.git("checkout", "--quiet", "-b", "side", history.shas[1])
    side = history.repository.commit("side", **{"src/other.cpp": "// side\n"})
    done = kit.harness(*history.words(side, history.shas[-1], "--dry-run"))
    assert done.returncode == 0, done.stderr
    assert "commits 2, of which 1 can change this build" in " ".join(done.stdout.split())
    assert f"the search begins at their merge base, {history.shas[1][:8]}" in " ".join(done.stderr.split())
    assert not [call for call in kit.calls("cmake") if "--build" in call]


def test_uncommitted_changes_are_the_last_step(history: History, kit: Kit) -> None:
    history.add("one")
    (history.repository.path / "src" / "whisper.cpp").write_text("// slower\n")
    kit.set_speed(0.004, **{str(history.repository.path): 1.2})
    words = history.words(history.shas[-1], str(history.repository.path), "--json")
    place = words.index("--repo")
    found = answer(kit.harness(*words[:place], *words[place + 2 :]))
    assert (found["verdict"], found["search_blocks"], found["final_blocks"]) == ("FOUND", 0, 0)
    (suspect,) = found["culprits"][0]["suspects"]
    assert suspect["commit"].startswith(f"{history.shas[-1]}+")
