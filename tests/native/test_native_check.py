"""A build whose kernel computes something else is not timed: one constant of ggml is changed."""

import shutil
from pathlib import Path

import pytest

from harness.records.caveat import CaveatCode
from harness.records.outcome import Cause, Status, is_check, is_timed
from harness.store.bundle import load_run
from tests.native.test_native_run import ONE_THREAD, TINY, bundles, harness

pytestmark = pytest.mark.native
KERNEL = Path("ggml/src/ggml-cpu/ggml-cpu.c")
# The activation between both matrices of every layer, made too large by half: plausible numbers, but wrong ones.
RIGHT = "GGML_CPU_FP32_TO_FP16(ggml_gelu_f32(f))"
WRONG = "GGML_CPU_FP32_TO_FP16(1.5f * ggml_gelu_f32(f))"


def test_a_wrong_kernel_is_found_before_anything_is_timed(folder: Path, tmp_path: Path) -> None:
    first = load_run(bundles(folder)[0])
    # A cache of its own, in which the tree lies as in the first one: the compiler cache knows all other objects.
    cache = folder / "planted"
    tree = cache / Path(first.source.path).relative_to(folder / "cache")
    shutil.copytree(first.source.path, tree)
    kernel = tree / KERNEL
    kernel.chmod(0o644)
    text = kernel.read_text(encoding="utf-8")
    assert text.count(RIGHT) == 1
    kernel.write_text(text.replace(RIGHT, WRONG), encoding="utf-8")
    words = ("--bench", "whisper", "--engine", "library", "--flash-attn", "0,1", "--no-tests", "--no-roofline")
    weights = ("--weights", first.weights[0].path, "--source", str(tree))
    places = {"HARNESS_RESULTS": str(tmp_path), "HARNESS_CACHE": str(cache)}
    done = harness(folder, "run", *TINY, *ONE_THREAD, *words, *weights, **places)
    assert done.returncode == 12, done.stderr
    assert "wrong result" in done.stdout + done.stderr
    (bundle,) = tmp_path.glob("*/*/*")
    run = load_run(bundle)
    checks = [result for result in run.results if is_check(result)]
    assert [result.status for result in checks] == [Status.FAILED] * 2
    for result in checks:
        assert result.cause is Cause.WRONG_RESULT
        assert result.reason.startswith("wrong result: ")
        assert result.check
        assert max(result.check.errors) > 2 * result.check.tolerance, "not a near miss"
    timed = [result for result in run.results if is_timed(result)]
    assert [result.status for result in timed] == [Status.SKIPPED] * 2
    assert not [one for one in run.measurements if one.case.benchmark == "whisper"]
    assert "wrong result" in (bundle / "README.md").read_text(encoding="utf-8")
    assert CaveatCode.NOT_CHECKED not in {caveat.code for caveat in run.caveats}
