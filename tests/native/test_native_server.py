"""whisper.cpp's own server under load, with weights that understand what is said."""

from pathlib import Path

import pytest

from harness.records.outcome import Status
from harness.store.bundle import load_run
from tests.native.test_native_run import harness

pytestmark = pytest.mark.native


def test_a_real_server_answers_two_clients(folder: Path, tmp_path: Path, tiny_en: Path) -> None:
    words = ("--model", "tiny.en", "--weights", str(tiny_en), "--bench", "server", "--clients", "2", "--vad", "1")
    quick = ("--no-tests", "--no-roofline", "--no-check", "--repetitions", "1", "--retries", "0")
    done = harness(folder, "run", *words, *quick, HARNESS_RESULTS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (bundle,) = tmp_path.glob("*/*/*")
    run = load_run(bundle)
    (result,) = (one for one in run.results if one.case)
    assert (result.status, result.case and result.case.get("vad")) == (Status.PASSED, "1")
    load = result.load
    assert load
    assert (load.clients, load.refused) == (2, 0)
    assert 2 <= load.requests <= 8, "after a minute nobody sends another one, and a busy node comes no further"
    assert len(load.digests) == 1, "the same text each time"
    assert 0 < load.median_ms <= load.p95_ms <= load.worst_ms
    assert {one.metric for one in run.measurements} == {"latency", "latency_p95", "speech_rate"}
    assert result.completed
    assert result.completed.max_rss_bytes > tiny_en.stat().st_size, "the server's memory, not the client's"
    log = (bundle / "logs" / result.log).read_text(encoding="utf-8")
    assert "whisper_vad" in log
    assert "country" not in log, "digests of texts, and no texts"
