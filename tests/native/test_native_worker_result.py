"""What the worker says of results: on a stub that computes what the test computes, too."""

import json
import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.parse.bench.quality import parse_check, parse_divergence
from tests.stub import END, NO_TIMES, PROMPT, START, VOCABULARY, WORDS, build_stub, compute_logits, write_check
from tests.worker import say

pytestmark = pytest.mark.native
SECONDS = 35
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worker results")  # the blank stays
    (folder / "weights.bin").write_bytes(b"x")
    with wave.open(str(folder / "sound.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"".join(struct.pack("<h", place % 5000) for place in range(SECONDS * 16_000)))
    write_check(folder / "check")
    return folder


@pytest.fixture(scope="module")
def ask(folder: Path) -> Ask:
    """Return a function that starts a worker, loads weights and gives commands; it returns their answers."""

    def ask(*commands: tuple[object, ...], flash_attn: int = 0, define: str = "", **demands: object) -> list[Any]:
        library = build_stub(folder, *([define] if define else []))
        lines = [f"{name} {json.dumps([str(word) for word in words])}" if words else name for name, *words in commands]
        words = [word for line in lines for word in ("--do", line)]
        code, answers, _ = say(library, "--do", f"load {folder}/weights.bin 2 {flash_attn}", *words, **demands)
        assert code == 0
        return answers[2:]

    return ask


@pytest.fixture(scope="module")
def speech(folder: Path, ask: Ask) -> Path:
    path = folder / "speech"
    (answer,) = ask(("reference", path, folder / "sound.wav", "en", "v9 abc"))
    assert answer["ok"], answer
    return path


def window_samples(window: int) -> bytes:
    """Return what the stub hears of a window."""
    return b"".join(
        struct.pack("<f", place % 5000 / 32768)
        for place in range(window * 480_000, min(SECONDS, 30 + 30 * window) * 16_000)
    )


def decode_greedily(heard: bytes) -> list[int]:
    tokens: list[int] = []
    while not tokens or tokens[-1] != END:
        row = compute_logits(heard, [*PROMPT, *tokens])[: END + 1]
        tokens.append(row.index(max(row)))
    return tokens


def test_a_right_result_and_one_that_is_off(folder: Path, ask: Ask) -> None:
    write_check(folder / "off", off=1.0)
    right, plain, off, encode = ask(
        ("check", folder / "check"), ("check", folder / "check"), ("check", folder / "off"), ("encode",)
    )
    assert (
        right
        == {"ok": True, "command": "check", "errors": [0.0] * 3, "agreeing": "111", "unreal": 0, "blank_keys": 0}
        == plain
    )
    mel = b"".join(struct.pack("<f", place / 8) for place in range(160))
    for place, error in enumerate(off["errors"]):
        row = compute_logits(mel, [*PROMPT, *(7, 8, 9)[:place]])
        row[0] += 1
        mean = sum(row) / VOCABULARY
        length = math.sqrt(sum((value - mean) ** 2 for value in row))
        assert error == pytest.approx(math.sqrt(1 - 1 / VOCABULARY) / length, rel=1e-4)
    assert encode["units"] == 1, "then calls can be timed as before"


@pytest.mark.parametrize("flash_attn", [0, 1])
def test_faults_of_a_library(folder: Path, speech: Path, ask: Ask, flash_attn: int) -> None:
    """Only flash attention goes wrong, by one place, or by one logit that is no number."""
    commands = ("check", folder / "check"), ("diverge", speech, folder / "sound.wav")
    for fault in ("wrong", "unreal"):
        check, divergence = ask(*commands, flash_attn=flash_attn, FAULT=fault, FA=1)
        found = parse_check(json.dumps(check), 0.1)
        assert found.passed == (not flash_attn)
        if flash_attn:
            assert max(found.errors) > 1
            assert (found.agreeing, found.unreal) == ("000", 3 if fault == "unreal" else 0)
            assert set(divergence["agreeing"]) == {"0"}
            assert divergence["unreal"] == (len(divergence["tokens"]) if fault == "unreal" else 0)
            assert "NaN" not in json.dumps(divergence)


def test_what_is_heard_and_how_surely(folder: Path, speech: Path, ask: Ask) -> None:
    (answer,) = ask(("diverge", speech, folder / "sound.wav"))
    expected = [decode_greedily(window_samples(window)) for window in (0, 1)]
    assert answer["tokens"] == answer["own"] == expected[0] + expected[1]
    assert [len(tokens) for tokens in expected] == [WORDS + 1] * 2
    row = compute_logits(window_samples(0), PROMPT)
    log_sum = math.log(sum(map(math.exp, row)))
    assert answer["log_probability"][0] == pytest.approx(max(row) - log_sum, rel=1e-5)
    assert answer["log_probability"] == answer["reference_log_probability"]
    found = parse_divergence(json.dumps(answer))
    assert (found.worst, found.agreement, found.token_edits, found.made_by) == (0, 1, 0, "v9 abc")
    assert (found.windows, found.of_windows, found.positions) == (2, 2, 2 * (WORDS + 1))


def test_another_text_is_followed_by_itself(folder: Path, speech: Path, ask: Ask) -> None:
    """Where the contender chooses another token, it goes on from there, and is compared on the reference's tokens."""
    (answer,) = ask(("diverge", speech, folder / "sound.wav"), flash_attn=1, BLUR=6)
    again, *_ = ask(("diverge", speech, folder / "sound.wav"), flash_attn=1, BLUR=6)
    assert answer == again
    assert 0 < answer["agreeing"].count("1") < len(answer["agreeing"])
    split = answer["own"].index(END) + 1
    for own, tokens, agreeing in (
        (answer["own"][:split], answer["tokens"][:7], answer["agreeing"][:7]),
        (answer["own"][split:], answer["tokens"][7:], answer["agreeing"][7:]),
    ):
        alike = agreeing.find("0") if "0" in agreeing else len(tokens)
        assert own[:alike] == tokens[:alike]
        assert own[alike : alike + 1] != tokens[alike : alike + 1] or alike == len(tokens)
    assert parse_divergence(json.dumps(answer)).mean > 0.01


def test_languages(folder: Path, ask: Ask) -> None:
    sound = folder / "sound.wav"
    heard, german, unknown = ask(*(("reference", folder / word, sound, word, "x") for word in ("auto", "de", "xx")))
    assert (heard["detected"], german["detected"]) == (True, False)
    assert json.loads((folder / "de").read_bytes().partition(b"\n")[0])["windows"][0]["prompt"][1] == PROMPT[1] + 1
    assert unknown["error"] == "the library does not know the language 'xx'"
    english, other = ask(*(("reference", folder / word, sound, word, "x") for word in ("en", "de")), ENGLISH=1)
    assert english["language"] == ""
    assert json.loads((folder / "en").read_bytes().partition(b"\n")[0])["windows"][0]["prompt"] == [START, NO_TIMES]
    assert other["error"] == "the weights are English only, and the language is to be de"
    assert not (folder / "xx").exists()


def test_refusals(folder: Path, speech: Path, ask: Ask) -> None:
    sound, other = folder / "sound.wav", folder / "other.wav"
    other.write_bytes(sound.read_bytes()[:-2] + b"\7\7")
    whole = (folder / "check").read_bytes()
    (folder / "short").write_bytes(whole[:-4])
    (folder / "nan").write_bytes(whole[:-4] + struct.pack("<f", math.nan))
    (folder / "foreign").write_bytes(whole.replace(b'"vocabulary": 64', b'"vocabulary": 65') + bytes(12))
    for command, why in (
        (("check", folder / "none"), "there is no reference"),
        (("check", speech), "is a reference for 'speech', not for 'check'"),
        (("check", folder / "short"), "is damaged: it has"),
        (("check", folder / "nan"), "is damaged: it has no logits for position 2"),
        (("check", folder / "foreign"), "belongs to other weights: vocabulary 65, not 64"),
        (("check", "a", "b"), "check takes 1 arguments, not 2"),
        (("diverge", speech, other), "was made from another recording than"),
        (("diverge", speech, folder / "check"), "is not a WAV file"),
        (("reference", folder / "no" / "x", sound, "en", "x"), "cannot write"),
        (("reference", folder / "x", folder / "none.wav", "en", "x"), "is not a file"),
    ):
        (answer,) = ask(command)
        assert not answer["ok"]
        assert why in answer["error"]
    assert not [path.name for path in folder.iterdir() if "partial" in path.name]


def test_commands_that_cannot_be(folder: Path) -> None:
    lines = ('check ["a', "check [1]", 'check {"a": 1}', r'check ["\u0000"]', f"check {folder}/check")
    words = [word for line in lines for word in ("--do", line)]
    _, answers, _ = say(build_stub(folder), *words)
    errors = [answer["error"] for answer in answers[1:]]
    assert errors[:2] == ["the arguments are not a JSON array of texts"] * 2
    assert errors[3] == "an argument holds a zero byte"
    assert errors[2].startswith("check takes 1 arguments")
    assert errors[4].startswith("check takes 1 arguments"), "a path with a blank stands in an array"


def test_a_library_without_logits_can_still_be_timed(folder: Path, ask: Ask) -> None:
    check, encode = ask(("check", folder / "check"), ("encode",), define="WITHOUT_LOGITS")
    assert check["error"] == "the library does not export whisper_get_logits: it cannot be asked what it computes"
    assert encode["ok"]
