"""`harness cache`: listed, pruned, and never what somebody uses."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answer import result_of
from tests.faults.family.disk import can_mount
from tests.flow.kit import Kit

HOLD = """
import sys, pathlib
from harness.system.lock import hold
with hold(pathlib.Path(sys.argv[1]), busy=lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""
QUICK = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2")


def entries(kit: Kit) -> dict[str, dict[str, str]]:
    done = kit.harness("cache", "--json")
    assert done.returncode == 0, done.stderr
    return {one["kind"]: one for one in result_of(done.stdout)["entries"]}


def fill(kit: Kit) -> None:
    done = kit.run(*QUICK)
    assert done.returncode == 0, done.stderr
    (kit.cache / "weights").mkdir(exist_ok=True)
    (kit.cache / "weights" / "ggml-base.bin").write_text("w" * 1000)
    (kit.cache / "weights" / "ggml-base.bin.lock").touch()


def test_an_empty_cache(kit: Kit) -> None:
    done = kit.harness("cache")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0 entries, 0.0 MB in total, ")


def test_the_list_says_what_each_is_for(kit: Kit) -> None:
    fill(kit)
    done = kit.harness("cache")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("builds ")]
    assert "Release native, gcc" in line
    assert str(kit.cache) in done.stdout
    assert entries(kit)["builds"]["in_use"] == ""


def test_nothing_goes_without_yes_or_on_a_dry_run(kit: Kit) -> None:
    fill(kit)
    for words, environ in (((), {}), (("--yes",), {"HARNESS_DRY_RUN": "1"})):
        done = kit.harness("cache", "prune", "--keep", "0", *words, environ=environ)
        assert done.returncode == 0, done.stderr
        assert "would remove" in done.stdout
        assert {"builds", "weights"} <= set(entries(kit))


def test_pruning_by_kind_then_by_size_then_a_run_builds_again(kit: Kit) -> None:
    fill(kit)
    done = kit.harness("cache", "prune", "--keep", "0", "--kind", "weights", "--yes")
    assert done.returncode == 0, done.stderr
    assert "removed 1 entry, 0.0 MB; " in done.stdout
    assert {"builds", "weights"} & set(entries(kit)) == {"builds"}
    assert kit.harness("cache", "prune", "--keep", "0", "--yes").returncode == 0
    assert "builds" not in entries(kit)
    again = kit.run(*QUICK)
    assert again.returncode == 0, again.stderr
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == 2


def test_what_was_used_lately_is_young(kit: Kit) -> None:
    fill(kit)
    month_ago = time.time() - 31 * 86_400
    os.utime(kit.cache / "weights" / "ggml-base.bin", (month_ago, month_ago))
    for path in kit.cache.glob("builds/*/*"):
        os.utime(path, (month_ago, month_ago), follow_symlinks=False)
    done = kit.harness("cache", "prune", "--older", "30d", "--yes", "--json")
    assert [one["entry"]["kind"] for one in result_of(done.stdout)["removals"]] == ["weights"]
    assert "builds" in entries(kit)


def test_an_unfinished_run_keeps_what_it_needs(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True}})
    child = kit.start(*kit.words(*QUICK))
    kit.wait_for_model()
    live = entries(kit)["builds"]
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert live["in_use"].endswith("is not finished")
    done = kit.harness("cache", "prune", "--keep", "0", "--yes")
    assert done.returncode == 0, done.stderr
    assert entries(kit)["builds"]["in_use"].endswith("is not finished")
    kit.break_tools({})
    resumed = kit.harness("run", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert entries(kit)["builds"]["in_use"] == ""


def test_a_run_with_another_node_lock_keeps_the_cache(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True}})
    elsewhere = kit.folder / "elsewhere"
    elsewhere.mkdir()
    words = (*kit.words(*QUICK), "--results", str(kit.folder / "other-results"))
    child = kit.start(*words, environ={"TMPDIR": str(elsewhere)})
    kit.wait_for_model()
    done = kit.harness("cache", "prune", "--keep", "0", "--yes", "--no-wait")
    live = entries(kit)["builds"]["in_use"]
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert done.returncode == 0, done.stderr
    assert live == "a run is in progress"
    assert entries(kit)["builds"]["in_use"] == "", "nobody lives"


def test_pruning_waits_for_a_run_or_says_that_it_would_have_to(kit: Kit) -> None:
    fill(kit)
    lock = kit.temporary / "whisper-harness-node.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert entries(kit)["builds"]["in_use"] == "a run is in progress"
        done = kit.harness("cache", "prune", "--keep", "0", "--yes", "--no-wait")
        holder.communicate("")
    assert done.returncode == 3
    assert "another run is in progress on this node" in done.stderr
    assert "builds" in entries(kit)


def test_a_pruning_that_meets_a_holder_of_a_lock_leaves_that_entry(kit: Kit) -> None:
    fill(kit)
    held = kit.cache / "weights" / "ggml-base.bin.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(held)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        done = kit.harness("cache", "prune", "--keep", "0", "--yes")
        holder.communicate("")
    assert done.returncode == 0, done.stderr
    assert {"builds", "weights"} & set(entries(kit)) == {"weights"}


def test_leftovers_go_by_themselves(kit: Kit) -> None:
    left = kit.cache / "sources" / ".sdist-000000000000.partial-abcd1234"
    left.mkdir(parents=True)
    (kit.cache / "sources" / "sdist-000000000000.lock").touch()
    somebodys = kit.cache / "builds" / "mine-aaaaaaaa-bbbbbbbb-cccccccc"
    somebodys.mkdir(parents=True)
    (kit.cache / "weights").mkdir()
    (kit.cache / "weights" / "ggml-base.bin.lock").touch()
    (kit.cache / "weights" / "ggml-base.bin").write_text("w")
    done = kit.harness("cache", "prune", "--yes")
    assert done.returncode == 0, done.stderr
    assert not left.exists()
    assert "weights" in entries(kit)
    assert kit.harness("cache", "prune", "--keep", "0", "--yes").returncode == 0
    assert somebodys.is_dir()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("prune", "--older", "30x"), "expected an age such as 12h, 30d or 2w, not '30x'"),
        (("prune", "--keep", "lots"), "expected a size such as 500MB, 20GB or 1.5GiB, not 'lots'"),
        (("prune", "--kind", "build"), "--kind: unknown kind 'build'"),
        (("prune", "--kind", "builds,other"), "--kind: unknown kind 'other'"),
        (("--older", "30d"), "harness cache prune"),
        (("--yes",), "harness cache prune"),
        (("purge",), "expected prune, not 'purge'"),
        (("prune", "--older", "30"), "expected an age such as 12h, 30d or 2w, not '30'"),
    ],
)
def test_bad_words(kit: Kit, words: tuple[str, ...], shown: str) -> None:
    done = kit.harness("cache", *words)
    assert done.returncode == 2
    assert shown in done.stderr
    assert not Path(kit.cache).exists()


@pytest.fixture
def noexec(kit: Kit) -> Iterator[Path]:
    """A folder in which no program can be executed."""
    if not can_mount():
        pytest.skip("no file system can be mounted here: that takes Linux and root")
    folder = kit.folder / "noexec"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec", "tests", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("verb", ["run", "ab", "sweep", "tune", "calibrate", "build", "roofline", "run --dry-run"])
def test_a_cache_that_allows_no_programs_is_refused_before_anything_is_built(kit: Kit, noexec: Path, verb: str) -> None:
    sides = {"ab": ("fa=0", "fa=1"), "sweep": ("--threads", "1,2")}
    done = kit.harness(*verb.split(), *sides.get(verb, ()), environ={"HARNESS_CACHE": str(noexec / "cache")})
    assert done.returncode == 3
    assert "programs cannot be executed in the cache" in done.stderr
    assert "try:   --cache DIR" in done.stderr
    assert kit.calls() == []


def test_the_doctor_finds_a_cache_that_allows_no_programs(kit: Kit, noexec: Path) -> None:
    done = kit.harness("doctor", environ={"HARNESS_CACHE": str(noexec)})
    assert "its file system is mounted noexec" in done.stdout
