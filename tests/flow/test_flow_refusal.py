"""What the user says is wrong: one clear sentence, the right code, and nothing on disk."""

import json
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


@pytest.mark.parametrize(
    "words", [("explain", "noisy"), ("explain", "noisy", "--json"), ("schema",), ("run", "--help"), ("--version",)]
)
def test_a_verb_that_needs_no_setting_of_a_broken_file_does_not_read_it(kit: Kit, words: tuple[str, ...]) -> None:
    sound = kit.harness(*words)
    assert sound.returncode == 0, sound.stderr
    for text, environ in (("model = [tiny\n", {}), ("modle = 1\n", {}), ("", {"HARNESS_NONSENSE": "1"})):
        (kit.folder / "harness.toml").write_text(text)
        done = kit.harness(*words, environ=environ)
        assert (done.returncode, done.stdout, done.stderr) == (0, sound.stdout, "")


def test_a_file_that_is_named_is_read_by_all(kit: Kit) -> None:
    assert kit.harness("explain", "noisy", "--config", "/nowhere.toml").returncode == 2


def test_a_format_in_a_file_is_meant_for_the_verbs_that_have_it(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text('format = "csv"\n')
    done = kit.harness("explain", "noisy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "noisy" in done.stdout
    refused = kit.harness("explain", "noisy", "--format", "csv")
    assert refused.returncode == 2
    assert "harness explain cannot print csv" in refused.stderr


def test_a_broken_tool_is_not_silently_replaced(kit: Kit) -> None:
    kit.break_tools({"ctest --version": {"exit": 1, "silent": True}})
    done = kit.run()
    assert done.returncode == 3
    assert "ctest was not found, or does not run" in done.stderr


def test_an_unknown_command_is_usage(kit: Kit) -> None:
    assert kit.harness("rnu").returncode == 2


def test_a_command_line_that_is_not_understood_is_refused_in_json_too(kit: Kit) -> None:
    for words, what in (
        (("rnu", "--json"), "unknown command 'rnu'"),
        (("list", "--nonsense", "--format=json"), "unknown option --nonsense"),
        (("list", "--json", "--config", "/nowhere.toml"), "/nowhere.toml"),
        (("list", "--json", "--format", "xml"), ""),
        (("list", "--json", "\udcff"), "not UTF-8"),
    ):
        done = kit.harness(*words)
        assert done.returncode == 2, done.stderr
        assert (what in json.loads(done.stdout)["error"]["what"]) if what else done.stdout == ""


def test_a_results_folder_that_cannot_be_written(kit: Kit) -> None:
    blocker = kit.folder / "file"
    blocker.write_text("")
    done = kit.run("--results", str(blocker / "results"), "--bench", "whisper")
    assert done.returncode == 3
    assert "--results" in done.stderr
