"""The text beside the time, through a fake whisper-cli: a guard of `tune`, columns of `sweep`, a family of `ab`."""

import csv
import io
from pathlib import Path

import pytest

from harness.store.bundle import load_run
from tests.answer import result_of
from tests.flow.kit import Kit
from tests.flow.test_flow_transcribe import write_wav

pytest.importorskip("jiwer")
pytest.importorskip("whisper_normalizer")
SAID = " ".join(f"{first}{second}ox" for first in "bdfg" for second in "aeiounrsty")
WRONG = SAID.replace("b", "p")  # ten of forty
BENCH = ("--engine", "bench", "--threads", "1", "--no-check")


@pytest.fixture
def speech(kit: Kit) -> tuple[str, ...]:
    """Options for weights that pass for real ones, and a recording of whose known text q5_0 gets a part wrong."""
    real = kit.folder / "ggml-tiny.bin"
    data = bytearray(kit.weights.read_bytes())
    data[-1] ^= 1
    real.write_bytes(data)
    wav, text = write_wav(kit.folder / "talk.wav"), kit.folder / "talk.txt"
    text.write_text(f"{SAID}.\n")
    kit.let_say(tiny=SAID, q5_0=WRONG)
    return ("--source", str(kit.tree), "--model", "tiny", "--weights", str(real), *BENCH, *listen(wav, text))


def listen(wav: Path, text: Path) -> tuple[str, ...]:
    return ("--audio", str(wav), "--text", str(text))


def test_what_costs_too_much_text_is_not_chosen_however_fast(kit: Kit, speech: tuple[str, ...]) -> None:
    kit.set_speed(0.005, q5_0=0.3, q8_0=0.8)
    words = ("tune", *speech, "--over", "quant", "--budget", "60s", "--no-write")
    done = kit.harness(*words, "--max-wer", "+20%", "--json")
    assert done.returncode == 0, done.stderr
    tuning = result_of(done.stdout)
    (stage,) = tuning["stages"]
    tried = {dict(one["values"])["quant"]: one for one in stage["tried"]}
    assert tried["q5_0"]["reason"] == "WER +25.0 points > +20.0"
    assert (tried["q5_0"]["score"], tried["q5_0"]["text"]["errors"]) == (None, 10)
    assert dict(tuning["winner"])["quant"] == "q8_0"
    assert (tuning["text"]["words"], tuning["text"]["errors"], tuning["reference_text"]["errors"]) == (40, 0, 0)
    (run,) = map(load_run, kit.bundles())
    read = [str(one.case) for one in run.results if one.text_errors]
    assert len(read) == len(set(read)) == 4, "each type of weights once"
    shown = kit.harness("show", "tune")
    assert "text: WER 0.0 % (+0.0 points)" in shown.stdout
    assert "--max-wer 20%" in shown.stdout


def test_without_real_weights_tune_keeps_them_and_says_why(kit: Kit) -> None:
    words = ["tune", "--source", str(kit.tree), "--model", "tiny", "--weights", "synthetic", *BENCH]
    words += ["--budget", "5s", "--no-write"]
    refused = kit.harness(*words, "--max-divergence", "0.1")
    assert refused.returncode == 4
    assert "--max-wer and --max-divergence cannot be checked for tiny" in refused.stderr
    assert "the weights are synthetic" in refused.stderr
    assert not [call for call in kit.calls("cmake") if "--build" in call]
    bad = kit.harness(*words, "--max-divergence", "much")
    assert bad.returncode == 2
    assert "--max-divergence: expected a number of nats" in bad.stderr


def test_a_sweep_has_columns_for_the_text(kit: Kit, speech: tuple[str, ...]) -> None:
    done = kit.harness("sweep", *speech, "--threads", "1,2", "--quant", "f16,q5_0", "--repetitions", "1", "--quality")
    (table,) = kit.results.glob("*/*/*.sweep.csv")
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [(row["quant"], row["threads"], row["wer"]) for row in rows] == [
        ("f16", "1", "0"),
        ("f16", "2", "0"),
        ("q5_0", "1", "0.25"),
        ("q5_0", "2", "0.25"),
    ]
    assert "25.0" in done.stdout
    run = kit.only_run()
    threads = {one.case.get("threads") for one in run.results if one.case and one.text_errors}
    assert threads == {"2"}, "threads do not change the text"
    assert run.gaps == ()
    refused = kit.harness("sweep", *speech, "--weights", "synthetic", "--quality")
    assert refused.returncode == 4
    assert "--quality has nothing to look at" in refused.stderr


def test_a_text_that_got_worse_is_a_regression(kit: Kit, speech: tuple[str, ...]) -> None:
    kit.set_speed(0.005)
    words = (*speech, "--metric", "encode", "--max-time", "2s", "--quality")
    done = kit.harness("ab", "quant=f16", "quant=q5_0", *words, "--json")
    assert done.returncode == 20, done.stderr
    report = result_of(done.stdout)
    (words_of,) = [one for one in report["quality"]["comparisons"] if one["subject"] == "words"]
    assert (words_of["verdict"], words_of["only_baseline"], words_of["only_contender"]) == ("REGRESSED", 0, 10)
    runs = [load_run(bundle) for bundle in kit.bundles()]
    assert all(any(one.text_errors for one in run.results) for run in runs)
    assert all(any(one.measurements for one in run.results) for run in runs)
    stored = kit.harness("compare", *(run.id for run in runs))
    assert stored.returncode == 20, stored.stderr
    (line,) = [line for line in stored.stdout.splitlines() if " words " in line]
    assert "REGRESSED" in line
    assert line.split()[2:6] == ["0.0", "%", "25.0", "%"]
    refused = kit.harness("ab", "fa=0", "fa=1", *words, "--weights", "synthetic")
    assert refused.returncode == 4
    assert "--quality has nothing to look at in the baseline" in refused.stderr
