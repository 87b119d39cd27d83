"""What the user says is wrong: one clear sentence, the right code, and nothing on disk."""

import re

import pytest

from tests.flow.kit import Kit


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (["--model", "bse"], 2, "base"),
        (["--isa", "avx3"], 2, "avx"),
        (["--bench", "memcopy"], 2, "memcpy"),
        (["--threads", "0"], 2, "--threads"),
        (["--threads", "two"], 2, "--threads"),
        (["--flash-attn", "2"], 2, "--flash-attn"),
        (["--repetitions", "-1"], 2, "--repetitions"),
        (["--repetitions", "0"], 2, "--repetitions"),
        (["--as-node", "../../x"], 2, "not a name for a node"),
        (["--config", "/"], 2, "not a regular file"),
        (["-D", "CMAKE_BUILD_TYPE=Debug"], 2, "CMAKE_BUILD_TYPE"),
        (["--define", "GGML_LLAMAFILE"], 2, "--define"),
        (["--source", "/nowhere"], 2, "/nowhere"),
        (["--compiler", "no-such-cc"], 3, "no-such-cc"),
        (["--weights", "/nowhere.bin"], 4, "/nowhere.bin"),
        (["--nonsense"], 2, "--nonsense"),
        (["--config", "/nowhere.toml"], 2, "/nowhere.toml"),
    ],
)
def test_bad_words(kit: Kit, words: list[str], code: int, shown: str) -> None:
    done = kit.run(*words)
    assert done.returncode == code, done.stderr
    assert shown in done.stderr
    assert not kit.results.exists()


@pytest.mark.parametrize("verb", ["run", "ab", "calibrate", "roofline"])
def test_more_threads_than_cpus_are_refused(kit: Kit, verb: str) -> None:
    words = {"run": kit.words(), "ab": kit.trial_words("ab", "fa=0", "fa=1"), "calibrate": kit.trial_words("calibrate")}
    done = kit.harness(*words.get(verb, ["roofline"]), "--threads", "4096", environ={"HARNESS_FORCE_THREADS": ""})
    assert done.returncode == 2, done.stderr
    assert re.search(r"harness: 4096 threads on \d+ usable CPUs", done.stderr)
    assert "--force-threads" in done.stderr
    assert not kit.bundles()
    assert not kit.calls("whisper-bench")


def test_bad_toml_names_the_place(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text("model = [tiny\n")
    done = kit.run()
    assert done.returncode == 5
    assert "harness.toml" in done.stderr
    assert "line 1" in done.stderr


def test_a_broken_tool_is_not_silently_replaced(kit: Kit) -> None:
    kit.break_tools({"ctest --version": {"exit": 1, "silent": True}})
    done = kit.run()
    assert done.returncode == 3
    assert "ctest was not found, or does not run" in done.stderr


def test_an_unknown_command_is_usage(kit: Kit) -> None:
    assert kit.harness("rnu").returncode == 2


def test_a_results_folder_that_cannot_be_written(kit: Kit) -> None:
    blocker = kit.folder / "file"
    blocker.write_text("")
    done = kit.run("--results", str(blocker / "results"), "--bench", "whisper")
    assert done.returncode == 3
    assert "--results" in done.stderr
