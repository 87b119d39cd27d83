"""What a suite asks for but a record does not have: neither a number nor a reason."""

from collections.abc import Iterator, Sequence

from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.suite import Benchmark, Suite, choose_processes, list_quality_subjects, name_vad
from harness.records.weights import Audio, Weights, WeightsKind


class Gap(Record):
    """One process of a case, or the tests of one build, that a record does not mention; `name` is for people."""

    name: str
    phase: Phase


def find_gaps(
    suite: Suite, weights: Sequence[Weights], audio: Sequence[Audio], results: Sequence[StepResult]
) -> tuple[Gap, ...]:
    """Return what `suite` asks for but none of the `results` answers, in the order of the plan.

    An answer is a number, tests that ran, or a failed or skipped step with a reason.
    """
    tested = {one.build_type for one in results if one.phase is Phase.TEST and _answers(one, one.checks)}
    known = {(one.case, one.repetition) for one in results if one.case and _answers(one, _list_found(one))}
    types = suite.test_build_types if suite.tests else ()
    gaps = [Gap(name=f"the {kind} tests", phase=Phase.TEST) for kind in types if kind not in tested]
    for case, repetition in _list_processes(suite, weights, audio):
        if (case, repetition) not in known:
            gaps.append(Gap(name=f"{case}, repetition {repetition}", phase=Phase.BENCHMARK))
    return tuple(gaps)


def _list_found(result: StepResult) -> tuple[object, ...]:
    computed = (result.text_errors, result.divergence) if _is_quality(result.case) else ()
    return (*result.measurements, *(one for one in computed if one))


def _is_quality(case: Case | None) -> bool:
    return case is not None and case.benchmark == Benchmark.QUALITY


def _answers(result: StepResult, found: Sequence[object]) -> bool:
    return bool(found) if result.status is Status.PASSED else result.status.bad or bool(result.reason)


def _list_processes(suite: Suite, weights: Sequence[Weights], audio: Sequence[Audio]) -> Iterator[tuple[Case, int]]:
    """Yield each case with each of its repetitions; further rounds for a precision are not required."""
    for benchmark in (Benchmark.MEMCPY, Benchmark.MUL_MAT):
        if benchmark in suite.benchmarks:
            yield Case.of(benchmark.value, threads=max(suite.threads)), 1
    wanted = [*suite.model_cases] if Benchmark.WHISPER in suite.benchmarks else []
    wanted += [
        Case.of(Benchmark.TRANSCRIBE.value, model=one.model, audio=sound.name, threads=threads, fa=fa, **name_vad(vad))
        for one in weights
        # Synthetic ones stop after a random number of tokens: nothing is transcribed, and a caveat says so.
        if Benchmark.TRANSCRIBE in suite.benchmarks and one.kind is not WeightsKind.SYNTHETIC
        for sound in audio
        for threads in suite.threads
        for fa in suite.flash_attn
        for vad in suite.vad
    ]
    wanted += [
        Case.of(
            Benchmark.SERVER.value,
            model=one.model,
            audio=sound.name,
            clients=clients,
            threads=threads,
            fa=fa,
            **name_vad(vad),
        )
        for one in weights
        if Benchmark.SERVER in suite.benchmarks and one.kind is not WeightsKind.SYNTHETIC
        for sound in audio
        for threads in suite.threads
        for fa in suite.flash_attn
        for clients in suite.clients
        for vad in suite.vad
    ]
    for repetition in range(1, suite.repetitions + 1):
        yield from ((case, repetition) for case in wanted)
    if Benchmark.QUALITY in suite.benchmarks:
        for repetition in range(1, choose_processes(suite.repetitions) + 1):
            yield from ((case, repetition) for case in _list_quality(suite, weights, audio))


def _list_quality(suite: Suite, weights: Sequence[Weights], audio: Sequence[Audio]) -> Iterator[Case]:
    for one in weights:
        for sound in audio if one.kind is not WeightsKind.SYNTHETIC else ():
            for threads, fa in suite.list_looks(one.model):
                for of, vad in list_quality_subjects(suite.vad, known=bool(sound.text)):
                    names, numbers = {"model": one.model, "of": of}, {"threads": threads, "fa": fa, **name_vad(vad)}
                    yield Case.of(Benchmark.QUALITY.value, audio=sound.name, **names, **numbers)
