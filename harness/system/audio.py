"""Recordings to transcribe: whisper.cpp's own sample, or the user's files, converted if necessary."""

import os
import secrets
import wave
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnavailableError, UnfitError, UnreadableError, UsageError
from harness.parse.bench.transcription import SAMPLE_RATE_HZ
from harness.plan.transcription import SAMPLE, SAMPLE_PATH, SAMPLE_TEXT, name_audio
from harness.records.record import Record
from harness.records.weights import Audio
from harness.system.digest import file_sha256
from harness.system.disk import make_folder
from harness.system.foreign import open_file
from harness.system.limit import refuse_program
from harness.system.process.child import capture
from harness.system.transcript import read_transcript

# The folder in the cache.
AUDIO = "audio"
_CONVERTER = "ffmpeg"
_SAMPLE_BYTES = 2
_PATIENCE_S = 600
_HINT = "--audio FILE  # a recording that a player plays, or jfk for whisper.cpp's own"
# What a WAV file can hold: more than 18 hours.
_MOST_BYTES = 4 << 30


class AudioWords(Record):
    """The words of the command line for recordings, and for the file with the text of each, empty for one without."""

    audio: tuple[str, ...]
    texts: tuple[str, ...] = ()


def resolve_audio(
    words: AudioWords, *, tree: Path, cache: Path, environ: Mapping[str, str], dry_run: bool = False
) -> tuple[Audio, ...]:
    """Return the recordings that `words` name: `jfk` is the sample in the `tree` of whisper.cpp, anything else a file.

    Anything but a 16-bit WAV file at 16 kHz is converted by ffmpeg, once, into `cache/audio`. `dry_run` converts
    nothing. Raises UsageError for files that do not exist or share a name, UnavailableError for a tree without the
    sample, UnfitError without ffmpeg, UnreadableError for files that ffmpeg cannot read, for audio without length, and
    for texts that cannot be read.
    """
    found: dict[str, Audio] = {}
    # Texts first: they are read at once, while a recording may have to be converted.
    texts = {word: _read_text(text) for word, text in zip(words.audio, words.texts, strict=False) if text}
    for word in dict.fromkeys(words.audio):
        one = _resolve(word, tree, cache, environ, dry_run=dry_run)
        one = one.replace(text=texts.get(word, SAMPLE_TEXT if word == SAMPLE else ""))
        # In the names of steps, a dash is an underscore.
        step = one.name.replace("-", "_")
        if step in found:
            raise UsageError(
                f"--audio: two recordings are called {one.name!r}",
                cause="a dash and an underscore do not tell two names apart" if one.name != found[step].name else "",
                hint="rename one of them, because numbers are kept by name",
            )
        found[step] = one
    return tuple(found.values())


def verify_audio(audio: Audio, *, cache: Path, again: str = "") -> None:
    """Raise UnavailableError, with `again` as its hint, if a recording has changed since it was resolved."""
    path = Path(audio.path)
    if not path.is_file():
        raise UnavailableError(f"the recording {audio.name} no longer exists: {path}", hint=again)
    converted = path == cache / AUDIO / f"{audio.sha256[:16]}.wav"
    if not converted and file_sha256(path, memory=cache / AUDIO / "sums") != audio.sha256:
        raise UnavailableError(f"the recording {audio.name} has changed: {path}", hint=again)


def _read_text(word: str) -> str:
    path = Path(word).absolute()
    if not os.path.lexists(path):
        raise UsageError(f"--text: there is no file {path}", hint="--audio FILE --text FILE")
    return read_transcript(path)


def _resolve(word: str, tree: Path, cache: Path, environ: Mapping[str, str], *, dry_run: bool) -> Audio:
    path = given = tree / SAMPLE_PATH if word == SAMPLE else Path(word).absolute()
    if not os.path.lexists(path):
        if word == SAMPLE:
            raise UnavailableError(f"the source has no {SAMPLE_PATH}", hint="--audio FILE  # a recording of your own")
        raise UsageError(f"--audio: there is no file {path}", hint=f"--audio {SAMPLE}  # whisper.cpp's own sample")
    open_file(path, most_bytes=_MOST_BYTES).close()
    if path.stat().st_size == 0:
        raise UnreadableError(f"{path} holds no sound", cause="the file is empty", hint=_HINT)
    sha256 = file_sha256(path, memory=cache / AUDIO / "sums")
    duration_s = _measure_wav(path)
    if duration_s is None:
        path = cache / AUDIO / f"{sha256[:16]}.wav"
        if not dry_run:
            duration_s = _measure_wav(path) if path.is_file() else None
            if duration_s is None:
                _convert(given, path, environ)
                duration_s = _measure_wav(path)
    if duration_s == 0 or (duration_s is None and not dry_run):
        raise UnreadableError(f"{word} holds no sound", cause="it has no samples", hint=_HINT)
    name = SAMPLE if word == SAMPLE else name_audio(Path(word).stem)
    return Audio(name=name, path=str(path), sha256=sha256, duration_s=duration_s or 0.0)


def _measure_wav(path: Path) -> float | None:
    """Return the seconds of a WAV file that every release of whisper.cpp reads; None for anything else."""
    try:
        with open_file(path, most_bytes=_MOST_BYTES) as plain_file, wave.open(plain_file, "rb") as file:
            plain = file.getsampwidth() == _SAMPLE_BYTES and file.getframerate() == SAMPLE_RATE_HZ
            if not plain or file.getnchannels() > 2:
                return None
            # The header of a file that was cut off promises more than there is.
            present = min(file.getnframes(), path.stat().st_size // (_SAMPLE_BYTES * file.getnchannels()))
            return present / SAMPLE_RATE_HZ
    except (wave.Error, EOFError, OSError, UnreadableError, ValueError, RuntimeError):
        return None


def _convert(source: Path, target: Path, environ: Mapping[str, str]) -> None:
    make_folder(target.parent)
    fresh = target.with_name(f".{target.name}.partial-{secrets.token_hex(4)}")
    done = capture(
        (
            *(_CONVERTER, "-nostdin", "-hide_banner", "-v", "error", "-protocol_whitelist", "file,pipe"),
            *("-i", f"file:{source}", "-vn", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-c:a", "pcm_s16le"),
            *("-f", "wav", str(fresh)),
        ),
        env=environ,
        timeout_s=_PATIENCE_S,
    )
    try:
        if done.refused:
            raise UnfitError(
                f"{source} is not a 16-bit WAV file at {SAMPLE_RATE_HZ // 1000} kHz",
                cause=f"{_CONVERTER}, which could convert it, is not installed" if done.is_absent else done.stderr,
                hint=f"sudo apt install {_CONVERTER}  # or give --audio such a file",
            )
        if complaint := done.shortage:
            raise refuse_program(_CONVERTER, complaint)
        if not done.ok:
            lines = done.stderr.strip().splitlines()
            cause = f"{_CONVERTER}: {lines[-1] if lines else 'no reason given'}"
            raise UnreadableError(f"{source} cannot be read as audio", cause=cause, hint=_HINT)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
