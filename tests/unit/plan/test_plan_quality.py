"""How good the text is: a reference for each recording and F16 file, then words and tokens, round by round."""

import json

from harness.plan.quality import name_maker, plan_quality, speech_reference_path
from harness.plan.run import find_plan_flaw, is_measured, plan_run
from harness.records.gap import find_gaps
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Step
from harness.records.suite import Benchmark, choose_processes
from harness.records.weights import Audio, WeightsKind
from tests import factory

JFK = Audio(name="jfk", path="/tree/samples/my jfk.wav", sha256="0" * 64, duration_s=11.0, text="And so")
UNKNOWN = Audio(name="talk", path="/cache/audio/1.wav", sha256="1" * 64, duration_s=60.0)
REAL = factory.weights("tiny.en").replace(kind=WeightsKind.FILE, sha256="2" * 64)
MADE = REAL.replace(
    model="tiny.en-q5_0", parent=REAL.path, parent_sha256=REAL.sha256, path="/c/weights/tiny.en-q5_0.bin", sha256=""
)
SUITE = factory.suite().replace(
    benchmarks=(Benchmark.QUALITY,),
    models=("tiny.en", "tiny.en-q5_0"),
    language="en",
    flash_attn=(0, 1),
    threads=(2,),
    tests=False,
)
INPUTS = factory.plan_inputs().replace(
    weights=(REAL, MADE, factory.weights("base")), audio=(JFK, UNKNOWN), suite=SUITE, references="/c/references"
)


def asked(step: Step) -> list[str]:
    return [word for flag, word in zip(step.argv, step.argv[1:], strict=False) if flag == "--do"]


def test_all_settings_twice_and_a_reference_for_each_recording() -> None:
    steps = list(plan_quality(INPUTS))
    made = [step for step in steps if step.phase is Phase.REFERENCE]
    assert [step.name for step in made] == ["speech_tiny.en_jfk", "speech_tiny.en_talk"]
    rounds = [step for step in steps if step.phase is Phase.BENCHMARK]
    # Two models, two settings of flash attention, two processes: words of one recording, tokens of two.
    assert (
        len(rounds) == len({step.name for step in steps}) - 2 == len({step.log for step in steps}) - 2 == 2 * 2 * 2 * 3
    )
    assert {step.repetition for step in rounds[:12]} == {1}
    assert not any(is_measured(step) for step in rounds), "load does not disturb what is no timing"
    assert {step.case.get("model") for step in rounds if step.case} == {"tiny.en", "tiny.en-q5_0"}


def test_a_reference_is_made_once_for_all_builds_and_types_of_weights() -> None:
    first, *_ = plan_quality(INPUTS)
    assert asked(first) == [
        "load /w/tiny.en.bin 2 0",
        "reference " + json.dumps([first.products[0], JFK.path, "en", "v1.8.5 f24588a2"]),
        "quit",
    ]
    assert "--no-gpu" in first.argv
    assert first.stamp == f"{first.products[0]}.made"
    again, *_ = plan_quality(INPUTS.replace(source=factory.source().replace(id="other"), weights=(MADE,)))
    assert (again.products, again.key, again.stamp) == (first.products, first.key, first.stamp)
    assert asked(again)[0] == "load /w/tiny.en.bin 2 0", "quantised weights are compared with their parent"
    paths = {
        speech_reference_path("/r", weights, audio, language)
        for weights in (REAL, REAL.replace(sha256="3" * 64))
        for audio in (JFK, UNKNOWN)
        for language in ("en", "de")
    }
    assert len(paths) == 8


def test_words_come_from_the_program_and_tokens_from_the_library() -> None:
    words, tokens = (
        next(
            step
            for step in plan_quality(INPUTS)
            if step.case == Case.of("quality", audio="jfk", fa=1, model="tiny.en-q5_0", of=of, threads=2)
        )
        for of in ("text", "tokens")
    )
    assert words.argv == ("@cli", "-m", MADE.path, "-f", JFK.path, "-l", "en", "-t", "2", "@fa=1")
    assert words.needs == ("dialect", "quantise_tiny.en-q5_0")
    assert (words.text, tokens.text) == ("And so", "")
    path = speech_reference_path("/c/references", REAL, JFK, "en")
    assert asked(tokens) == [f"load {MADE.path} 2 1", f"diverge {json.dumps([path, JFK.path])}", "quit"]
    assert tokens.needs == ("build_release", "speech_tiny.en_jfk", "quantise_tiny.en-q5_0")


def test_the_plan_of_a_run_has_them_where_they_are_asked_for() -> None:
    plan = plan_run(INPUTS)
    assert not find_plan_flaw(plan)
    assert any(step.name.startswith("quality_") for step in plan.steps)
    assert not any(step.case and step.case.benchmark == "transcribe" for step in plan.steps)
    without = plan_run(INPUTS.replace(suite=SUITE.replace(benchmarks=(Benchmark.TRANSCRIBE,))))
    assert not any(step.name.startswith(("quality_", "speech_")) for step in without.steps)


def test_a_source_that_is_only_the_library_has_no_program_to_ask() -> None:
    plan = plan_run(INPUTS.replace(library="/harness/native/library"))
    assert not find_plan_flaw(plan)
    words = next(step for step in plan.steps if step.case and step.case.get("of") == "text")
    assert words.needs[0] == "build_release"


def test_words_with_and_without_detection_of_speech_but_tokens_without() -> None:
    inputs = INPUTS.replace(suite=SUITE.replace(vad=(0, 1)), vad_model="/tree/vad.bin", audio=(JFK,), weights=(REAL,))
    cases = {step.case for step in plan_quality(inputs) if step.case}
    assert sorted(f"{case.get('of')}{case.get('vad')}{case.get('fa')}" for case in cases) == [
        *("text0", "text1", "text10", "text11"),
        *("tokens0", "tokens1"),
    ]
    detected = next(step for step in plan_quality(inputs) if step.case and step.case.get("vad"))
    assert detected.argv[-1] == "/tree/vad.bin"


def test_two_processes_or_three_of_many() -> None:
    assert [choose_processes(one) for one in (1, 2, 3, 5, 100)] == [2, 2, 3, 3, 3]


def test_what_is_missing_without_a_reason_is_a_gap() -> None:
    results = [
        StepResult.unexecuted(step, Status.SKIPPED, "no reason to look")
        for step in plan_quality(INPUTS)
        if step.phase is Phase.BENCHMARK
    ]
    assert not find_gaps(SUITE, INPUTS.weights, INPUTS.audio, results)
    gaps = find_gaps(SUITE, INPUTS.weights, INPUTS.audio, [results[0].replace(status=Status.PASSED), *results[1:-1]])
    assert {gap.name for gap in gaps} == {
        f"{one.case}, repetition {one.repetition}" for one in (results[0], results[-1])
    }


def test_a_maker_is_named_by_release_and_commit() -> None:
    source = factory.source()
    assert name_maker(source) == "v1.8.5 f24588a2"
    assert name_maker(source.replace(commit=source.commit.replace(release="", sha=""))) == "src1"
