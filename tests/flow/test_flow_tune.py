"""`harness tune` through fake tools: the search finds what makes the made-up program fast, and writes it down."""

import re
import tomllib

import pytest

from tests.answer import result_of
from tests.flow.kit import Kit

FAST = {"-fa": 1.3, "-DGGML_LLAMAFILE=ON": 0.6}


def tune(kit: Kit, *words: str, budget: str = "25s") -> list[str]:
    base = ["tune", "--source", str(kit.tree), "--model", "tiny", "--weights", str(kit.weights), "--engine", "bench"]
    return [*base, "--threads", "1", "--over", "fa,llamafile", "--budget", budget, *words]


def test_the_best_settings_are_found_and_written(kit: Kit) -> None:
    kit.set_speed(0.005, **FAST)
    (kit.folder / "harness.toml").write_text('# mine\nseed = 7\nthreads = ["9"]\n')
    done = kit.harness(*tune(kit, "--threads", "1", budget="5m"))  # it ends as soon as the duels are clear
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "winner threads=1 fa=0 llamafile=on blas=none" in told
    assert "-DGGML_LLAMAFILE=ON" in told
    assert "whisper-cli -m models/ggml-tiny.bin -t 1 -nfa" in told
    assert "certainly better than the start" in told
    won = re.search(
        r"llamafile=on blas=none \S+ \S+ [\d.]+ ms/window \((-\d+\.\d) %\) the median of (?:9|\d\d+) rounds; ", told
    )
    assert won
    assert float(won[1]) < -10
    duel = re.search(r"against the start \(.*?llamafile=off.*?\): (-\d+\.\d)%", told)
    assert duel
    assert float(duel[1]) < -10
    written = (kit.folder / "harness.toml").read_text()
    assert written.startswith("# mine\nseed = 7\n"), "what a person wrote stays"
    values = tomllib.loads(written)
    assert (values["llamafile"], values["flash_attn"], values["threads"]) == ("on", ["0"], ["1"])
    assert kit.run("--bench", "whisper", "--no-tests", "--repetitions", "1", "--dry-run").returncode == 0
    assert len(kit.bundles()) == 2, "two binaries, two ordinary runs"


def test_a_candidate_that_cannot_be_built_leaves_the_others(kit: Kit) -> None:
    kit.set_speed(0.005, **FAST)
    kit.break_tools({"cmake --build": {"exit": 1, "spare": 1}})
    done = kit.harness(*tune(kit, "--no-write", "--json"))
    assert done.returncode == 0, done.stderr
    tuning = result_of(done.stdout)
    stage = next(stage for stage in tuning["stages"] if stage["axis"] == "llamafile")
    assert [one["reason"] for one in stage["tried"]] == ["", "build_release: exit code 1"]
    assert dict(tuning["winner"])["llamafile"] == "off"
    assert not (kit.folder / "harness.toml").exists()


def test_what_is_no_better_than_the_start_is_not_written(kit: Kit) -> None:
    kit.set_speed(0.0, **{"-DGGML_LLAMAFILE=ON": 0.995})
    done = kit.harness(*tune(kit, "--over", "llamafile", budget="5m"))
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "found threads=1 fa=0 llamafile=on" in told
    assert "the start is kept, because the search's choice is practically equal to it" in told
    assert "-DGGML_LLAMAFILE=OFF" in told
    assert tomllib.loads((kit.folder / "harness.toml").read_text())["llamafile"] == "off"


def test_nothing_can_be_measured(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 3}})
    done = kit.harness(*tune(kit))
    assert done.returncode == 12
    assert "nothing could be measured: exit code 3" in done.stdout
    assert not (kit.folder / "harness.toml").exists()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--for", "speed"), "'speed' is not one of latency, throughput, memory"),
        (("--over", "thread"), "did you mean threads"),
        (("--model", "base"), "tune takes one model at a time"),
    ],
)
def test_bad_words(kit: Kit, words: tuple[str, ...], shown: str) -> None:
    done = kit.harness(*tune(kit, *words))
    assert done.returncode == 2
    assert shown in done.stderr
    assert not kit.calls("whisper-bench")


def test_a_broken_file_is_found_before_the_search(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text("threads = [")
    done = kit.harness(*tune(kit))
    assert done.returncode == 5
    assert not kit.calls("cmake")
