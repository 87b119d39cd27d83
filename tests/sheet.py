"""One fixed run with everything that a format has to hold, and the golden file of each format.

python -m tests.sheet    writes the golden files anew
"""

from pathlib import Path

from harness.records.caveat import Caveat
from harness.records.measurement import Case, Measurement
from harness.records.outcome import CTestResult, Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run, SystemInfo
from harness.records.weights import Weights, WeightsKind
from harness.render.format.format import RunSheet
from harness.render.format.registry import FORMATS
from tests import factory

GOLDEN = Path(__file__).parent / "golden" / "formats"
ENCODE = (2216.24, 2210.5, 2230.75, 2212.0, 2219.5, 2214.0, 2225.25)
MEMCPY = (Case.of("memcpy", loop="single", threads=1), Case.of("memcpy", threads=1), Case.of("memcpy", threads=2))
LOGS = {
    "bench-memcpy.log": "+ whisper-bench -w 1 -t 2\nmemcpy:    7.39 GB/s (heat-up)\nmemcpy:    7.67 GB/s ( 1 thread)\n",
    "bench-mul_mat.log": "+ whisper-bench -w 2 -t 2\n  64 x   64: Q4_0     1.3 GFLOPS (128 runs)\n",
    "ctest_release-ctest.log": "+ ctest\n1/3 Test  #1: test-vad ....   Passed    1.04 sec\n",
}


def run() -> Run:
    """Return the run: two models with official and synthetic weights, rates, tests, a failure, a time-out, caveats."""
    weights = (
        factory.weights("base").replace(kind=WeightsKind.OFFICIAL, path="/w/ggml-base.bin", size_bytes=147_951_465),
        Weights(model="tiny", kind=WeightsKind.SYNTHETIC, path="/w/t.bin", size_bytes=77_691_713, sha256="1" * 64),
    )
    return factory.run(*results()).replace(
        end="2026-01-01T00:20:00+00:00",
        wall_s=1200.5,
        weights=weights,
        suite=factory.suite().replace(models=("tiny", "base"), repetitions=len(ENCODE)),
        system_info=SystemInfo(
            n_threads=4, hardware_threads=4, features=(("CPU/AVX", "1"), ("CPU/AVX2", "1")), backends=("CPU",)
        ),
        caveats=(
            Caveat(code="weights-synthetic", message="synthetic weights stand for tiny"),
            Caveat(code="load", message="3.1 CPUs were busy\nat the start | <b>"),
        ),
    )


def results() -> tuple[StepResult, ...]:
    """Return the steps of the run."""
    checks = (
        CTestResult(name="test-vad", status=Status.PASSED, wall_s=1.04, output="fine\n"),
        CTestResult(name="test-whisper-cli-tiny", status=Status.FAILED, wall_s=2.5, output="a\x1b[31m <b> & ]]> c\n"),
        CTestResult(name="test-vad-full", status=Status.SKIPPED, wall_s=0.0),
    )
    rates = ((MEMCPY[0], "copy_rate", 7.67), (MEMCPY[1], "copy_rate", 7.78), (MEMCPY[2], "copy_rate", 7.72))
    products = tuple(
        (Case.of("mul_mat", n=n, threads=2, type=kind), "flop_rate", value)
        for n, kind, value in ((64, "q4_0", 1.3), (64, "f16", 3.5), (4096, "q4_0", 103.8))
    )
    memcpy = factory.result("memcpy", Phase.BENCHMARK, Status.PASSED, *rates)
    mul_mat = factory.result("mul_mat", Phase.BENCHMARK, Status.PASSED, *products)
    failed = factory.result("bench_base_r8", Phase.BENCHMARK, Status.FAILED).replace(
        reason="exit code 1", log="bench-base-r8.log", case=model("base"), repetition=8
    )
    return (
        factory.result("build_release", Phase.BUILD).replace(build_type="Release"),
        factory.result("ctest_release", Phase.TEST, Status.FAILED).replace(
            build_type="Release", reason="failed: test-whisper-cli-tiny", log="ctest_release-ctest.log", checks=checks
        ),
        memcpy.replace(log="bench-memcpy.log", case=MEMCPY[2]),
        mul_mat.replace(log="bench-mul_mat.log", case=Case.of("mul_mat", threads=2)),
        *(timing("base", number, value) for number, value in enumerate(ENCODE, 1)),
        failed.replace(measurements=timing("base", 8, 9999.0).measurements[:1]),
        timing("tiny", 1, 1005.23),
        factory.result("bench_tiny_r2", Phase.BENCHMARK, Status.TIMED_OUT).replace(reason="timed out after 3600 s"),
        factory.result("bench_tiny_r3", Phase.BENCHMARK, Status.SKIPPED).replace(reason="needs 9 GB", completed=None),
    )


def model(name: str) -> Case:
    """Return the case of a model."""
    return Case.of("whisper", fa=0, model=name, threads=4)


def timing(name: str, repetition: int, encode: float) -> StepResult:
    """Return one process of a model, all times in fixed proportion to `encode`."""
    case = model(name)
    values = {
        "load": encode / 32,
        "encode": encode,
        "decode": encode / 256,
        "batchd": encode / 512,
        "prompt": encode / 1024,
    }
    measurements = tuple(
        Measurement(case=case, metric=metric, value=value, repetition=repetition) for metric, value in values.items()
    )
    done = factory.result(f"bench_{name}_r{repetition}", Phase.BENCHMARK)
    return done.replace(case=case, repetition=repetition, measurements=measurements)


def sheet() -> RunSheet:
    """Return the run with its logs."""
    return RunSheet(run=run(), logs=LOGS)


def other_sheet() -> RunSheet:
    """Return a run of another commit on another node."""
    commit = factory.source().commit.replace(sha="0" * 8 + factory.SHA[8:], date="2026-06-01T00:00:00+00:00")
    other = run().replace(
        id="20260102T000000Z-00000000-abcdef01",
        start="2026-01-02T00:00:00+00:00",
        node=factory.node().replace(name="node-2"),
        source=factory.source().replace(commit=commit),
    )
    return RunSheet(run=other, logs=LOGS)


def golden(name: str) -> Path:
    """Return the golden file of a format."""
    return GOLDEN / f"{name}.{FORMATS[name].endings[0].rpartition('.')[2]}"


def main() -> None:
    """Write the golden files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, format_ in FORMATS.items():
        golden(name).write_text(format_.render([sheet()]), encoding="utf-8")
    (GOLDEN / "several.md").write_text(FORMATS["markdown"].render([sheet(), other_sheet()]), encoding="utf-8")


if __name__ == "__main__":
    main()
