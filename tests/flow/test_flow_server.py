"""whisper-server under load through a fake one: what it answers, and every way in which it does not."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.records.outcome import Status
from tests.flow.kit import FAKE, ROOT, Kit, wait_for
from tests.flow.test_flow_transcribe import write_wav

WORDS = ("--bench", "server", "--no-tests", "--repetitions", "1", "--threads", "1")


@pytest.fixture
def real(kit: Kit) -> Path:
    """Weights that nobody can tell from real ones."""
    path = kit.folder / "ggml-tiny.bin"
    data = bytearray(kit.weights.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    return path


def servers(kit: Kit) -> list[int]:
    """Return the servers and clients of this kit that are still alive."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if {"harness.client", "whisper-server"} & set(process.info["cmdline"] or [])
        and any(word.startswith(str(kit.folder)) for word in process.info["cmdline"])
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def break_server(kit: Kit, **fault: object) -> None:
    (kit.tools / "server.json").write_text(json.dumps(fault))


def test_a_server_under_load_is_measured_and_shown(kit: Kit, real: Path) -> None:
    (kit.tree / "samples").mkdir()
    write_wav(kit.tree / "samples" / "jfk.wav", seconds=2.5)
    (kit.tree / "models").mkdir()
    (kit.tree / "models" / "for-tests-silero-v6.2.0-ggml.bin").touch()
    break_server(kit, taken=1, old=True)
    done = kit.run(*WORDS, "--weights", str(real), "--vad", "0,1")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    loads = {str(one.case): one.load for one in run.results if one.load}
    assert sorted(loads) == [
        f"server/audio=jfk/clients={clients}/fa=0/model=tiny/threads=1{vad}"
        for clients in (1, 4)
        for vad in ("", "/vad=1")
    ]
    assert {(one.clients, one.requests, one.refused, len(one.digests)) for one in loads.values() if one} == {
        (1, 8, 0, 1),
        (4, 16, 0, 1),
    }
    assert {one.metric for one in run.measurements} == {"latency", "latency_p95", "speech_rate"}
    call = next(one for one in kit.calls("whisper-server") if "--vad" in one)
    assert call[1:8] == ["-m", str(real), "-l", "en", "-t", "1", "-ng"]
    for shown in (done.stdout, kit.harness("show", "latest").stdout):
        assert "clients" in shown
        assert "vad: whisper.cpp's own test model finds the speech" in shown
        assert "Latency" in shown
    assert "HARNESS_SERVER_jfk_tiny_c4_t1_fa0_vad1=" in kit.report()
    page = kit.harness("report", "latest", "--format", "html", "-o", str(kit.folder / "page.html"))
    assert page.returncode == 0, page.stderr
    assert "whisper-server under load" in (kit.folder / "page.html").read_text(encoding="utf-8")
    assert not servers(kit)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"spare": 3, "times": 3, "status": 500}, "3 of 8 requests failed: HTTP 500"),
        ({"status": 500}, "the first request failed: HTTP 500"),
        ({"spare": 2, "die": 11}, "the server ended by itself after 1 of 8 requests (killed by SIGSEGV (a crash))"),
        (
            {"print": "error: unknown argument: -x"},
            "the server ended before it was ready (exit code 0); unknown argument: -x",
        ),
    ],
)
def test_a_server_that_goes_wrong_has_failed(kit: Kit, real: Path, fault: dict[str, object], reason: str) -> None:
    break_server(kit, **fault)
    wav = write_wav(kit.folder / "a.wav")
    done = kit.run(*WORDS, "--audio", str(wav), "--weights", str(real), "--clients", "1")
    assert done.returncode == 12, done.stderr
    (failed,) = [one for one in kit.only_run().results if one.case]
    assert (failed.status, failed.reason, failed.measurements) == (Status.FAILED, reason, ())
    assert not servers(kit)


def test_an_interrupted_run_leaves_no_server_behind(kit: Kit, real: Path) -> None:
    break_server(kit, spare=2, hang=True)
    wav = write_wav(kit.folder / "a.wav")
    child = kit.start(*kit.words(*WORDS, "--audio", str(wav), "--weights", str(real)))
    wait_for(lambda: any('"event": "request"' in path.read_text() for path in kit.results.glob("*/*/*/logs/server-*")))
    assert len(servers(kit)) == 2
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert "interrupted" in stderr
    assert not servers(kit)


def drive(kit: Kit, seconds: float = 20.0, clients: int = 1) -> subprocess.Popen[str]:
    """Start the client on a fake server, as a step of a run does."""
    wav = write_wav(kit.folder / "a.wav")
    own = ["--audio", str(wav), "--clients", str(clients), "--requests", "4", "--span", "60", "--seconds", str(seconds)]
    server = [sys.executable, "-ISE", str(FAKE), str(kit.tools), "whisper-server", "-t", "1"]
    return subprocess.Popen(
        [sys.executable, "-s", "-P", "-m", "harness.client", *own, "--", *server],
        env={**kit.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read(child: subprocess.Popen[str]) -> list[dict[str, object]]:
    out, _ = child.communicate(timeout=60)
    return [json.loads(line) for line in out.splitlines() if line.startswith('{"event"')]


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ({"body": "five words"}, "the answer is not JSON"),
        ({"body": '{"text": " "}'}, "the text is empty"),
        ({"body": "[1]"}, "the answer has no text"),
        ({"type": "text/html"}, "text/html instead of application/json"),
        ({"drop": True}, "the connection broke (RemoteDisconnected)"),
    ],
)
def test_what_is_no_answer_is_a_refusal(kit: Kit, fault: dict[str, object], refusal: str) -> None:
    break_server(kit, spare=2, times=1, **fault)
    events = read(drive(kit))
    assert [one["refusal"] for one in events if one["event"] == "request"] == ["", refusal, "", ""]
    assert events[-1] | {"max_rss_bytes": 0} == {"event": "end", "exit_code": -2, "max_rss_bytes": 0, "early": False}


def test_a_server_that_hangs_or_never_listens_ends_in_time(kit: Kit) -> None:
    for seconds, fault, said in (
        (5.0, {"spare": 2, "hang": True}, {"start", "ready", "warm", "request", "load", "end"}),
        (1.0, {"never": True, "deaf": True}, {"failure", "end"}),
    ):
        break_server(kit, **fault)
        events = read(drive(kit, seconds=seconds))  # a busy node starts the first one in 5 s
        assert {one["event"] for one in events} == said
        assert (events[-1]["exit_code"], events[-1]["early"]) == (-signal.SIGKILL, False), "no time is left for more"
        assert not servers(kit)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_signal_leaves_a_server_behind(kit: Kit, number: int) -> None:
    break_server(kit, spare=1, hang=True)
    child = drive(kit)
    assert child.stdout
    assert any('"event": "warm"' in line for line in child.stdout)
    (server,) = [pid for pid in servers(kit) if pid != child.pid]
    os.kill(child.pid, number)
    child.communicate(timeout=60)
    wait_for(lambda: not psutil.pid_exists(server) or psutil.Process(server).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("clients", ["0", "1000000", "x"])
def test_impossible_numbers_of_clients_are_refused(kit: Kit, clients: str) -> None:
    done = kit.run(*WORDS, "--clients", clients)
    assert done.returncode == 2
    assert "--clients: expected whole numbers from 1 to 256" in done.stderr


def test_what_cannot_be_served_is_refused(kit: Kit) -> None:
    wav = write_wav(kit.folder / "a.wav")
    done = kit.run(*WORDS, "--audio", str(wav))
    assert (done.returncode, "nothing can be transcribed with tiny" in done.stderr) == (4, True), done.stderr
    done = kit.run("--bench", "whisper", "--clients", "2")
    assert (done.returncode, "--clients has no effect" in done.stderr) == (2, True), done.stderr
    assert not kit.calls("whisper-server")
