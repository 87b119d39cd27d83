"""Transcribing audio from end to end with whisper-cli: the time that a user waits for the text."""

import random
import re
from collections.abc import Iterator, Sequence

from harness.build.recipe import ON_CPU
from harness.plan.bench import name_quantising
from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import CLI, NO_GPU
from harness.records.caveat import Caveat, CaveatCode
from harness.records.measurement import Case
from harness.records.plan import Phase, Step
from harness.records.suite import Benchmark, Engine, name_vad
from harness.records.weights import Weights, WeightsKind
from harness.whisper.memory import estimate_memory

# The recording in whisper.cpp's own tree, 11 seconds long.
SAMPLE = "jfk"
SAMPLE_PATH = "samples/jfk.wav"
# What is said in it.
SAMPLE_TEXT = "And so my fellow Americans ask not what your country can do for you ask what you can do for your country"
_LONGEST_NAME = 60


def name_audio(stem: str) -> str:
    """Return the name of a user's recording in cases: its file name without characters that are not allowed there.

    It is never that of the sample, whose text is public: what is said in this one is not kept and not shared.
    """
    name = re.sub(r"[^\w.-]+", "-", stem).strip("-.")[:_LONGEST_NAME] or "audio"
    return f"own-{name}" if name == SAMPLE else name


def is_transcribed(weights: Weights) -> bool:
    """Return whether these weights can transcribe: synthetic weights stop after a random number of tokens."""
    return weights.kind is not WeightsKind.SYNTHETIC


def caveat_transcription(weights: Sequence[Weights]) -> Iterator[Caveat]:
    """Yield a caveat for the models whose weights cannot transcribe, if any."""
    names = ", ".join(one.model for one in weights if not is_transcribed(one))
    if names:
        message = (
            f"nothing was transcribed with {names}: synthetic weights end after a random number of tokens, so there is "
            "only a modelled real-time factor"
        )
        yield Caveat(code=CaveatCode.NOT_TRANSCRIBED, message=message)


def list_vad_words(vad: int, model: str) -> tuple[str, ...]:
    """Return the options that make whisper-cli and whisper-server detect speech first with the `model` file."""
    return ("--vad", "-vm", model) if vad else ()


def plan_transcriptions(inputs: PlanInputs) -> Iterator[Step]:
    """Yield the steps of whole whisper-cli processes, round by round, in an order drawn from the recorded seed."""
    suite, site = inputs.suite, inputs.sites[-1]
    on_cpu = site.config.backend in ON_CPU
    settings = [
        (weights, one, threads, fa, vad)
        for weights in inputs.weights
        if is_transcribed(weights)
        for one in inputs.audio
        for threads in suite.threads
        for fa in suite.flash_attn
        for vad in suite.vad
        if Benchmark.TRANSCRIBE in suite.benchmarks
    ]
    draw = random.Random(f"{suite.seed}/transcribe")  # noqa: S311 - an order to be reproduced, not a secret
    for repetition in range(1, suite.repetitions + 1):
        for weights, one, threads, fa, vad in draw.sample(settings, len(settings)):
            name = f"{weights.model}-{one.name}-t{threads}-fa{fa}{'-vad' if vad else ''}-r{repetition}"
            setting = f"{threads} threads, fa {fa}{', vad' if vad else ''}"
            params = {"threads": threads, "fa": fa, **name_vad(vad)}
            yield Step(
                name=f"transcribe_{name.replace('-', '_')}",
                title=f"{one.name} by {weights.model}, {setting}, {repetition}/{suite.repetitions}",
                phase=Phase.BENCHMARK,
                argv=(
                    *(CLI, "-m", weights.path, "-f", one.path, "-l", suite.language, "-t", str(threads)),
                    *([NO_GPU] if on_cpu else []),
                    f"@fa={fa}",
                    *list_vad_words(vad, inputs.vad_model),
                ),
                cwd=site.folder,
                log=f"transcribe-{name}.log",
                timeout_s=suite.timeouts.bench_s,
                # In every release, this program has the same flags as the bench program.
                needs=("dialect", *([name_quantising(weights)] if weights.parent else [])),
                case=Case.of(Benchmark.TRANSCRIBE.value, model=weights.model, audio=one.name, **params),
                repetition=repetition,
                # A lower bound: its five beams need more memory than the bench program.
                min_memory_bytes=estimate_memory(weights, flash_attn=fa, engine=Engine.BENCH) if on_cpu else 0,
                backend=site.config.backend,
                text=one.text,
            )
