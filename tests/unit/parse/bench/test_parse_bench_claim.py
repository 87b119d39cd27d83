"""What a log claims before the act, and the later lines that take it back."""

from pathlib import Path

import pytest

from harness.parse.bench.backend import find_failed, find_mismatch, parse_backends, parse_devices
from harness.parse.bench.claim import parse_claims
from harness.parse.bench.system_info import parse_system_info
from harness.render.config_column import config_words
from tests.failure import FAILURES, TIMINGS, Failure

LOGS = Path(__file__).parents[3] / "data" / "logs"
INFO = "system_info: n_threads = 4 / 8 | WHISPER : COREML = 0 | OPENVINO = 0 | CUDA : ARCHS = 700 | CPU : AVX2 = 1 | "
LOADING = "whisper_init_from_file_with_params_no_state: loading model from 'models/ggml-base.bin'"
USING = "whisper_backend_init_gpu: using CUDA0 backend"
FAILED = "whisper_backend_init_gpu: failed to initialize CUDA0 backend"


def log(*lines: str) -> str:
    return "\n".join([*lines, INFO, TIMINGS])


@pytest.mark.parametrize("failure", FAILURES, ids=lambda one: one.name)
def test_a_backend_that_was_named_and_failed_did_not_run(failure: Failure) -> None:
    text = log(*failure.lines)
    assert not set(parse_backends(text)) & set(failure.subjects)
    assert {claim.subject for claim in find_failed(text)} == set(failure.subjects)
    assert all(claim.contradiction in failure.lines for claim in find_failed(text))
    info = parse_system_info(text)
    assert info
    assert config_words(info) == ("AVX2", *failure.words)
    assert parse_devices(text) == ()
    if failure.asked:
        reason = find_mismatch(failure.asked, text)
        assert reason.startswith(f"{failure.asked} was asked for, but ")
        assert find_failed(text)[0].contradiction in reason


@pytest.mark.parametrize("failure", FAILURES, ids=lambda one: one.name)
def test_the_same_backend_without_the_contradiction_ran(failure: Failure) -> None:
    text = log(*[line for line in failure.lines if line not in failure.contradictions])
    assert find_failed(text) == ()
    assert set(failure.subjects) <= set(parse_backends(text))
    assert find_mismatch(failure.asked, text) == ""


@pytest.mark.parametrize(
    ("parts", "ran"),
    [
        ((LOADING, USING, FAILED, LOADING, USING, TIMINGS), ("CUDA0",)),
        ((LOADING, USING, TIMINGS, LOADING, USING, FAILED, TIMINGS), ("CPU",)),
        # What was timed counts, not what came after it.
        ((LOADING, USING, FAILED, TIMINGS, LOADING, USING), ("CPU",)),
        ((LOADING, USING, FAILED, "+ whisper-bench", LOADING, USING, TIMINGS), ("CUDA0",)),
        # Up to v1.7.2 a context starts its backend twice, for the weights and for its state.
        ((LOADING, USING, USING, FAILED, TIMINGS), ("CPU",)),
        ((LOADING, USING, FAILED, USING, TIMINGS), ("CPU",)),
        # Voice detection has a backend of its own.
        (
            (LOADING, USING, "whisper_vad_init_with_params: n_layers", "whisper_backend_init_gpu: no GPU found"),
            ("CUDA0",),
        ),
    ],
)
def test_several_contexts_in_one_log(parts: tuple[str, ...], ran: tuple[str, ...]) -> None:
    assert parse_backends("\n".join(parts)) == ran


def test_weights_in_main_memory_are_not_computed_with_by_a_gpu() -> None:
    weights = "whisper_model_load: {:>12} total size =   147.37 MB"
    assert parse_backends(log(weights.format("CPU"), USING)) == ("CPU",)
    assert parse_backends(log(weights.format("CPU_REPACK"), weights.format("AMX"), USING)) == ("CPU",)
    assert parse_backends(log(weights.format("CPU"), weights.format("CUDA0"), USING)) == ("CUDA0",)
    assert parse_backends(log(weights.format("CPU"), "whisper_backend_init: using BLAS backend")) == ("BLAS",)


def test_an_encoder_counts_when_it_was_loaded() -> None:
    loading = "whisper_init_state: loading Core ML model from 'ggml-base-encoder.mlmodelc'"
    loaded = "whisper_init_state: Core ML model loaded"
    failed = "whisper_init_state: failed to load Core ML model from 'ggml-base-encoder.mlmodelc'"
    metal = "whisper_backend_init_gpu: using Metal backend"
    built = "system_info: n_threads = 4 / 8 | WHISPER : COREML = 1 | OPENVINO = 0 | CPU : NEON = 1 | "

    def words(*lines: str) -> tuple[str, ...]:
        return config_words(parse_system_info("\n".join([*lines, built])))

    assert words(metal, loading, loaded) == ("NEON", "METAL", "COREML")
    assert words(metal, loading, failed) == words(metal, loading) == ("NEON", "METAL")
    assert words(loading, failed) == ("NEON",)
    assert find_mismatch("coreml", f"{loading}\n{loaded}") == ""
    assert "failed to load Core ML" in find_mismatch("coreml", f"{loading}\n{failed}")
    # An attempt before the last one proves nothing.
    assert find_mismatch("coreml", f"{loaded}\n+ whisper-bench\n{loading}\n{failed}")


def test_what_a_library_refuses_is_not_among_its_features() -> None:
    built = "system_info: n_threads = 4 / 8 | CPU : NEON = 1 | SME = 1 | AVX512 = 1 | AMX_INT8 = 1 | "
    assert config_words(parse_system_info(built)) == ("AVX512", "AMX", "NEON", "SME")
    refused = "AMX is not ready to be used!\nkleidiai: SME disabled\n"
    assert config_words(parse_system_info(refused + built)) == ("AVX512", "NEON")


def test_a_gpu_that_was_to_be_left_alone_is_not_shown() -> None:
    old = "whisper_init_with_params_no_state: use gpu    = {}\nsystem_info: n_threads = 4 / 8 | AVX2 = 1 | CUDA = 1 | "
    assert config_words(parse_system_info(old.format(0))) == ("AVX2",)


def test_blas_that_is_compiled_in_and_did_not_start() -> None:
    built = "system_info: n_threads = 4 / 8 | AVX = 1 | BLAS = 1 | SSE3 = 1 |"
    using, failed = "whisper_backend_init: using BLAS backend", "whisper_backend_init: ggml_backend_blas_init() failed"
    assert find_mismatch("blas", built) == ""
    assert find_mismatch("blas", f"{using}\n{failed}\n{built}").startswith("blas was asked for, but CPU ran")


@pytest.mark.parametrize("path", sorted(LOGS.glob("*.log")), ids=lambda path: path.name)
def test_no_captured_log_takes_anything_back(path: Path) -> None:
    assert all(claim.holds for claim in parse_claims(path.read_text(encoding="utf-8", errors="replace")))
