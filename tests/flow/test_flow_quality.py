"""How good the text is: words of a fake whisper-cli, tokens of a stub library, and what is no text or no recording."""

import json
import tarfile
from pathlib import Path

import pytest

from harness.records.caveat import CaveatCode
from harness.records.outcome import Status
from harness.records.plan import Phase
from tests.answer import result_of
from tests.flow.kit import Kit
from tests.flow.test_flow_transcribe import write_wav
from tests.stub import build_stub

pytest.importorskip("jiwer")
pytest.importorskip("whisper_normalizer")
WORDS = ("--bench", "quality", "--no-tests", "--repetitions", "1", "--threads", "1")
MUMBLED = "rezrhx qdmlyx pczepx obmyfx nazrwx"
SAID = "And so, my fellow Americans, ask not what your country can do for you: ask what you can do for your country."


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stubs")


@pytest.fixture
def heard(kit: Kit, stubs: Path) -> Kit:
    """Return a kit with a library that hears, weights that nobody can tell from real ones, and the sample."""
    kit.offer_library(build_stub(stubs))
    real = kit.folder / "ggml-tiny.bin"
    data = bytearray(kit.weights.read_bytes())
    data[-1] ^= 1
    real.write_bytes(data)
    kit.weights = real
    (kit.tree / "samples").mkdir()
    write_wav(kit.tree / "samples" / "jfk.wav", seconds=11)
    log = kit.tools / "data" / "cli.log"
    log.write_text(log.read_text().replace(MUMBLED, SAID))
    return kit


def test_words_and_tokens_of_each_setting_are_judged_and_shown(heard: Kit) -> None:
    blur = {"GGML_STUB_BLUR": "6"}
    done = heard.run(*WORDS, "--fa", "0,1", "--json", environ=blur)
    assert done.returncode == 0, done.stderr
    plain, fast = result_of(done.stdout)["quality"]
    assert (plain["case"]["params"], fast["case"]["params"][1]) == (
        [["audio", "jfk"], ["fa", "0"], ["model", "tiny"], ["threads", "1"]],
        ["fa", "1"],
    )
    for row in (plain, fast):
        assert (row["word_errors"]["count"], row["word_errors"]["of"]) == (0, 22)
        assert row["word_errors"]["high"] == pytest.approx(3.689 / 22, abs=1e-3)
        assert (row["texts"], row["other_texts"], row["own_tokens"], row["other_tokens"]) == (2, 0, 2, 0)
    assert (plain["agreement"]["share"], plain["tokens"]["mean"]) == (1.0, 0.0)
    assert fast["tokens"]["mean"] > 0.01
    first = heard.only_run()
    assert first.exit_code == 0
    (made,) = [one for one in first.results if one.phase is Phase.REFERENCE]
    assert not made.reused
    (file,) = (heard.cache / "references").glob("speech-tiny-*.ref")
    again = heard.run(*WORDS, "--fa", "0,1", environ=blur)
    assert again.returncode == 0, again.stderr
    assert "WER" in again.stdout
    assert "made by" in again.stdout
    second = heard.bundles()[-1]
    record = json.loads((second / "run.json").read_text())
    assert [one["reused"] for one in record["results"] if one["phase"] == "reference"] == [True]
    report = (second / "README.md").read_text()
    assert "#### Text Quality" in report
    shown = heard.harness("show", "latest")
    assert "top-1" in shown.stdout
    page = heard.folder / "page.html"
    assert heard.harness("report", "latest", "--format", "html", "-o", str(page)).returncode == 0
    assert "word error rate" in page.read_text()
    compared = heard.harness("compare", heard.bundles()[0].name, second.name, "--bench", "quality", "--json")
    assert compared.returncode == 0, compared.stderr
    family = result_of(compared.stdout)["quality"]
    assert {(one["subject"], one["verdict"]) for one in family["comparisons"]} == {
        ("words", "UNRESOLVED"),
        ("tokens", "UNRESOLVED"),
    }
    assert file.name in heard.harness("cache", "-v").stdout


def test_a_text_of_ones_own_is_counted_and_not_kept(heard: Kit) -> None:
    wav, text = write_wav(heard.folder / "Mildred-talk.wav", seconds=330), heard.folder / "diary.txt"
    text.write_text(f"{SAID} Xylophones forever.\n", encoding="utf-16")
    done = heard.run(*WORDS, "--audio", f"jfk,{wav}", "--text", str(text), "--json")
    assert done.returncode == 0, done.stderr
    rows = {dict(row["case"]["params"])["audio"]: row for row in result_of(done.stdout)["quality"]}
    assert (rows["Mildred-talk"]["text"]["deletions"], rows["Mildred-talk"]["text"]["words"]) == (2, 24)
    assert (rows["Mildred-talk"]["tokens"]["windows"], rows["Mildred-talk"]["tokens"]["of_windows"]) == (10, 11)
    assert CaveatCode.PARTLY_HEARD in {caveat.code for caveat in heard.only_run().caveats}
    (bundle,) = heard.bundles()
    for name in ("run.json", "plan.json", "README.md"):
        assert "Xylophones" not in (bundle / name).read_text(), name
    archive = heard.folder / "out.tar.gz"
    assert heard.harness("share", "latest", "-o", str(archive)).returncode == 0
    with tarfile.open(archive) as tar:
        files = {one.name: file.read().decode() for one in tar if (file := tar.extractfile(one))}
    for name, content in files.items():
        for word in ("Mildred", "diary", "Xylophones"):
            assert word not in f"{name}\n{content}", (name, word)
    spoken = [name for name, content in files.items() if SAID in content and "/logs/" in name]
    assert spoken, "the sample's logs are shared"
    assert all("-jfk-" in name for name in spoken), "those of one's own recordings are not"


def test_a_recording_that_is_called_like_the_sample_is_ones_own(heard: Kit) -> None:
    (heard.folder / "jfk.txt").write_text(f"{SAID} Xylophones forever.\n")
    wav = write_wav(heard.folder / "jfk.wav", seconds=5)
    done = heard.run(*WORDS, "--audio", str(wav), "--text", "jfk.txt")
    assert done.returncode == 0, done.stderr
    (bundle,) = heard.bundles()
    assert [one.name for one in heard.only_run().audio] == ["own-jfk"]
    for name in ("run.json", "plan.json", "README.md"):
        assert "Xylophones" not in (bundle / name).read_text(), name


def test_a_library_without_logits_still_has_words(heard: Kit, stubs: Path) -> None:
    heard.offer_library(build_stub(stubs, "WITHOUT_LOGITS"))
    done = heard.run(*WORDS)
    assert done.returncode == 0, done.stderr
    run = heard.only_run()
    reference = next(one for one in run.results if one.phase is Phase.REFERENCE)
    assert reference.status is Status.SKIPPED
    assert "whisper_get_logits" in reference.reason
    tokens = [one for one in run.results if one.case and one.case.get("of") == "tokens"]
    assert {(one.status, one.blocked_by) for one in tokens} == {(Status.SKIPPED, reference.step)}
    assert reference.reason in tokens[0].reason
    assert CaveatCode.BENCHMARK_SKIPPED in {caveat.code for caveat in run.caveats}
    assert "WER" in done.stdout


def test_a_damaged_reference_is_named_and_made_again_once_it_is_removed(heard: Kit) -> None:
    assert heard.run(*WORDS).returncode == 0
    (file,) = (heard.cache / "references").glob("speech-tiny-*.ref")
    file.write_bytes(file.read_bytes()[:-4])
    done = heard.run(*WORDS)
    assert done.returncode == 12
    assert "remove it, and it is made again" in " ".join(done.stdout.split())
    file.unlink()
    assert heard.run(*WORDS).returncode == 0


def test_what_goes_wrong_has_its_reason(heard: Kit) -> None:
    heard.break_tools({"whisper-cli": {"print": "error: unknown language 'xx'", "silent": True}})
    done = heard.run(*WORDS, environ={"GGML_STUB_FAULT": "unreal", "GGML_STUB_FA": "1"})
    assert done.returncode == 12, done.stderr
    assert "whisper-cli says: unknown language 'xx'" in " ".join(done.stdout.split())
    done = heard.run(*WORDS, "--fa", "1", environ={"GGML_STUB_FAULT": "unreal", "GGML_STUB_FA": "1"})
    assert done.returncode == 12
    assert "logits are not numbers" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("--text", "a.txt"), 2, "--text needs --audio"),
        (("--audio", "a.wav", "--text", "a.txt,b.txt"), 2, "1 recording, but 2 texts"),
        (("--audio", "a.wav", "--text", "none.txt"), 2, "there is no file"),
        (("--audio", "a.wav", "--text", "latin.txt"), 5, "byte 2 (0xfc)"),
        (("--audio", "a.wav", "--text", "empty.txt"), 5, "there are no words"),
        (("--audio", "a.wav", "--text", "remark.txt"), 5, "no spoken words"),
        (("--audio", "silent.wav"), 5, "it has no samples"),
        (("--model", "tiny.en", "--language", "de"), 2, "tiny.en knows English alone"),
        (("--bench", "check"), 2, "unknown benchmark 'check'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_built(
    heard: Kit, words: tuple[str, ...], code: int, shown: str
) -> None:
    write_wav(heard.folder / "a.wav")
    write_wav(heard.folder / "silent.wav", seconds=0)
    texts = {"a": b"And so", "latin": "für".encode("latin-1"), "empty": b"\n", "remark": b"[music]"}
    for name, content in texts.items():
        (heard.folder / f"{name}.txt").write_bytes(content)
    done = heard.run(*WORDS, *words)
    assert (done.returncode, shown in done.stderr) == (code, True), done.stderr
    assert not heard.bundles()


def test_synthetic_weights_are_refused_alone_and_named_beside_others(kit: Kit) -> None:
    write_wav(kit.folder / "a.wav")
    alone = kit.run(*WORDS, "--audio", "a.wav")
    assert (alone.returncode, "nothing can be transcribed with tiny" in alone.stderr) == (4, True)
    done = kit.run("--no-tests", "--bench", "memcpy,quality", "--repetitions", "1", "--audio", "a.wav")
    assert done.returncode == 0, done.stderr
    assert CaveatCode.NOT_TRANSCRIBED in {caveat.code for caveat in kit.only_run().caveats}
