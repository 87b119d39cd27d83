"""Transcriptions of a run: whole processes of whisper-cli, for weights that can speak."""

import pytest

from harness.plan.inputs import PlanInputs
from harness.plan.run import plan_run
from harness.plan.transcription import caveat_transcription, name_audio, plan_transcriptions
from harness.records.gap import find_gaps
from harness.records.measurement import Case
from harness.records.plan import Phase, Plan
from harness.records.suite import Benchmark
from harness.records.weights import Audio, WeightsKind
from tests import factory

JFK = Audio(name="jfk", path="/tree/samples/jfk.wav", sha256="0" * 64, duration_s=11.0)
SPEECH = Audio(name="speech", path="/cache/audio/1.wav", sha256="1" * 64, duration_s=60.0)
REAL = factory.weights("tiny").replace(kind=WeightsKind.OFFICIAL)


def given(**changes: object) -> PlanInputs:
    return PlanInputs(
        source=factory.source(),
        toolchain=factory.toolchain(),
        sites=(factory.site("Debug"), factory.site("Release")),
        suite=factory.suite().replace(
            benchmarks=(*factory.suite().benchmarks, Benchmark.TRANSCRIBE), language="en", flash_attn=(0, 1)
        ),
        weights=(REAL, factory.weights("base")),
        namespace="avx2",
        jobs=2,
        audio=(JFK, SPEECH),
    ).replace(**changes)


def test_every_setting_in_every_round_but_no_synthetic_weights() -> None:
    steps = list(plan_transcriptions(given()))
    assert len(steps) == len({step.name for step in steps}) == len({step.log for step in steps}) == 2 * 2 * 2
    assert {step.case.get("model") for step in steps if step.case} == {"tiny"}
    first = next(
        step for step in steps if step.case == Case.of("transcribe", audio="jfk", fa=1, model="tiny", threads=4)
    )
    assert first.argv == ("@cli", "-m", "/w/tiny.bin", "-f", JFK.path, "-l", "en", "-t", "4", "@fa=1")
    assert first.needs == ("dialect",)


def test_a_build_for_the_cpu_leaves_gpus_alone() -> None:
    site = factory.site("Release")
    site = site.replace(config=site.config.replace(backend="cpu"))
    assert all("@no-gpu" in step.argv for step in plan_transcriptions(given(sites=(site,))))


def test_quantised_weights_are_made_first() -> None:
    made = REAL.replace(model="tiny-q5_0", parent="/w/tiny.bin", path="/w/tiny-q5_0.bin")
    assert all("quantise_tiny-q5_0" in step.needs for step in plan_transcriptions(given(weights=(made,))))


def build_targets(plan: Plan) -> list[str]:
    return [word for step in plan.steps if step.name == "build_release" for word in step.argv]


def test_whisper_cli_is_built_where_it_is_timed() -> None:
    plan = plan_run(given())
    assert "@cli-target" in build_targets(plan)
    assert "@cli-target" not in build_targets(plan_run(given(audio=())))
    kinds = [step.case.benchmark for step in plan.steps if step.phase is Phase.BENCHMARK and step.case]
    assert kinds == sorted(kinds, key=["memcpy", "mul_mat", "whisper", "transcribe"].index), "after all others"


def test_synthetic_weights_are_said_to_transcribe_nothing() -> None:
    (caveat,) = caveat_transcription(given().weights)
    assert caveat.code == "not-transcribed"
    assert "with base:" in caveat.message
    assert not list(caveat_transcription([REAL]))


@pytest.mark.parametrize(
    ("stem", "name"),
    [("jfk", "own-jfk"), ("My talk, 2026/1", "My-talk-2026-1"), ("a=b", "a-b"), ("..", "audio"), ("é" * 80, "é" * 60)],
)
def test_names_of_recordings_fit_into_cases(stem: str, name: str) -> None:
    assert name_audio(stem) == name
    assert Case.parse(str(Case.of("transcribe", audio=name))).get("audio") == name


def test_speech_is_detected_in_cases_of_their_own() -> None:
    inputs = given(vad_model="/tree/models/for-tests-silero-v6.2.0-ggml.bin", audio=(JFK,))
    steps = list(plan_transcriptions(inputs.replace(suite=inputs.suite.replace(vad=(0, 1), flash_attn=(0,)))))
    assert len({step.name for step in steps}) == len({step.log for step in steps}) == 2 * 2
    plain, detected = (next(step for step in steps if step.case and step.case.get("vad") == word) for word in ("", "1"))
    assert str(plain.case) == "transcribe/audio=jfk/fa=0/model=tiny/threads=4", "series from before keep their keys"
    assert detected.argv == (*plain.argv, "--vad", "-vm", inputs.vad_model)
    assert "vad" in detected.title
    gaps = find_gaps(
        inputs.suite.replace(vad=(0, 1), flash_attn=(0,), benchmarks=(Benchmark.TRANSCRIBE,)), (REAL,), (JFK,), ()
    )
    assert {str(step.case) for step in steps} == {
        gap.name.partition(",")[0] for gap in gaps if "repetition" in gap.name
    }
