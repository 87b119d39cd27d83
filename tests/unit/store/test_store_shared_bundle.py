"""The files of a bundle, as they are shared."""

from pathlib import Path

from harness.judge.disguise import Disguise
from harness.judge.privacy import list_private_words
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.share import Here
from harness.records.weights import Audio
from harness.store.shared_bundle import share_bundle
from tests import factory


def test_what_was_said_in_a_recording_stays_at_home_and_so_does_its_name(tmp_path: Path) -> None:
    names = ("secret-call", "jfk")
    results = tuple(
        factory.result(f"transcribe_{name}", Phase.BENCHMARK, Status.PASSED).replace(
            log=f"transcribe-tiny-{name}.log", case=Case.of("transcribe", audio=name, model="tiny")
        )
        for name in names
    )
    audio = tuple(Audio(name=name, path=f"/x/y/{name}.wav", sha256="a" * 64, duration_s=1.0) for name in names)
    run = factory.run().replace(results=results, audio=audio)
    (tmp_path / "logs").mkdir()
    for file, text in {
        "transcribe-tiny-secret-call.log": "we are bankrupt",
        "transcribe-tiny-secret-call.interrupted.log": "we are",
        "transcribe-tiny-jfk.log": "ask not",
        "read-secret-call.log": "16 kHz",
    }.items():
        (tmp_path / "logs" / file).write_text(text)
    private = list_private_words([run], Here())
    shared = share_bundle(tmp_path, run, {one.word: one for one in private}, Disguise(private))
    assert "bankrupt" not in str(shared)
    assert "secret-call" not in str(shared)
    logs = {Path(name).name: content for name, content in shared.files.items() if "/logs/" in name}
    assert logs == {"transcribe-tiny-jfk.log": b"ask not", "read-recording-1.log": b"16 kHz"}
    assert {one.path for one in shared.omitted} == {
        "logs/transcribe-tiny-recording-1.log",
        "logs/transcribe-tiny-recording-1.interrupted.log",
    }
