"""`harness bisect` over small real repositories, with fake tools: the culprit, the ends, going on, bad input."""

import os
import shlex
import signal
import subprocess
from typing import Any

import pytest

from harness.cli.parser import parse
from harness.cli.verb import VERBS
from harness.records.purpose import RunPurpose
from harness.records.trial import TrialEnd, TrialPurpose
from harness.settings.table import SETTINGS
from harness.store.bisection_file import load_bisection
from harness.store.bundle import load_run
from tests.answer import result_of
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
    found: dict[str, Any] = result_of(done.stdout)
    return found


def test_the_culprit_is_found_and_what_does_not_build_stays_beside_it(history: History, kit: Kit) -> None:
    history.add("one", "docs1")
    (history.repository.path / "include" / "whisper.h").unlink()
    history.add("broken")
    (history.repository.path / "include" / "whisper.h").write_text("// whisper\n")
    history.add("slow", "docs2", "last")
    slow, broken = history.shas[4], history.shas[3]
    history.slow_from(4)
    done = history.bisect()
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    assert done.stdout.startswith("FOUND: 1 commit changed encode, and cannot be told apart from neighbours")
    for part in (slow[:8], "Ann Author", "src/whisper.cpp", "2 cannot change this build by their files"):
        assert part in shown
    assert f"measured with it, since they do not change the code: {history.shas[5][:8]}" in shown
    assert f"harness ab {history.shas[1][:12]} {slow[:12]} --repo" in shown
    assert "commits 6, of which 4 can change this build" in " ".join(done.stderr.split())
    assert kit.partials() == []
    runs = [load_run(bundle) for bundle in kit.bundles()]
    assert {run.trial.purpose for run in runs if run.trial} == set(TrialPurpose)
    assert {run.purpose for run in runs} == {RunPurpose.BISECTION}
    calls = len(kit.calls("whisper-bench"))
    found = answer(history.bisect("--json"))
    again, search = found["commands"][0], next(one for one in found["commands"] if one.startswith("harness bisect "))
    for line in (again, search):  # each stands alone: weights by what they are, threshold, the place of the commits
        assert " --weights synthetic" in line
        assert " --threshold " in line
        assert f"  # paths of the computer that measured: {history.repository.path}" in line
    assert f" --seed {load_bisection(next(iter(kit.results.glob('*/*/*.bisect.json')))).seed} --renew" in search
    assert parse(shlex.split(search, comments=True)[1:], VERBS, SETTINGS).command == "bisect"
    assert len(kit.calls("whisper-bench")) == calls, "the same question is answered from what was measured"
    suspects = {one["commit"]: one for one in found["culprits"][0]["suspects"]}
    assert {sha: one["unbuildable"] for sha, one in suspects.items()} == {broken: True, slow: False}
    assert suspects[slow]["merged"] == [history.shas[5]]
    assert 0.17 < found["culprits"][0]["final"]["change"] < 0.23
    assert [one["commit"] for one in found["unbuildable"]] == [broken]
    assert "is not whisper.cpp" in found["unbuildable"][0]["reason"]
    again = answer(kit.harness("show", "bisect", "--json"))
    assert (again["culprits"], again["runs"], again["commands"]) == tuple(
        found[name] for name in ("culprits", "runs", "commands")
    )
    both = (done.stdout, kit.harness("show", found["id"]).stdout)
    assert len({text.partition("  took ")[0] for text in both}) == 1


def test_equal_ends_are_not_measured(history: History, kit: Kit) -> None:
    history.add("one", "two")
    kit.offer_objects(any=make_object(b"code" * 16, (b"text",)))
    found = answer(history.bisect("--json"))
    assert (found["verdict"], found["why"]) == ("NOTHING", "GOOD and BAD have the same machine code")
    assert not [call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call]


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


def measured(kit: Kit) -> int:
    return len([call for call in kit.calls("whisper-bench") if "-m" in call])


def test_a_search_that_was_interrupted_and_killed_goes_on(history: History, kit: Kit) -> None:
    history.add("one", "two")
    history.slow_from(2)
    child = kit.start(*history.words(history.shas[0], history.shas[-1]))
    wait_for(lambda: measured(kit) > 6)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert child.wait() == 130
    assert "finished work is kept" in stderr
    assert "harness bisect --resume" in stderr
    assert kit.partials() == []
    assert {run.trial.stopped for run in map(load_run, kit.bundles()) if run.trial} == {TrialEnd.INTERRUPTED}
    (left,) = result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"]
    assert (left["kind"], left["measured"] >= 4) == ("bisect", True)
    assert f"harness bisect --resume {left['id']}" in left["next"]
    assert "there is no answer yet" in kit.harness("show", "bisect").stdout
    child = kit.start("bisect", "--resume")
    until = measured(kit) + 6
    wait_for(lambda: measured(kit) > until)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=60)
    kept = sum(len(load_run(partial).results) for partial in (*kit.bundles(), *kit.partials()))
    assert kept >= 8
    unfinished = result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"]
    assert {one["kind"] for one in unfinished} == {"bisect"}
    assert all("harness bisect --resume 2" in one["next"] for one in unfinished)
    (file,) = kit.results.glob("*/*/*.bisect.json")
    file.rename(kit.folder / file.name)
    unfinished = result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"]
    assert all("nothing: the next ab, bisect" in one["next"] for one in unfinished), "there is nothing to resume"
    (kit.folder / file.name).rename(file)
    found = answer(kit.harness("bisect", "--resume", "--json"))
    assert found["verdict"] == "FOUND"
    assert found["culprits"][0]["suspects"][0]["commit"] == history.shas[2]
    assert kit.partials() == []
    assert 2 * sum(found[f"{part}_blocks"] for part in ("ends", "search", "final")) >= kept
    assert result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"] == []


def test_an_end_that_does_not_build(history: History, kit: Kit) -> None:
    history.add("one", "two")
    kit.break_tools({"cmake --build": {"exit": 1, "spare": 1}})
    done = history.bisect()
    assert done.returncode == 10, done.stderr
    assert f"BAD ({history.shas[-1][:8]}) cannot be built: build_release: exit code 1" in done.stdout
    (left,) = result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"]
    kit.harness("list", "--unfinished", "--remove", left["id"])
    assert result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"] == [left], (
        "it says --yes first"
    )
    removed = kit.harness("list", "--unfinished", "--remove", left["id"], "--yes")
    assert (removed.returncode, removed.stdout) == (0, f"{left['id']}\n")
    assert result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"] == []
    gone = kit.harness("show", "bisect")
    assert (gone.returncode, "there are no bisections in" in gone.stderr) == (2, True)


BAD_WORDS = (
    (("{bad}", "{good}"), "in the wrong order"),
    (("{bad}", "{bad}"), "they are the same commit"),
    (("{good}", "nothing"), "'nothing'"),
    (("{good}", "a..b"), "is not the name of a commit"),
    (("{good}",), "the commit with the change is missing"),
    (("{good}", "{bad}", "{bad}"), "bisect needs two commits, not 3"),
    (("{good}", "{bad}", "--metric", "encode,decode"), "one metric"),
    (("{good}", "{bad}", "--threads", "1,2"), "--threads has several values"),
    (("{good}", "{bad}", "--budget", "20s"), "is too short to compare GOOD with BAD"),
    (("{good}", "{bad}", "--resume"), "--resume cannot be combined"),
    (("--resume",), "a search that is resumed keeps the settings"),
)


def test_bad_words(history: History, kit: Kit) -> None:
    history.add("one")
    for words, shown in BAD_WORDS:
        given = (word.format(good=history.shas[0], bad=history.shas[-1]) for word in words)
        done = kit.harness(*history.words(*given))
        assert done.returncode == 2, (words, done.stderr)
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
