from pathlib import Path

import pytest

from harness.parse.bench.system_info import parse_system_info
from harness.render.config_column import config_words

LOGS = Path(__file__).parents[2] / "data" / "logs"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("663cafc1__ggml-4-x86-cuda-v100__bench-bench-large-v3-turbo.log", ("AVX2", "CUDA")),
        ("7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log", ("AVX512", "AMX")),
        ("v1.8.5-whisper-tiny-empty.log", ("AVX512", "AMX")),
    ],
)
def test_words_of_real_logs(file: str, words: tuple[str, ...]) -> None:
    assert config_words(parse_system_info((LOGS / file).read_text(encoding="utf-8"))) == words


@pytest.mark.parametrize(
    ("features", "log", "words"),
    [
        ("WHISPER : COREML = 0 | CPU : SSE3 = 1 | SSSE3 = 1 | ", "", ("SSE3",)),
        ("CPU : SSE3 = 1 | AVX = 1 | LLAMAFILE = 1 | ", "", ("AVX", "LLAMAFILE")),
        ("WHISPER : COREML = 1 | MTL : EMBED_LIBRARY = 1 | CPU : NEON = 1 | ", "", ("NEON", "COREML", "METAL")),
        ("CPU : NEON = 1 | SVE = 1 | SVE_CNT = 32 | ", "", ("NEON", "SVE")),
        ("CPU : SVE = 0 | SVE_CNT = 0 | ", "", ()),
        ("AVX = 1 | AVX2 = 1 | AVX512 = 0 | BLAS = 1 | CUDA = 0 | METAL = 0 | COREML = 0 |", "", ("AVX2", "BLAS")),
        ("CUDA : ARCHS = 700 | CPU : AVX2 = 1 | ", "whisper_backend_init_gpu: no GPU found", ("AVX2",)),
        (
            "Metal : EMBED_LIBRARY = 1 | CPU : NEON = 1 | ",
            "whisper_backend_init_gpu: using Metal backend\nwhisper_backend_init: using BLAS backend",
            ("NEON", "METAL", "BLAS"),
        ),
        ("CPU : AVX2 = 1 | ", "whisper_backend_init_gpu: using Vulkan0 backend", ("AVX2", "VULKAN")),
    ],
)
def test_words(features: str, log: str, words: tuple[str, ...]) -> None:
    info = parse_system_info(f"system_info: n_threads = 4 / 8 | {features}\n{log}\n")
    assert info
    assert config_words(info) == words


def test_nothing_known() -> None:
    assert config_words(None) == ()
