"""Quantised weights through fake tools: made once, checked, and never taken for what they are not."""

import pytest

from harness.records.outcome import Status
from tests.flow.kit import Kit

WORDS = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "1")


def made(kit: Kit) -> list[list[str]]:
    return kit.calls("whisper-quantize")


def test_weights_are_made_by_the_tree_and_kept_for_the_next_run(kit: Kit) -> None:
    done = kit.run(*WORDS, "--quant", "f16,q8_0")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    models = [result.case.get("model") for result in run.results if result.case]
    assert models == ["tiny", "tiny-q8_0"]
    plain, small = run.weights
    assert (small.model, small.kind, small.parent) == ("tiny-q8_0", plain.kind, plain.path)
    assert small.size_bytes == 43_537_433, "as long as the published file"
    assert len(small.sha256) == 64
    assert "weights-quantised" in {caveat.code for caveat in run.caveats}
    assert "tiny-q8_0" in kit.report()
    again = kit.run(*WORDS, "--quant", "q8_0")
    assert again.returncode == 0, again.stderr
    assert len(made(kit)) == 1


def test_a_program_that_ends_well_and_leaves_something_else(kit: Kit) -> None:
    # It exits with 0 for types that it cannot make, too; here it copies nothing at all.
    kit.break_tools({"whisper-quantize": {"silent": True}})
    done = kit.run(*WORDS, "--quant", "f16,q8_0")
    assert done.returncode == 12
    run = kit.only_run()
    by_step = {result.step: result for result in run.results}
    assert by_step["quantise_tiny-q8_0"].status is Status.FAILED
    assert "did not write quantised-synthetic-tiny-q8_0" in by_step["quantise_tiny-q8_0"].reason
    assert by_step["bench_tiny_t1_fa0_r1"].status is Status.PASSED, "the other case is measured all the same"
    assert by_step["bench_tiny-q8_0_t1_fa0_r1"].status is Status.SKIPPED


def test_a_killed_program_leaves_nothing_that_looks_whole(kit: Kit) -> None:
    kit.break_tools({"whisper-quantize": {"signal": 9, "times": 1}})
    assert kit.run(*WORDS, "--quant", "q8_0").returncode == 12
    assert kit.run(*WORDS, "--quant", "q8_0").returncode == 0
    assert len(made(kit)) == 2


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--quant", "q5_k"), "tiny cannot be quantised to q5_k"),
        (("--quant", "q9"), "unknown type of weights 'q9'"),
    ],
)
def test_types_that_cannot_be_are_refused_at_once(kit: Kit, words: tuple[str, ...], shown: str) -> None:
    done = kit.run(*WORDS, *words)
    assert done.returncode == 2
    assert shown in done.stderr
    assert not kit.calls("whisper-bench")
