from pathlib import Path

import pytest

from harness.parse.bench.system_info import parse_system_info
from harness.records.run import SystemInfo

LOGS = Path(__file__).parents[3] / "data" / "logs"


def info(text: str) -> SystemInfo:
    found = parse_system_info(text)
    assert found
    return found


def test_sections() -> None:
    found = info((LOGS / "663cafc1__ggml-4-x86-cuda-v100__bench-bench-large-v3-turbo.log").read_text(encoding="utf-8"))
    assert (found.n_threads, found.hardware_threads) == (4, 6)
    assert found.features[:5] == (
        ("WHISPER/COREML", "0"),
        ("WHISPER/OPENVINO", "0"),
        ("CUDA/ARCHS", "700"),
        ("CUDA/PEER_MAX_BATCH_SIZE", "128"),
        ("CPU/SSE3", "1"),
    )
    assert found.backends == ("CUDA0",)


def test_line_before_the_load_as_in_1_8_5() -> None:
    found = info((LOGS / "v1.8.5-whisper-tiny-empty.log").read_text(encoding="utf-8"))
    assert (found.n_threads, found.hardware_threads) == (1, 2)
    assert dict(found.features)["CPU/AMX_INT8"] == "1"
    assert found.backends == ("CPU",)


def test_grammar_before_1_7_5_has_no_sections() -> None:
    found = info("system_info: n_threads = 4 / 8 | AVX = 1 | AVX2 = 0 | BLAS = 1 | OPENVINO = 0\n")
    assert found.features == (("/AVX", "1"), ("/AVX2", "0"), ("/BLAS", "1"), ("/OPENVINO", "0"))


def test_a_section_without_features_leaves_only_its_head() -> None:
    found = info("system_info: n_threads = 4 / 8 | WHISPER : COREML = 0 | BLAS : CPU : NEON = 1 | \n")
    assert found.features == (("WHISPER/COREML", "0"), ("CPU/NEON", "1"))


@pytest.mark.parametrize("text", ["", "system_info:", "system_info: n_threads = x / 8 | AVX = 1\n", "AVX = 1 |"])
def test_no_line_no_info(text: str) -> None:
    assert parse_system_info(text) is None


def test_ten_megabytes_in_one_line_are_survived() -> None:
    assert parse_system_info("system_info: " * 800_000) is None
    assert parse_system_info("| A : " * 1_700_000) is None
