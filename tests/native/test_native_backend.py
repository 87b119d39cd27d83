"""Backends on the real thing: a BLAS library and a CPU variant that are really loaded, and really work."""

import subprocess
from pathlib import Path

import pytest

from harness.records.outcome import Status
from harness.store.bundle import load_run
from tests.native.test_native_run import ONE_THREAD, TINY, harness

pytestmark = pytest.mark.native


def has_openblas() -> bool:
    try:
        return subprocess.run(["pkg-config", "--exists", "openblas"], check=False).returncode == 0
    except OSError:
        return False


def measure(folder: Path, results: Path, verb: str, *words: str) -> Path:
    """Measure tiny once and return the only bundle."""
    done = harness(folder, verb, *TINY, *ONE_THREAD, *words, HARNESS_RESULTS=str(results))
    assert done.returncode == 0, done.stderr
    (bundle,) = (path for path in results.glob("*/*/*") if path.is_dir())
    return bundle


@pytest.mark.skipif(not has_openblas(), reason="OpenBLAS's development files are not installed (libopenblas-dev)")
def test_openblas_computes_and_names_its_kernels(folder: Path, tmp_path: Path) -> None:
    bundle = measure(folder, tmp_path, "run", "--backend", "blas", "--bench", "whisper", "--no-tests", "--no-roofline")
    run = load_run(bundle)
    assert run.status is Status.PASSED
    assert (run.config.backend, run.config.blas) == ("blas", "openblas")
    assert run.system_info
    assert "BLAS" in run.system_info.backends
    (library,) = run.system_info.devices
    assert library.name.startswith("OpenBLAS")
    assert library.architecture.endswith("kernels")
    assert "openblas" in Path(library.driver).name
    assert "HARNESS_DEVICES=BLAS: OpenBLAS" in (bundle / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif("avx2" not in Path("/proc/cpuinfo").read_text(encoding="utf-8"), reason="needs a CPU with AVX2")
def test_of_all_variants_the_one_asked_for_is_built_and_loaded(folder: Path, tmp_path: Path) -> None:
    bundle = measure(folder, tmp_path, "sweep", "--loadable", "--isa", "avx2", "--engine", "bench")
    run = load_run(bundle)
    assert run.status is Status.PASSED
    assert run.system_info
    assert "CPU/AVX2" in dict(run.system_info.features)
    # A CPU with AVX-512 has more than was asked for, and `simd-not-compiled` rightly says so.
    assert "CPU/AVX512" not in dict(run.system_info.features)
    assert "isa-differs" not in {caveat.code for caveat in run.caveats}
    build = next(result for result in run.results if result.step == "build_release")
    log = (bundle / "logs" / build.log).read_text(encoding="utf-8")
    assert "libggml-cpu-haswell.so" in log
    assert "libggml-cpu-skylakex.so" not in log, "each variant takes as long as all the rest"
