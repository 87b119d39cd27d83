"""The real programs load synthetic weights. WHISPER_BIN names the folder with whisper-bench and whisper-cli."""

import os
import struct
import wave
from pathlib import Path

import pytest

from harness.system.process import capture
from harness.system.synthetic import obtain_synthetic
from harness.system.weights import load_catalog

pytestmark = pytest.mark.native


@pytest.fixture(scope="module")
def programs() -> Path:
    folder = os.environ.get("WHISPER_BIN")
    if not folder:
        pytest.skip("WHISPER_BIN is not set")
    return Path(folder)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    pinned = load_catalog().entry("tiny").synthetic_sha256
    return obtain_synthetic("tiny", folder=folder, memory=folder, sha256=pinned)[0]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "hum.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"".join(struct.pack("<h", index * 37 % 2000 - 1000) for index in range(2 * 16_000)))
    return path


def run(*argv: object) -> str:
    done = capture([str(word) for word in argv], env={"LC_ALL": "C"}, timeout_s=300)
    log = done.stdout + done.stderr
    assert done.exit_code == 0, log
    assert "assuming empty model" not in log
    assert "77.11 MB" in log  # the bytes of all tensors were loaded
    return log


def test_bench_program_times_them(programs: Path, tiny: Path) -> None:
    log = run(programs / "whisper-bench", "-m", tiny, "-t", 2, "-nfa")
    assert "type          = 1 (tiny)" in log
    assert "encode time" in log


def test_transcriber_finds_its_tokens(programs: Path, tiny: Path, recording: Path) -> None:
    log = run(programs / "whisper-cli", "-m", tiny, "-f", recording, "-t", 2, "-sns", "-nf", "-bs", 1, "-bo", 1)
    assert "total time" in log
