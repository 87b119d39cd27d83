"""The worker as a program: against a stub of the library, and against real ones."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stub import build_stub
from tests.worker import Talk, say

pytestmark = pytest.mark.native
ROOT = Path(__file__).parents[2]
COSTS = {
    "wall_ns",
    "process_cpu_ns",
    "thread_cpu_ns",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
    "other_cpus",
    "steal_cpus",
    "idle_cpu_ns",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stub")


@pytest.fixture(scope="module")
def stub(folder: Path) -> Path:
    return build_stub(folder)


@pytest.fixture(scope="module")
def weights(folder: Path) -> Path:
    path = folder / "any  weights at all.bin"  # two blanks, and they stay two
    path.write_bytes(b"x")
    return path


@pytest.fixture
def talk(stub: Path) -> Iterator[Talk]:
    told = Talk(stub)
    yield told
    told.child.kill()
    told.child.communicate()


@pytest.fixture
def loaded(talk: Talk, weights: Path) -> Talk:
    assert talk.ask(f"load {weights} 2 0")["ok"]
    return talk


def test_it_greets_with_the_protocol_and_the_librarys_own_words(talk: Talk, stub: Path) -> None:
    hello = {"ok": True, "command": "start", "protocol": 3, "release": "9.9.9"}
    assert hello.items() <= talk.hello.items()
    assert talk.hello["counters"].keys() == {"available", "absent"}
    assert talk.hello["system_info"].startswith("WHISPER : COREML = 0")
    assert talk.hello["files"] == ([str(stub.resolve())] if sys.platform == "linux" else [])


def test_every_command(talk: Talk, weights: Path) -> None:
    counted = {"counts"} if talk.hello["counters"]["available"] else set()
    loading = talk.ask(f"load {weights} 2 0")
    assert loading.keys() == {"ok", "command", *COSTS, *counted}
    assert talk.ask("warm") == {"ok": True, "command": "warm"}
    assert talk.ask("warm encode prompt") == {"ok": True, "command": "warm"}
    for line, units, least_ms in (
        ("encode", 1, 2.0),
        ("decode 64 96", 64, 1.28),
        ("decode 448 0", 448, 8.9),
        ("batch 3", 15, 0.3),
        ("prompt 1", 256, 5.1),
    ):
        answer = talk.ask(line)
        assert answer.keys() == {"ok", "command", "units", *COSTS, *counted}
        assert answer["units"] == units
        assert answer["wall_ns"] / 1e6 >= least_ms
        assert answer["process_cpu_ns"] > 0
    assert "GB/s" in talk.ask("memcpy 1")["text"]
    assert "GFLOPS" in talk.ask("mul_mat 2")["text"]
    assert talk.ask("quit") == {"ok": True, "command": "quit"}
    code, rest, log = talk.end()
    assert (code, rest) == (0, "")
    assert "system_info: n_threads = 2 / " in log
    assert log.endswith("whisper_free\n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("dance", "unknown command 'dance': one of load, warm, "),
        ("quit now", "unknown command 'quit'"),
        ("load", "load takes 3 arguments, not 0"),
        ("load x 2", "load takes 3 arguments, not 2"),
        ("load x 0 0", "'0' is not a number from 1 to 512"),
        ("load x 513 0", "'513' is not a number"),
        ("load x -1 0", "'-1' is not a number"),
        ("load x two 0", "'two' is not a number"),
        ("load x 2 yes", "flash attention must be 0 or 1, not yes"),
        ("load /no/such/file 2 0", "the library cannot load /no/such/file: whisper_model_load: invalid model data"),
        ("encode", "no weights are loaded"),
        ("warm", "no weights are loaded"),
        ("prompt 1", "no weights are loaded"),
        ("memcpy", "memcpy takes 1 arguments"),
        ("mul_mat many", "'many' is not a number"),
    ],
)
def test_refusals_before_weights(talk: Talk, line: str, why: str) -> None:
    assert why in talk.refuse(line)
    assert talk.ask("quit")["ok"], "the next command is read"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("load x 2 0", "weights are already loaded"),
        ("encode 1", "encode takes 0 arguments, not 1"),
        ("decode 64", "decode takes 2 arguments, not 1"),
        ("decode 0 0", "'0' is not a number from 1 to 448"),
        ("decode 449 0", "'449' is not a number"),
        ("decode 400 96", "400 tokens from position 96 do not fit into 448"),
        ("decode ² 0", "'²' is not a number"),
        ("batch 0", "'0' is not a number from 1 to 1000000"),
        ("prompt 1.5", "'1.5' is not a number"),
        ("warm up", "cannot warm up 'up': one of encode, decode, batch, prompt"),
    ],
)
def test_refusals_with_weights(loaded: Talk, line: str, why: str) -> None:
    assert why in loaded.refuse(line)
    assert loaded.ask("encode")["ok"]


def test_blank_lines_are_skipped_and_the_end_of_the_input_ends_it(loaded: Talk) -> None:
    code, rest, log = loaded.end("\n   \nencode\n")
    assert code == 0
    (answer,) = map(json.loads, rest.splitlines())
    assert answer["command"] == "encode"
    assert log.endswith("whisper_free\n")


def test_what_the_library_prints_stands_beside_the_answers(stub: Path, weights: Path) -> None:
    talk = Talk(stub, FAULT="chatty")
    assert talk.ask(f"load {weights} 1 0")["ok"]
    assert talk.ask("encode")["wall_ns"] > 1_000_000, "not what the library claimed"
    assert talk.ask("quit")["ok"]
    code, rest, log = talk.end()
    assert (code, rest) == (0, "")
    assert "not an answer" in log


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("refuse", "the library cannot load {weights}: whisper_model_load: invalid model data (bad magic)"),
        ("empty", "{weights} holds no tensors: it can be loaded, but not measured"),
        ("deaf", "the library does not confirm that flash attention was set as asked: its layout is not known"),
    ],
)
@pytest.mark.parametrize("flash_attn", [0, 1])
def test_weights_that_cannot_be_measured(stub: Path, weights: Path, fault: str, why: str, flash_attn: int) -> None:
    code, answers, log = say(stub, "--do", f"load {weights} 2 {flash_attn}", "--do", "encode", FAULT=fault)
    _, load, encode = answers
    assert (code, load["ok"], load["error"]) == (0, False, why.format(weights=weights))
    assert encode["error"].startswith("no weights are loaded")
    assert log.count("whisper_free") == (fault != "refuse"), "what was loaded is freed"


def test_a_call_that_fails_is_no_number(stub: Path, weights: Path) -> None:
    _, answers, _ = say(stub, "--do", f"load {weights} 2 0", "--do", "encode", "--do", "encode", FAULT="fail", SPARE=1)
    assert [answer["ok"] for answer in answers] == [True, True, True, False]
    assert answers[-1] == {"ok": False, "command": "encode", "error": "whisper_encode returned 3"}


def test_a_crash_of_the_library_ends_the_worker(stub: Path, weights: Path) -> None:
    code, answers, _ = say(stub, "--do", f"load {weights} 2 0", "--do", "encode", FAULT="abort")
    assert code == -signal.SIGABRT
    assert [answer["command"] for answer in answers] == ["start", "load"]


def test_commands_from_the_arguments(stub: Path, weights: Path) -> None:
    words = [word for line in (f"load {weights} 1 1", "warm", "encode", "quit", "encode") for word in ("--do", line)]
    code, answers, _ = say(stub, *words)
    assert code == 0
    assert [answer["command"] for answer in answers] == ["start", "load", "warm", "encode", "quit"]


@pytest.mark.parametrize(
    "words",
    [(), ("x.so", "--do"), ("x.so", "encode"), ("x.so", "--did", "encode"), ("--plant",), ("--plant", "x", "y")],
)
def test_a_command_line_that_cannot_be(words: tuple[str, ...]) -> None:
    code, answers, log = say(*words)
    assert (code, answers) == (2, [])
    assert log.startswith("usage: python -m harness.worker ")


def test_libraries_that_cannot_be_used(folder: Path, weights: Path) -> None:
    for library, why in (
        (folder / "no.so", f"cannot load {folder}/no.so"),
        (weights, f"cannot load {weights}"),
        (build_stub(folder, "WITHOUT_ENCODE"), "does not export whisper_encode: not a libwhisper of v1.6.0 or newer"),
    ):
        code, (answer,), _ = say(library, "--do", "quit")
        assert (code, answer["ok"], answer["command"]) == (2, False, "start")
        assert why in answer["error"]


def test_another_layout_of_the_structures(folder: Path, weights: Path) -> None:
    library = build_stub(folder, "NO_TOP=0")
    code, (_, load), _ = say(library, "--do", f"load {weights} 2 0")
    assert (code, load["ok"]) == (0, False)
    assert "the default parameters read (0, 134217728, 0, False)" in load["error"]


def test_a_plant_stretches_calls_by_its_share(stub: Path, weights: Path) -> None:
    """The stub's encodes take 20 ms; the shortest of several is free of what the machine does meanwhile."""

    def fastest_ns(*options: str) -> int:
        words = ["--do", f"load {weights} 1 0"] + ["--do", "encode"] * 40
        _, answers, _ = say(*options, stub, *words, MS=20)
        return min(int(answer["wall_ns"]) for answer in answers if answer["command"] == "encode")

    ratio = fastest_ns("--plant", "0.5") / fastest_ns()
    assert 1.4 < ratio < 1.7


def test_a_library_that_spins_between_calls_shows(stub: Path, weights: Path) -> None:
    idle_ns = {}
    for fault in ("none", "spin"):
        talk = Talk(stub, FAULT=fault)
        talk.ask(f"load {weights} 1 0")
        talk.ask("encode")
        time.sleep(0.4)
        idle_ns[fault] = talk.ask("encode")["idle_cpu_ns"]
        talk.end("quit\n")
    assert idle_ns["none"] < 20_000_000
    assert idle_ns["spin"] > 50_000_000
