"""Audio to text through a fake whisper-cli, and recordings that are none."""

import shutil
import wave
from pathlib import Path

import pytest

from harness.records.outcome import Status
from tests.flow.kit import Kit

WORDS = ("--bench", "transcribe", "--no-tests", "--repetitions", "2", "--threads", "1")


def write_wav(path: Path, *, seconds: float = 1.0, rate: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(round(seconds * rate) * channels * 2))
    return path


@pytest.fixture
def real(kit: Kit) -> Path:
    """Weights that nobody can tell from real ones."""
    path = kit.folder / "ggml-tiny.bin"
    data = bytearray(kit.weights.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    return path


def test_a_recording_is_transcribed_and_told(kit: Kit, real: Path) -> None:
    (kit.tree / "samples").mkdir()
    write_wav(kit.tree / "samples" / "jfk.wav", seconds=2.5)
    done = kit.run(*WORDS, "--audio", "jfk", "--weights", str(real))
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    (audio,) = run.audio
    assert (audio.name, audio.duration_s) == ("jfk", 2.5)
    timed = [result for result in run.results if result.case]
    assert [str(result.case) for result in timed] == ["transcribe/audio=jfk/fa=0/model=tiny/threads=1"] * 2
    assert {one.metric for one in run.measurements} == {"rtf"}
    (call, _) = kit.calls("whisper-cli")
    assert call[1:] == ["-m", str(real), "-f", audio.path, "-l", "en", "-t", "1", "-ng", "-nfa"]
    value = f"{run.measurements[0].value:.3f} (0.0%)"
    assert value in done.stdout
    assert value in kit.harness("show", "latest").stdout
    assert "HARNESS_RTF_jfk_tiny_t1_fa0=" in kit.report()
    assert '"rtf"' in kit.harness("report", "latest", "--format", "json").stdout
    configure = next(call for call in kit.calls("cmake") if "-S" in call)
    assert not any("CMAKE_PROJECT_INCLUDE" in word for word in configure), "what is timed is compiled as users do"


def test_synthetic_weights_transcribe_nothing_and_that_is_said(kit: Kit) -> None:
    wav = write_wav(kit.folder / "a.wav")
    done = kit.run("--no-tests", "--bench", "whisper,transcribe", "--repetitions", "1", "--audio", str(wav))
    assert done.returncode == 0, done.stderr
    assert not kit.calls("whisper-cli")
    assert "not-transcribed" in {caveat.code for caveat in kit.only_run().caveats}
    assert "RTF: modelled" in done.stdout
    alone = kit.run(*WORDS, "--audio", str(wav))
    assert alone.returncode == 4
    assert "nothing can be transcribed with tiny" in alone.stderr


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_other_files_are_converted_once(kit: Kit, real: Path) -> None:
    wav = write_wav(kit.folder / "My talk.wav", seconds=2, rate=44_100, channels=2)
    for _ in range(2):
        done = kit.run(*WORDS, "--audio", str(wav), "--weights", str(real))
        assert done.returncode == 0, done.stderr
    converted = list((kit.cache / "audio").glob("*.wav"))
    assert len(converted) == 1
    with wave.open(str(converted[0])) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (16_000, 1, 32_000)
    assert {call[4] for call in kit.calls("whisper-cli")} == {str(converted[0])}
    assert "My-talk" in done.stdout
    assert "audio" in kit.harness("cache").stdout


def test_without_ffmpeg_only_plain_files_are_read(kit: Kit, real: Path) -> None:
    bin_folder = kit.folder / "bin"
    bin_folder.mkdir()
    for name in ("sh", "git", "env"):
        (bin_folder / name).symlink_to(shutil.which(name) or "/bin/sh")
    wav = write_wav(kit.folder / "a.wav", rate=8_000)
    done = kit.run(*WORDS, "--audio", str(wav), "--weights", str(real), environ={"PATH": str(bin_folder)})
    assert done.returncode == 3, done.stderr
    assert "ffmpeg, which could convert it, is not installed" in done.stderr
    assert not kit.bundles()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_what_is_no_sound_is_refused(kit: Kit, real: Path) -> None:
    contents = {"text.mp3": b"no sound at all\n" * 100, "empty.wav": b"", "list.m3u8": b"#EXTM3U\n/etc/passwd\n"}
    for name, content in contents.items():
        path = kit.folder / name
        path.write_bytes(content)
        done = kit.run(*WORDS, "--audio", str(path), "--weights", str(real))
        assert done.returncode == 5, (name, done.stderr)
        assert name in done.stderr
    silent = write_wav(kit.folder / "none.wav", seconds=0)
    done = kit.run(*WORDS, "--audio", str(silent), "--weights", str(real))
    assert (done.returncode, "it has no samples" in done.stderr) == (5, True), done.stderr
    assert not kit.bundles()
    assert not list((kit.cache / "audio").glob(".*")), "nothing half done is left"


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("--bench", "transcribe"), 2, "--bench transcribe needs --audio"),
        (("--bench", "whisper", "--audio", "a.wav"), 2, "--bench whisper,transcribe"),
        (("--audio", "no.wav"), 2, "there is no file"),
        (("--audio", "jfk"), 4, "the source has no samples/jfk.wav"),
        (("--audio", "a.wav,b/a.wav"), 2, "two recordings are called 'a'"),
        (("--audio", "x-y.wav,x_y.wav"), 2, "two recordings are called 'x_y'"),
    ],
)
def test_bad_input_is_told_before_anything_is_built(kit: Kit, words: tuple[str, ...], code: int, shown: str) -> None:
    for name in ("a", "x-y", "x_y"):
        write_wav(kit.folder / f"{name}.wav")
    (kit.folder / "b").mkdir()
    write_wav(kit.folder / "b" / "a.wav", seconds=2)
    done = kit.run("--no-tests", *words)
    assert (done.returncode, shown in done.stderr) == (code, True), done.stderr
    assert not kit.calls("whisper-cli")
    assert not kit.bundles()


def test_a_language_that_does_not_exist_is_no_success(kit: Kit, real: Path) -> None:
    wav = write_wav(kit.folder / "a.wav")
    kit.break_tools({"whisper-cli": {"print": "error: unknown language 'xx'", "silent": True}})
    done = kit.run(*WORDS, "--audio", str(wav), "--weights", str(real), "--language", "xx")
    assert done.returncode == 12
    run = kit.only_run()
    assert {result.status for result in run.results if result.case} == {Status.FAILED}
    assert "whisper-cli says: unknown language 'xx'" in done.stdout


def test_transcriptions_are_compared(kit: Kit, real: Path) -> None:
    wav = write_wav(kit.folder / "a.wav")
    for _ in range(2):
        assert kit.run(*WORDS, "--audio", str(wav), "--weights", str(real)).returncode == 0
    first, second = (bundle.name for bundle in kit.bundles())
    done = kit.harness("compare", first, second, "--bench", "transcribe")
    assert done.returncode == 0, done.stderr
    assert "rtf" in done.stdout.lower()
    write_wav(wav, seconds=2)
    assert kit.run(*WORDS, "--audio", str(wav), "--weights", str(real)).returncode == 0
    other = kit.harness("compare", first, kit.bundles()[-1].name, "--bench", "transcribe")
    assert other.returncode == 2
    assert "audio a" in other.stderr, "another recording under the same name is no comparison"


def test_speech_is_detected_first_where_that_is_asked_for(kit: Kit, real: Path) -> None:
    wav = write_wav(kit.folder / "a.wav")
    words = (*WORDS, "--audio", str(wav), "--weights", str(real), "--vad", "0,1")
    refused = kit.run(*words)
    assert (refused.returncode, "the first release with such a model is v1.7.6" in refused.stderr) == (2, True)
    model = kit.tree / "models" / "for-tests-silero-v6.2.0-ggml.bin"
    model.parent.mkdir()
    model.touch()
    done = kit.run(*words)
    assert done.returncode == 0, done.stderr
    cases = ["transcribe/audio=a/fa=0/model=tiny/threads=1", "transcribe/audio=a/fa=0/model=tiny/threads=1/vad=1"]
    assert sorted({str(one.case) for one in kit.only_run().measurements}) == cases
    assert [call[-3:] for call in kit.calls("whisper-cli") if "--vad" in call] == [["--vad", "-vm", str(model)]] * 2
    assert "HARNESS_RTF_a_tiny_t1_fa0_vad1=" in kit.report()
    table = [line.split() for line in done.stdout.splitlines() if line.startswith("  a ")]
    assert [line[5:7] for line in table] == [["0", "0"], ["0", "1"]], done.stdout
